declare global {
  // @types/jest lacks this function of Jest.
  namespace jest {
    interface Expect {
      addEqualityTesters(testers: readonly ((a: unknown, b: unknown) => boolean | undefined)[]): void;
    }
  }
}

/**
 * Temporal's values keep what they are out of sight, so that `toEqual` would find any two of them alike. They are equal when they
 * are of one kind and read the same.
 */
const readingOf = (value: unknown): string | undefined => {
  const kind: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, Symbol.toStringTag) : undefined;
  return typeof kind === 'string' && kind.startsWith('Temporal.') ? `${kind} ${String(value)}` : undefined;
};

expect.addEqualityTesters([
  (a, b) => {
    const [one, other] = [readingOf(a), readingOf(b)];
    return one === undefined && other === undefined ? undefined : one === other;
  },
]);

export {};
