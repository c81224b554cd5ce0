import type { DataSource, EntityManager } from 'typeorm';

/** Reads one moment of the database, which refuses every write meanwhile: what only looks ahead can leave nothing behind. */
export const readSnapshot = <T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> =>
  dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query('set transaction read only');
    return work(manager);
  });
