import type { DataSource, EntityManager } from 'typeorm';

/** Reads one moment of the database, which refuses every write meanwhile: what only looks ahead can leave nothing behind. */
export const readSnapshot = <T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> =>
  dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query('set transaction read only');
    return work(manager);
  });

/** Inside a transaction: when `work` fails, the transaction goes on as if nothing had been asked. */
export async function atSavepoint<T>(manager: EntityManager, work: () => Promise<T>): Promise<T> {
  await manager.query('savepoint attempt');
  try {
    const result = await work();
    await manager.query('release savepoint attempt');
    return result;
  } catch (error) {
    await manager.query('rollback to savepoint attempt');
    throw error;
  }
}
