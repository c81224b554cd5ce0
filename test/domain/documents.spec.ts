import { draftDates, issueDates } from '../../src/domain/invoicing/document-dates.ts';
import { invoiceStatuses, invoiceTransitions, mayBecome } from '../../src/domain/lifecycles/invoice.ts';
import { liveStatuses, subscriptionStatuses, subscriptionTransitions } from '../../src/domain/lifecycles/subscription.ts';
import { billingCase } from './cases.ts';
import { at } from './worlds.ts';

describe('dates of a document', () => {
  it('issuing-date-offsets: the settings that Florin takes date a document by the end of its grace', () => {
    interface Setting {
      readonly recurring: boolean;
      readonly anchor: string;
      readonly adjustment: string;
      readonly grace: number;
    }
    const { given, expect: expected } = billingCase<{ settings: Setting[] }, { issuing_date_offset_days: number[] }>(
      'issuing-date-offsets',
    );
    const billingDay = at('2026-03-01T00:00:00Z');
    const offsetOf = (gracePeriodDays: number) => {
      const { issuingDate } = draftDates({ timezone: 'UTC', netPaymentTerm: 0, gracePeriodDays }, billingDay);
      return issuingDate.since('2026-03-01').days;
    };
    // Others are refused by name: see cases/README.md.
    const taken = given.settings.flatMap(({ recurring, anchor, adjustment, grace }, i) =>
      !recurring || (anchor === 'next_period_start' && adjustment === 'align_with_finalization_date')
        ? [[offsetOf(grace), expected.issuing_date_offset_days[i]]]
        : [],
    );
    expect(taken).toHaveLength(2);
    for (const [found, wanted] of taken) expect(found).toBe(wanted);
    expect(offsetOf(0)).toBe(0);
  });

  it('payment-due-date', () => {
    const { given, expect: expected } = billingCase<
      { issuing_date: string; net_payment_term_days: number },
      { payment_due_date: string }
    >('payment-due-date');
    const dates = issueDates(
      { timezone: 'UTC', netPaymentTerm: given.net_payment_term_days },
      at(`${given.issuing_date}T10:00:00Z`),
    );
    expect([dates.issuingDate.toString(), dates.paymentDueDate.toString()]).toEqual([
      given.issuing_date,
      expected.payment_due_date,
    ]);
  });

  it('of a draft: an hour of grace, or whole local days', () => {
    const now = at('2026-03-28T23:30:00Z');
    const terms = { timezone: 'Europe/Paris', netPaymentTerm: 10, gracePeriodDays: 0 };
    expect(draftDates(terms, now)).toMatchObject({ scheduledFinalizeAt: at('2026-03-29T00:30:00Z') });
    expect(draftDates(terms, now).issuingDate.toString()).toBe('2026-03-29');
    // The last hour of a local day: the draft is of that day, though it is issued after midnight.
    const evening = draftDates(terms, at('2026-03-28T22:30:00Z'));
    expect([evening.issuingDate.toString(), evening.scheduledFinalizeAt]).toEqual(['2026-03-28', at('2026-03-28T23:30:00Z')]);
    const later = draftDates({ ...terms, gracePeriodDays: 2 }, now);
    // The clocks go forward on the way: the same hour of the local day.
    expect(later.scheduledFinalizeAt).toEqual(at('2026-03-30T22:30:00Z'));
    expect([later.issuingDate.toString(), later.paymentDueDate.toString()]).toEqual(['2026-03-31', '2026-04-10']);
  });
});

describe('lifecycles are data', () => {
  it('every state has its way on, and what has ended stays ended', () => {
    expect(Object.keys(invoiceTransitions).toSorted()).toEqual(invoiceStatuses.toSorted());
    expect(Object.keys(subscriptionTransitions).toSorted()).toEqual(subscriptionStatuses.toSorted());
    expect([invoiceTransitions.PAID, invoiceTransitions.VOID, subscriptionTransitions.TERMINATED]).toEqual([[], [], []]);
    expect(liveStatuses).toEqual([
      'PENDING',
      'PENDING_PAYMENT',
      'PROVISIONING',
      'TRIAL',
      'ACTIVE',
      'PAUSED',
      'PAST_DUE',
      'UNPAID',
    ]);
  });

  it('an invoice: the 25 moves (H5)', () => {
    const moves = invoiceStatuses.flatMap((from) =>
      invoiceStatuses.filter((to) => mayBecome(from, to)).map((to) => `${from} ${to}`),
    );
    expect(moves).toEqual([
      'DRAFT OPEN',
      'DRAFT VOID',
      'OPEN PAID',
      'OPEN VOID',
      'OPEN UNCOLLECTIBLE',
      'UNCOLLECTIBLE PAID',
      'UNCOLLECTIBLE VOID',
    ]);
  });

  it('a subscription’s moves', () => {
    expect(subscriptionTransitions).toMatchObject({
      PENDING: ['TRIAL', 'ACTIVE', 'CANCELED'],
      TRIAL: expect.arrayContaining(['ACTIVE', 'TERMINATED']),
      PAUSED: expect.arrayContaining(['ACTIVE', 'TERMINATED']),
      ACTIVE: expect.arrayContaining(['PAUSED', 'TERMINATED']),
    });
  });
});
