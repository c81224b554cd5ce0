import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';

const lockNumbering = {
  name: 'customers.lock_numbering',
  text: 'select last_customer_number from organizations where id = $1 for no key update',
};

/** Lets one creation at a time through in an organization, so that two requests for one external id meet in order. */
export async function lockCustomerNumbering(tx: Tx, organizationId: string): Promise<void> {
  await runStatement(tx, lockNumbering, [organizationId]);
}

const drawNumber = {
  name: 'customers.draw_number',
  text: `update organizations set last_customer_number = last_customer_number + 1 where id = $1
    returning last_customer_number`,
};

/** The next number of the organization's customers; taken back when the transaction is. */
export async function drawCustomerNumber(tx: Tx, organizationId: string): Promise<bigint> {
  const [row] = await runStatement<{ last_customer_number: string }>(tx, drawNumber, [organizationId]);
  if (!row) throw new Error(`organization ${organizationId} is gone`);
  return BigInt(row.last_customer_number);
}

/**
 * A question to the database, not to a room: subscriptions and invoices stand to the right, where this room cannot import. Both
 * hold a foreign key to the customer, so whoever holds its row lock gets an answer that stays true until commit.
 */
const hasCommitments = {
  name: 'customers.has_commitments',
  text: `select exists (select from subscriptions where organization_id = $1 and customer_id = $2
      and not (started_at is null and status in ('PENDING_PAYMENT', 'UNPAID', 'CANCELED')))
    or exists (select from invoices where organization_id = $1 and customer_id = $2) as found`,
};

/** Has the customer ever had a subscription or an invoice? What nobody paid, and what never began, binds nobody. */
export async function hasSubscriptionOrInvoice(tx: Tx, organizationId: string, customerId: string): Promise<boolean> {
  const [row] = await runStatement<{ found: boolean }>(tx, hasCommitments, [organizationId, customerId]);
  return row?.found ?? false;
}
