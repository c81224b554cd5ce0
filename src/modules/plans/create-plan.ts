import { Injectable } from '@nestjs/common';
import { invalid } from '../../domain/errors/billing-error.ts';
import { newId } from '../../platform/database/ids.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findTaxes, replaceTaxes } from '../taxes/index.ts';
import type { CreatePlanInput } from './plan.dto.ts';
import { PlanRow } from './plan.entity.ts';
import { refuseNeedlessMonths } from './plan-rhythm.ts';
import { type PresentedPlan, tellPlan } from './tell-plan.ts';
import { writeCharges } from './charges/write-charges.ts';
import { writeCommitment } from './write-commitment.ts';
import { writeFixedCharges } from './fixed-charges/write-fixed-charges.ts';

/** A plan with its charges, fixed charges and taxes: all of it or nothing. */
@Injectable()
export class CreatePlan {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError billable_metric_not_found, add_on_not_found, validation_errors */
  async execute(organizationId: string, input: CreatePlanInput): Promise<PresentedPlan> {
    return this.unitOfWork.run(
      async (tx) => {
        const taxes = await findTaxes(tx, organizationId, input.tax_codes ?? []);
        const at = await this.organizationClock.now(organizationId, tx);
        const row: PlanRow = {
          organizationId,
          id: newId(),
          parentId: null,
          code: input.code,
          name: input.name,
          invoiceDisplayName: input.invoice_display_name ?? null,
          description: input.description ?? null,
          interval: input.interval,
          amountCents: input.amount_cents,
          amountCurrency: input.amount_currency,
          trialPeriod: input.trial_period ?? 0,
          payInAdvance: input.pay_in_advance ?? false,
          billChargesMonthly: input.bill_charges_monthly ?? false,
          billFixedChargesMonthly: input.bill_fixed_charges_monthly ?? false,
          createdAt: at,
          updatedAt: at,
        };
        refuseNeedlessMonths(row);
        await tx.insert(PlanRow, row);
        await replaceTaxes(tx, organizationId, 'plan', row.id, taxes);
        await writeCharges(tx, row, input.charges ?? [], 'replace', at);
        await writeCommitment(tx, row, input.minimum_commitment, at);
        await writeFixedCharges(tx, row, input.fixed_charges ?? [], 'replace', at);
        return tellPlan(tx, 'plan.created', row, at);
      },
      { uq_plans_code: () => invalid({ code: ['value_already_exist'] }) },
    );
  }
}
