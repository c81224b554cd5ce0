/** What a request may say and nothing reads but who asks for it again, by its wire name. */
export type KeptFields = Readonly<Record<string, string | number | boolean | object>>;

/** What the input says of these fields over what was kept: absent ones stay, null removes. */
export function keptFields(names: readonly string[], input: object, current: KeptFields = {}): KeptFields {
  const said = input as Readonly<Record<string, KeptFields[string] | null | undefined>>;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = said[name] === undefined ? current[name] : said[name];
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}
