import { invalid } from '../../../domain/errors/billing-error.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { findTaxes, replaceTaxes } from '../../taxes/index.ts';
import { ChargeRow } from '../charges/charge.entity.ts';
import { writeCharges } from '../charges/write-charges.ts';
import { FixedChargeRow } from '../fixed-charges/fixed-charge.entity.ts';
import { writeFixedCharges } from '../fixed-charges/write-fixed-charges.ts';
import { PlanRow } from '../plan.entity.ts';
import { writeCommitment } from '../write-commitment.ts';
import type { ChargeOverrideInput, PlanOverridesInput } from './plan-overrides.dto.ts';

/**
 * Writes other prices into a subscription's own plan (`ownPlan`); the plan it was copied from keeps its own.
 * @throws BillingError validation_errors, with fields named `plan_overrides.…`
 */
export async function overridePlan(tx: Tx, own: PlanRow, overrides: PlanOverridesInput, at: Date): Promise<PlanRow> {
  const { organizationId, id } = own;
  const kept = <T>(value: T | undefined, current: T): T => (value === undefined ? current : value);
  const changes = {
    name: kept(overrides.name, own.name),
    invoiceDisplayName: kept(overrides.invoice_display_name, own.invoiceDisplayName),
    description: kept(overrides.description, own.description),
    amountCents: kept(overrides.amount_cents, own.amountCents),
    amountCurrency: kept(overrides.amount_currency, own.amountCurrency),
    trialPeriod: overrides.trial_period === null ? 0 : kept(overrides.trial_period, own.trialPeriod),
    updatedAt: at,
  };
  await tx.update(PlanRow, { organizationId, id }, changes);
  const row = { ...own, ...changes };
  if (overrides.tax_codes !== undefined)
    await replaceTaxes(tx, organizationId, 'plan', id, await findTaxes(tx, organizationId, overrides.tax_codes ?? []));
  await writeCommitment(tx, row, overrides.minimum_commitment, at);
  if (overrides.charges) await writeCharges(tx, row, await chargesOf(tx, row, overrides.charges), 'override', at);
  if (overrides.fixed_charges) {
    const known = await tx.findBy(FixedChargeRow, { organizationId, planId: id, status: 'ACTIVE' });
    const inputs = overrides.fixed_charges.map((input, i) => ({ ...input, id: named(known, input, 'fixed_charges', i).id }));
    await writeFixedCharges(tx, row, inputs, 'override', at);
  }
  return row;
}

/** Only the prices of a charge are another's; what it measures and how it is billed stay the plan's. */
async function chargesOf(tx: Tx, own: PlanRow, inputs: readonly ChargeOverrideInput[]) {
  const known = await tx.findBy(ChargeRow, { organizationId: own.organizationId, planId: own.id, status: 'ACTIVE' });
  return inputs.map((input, i) => {
    const charge = named(known, input, 'charges', i);
    if (input.charge_model !== undefined && input.charge_model !== charge.chargeModel)
      throw invalid({ [`plan_overrides.charges.${i}.charge_model`]: ['not_editable'] });
    return { ...input, id: charge.id };
  });
}

/** By its own id, by that of the price it was copied from, or by code. */
function named<Price extends ChargeRow | FixedChargeRow>(
  known: readonly Price[],
  { id, code }: { readonly id?: string; readonly code?: string | null },
  list: string,
  position: number,
): Price {
  const found = known.find((price) => (id === undefined ? price.code === code : price.id === id || price.parentId === id));
  if (!found) throw invalid({ [`plan_overrides.${list}.${position}.${id === undefined ? 'code' : 'id'}`]: ['value_is_invalid'] });
  return found;
}
