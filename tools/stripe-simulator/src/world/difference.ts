type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `previous_attributes`: the former values of what changed; of nested objects only the members that changed. */
export function difference(before: Json, after: Json): Json {
  const changed: Json = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[key], after[key]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    changed[key] = isObject(was) && isObject(is) ? difference(was, is) : (was ?? null);
  }
  return changed;
}
