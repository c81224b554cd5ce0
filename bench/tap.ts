import pg from 'pg';

/** A statement as it went to the driver. */
export interface SeenStatement {
  /** The connection. */
  readonly client: object;
  readonly name: string | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
}

type Send = (this: object, ...words: unknown[]) => unknown;

/** Every statement that this process sends while `work` lasts, TypeORM's own included. */
export async function statementsOf(work: () => Promise<unknown>): Promise<SeenStatement[]> {
  const seen: SeenStatement[] = [];
  const prototype = pg.Client.prototype as unknown as { query: Send };
  const { query } = prototype;
  prototype.query = function (...words) {
    const [first, second] = words as [string | { name?: string; text: string; values?: unknown[] }, unknown];
    const config = typeof first === 'string' ? { text: first } : first;
    seen.push({
      client: this,
      name: config.name,
      text: config.text,
      values: Array.isArray(second) ? second : (config.values ?? []),
    });
    return query.apply(this, words);
  };
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return seen;
}
