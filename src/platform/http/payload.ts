import { type ArgumentMetadata, Body, Injectable, type PipeTransform, Query, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { invalid } from '../../domain/errors/billing-error.ts';
import { refuseManyUnknown, refuseUnreadable } from './readable-input.ts';

/** The request body as the parameter's class, accepted wrapped (`{"plan": {…}}`) or bare; unknown fields are named and refused. */
export const Payload = (root: string, { optional = false }: { optional?: boolean } = {}): ParameterDecorator =>
  recorded({ in: 'body', root, optional }, Body(new PayloadPipe(root, optional)));

/** Query parameters as the parameter's class; unknown ones are named and refused. A list may be sent as `status[]=a&status[]=b`. */
export const QueryParams = (): ParameterDecorator => recorded({ in: 'query' }, Query(new ListNames(), new PayloadPipe()));

/** What a route reads, for the API's description. */
export type RouteInput = { readonly type: Type<object> } & (
  { readonly in: 'query' } | { readonly in: 'body'; readonly root: string; readonly optional: boolean }
);
type RouteInputPlace = RouteInput extends infer Input ? (Input extends RouteInput ? Omit<Input, 'type'> : never) : never;

/** By `<controller>.<method>`. */
export const routeInputs = new Map<string, RouteInput[]>();

function recorded(place: RouteInputPlace, decorate: ParameterDecorator): ParameterDecorator {
  return (target, method, index) => {
    const types = Reflect.getMetadata('design:paramtypes', target, method ?? '') as Type<object>[] | undefined;
    const type = types?.[index];
    const route = `${target.constructor.name}.${String(method)}`;
    if (type) routeInputs.set(route, [...(routeInputs.get(route) ?? []), { ...place, type } as RouteInput]);
    decorate(target, method, index);
  };
}

/**
 * `status[]` is another way to say `status`, as clients of Lago do; whoever sends both means all of them. `group[region]=eu` is a member of
 * an object `group`.
 */
@Injectable()
class ListNames implements PipeTransform<Record<string, unknown>, Record<string, unknown>> {
  transform(value: Record<string, unknown>): Record<string, unknown> {
    const plain = new Map<string, unknown>();
    for (const [name, given] of Object.entries(value)) {
      const [, outer, member] = /^([^[\]]+)\[([^[\]]+)\]$/.exec(name) ?? [];
      if (outer !== undefined && member !== undefined) {
        plain.set(outer, Object.fromEntries([...Object.entries(plain.get(outer) ?? {}), [member, given]]));
        continue;
      }
      const key = name.endsWith('[]') ? name.slice(0, -2) : name;
      const isList = key !== name || plain.has(key);
      plain.set(key, isList ? [plain.get(key) ?? [], given].flat() : given);
    }
    return Object.fromEntries(plain);
  }
}

@Injectable()
class PayloadPipe implements PipeTransform<unknown, Promise<unknown>> {
  constructor(
    private readonly root?: string,
    private readonly optional = false,
  ) {}

  transform(value: unknown, { metatype }: ArgumentMetadata): Promise<unknown> {
    return readPayload(this.optional ? (value ?? {}) : value, metatype as Type<object>, this.root);
  }
}

/** @throws BillingError validation_errors with one entry per wrong field, nested ones as `charges.0.code`. */
export async function readPayload<T extends object>(value: unknown, type: Type<T>, root?: string): Promise<T> {
  refuseUnreadable(value);
  const plain = unwrap(value, root);
  refuseManyUnknown(plain, type);
  const instance = plainToInstance(type, plain);
  const errors = await validate(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  if (errors.length > 0) throw invalid(Object.fromEntries(errors.flatMap((error) => detailsOf(error, ''))));
  return instance;
}

function unwrap(value: unknown, root: string | undefined): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid({ [root ?? 'body']: ['value_is_mandatory'] });
  const record = value as Record<string, unknown>;
  if (root === undefined || !(root in record)) return record;
  const inner = record[root];
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) throw invalid({ [root]: ['value_is_invalid'] });
  const stray = Object.keys(record).filter((key) => key !== root);
  if (stray.length > 0) throw invalid(Object.fromEntries(stray.map((key) => [key, ['unknown_field']])));
  return inner as Record<string, unknown>;
}

/** class-validator constraint → Lago's field code; a decorator may give its own code as its message. */
const codeByConstraint: Readonly<Record<string, string>> = {
  whitelistValidation: 'unknown_field',
  isDefined: 'value_is_mandatory',
  isNotEmpty: 'value_is_mandatory',
  maxLength: 'value_is_too_long',
  minLength: 'value_is_too_short',
  min: 'value_is_out_of_range',
  max: 'value_is_out_of_range',
  isUrl: 'url_is_invalid',
};

function detailsOf(error: ValidationError, prefix: string): [string, string[]][] {
  const path = `${prefix}${error.property}`;
  const own = Object.entries(error.constraints ?? {});
  const nested = (error.children ?? []).flatMap((child) => detailsOf(child, `${path}.`));
  if (own.length === 0) return nested;
  const missing = error.value === undefined || error.value === null;
  const codes = own.map(([constraint, message]) => {
    const code = codeByConstraint[constraint];
    if (code) return code;
    return /^[a-z_]+$/.test(message) ? message : 'value_is_invalid';
  });
  const mandatory = missing && codes.includes('value_is_mandatory');
  return [[path, mandatory ? ['value_is_mandatory'] : [...new Set(codes)]], ...nested];
}
