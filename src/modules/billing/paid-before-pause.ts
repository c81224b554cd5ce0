import type { FeeLine } from '../../domain/invoicing/fee.ts';
import { dateOf } from '../../platform/clock/clock.ts';
import type { Query } from '../../platform/database/sql.ts';
import { paidInPeriod, paidKey, type Resumption } from './paid-in-period.store.ts';
import type { SubscriptionStep } from './step-of.ts';

/** By `paidKey`, what of the steps' periods was paid before a pause in them: by stored fees, and by those that are only imagined. */
export async function paidBeforePause(
  query: Query,
  organizationId: string,
  steps: readonly SubscriptionStep[],
  { fees, redrafted }: { readonly fees: readonly FeeLine[]; readonly redrafted: readonly string[] },
): Promise<ReadonlySet<string>> {
  const resumptions = steps.flatMap(resumptionsOf);
  const stored = await paidInPeriod(query, organizationId, resumptions, redrafted);
  return new Set([...stored, ...imaginedInPeriod(resumptions, fees)]);
}

/** Spans that begin inside their period, of a subscription that was paused: something of the period may be paid already. */
const resumptionsOf = ({
  subscription: { id: subscriptionId, resumed_at: resumedAt },
  step: { fixed },
}: SubscriptionStep): Resumption[] =>
  resumedAt === null
    ? []
    : [fixed.arrears, fixed.advance].flatMap((span) =>
        span && span.period.start.epochNanoseconds < span.billed.start.epochNanoseconds ? [{ subscriptionId, span }] : [],
      );

/** What `paidInPeriod` would say of fees that are only imagined. */
const imaginedInPeriod = (resumptions: readonly Resumption[], fees: readonly FeeLine[]): string[] =>
  resumptions.flatMap(({ subscriptionId, span: { period, billed } }) =>
    fees.flatMap(({ subscriptionId: of, itemId, from }) =>
      of === subscriptionId &&
      itemId !== null &&
      from.epochNanoseconds >= period.start.epochNanoseconds &&
      from.epochNanoseconds < billed.start.epochNanoseconds
        ? [paidKey(subscriptionId, itemId, dateOf(billed.start))]
        : [],
    ),
  );
