import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make } from '../../support/shop.ts';
import { advance, bill, openAt, sell, take, tax, wholeInvoices } from './life.ts';

describe('credit that nobody will take', () => {
  let florin: Florin;
  let call: Caller;
  let noteId: string;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterEach(() => expectHealthy(florin));
  afterAll(() => florin.stop());

  /** 30.00 and 20 % paid for June; the subscription moves to another seller and ends on the 16th: 14 of 30 days are credit of the old one. */
  const leave = async ({ isPaid = true } = {}) => {
    call = (await openAt(florin, '2026-06-01T00:00:00Z')).call;
    await tax(call, 20);
    await make(call, '/api/v1/billing_entities', 'billing_entity', { code: 'eu', name: 'Europe' });
    await sell(call, 'month', 3000);
    await take(call, 'sub', 'month');
    await bill(call);
    await advance(call, '2026-06-16T12:00:00Z');
    const [{ lago_id: id }] = await wholeInvoices(call, 'sub');
    if (isPaid) await call('POST', `/api/v1/invoices/${id}/pay`);
    await call('PUT', '/api/v1/subscriptions/sub', { subscription: { billing_entity_code: 'eu' } });
    await call('DELETE', '/api/v1/subscriptions/sub');
    await bill(call);
    const [note] = (await call('GET', '/api/v1/credit_notes')).body.credit_notes;
    expect(note).toMatchObject({ total_amount_cents: 1680, balance_amount_cents: 1680 });
    noteId = note.lago_id;
    return { invoiceId: id, feeId: note.items[0].fee.lago_id };
  };
  const refund = (cents?: number) =>
    call('POST', `/api/v1/credit_notes/${noteId}/refund`, cents === undefined ? undefined : { refund_amount_cents: cents });

  it('is paid out, in parts or whole', async () => {
    await leave();
    const first = await refund(680);
    expect(first.body.credit_note).toMatchObject({
      balance_amount_cents: 1000,
      refunded_balance_cents: 680,
      refund_status: 'pending',
      credit_status: 'available',
    });
    expect((await refund(1001)).body.error_details).toEqual({ refund_amount_cents: ['higher_than_remaining_balance'] });
    expect((await refund()).body.credit_note).toMatchObject({ balance_amount_cents: 0, refunded_balance_cents: 1680 });
    expect((await refund()).body.error_details).toEqual({ refund_amount_cents: ['higher_than_remaining_balance'] });
    const done = await call('PUT', `/api/v1/credit_notes/${noteId}`, { refund_status: 'succeeded' });
    expect(done.body.credit_note.refund_status).toBe('succeeded');
    expect((await call('POST', '/api/v1/credit_notes/nothing/refund')).body.code).toBe('credit_note_not_found');
  });

  it('is not paid out where nothing was paid', async () => {
    await leave({ isPaid: false });
    expect((await refund()).body.error_details).toEqual({ refund_amount_cents: ['higher_than_remaining_invoice_amount'] });
  });

  it('is refunded by another note when it was voided', async () => {
    const { invoiceId, feeId } = await leave();
    const again = { invoice_id: invoiceId, items: [{ fee_id: feeId, amount_cents: 1400 }], refund_amount_cents: 1680 };
    await refund(420);
    const voided = await call('PUT', `/api/v1/credit_notes/${noteId}/void`);
    expect(voided.body.credit_note).toMatchObject({ credit_status: 'voided', voided_balance_cents: 1260 });
    // A quarter of it is paid out, so three quarters of the fee's credit are left to be given again beside the 16 days in use.
    const estimate = await call('POST', '/api/v1/credit_notes/estimate', {
      invoice_id: invoiceId,
      items: [{ fee_id: feeId, amount_cents: 2650 }],
    });
    expect(estimate.body.estimated_credit_note).toMatchObject({
      max_creditable_amount_cents: 3180,
      max_refundable_amount_cents: 3180,
    });
    const note = await call('POST', '/api/v1/credit_notes', { credit_note: again });
    expect(note.body.credit_note).toMatchObject({
      total_amount_cents: 1680,
      refund_amount_cents: 1680,
      refund_status: 'pending',
    });
    const tooMuch = await call('POST', '/api/v1/credit_notes', {
      credit_note: { ...again, items: [{ fee_id: feeId, amount_cents: 1251 }], refund_amount_cents: 1501 },
    });
    expect(tooMuch.body.error_details).toEqual({ 'items.0.amount_cents': ['higher_than_remaining_fee_amount'] });
  });

  it('goes over into the note of a voided invoice', async () => {
    const { invoiceId } = await leave({ isPaid: false });
    const { status } = await call('POST', `/api/v1/invoices/${invoiceId}/void`, { generate_credit_note: true });
    expect(status).toBe(200);
    const { credit_notes: notes } = (await call('GET', '/api/v1/credit_notes')).body;
    expect(notes.map((note: { balance_amount_cents: number }) => note.balance_amount_cents)).toEqual([3600, 0]);
  });
});
