import pg from 'pg';

export interface LoopStatement {
  readonly name: string | undefined;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What one turn of the loop sends, one after the other. */
export type Turn = readonly LoopStatement[];

/** The bare driver on a fixed number of connections: the bound that the product is held against. */
export interface StatementLoop {
  /** Seconds that all turns took, shared by the connections. */
  run(turns: readonly Turn[]): Promise<number>;
  close(): Promise<void>;
}

export async function openLoop(databaseUrl: string, connections: number): Promise<StatementLoop> {
  const clients = Array.from(
    { length: connections },
    () => new pg.Client({ connectionString: databaseUrl, options: '-c timezone=UTC' }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  return {
    async run(turns) {
      let next = 0;
      const started = performance.now();
      await Promise.all(
        clients.map(async (client) => {
          for (let turn = turns[next++]; turn; turn = turns[next++])
            for (const { name, text, values } of turn)
              await client.query({ ...(name === undefined ? {} : { name }), text, values: [...values] });
        }),
      );
      return (performance.now() - started) / 1_000;
    },
    async close() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
