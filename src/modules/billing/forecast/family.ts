import { type EntityManager, In } from 'typeorm';
import { SubscriptionRow } from '../../subscriptions/index.ts';

/** The subscriptions with the changes that are planned for them, and those whose place they took or will take. */
export async function familyOf(manager: EntityManager, rows: readonly SubscriptionRow[]): Promise<readonly SubscriptionRow[]> {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const planned = await manager.findBy(SubscriptionRow, {
    organizationId,
    previousSubscriptionId: In(rows.map((row) => row.id)),
    status: 'PENDING',
  });
  const previousIds = [...rows, ...planned].flatMap((row) => row.previousSubscriptionId ?? []);
  const previous = await manager.findBy(SubscriptionRow, { organizationId, id: In(previousIds) });
  return [...new Map([...previous, ...planned, ...rows].map((row) => [row.id, row])).values()];
}
