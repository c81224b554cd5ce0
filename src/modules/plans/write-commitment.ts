import { newId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { findTaxes, replaceTaxes } from '../taxes/index.ts';
import { MinimumCommitmentRow } from './minimum-commitment.entity.ts';
import type { MinimumCommitmentInput } from './plan.dto.ts';
import type { PlanRow } from './plan.entity.ts';

/**
 * The minimum commitment of a plan whose row is locked: absent stays, null or an amount of 0 ends it, an amount sets it.
 * @throws BillingError validation_errors `tax_codes: tax_not_found`
 */
export async function writeCommitment(
  tx: Tx,
  plan: PlanRow,
  input: MinimumCommitmentInput | null | undefined,
  at: Date,
): Promise<void> {
  if (input === undefined) return;
  const { organizationId } = plan;
  const known = await tx.findOneBy(MinimumCommitmentRow, { organizationId, planId: plan.id });
  const amountCents = input?.amount_cents ?? (input ? known?.amountCents : undefined) ?? 0n;
  if (amountCents === 0n) {
    if (!known) return;
    await replaceTaxes(tx, organizationId, 'minimum_commitment', known.id, []);
    await tx.delete(MinimumCommitmentRow, { organizationId, id: known.id });
    return;
  }
  const row: MinimumCommitmentRow = {
    organizationId,
    id: known?.id ?? newId(),
    planId: plan.id,
    amountCents,
    invoiceDisplayName:
      input?.invoice_display_name === undefined ? (known?.invoiceDisplayName ?? null) : input.invoice_display_name,
    createdAt: known?.createdAt ?? at,
    updatedAt: at,
  };
  await tx.save(MinimumCommitmentRow, row);
  if (input?.tax_codes !== undefined)
    await replaceTaxes(
      tx,
      organizationId,
      'minimum_commitment',
      row.id,
      await findTaxes(tx, organizationId, input.tax_codes ?? []),
    );
}
