import { type EntityManager, In } from 'typeorm';
import { taxesOf } from '../../taxes/index.ts';
import { ChargeFilterRow } from '../charges/charge-filter.entity.ts';
import { ChargeRow } from '../charges/charge.entity.ts';
import { FixedChargeRow } from '../fixed-charges/fixed-charge.entity.ts';
import { MinimumCommitmentRow } from '../minimum-commitment.entity.ts';
import type { PlanRow } from '../plan.entity.ts';
import type { ChargeOverrideInput, FixedChargeOverrideInput, PlanOverridesInput } from './plan-overrides.dto.ts';

/** Everything that a plan prices, in the words of an override; prices by the id that copies have in common. */
export interface Prices {
  readonly plan: Omit<PlanOverridesInput, 'charges' | 'fixed_charges' | 'usage_thresholds'>;
  readonly charges: ReadonlyMap<string, Priced<ChargeOverrideInput, ChargeRow>>;
  readonly fixedCharges: ReadonlyMap<string, Priced<FixedChargeOverrideInput, FixedChargeRow>>;
}

interface Priced<Input, Row> {
  readonly says: Input;
  readonly row: Row;
}

/** The prices of a plan or of a copy, active ones only. */
export async function readPrices(manager: EntityManager, plan: PlanRow): Promise<Prices> {
  const { organizationId, id: planId } = plan;
  const ofPlan = { organizationId, planId };
  const charges = await manager.findBy(ChargeRow, { ...ofPlan, status: 'ACTIVE' });
  const ids = charges.map((charge) => charge.id);
  const filters = await manager.findBy(ChargeFilterRow, { organizationId, chargeId: In(ids) });
  const chargeTaxes = await taxesOf(manager, organizationId, 'charge', ids);
  const fixed = await manager.findBy(FixedChargeRow, { ...ofPlan, status: 'ACTIVE' });
  const commitment = await manager.findOneBy(MinimumCommitmentRow, ofPlan);
  const commitmentTaxes = commitment && (await taxesOf(manager, organizationId, 'minimum_commitment', [commitment.id]));
  const planTaxes = await taxesOf(manager, organizationId, 'plan', [planId]);
  const codes = (taxes: readonly { readonly code: string }[] | undefined): string[] => (taxes ?? []).map((tax) => tax.code);
  return {
    plan: {
      amount_cents: plan.amountCents,
      name: plan.name,
      invoice_display_name: plan.invoiceDisplayName,
      description: plan.description,
      trial_period: plan.trialPeriod,
      tax_codes: codes(planTaxes.get(planId)),
      minimum_commitment: commitment && {
        amount_cents: commitment.amountCents,
        invoice_display_name: commitment.invoiceDisplayName,
        tax_codes: codes(commitmentTaxes?.get(commitment.id)),
      },
    },
    charges: new Map(
      charges.map((row) => [row.parentId ?? row.id, { row, says: chargeSays(row, filters, codes(chargeTaxes.get(row.id))) }]),
    ),
    fixedCharges: new Map(fixed.map((row) => [row.parentId ?? row.id, { row, says: fixedSays(row) }])),
  };
}

const chargeSays = (row: ChargeRow, filters: readonly ChargeFilterRow[], taxCodes: string[]): ChargeOverrideInput => ({
  invoice_display_name: row.invoiceDisplayName,
  min_amount_cents: row.minAmountCents,
  properties: row.properties,
  filters: filters
    .filter((filter) => filter.chargeId === row.id)
    .map(({ invoiceDisplayName, filterValues, properties }) => ({
      invoice_display_name: invoiceDisplayName,
      values: filterValues,
      properties,
    })),
  tax_codes: taxCodes,
});

const fixedSays = (row: FixedChargeRow): FixedChargeOverrideInput => ({
  invoice_display_name: row.invoiceDisplayName,
  units: row.units,
  properties: row.properties,
});
