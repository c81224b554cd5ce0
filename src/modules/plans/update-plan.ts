import { Injectable } from '@nestjs/common';
import { findTaxes, replaceTaxes } from '../taxes/index.ts';
import { isPlanLive } from './plans.store.ts';
import { ChangePlan } from './change-plan.ts';
import type { UpdatePlanInput } from './plan.dto.ts';
import { PlanRow } from './plan.entity.ts';
import { writeCharges } from './charges/write-charges.ts';
import { writeCommitment } from './write-commitment.ts';
import { writeFixedCharges } from './fixed-charges/write-fixed-charges.ts';
import { refuseNeedlessMonths, refuseOtherRhythm } from './plan-rhythm.ts';

/** Absent fields stay, null clears; a list of charges that is given replaces the one there is. */
@Injectable()
export class UpdatePlan {
  constructor(private readonly changePlan: ChangePlan) {}

  /** @throws BillingError plan_not_found, billable_metric_not_found, add_on_not_found, validation_errors (plan_in_use among them) */
  async execute(organizationId: string, code: string, input: UpdatePlanInput): Promise<PlanRow> {
    return this.changePlan.execute(
      organizationId,
      code,
      async (tx, plan, at) => {
        const isLive = await isPlanLive(tx, plan);
        const taxes = input.tax_codes === undefined ? undefined : await findTaxes(tx, organizationId, input.tax_codes ?? []);
        const kept = <T>(value: T | undefined, current: T): T => (value === undefined ? current : value);
        const changes = {
          code: kept(input.code, plan.code),
          name: kept(input.name, plan.name),
          invoiceDisplayName: kept(input.invoice_display_name, plan.invoiceDisplayName),
          description: kept(input.description, plan.description),
          interval: kept(input.interval, plan.interval),
          amountCents: kept(input.amount_cents, plan.amountCents),
          amountCurrency: kept(input.amount_currency, plan.amountCurrency),
          trialPeriod: input.trial_period === null ? 0 : kept(input.trial_period, plan.trialPeriod),
          payInAdvance: kept(input.pay_in_advance, plan.payInAdvance) ?? false,
          billChargesMonthly: kept(input.bill_charges_monthly, plan.billChargesMonthly) ?? false,
          billFixedChargesMonthly: kept(input.bill_fixed_charges_monthly, plan.billFixedChargesMonthly) ?? false,
          updatedAt: at,
        };
        if (isLive) refuseOtherRhythm(plan, changes);
        refuseNeedlessMonths(changes);
        const row = { ...plan, ...changes };
        await tx.update(PlanRow, { organizationId, id: plan.id }, changes);
        if (row.code !== plan.code) await tx.update(PlanRow, { organizationId, parentId: plan.id }, { code: row.code });
        if (taxes) await replaceTaxes(tx, organizationId, 'plan', plan.id, taxes);
        await writeCommitment(tx, row, input.minimum_commitment, at);
        if (input.charges) await writeCharges(tx, row, input.charges, 'replace', at);
        if (input.fixed_charges) await writeFixedCharges(tx, row, input.fixed_charges, 'replace', at);
        return row;
      },
      input,
    );
  }
}
