import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin } from '../../support/florin.ts';
import { make } from '../../support/shop.ts';
import { bill, linesOf, openAt, sell, take, wholeInvoices } from './life.ts';

/** Time that passed while nobody ran is made up for in its own order. */
describe('a late run', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it.each<[string, string, string[], number?]>([
    [
      'ends the successor',
      '2025-02-15T00:00:00Z',
      ['subscription 5000 2025-01-01/2025-02-01', 'subscription 536 2025-02-01/2025-02-16'],
    ],
    ['ends what would have been changed', '2025-02-01T00:00:00Z', ['subscription 5000 2025-01-01/2025-02-01']],
    [
      'ends a trial, and then what would have been changed',
      '2025-01-20T00:00:00Z',
      ['subscription 2419 2025-01-06/2025-01-21'],
      5,
    ],
  ])('meets a planned change and an announced end: it %s', async (_, endingAt, lines, trialDays = 0) => {
    const { call, id } = await openAt(florin, '2025-01-01T00:00:00Z');
    await sell(call, 'large', 5000, { pay_in_advance: false, trial_period: trialDays });
    await sell(call, 'small', 1000, { pay_in_advance: false });
    await take(call, 'sub', 'large', { ending_at: endingAt });
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer of sub',
      external_id: 'sub',
      plan_code: 'small',
    });
    await florin.sql.query(`update organizations set virtual_now = '2025-03-10T00:00:00Z' where id = $1`, [id]);
    await bill(call);
    expect((await wholeInvoices(call, 'sub')).flatMap(linesOf)).toEqual(lines);
    const { body } = await call('GET', '/api/v1/subscriptions?status=active');
    expect(body.subscriptions).toEqual([]);
  });
});
