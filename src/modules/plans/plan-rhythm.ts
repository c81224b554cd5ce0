import { invalid } from '../../domain/errors/billing-error.ts';
import type { PlanRow } from './plan.entity.ts';

type Rhythm = Pick<PlanRow, 'interval' | 'amountCurrency' | 'payInAdvance' | 'billChargesMonthly' | 'billFixedChargesMonthly'>;

/** Periods already begun were cut by this rhythm, and their customers pay in this currency. @throws BillingError plan_in_use */
export function refuseOtherRhythm(plan: Rhythm, changes: Rhythm): void {
  const fields = {
    interval: plan.interval === changes.interval,
    amount_currency: plan.amountCurrency === changes.amountCurrency,
    pay_in_advance: plan.payInAdvance === changes.payInAdvance,
    bill_charges_monthly: plan.billChargesMonthly === changes.billChargesMonthly,
    bill_fixed_charges_monthly: plan.billFixedChargesMonthly === changes.billFixedChargesMonthly,
  };
  const wrong = Object.entries(fields).flatMap(([field, isSame]) => (isSame ? [] : [[field, ['plan_in_use']] as const]));
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong));
}

/** Parts are billed monthly only inside a year or half a year. @throws BillingError validation_errors */
export function refuseNeedlessMonths(plan: Rhythm): void {
  if (plan.interval === 'yearly' || plan.interval === 'semiannual') return;
  const wrong = {
    ...(plan.billChargesMonthly ? { bill_charges_monthly: ['value_is_invalid'] } : {}),
    ...(plan.billFixedChargesMonthly ? { bill_fixed_charges_monthly: ['value_is_invalid'] } : {}),
  };
  if (Object.keys(wrong).length > 0) throw invalid(wrong);
}
