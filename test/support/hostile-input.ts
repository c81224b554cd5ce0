/** JSON schema, as far as the API's description uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
}

/** Numbers between 0 and 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number that only JSON text can hold. */
const raw = (text: string): string => `\u0001${text}\u0001`;

/** JSON with those numbers as they are. */
export const jsonOf = (value: unknown): string => JSON.stringify(value).replaceAll(/"\\u0001([^"\\]+)\\u0001"/g, '$1');

const hostile: readonly unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  0.1,
  true,
  [],
  {},
  [null],
  [[]],
  [{}],
  { constructor: 1 },
  { toString: 'x' },
  'constructor',
  'toString',
  '9007199254740993',
  raw('9007199254740993'),
  raw('9223372036854775808'),
  raw('1e30'),
  raw('0.1234567890123456789'),
  '1e30',
  '-5',
  '2026-02-30',
  '2026-11-30T24:00:00Z',
  '2099-12-31T23:59:59Z',
  'x'.repeat(256),
  '\u{1F600}'.repeat(64),
  "'; drop table plans; --",
  '{{',
  '{seq:99999}',
  ['a', 'a'],
  Array.from({ length: 1_001 }, (_, position) => `x${position}`),
  { a: { b: { c: [1, 'x', null] } } },
];

/** Inputs that a schema describes, and such as it does not. */
export class InputMaker {
  constructor(
    private readonly random: () => number,
    private readonly schemas: Readonly<Record<string, Schema>>,
    /** Names of things that there are. */
    private readonly known: readonly string[],
  ) {}

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T;
  }

  knownName(): string {
    return this.pick(this.known);
  }

  hostileValue(): unknown {
    return this.pick(hostile);
  }

  /** An input that works (else one that the schema describes), with one field in it that nobody asked for. */
  spoilt(schema: Schema, working?: unknown, name = ''): unknown {
    const { properties } = this.resolved(schema);
    if (!properties || Object.keys(properties).length === 0) return this.hostileValue();
    const value = { ...((working ?? this.fitting(schema, name, 0)) as Record<string, unknown>) };
    const field = this.random() < 0.03 ? this.pick(['constructor', 'toString', 'unknown']) : this.pick(Object.keys(properties));
    const target = this.resolved(properties[field] ?? {});
    const items = target.items && this.resolved(target.items).properties ? target.items : undefined;
    const inner = value[field];
    if (items && this.random() < 0.8) value[field] = [this.spoilt(items, Array.isArray(inner) ? inner[0] : undefined, field)];
    else if (target.properties && (name === '' || this.random() < 0.6)) value[field] = this.spoilt(target, inner, field);
    else value[field] = this.hostileValue();
    return value;
  }

  /** The working input, once for each field of it and of what it holds, with null there. */
  *withNull(schema: Schema, working: unknown): Generator<unknown> {
    const value = (working ?? {}) as Record<string, unknown>;
    for (const [field, inner] of Object.entries(this.resolved(schema).properties ?? {})) {
      yield { ...value, [field]: null };
      const target = this.resolved(inner);
      const held = value[field];
      if (target.properties && held) for (const one of this.withNull(target, held)) yield { ...value, [field]: one };
      if (target.items && Array.isArray(held))
        for (const one of this.withNull(target.items, held[0])) yield { ...value, [field]: [one] };
    }
  }

  /** A value of the schema: what it requires, and some of the rest. */
  fitting(schema: Schema, name: string, depth: number): unknown {
    const { type, enum: words, properties, items, required = [], oneOf, format } = this.resolved(schema);
    if (words) return this.pick(words);
    if (oneOf) return this.fitting(this.pick(oneOf), name, depth);
    const kind = Array.isArray(type) ? this.pick(type as string[]) : (type as string | undefined);
    if (properties || kind === 'object') {
      const wanted = Object.entries(properties ?? {}).filter(
        ([field]) => required.includes(field) || (depth < 3 && this.random() < 0.25),
      );
      return Object.fromEntries(wanted.map(([field, inner]) => [field, this.fitting(inner, field, depth + 1)]));
    }
    if (kind === 'array') return items && depth < 4 ? [this.fitting(items, name, depth + 1)] : [];
    if (kind === 'integer' || kind === 'number') return Math.floor(this.random() * 30);
    if (kind === 'boolean') return this.random() < 0.5;
    return this.text(name, format);
  }

  private text(name: string, format: string | undefined): string {
    if (format === 'date-time' || name.endsWith('_at') || name.includes('datetime') || name.startsWith('timestamp'))
      return this.pick(['2026-12-05T00:00:00Z', '2026-11-01T12:00:00Z']);
    if (format === 'date' || name.endsWith('date')) return this.pick(['2026-12-05', '2026-12-24']);
    if (name.includes('currency')) return 'USD';
    if (name === 'country') return this.pick(['US', 'DE']);
    if (name.includes('amount') || name.includes('units') || name === 'rate' || name === 'quantity')
      return this.pick(['1', '2.5', '0']);
    return this.random() < 0.7 ? this.knownName() : `n${Math.floor(this.random() * 1e9)}`;
  }

  private resolved(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : (this.schemas[name] ?? {});
  }
}
