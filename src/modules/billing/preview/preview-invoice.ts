import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import type { ErrorDetails } from '../../../domain/errors/error-codes.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { readSnapshot } from '../../../platform/database/snapshot.ts';
import type { BillingEntityChoice } from '../../billing-entities/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import { isInvoiced } from '../price-subscriptions.ts';
import type { PreviewInvoiceInput } from './preview.dto.ts';
import { type PreviewedInvoice, previewedInvoice } from './previewed-invoice.ts';
import { beginning, goingOn, imagineCustomerOf, type Scene, type WhatIf } from './what-if.ts';

/**
 * The invoice that would be made next: of a subscription as it stands, of one that would begin, end or change its plan. It is priced
 * by what prices the invoice, over what the verbs decide, in a snapshot that cannot be written to.
 */
@Injectable()
export class PreviewInvoice {
  constructor(
    private readonly dataSource: DataSource,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** @throws BillingError subscription_not_found, subscription_not_billable (nothing will be billed) */
  ofSubscription(organizationId: string, externalId: string): Promise<PreviewedInvoice> {
    return readSnapshot(this.dataSource, async (manager) => {
      const scene = await this.sceneAt(manager, organizationId);
      return nextInvoice(scene, await goingOn(scene, { external_ids: [externalId] }, null));
    });
  }

  /**
   * @throws BillingError customer_not_found, plan_not_found, billing_entity_not_found, subscription_not_found (also when it is another
   * customer's), subscription_not_billable (nothing will be billed), transition_not_allowed (it has ended), validation_errors
   */
  execute(organizationId: string, input: PreviewInvoiceInput, choice: BillingEntityChoice): Promise<PreviewedInvoice> {
    const wrong = contradictionsOf(input);
    if (wrong) throw invalid(wrong);
    return readSnapshot(this.dataSource, async (manager) => {
      const present = await this.sceneAt(manager, organizationId);
      const customer = await imagineCustomerOf(present, input, choice);
      const scene = { ...present, customers: customer ? [customer] : [] };
      if (input.subscriptions) return nextInvoice(scene, await goingOn(scene, input.subscriptions, customer));
      const { plan_code: planCode } = input;
      if (!customer || planCode === undefined) throw invalid({ customer: ['value_is_mandatory'] });
      return nextInvoice(scene, await beginning(scene, { ...input, plan_code: planCode }, customer, choice));
    });
  }

  private async sceneAt(manager: EntityManager, organizationId: string): Promise<Scene> {
    const now = await this.organizationClock.now(organizationId, manager);
    return { manager, taxRates: this.taxRates, organizationId, customers: [], now };
  }
}

/** Fields of a new subscription beside existing ones. */
function contradictionsOf(input: PreviewInvoiceInput): ErrorDetails | null {
  if (!input.subscriptions) return input.plan_code === undefined ? { plan_code: ['value_is_mandatory'] } : null;
  const fields = ['plan_code', 'billing_time', 'subscription_at', 'billing_entity_id', 'billing_entity_code'] as const;
  const given = fields.filter((field) => input[field] !== undefined && input[field] !== null);
  return given.length > 0 ? Object.fromEntries(given.map((field) => [field, ['not_allowed_with_subscriptions']])) : null;
}

/** Lives on until something that is wanted is billed. @throws BillingError subscription_not_billable, validation_errors (mixed) */
async function nextInvoice(scene: Scene, { forecast, wanted }: WhatIf): Promise<PreviewedInvoice> {
  for (let at = forecast.next(); at; at = forecast.next()) {
    const instant = at < scene.now ? scene.now : at;
    await forecast.wake(instant);
    const billed = (await forecast.bill(instant)).filter((entry) => isInvoiced(entry) && wanted(entry));
    if (billed.length > 0) return previewedInvoice(scene, forecast, billed, instant);
  }
  throw new BillingError('subscription_not_billable', { subscription: ['nothing_to_bill'] });
}
