import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { isLosslessNumber } from 'lossless-json';
import { invalid } from '../../domain/errors/billing-error.ts';

/** More is no plan, no customer and no invoice; validating it would hold up everybody else. */
const maxMembers = 10_000;
const maxItems = 500;
const maxKeyLength = 255;
const maxTextLength = 100_000;

/**
 * Before anything looks closer: an input has at most 10,000 members in all, lists of at most 500 items, keys of at most 255 and texts
 * of at most 100,000 characters, and no key that every object answers to (`constructor`), which would be taken for what it is not.
 * @throws BillingError validation_errors that name the place
 */
export function refuseUnreadable(value: unknown): void {
  let members = 0;
  const look = (item: unknown, path: string): void => {
    if (typeof item === 'string' && item.length > maxTextLength) throw invalid({ [path]: ['value_is_too_long'] });
    if (typeof item !== 'object' || item === null || isLosslessNumber(item)) return;
    const prefix = path === '' ? '' : `${path}.`;
    if (Array.isArray(item)) {
      if (item.length > maxItems) throw invalid({ [path]: ['too_many_items'] });
      item.forEach((inner, position) => look(inner, `${prefix}${position}`));
      return;
    }
    for (const [key, inner] of Object.entries(item)) {
      const place = `${prefix}${key.slice(0, 100)}`;
      if (++members > maxMembers) throw invalid({ [place]: ['too_many_fields'] });
      if (key.length > maxKeyLength) throw invalid({ [place]: ['value_is_too_long'] });
      if (key in Object.prototype) throw invalid({ [place]: ['unknown_field'] });
      look(inner, place);
    }
  };
  look(value, '');
}

/** A validator makes much of every mistake; beyond so many unknown fields it is not asked. */
const enoughMistakes = 20;

/** @throws BillingError validation_errors that names the first twenty unknown fields, when there are more */
export function refuseManyUnknown(input: object, type: Class): void {
  const unknown: string[] = [];
  const look = (value: unknown, known: Fields | undefined, path: string): void => {
    if (unknown.length > enoughMistakes || typeof value !== 'object' || value === null || !known) return;
    if (Array.isArray(value)) return value.forEach((item, position) => look(item, known, `${path}${position}.`));
    for (const [key, inner] of Object.entries(value)) {
      if (!known.has(key)) unknown.push(`${path}${key.slice(0, 100)}`);
      else look(inner, known.get(key), `${path}${key}.`);
    }
  };
  look(input, fieldsOf(type), '');
  if (unknown.length > enoughMistakes) throw invalid(Object.fromEntries(unknown.map((path) => [path, ['unknown_field']])));
}

type Class = abstract new (...parameters: never[]) => object;
/** Field → the fields of what it holds; undefined where anything may be. */
type Fields = ReadonlyMap<string, Fields | undefined>;

const fieldsByType = new Map<Class, Map<string, Fields | undefined>>();

function fieldsOf(type: Class): Fields {
  const found = fieldsByType.get(type);
  if (found) return found;
  const fields = new Map<string, Fields | undefined>();
  fieldsByType.set(type, fields);
  const validated = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  for (const { propertyName } of validated) fields.set(propertyName, undefined);
  for (const name of fields.keys()) {
    const nested = defaultMetadataStorage.findTypeMetadata(type, name)?.typeFunction() as Class | undefined;
    if (nested) fields.set(name, fieldsOf(nested));
  }
  return fields;
}
