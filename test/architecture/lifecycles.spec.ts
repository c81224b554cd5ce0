import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { invoiceStatuses, invoiceTransitions } from '../../src/domain/lifecycles/invoice.ts';
import { subscriptionTransitions } from '../../src/domain/lifecycles/subscription.ts';
import { drawLifecycles } from '../support/draw-lifecycles.ts';
import { startFlorin } from '../support/florin.ts';

const page = join(__dirname, '../../docs/lifecycles.md');

describe('docs/lifecycles.md', () => {
  it('is what the transition tables say', () => {
    const drawn = drawLifecycles();
    expect(drawn).toContain('stateDiagram-v2');
    if (process.env['DRAW']) writeFileSync(page, drawn);
    // When this fails: DRAW=1 npx jest test/architecture/lifecycles.spec.ts
    expect(readFileSync(page, 'utf8')).toBe(drawn);
  });

  it('shows every step of invoices and subscriptions', () => {
    const text = readFileSync(page, 'utf8');
    for (const table of [invoiceTransitions, subscriptionTransitions])
      for (const [from, next] of Object.entries(table)) for (const to of next) expect(text).toContain(`  ${from} --> ${to}\n`);
  });

  it('has the states that the tables of the database accept', async () => {
    const florin = await startFlorin();
    try {
      const statesOf = async (constraint: string): Promise<string[]> => {
        const { rows } = await florin.sql.query(
          'select pg_get_constraintdef(oid) as definition from pg_constraint where conname = $1',
          [constraint],
        );
        return [...(rows[0] as { definition: string }).definition.matchAll(/'([A-Z_]+)'/g)]
          .map(([, state]) => state ?? '')
          .toSorted();
      };
      expect(await statesOf('ck_invoices_status')).toEqual([...invoiceStatuses].toSorted());
      expect(await statesOf('ck_subscriptions_status')).toEqual(Object.keys(subscriptionTransitions).toSorted());
    } finally {
      await florin.stop();
    }
  });
});
