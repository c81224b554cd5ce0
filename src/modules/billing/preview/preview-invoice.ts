import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import type { ErrorDetails } from '../../../domain/errors/error-codes.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { readSnapshot } from '../../../platform/database/snapshot.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import type { BillingEntityChoice } from '../../billing-entities/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { givenOverrides, planAmong, pricedPlan } from '../../subscriptions/index.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import { isInvoiced, type PricedSubscription } from '../price-subscriptions.ts';
import { ofOldestDay } from '../write-invoices.ts';
import type { PreviewInvoiceInput } from './preview.dto.ts';
import { presentPreviewedInvoice } from './previewed-invoice.presenter.ts';
import { type PreviewedInvoice, previewedInvoice } from './previewed-invoice.ts';
import { beginning, goingOn, imagineCustomerOf, type Scene, type WhatIf } from './what-if.ts';

/**
 * The invoice that would be made next: of a subscription as it stands, of one that would begin, end or change its plan. It is priced
 * by what prices the invoice, over what the verbs decide, in a snapshot that cannot be written to; with prices of its own, in one that
 * is taken back (docs/decisions/0059).
 */
@Injectable()
export class PreviewInvoice {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** In the shape of the wire. @throws BillingError subscription_not_found, subscription_not_billable (nothing will be billed) */
  ofSubscription(organizationId: string, externalId: string): Promise<object> {
    return readSnapshot(this.dataSource, async (manager) => {
      const scene = await this.sceneAt(manager, organizationId);
      return shown(scene, await goingOn(scene, { external_ids: [externalId] }, null));
    });
  }

  /**
   * In the shape of the wire.
   * @throws BillingError customer_not_found, plan_not_found, billing_entity_not_found, subscription_not_found (also when it is another
   * customer's), subscription_not_billable (nothing will be billed), transition_not_allowed (it has ended), validation_errors
   */
  execute(organizationId: string, input: PreviewInvoiceInput, choice: BillingEntityChoice): Promise<object> {
    const wrong = contradictionsOf(input);
    if (wrong) throw invalid(wrong);
    const overrides = givenOverrides(input.plan_overrides);
    if (!overrides)
      return readSnapshot(this.dataSource, async (manager) =>
        lookAhead(await this.sceneAt(manager, organizationId), input, choice),
      );
    return this.unitOfWork.rehearse(async (tx) => {
      const scene = await this.sceneAt(tx, organizationId);
      const priced: Scene['priced'] = (plan, known) => pricedPlan(tx, { plan, overrides }, known, scene.now);
      return lookAhead({ ...scene, priced }, input, choice);
    });
  }

  private async sceneAt(manager: EntityManager, organizationId: string): Promise<Scene> {
    const now = await this.organizationClock.now(organizationId, manager);
    const priced: Scene['priced'] = (plan, known) => Promise.resolve(planAmong(known, plan));
    return { manager, taxRates: this.taxRates, organizationId, customers: [], now, priced };
  }
}

async function lookAhead(present: Scene, input: PreviewInvoiceInput, choice: BillingEntityChoice): Promise<object> {
  const customer = await imagineCustomerOf(present, input, choice);
  const scene = { ...present, customers: customer ? [customer] : [] };
  if (input.subscriptions) return shown(scene, await goingOn(scene, input.subscriptions, customer));
  const { plan_code: planCode } = input;
  if (!customer || planCode === undefined) throw invalid({ customer: ['value_is_mandatory'] });
  return shown(scene, await beginning(scene, { ...input, plan_code: planCode }, customer, choice));
}

/** While what was imagined can still be read. */
const shown = async (scene: Scene, whatIf: WhatIf): Promise<object> =>
  presentPreviewedInvoice(scene.manager, await nextInvoice(scene, whatIf));

/** Fields of a new subscription beside existing ones. */
function contradictionsOf(input: PreviewInvoiceInput): ErrorDetails | null {
  if (!input.subscriptions) return input.plan_code === undefined ? { plan_code: ['value_is_mandatory'] } : null;
  if (givenOverrides(input.plan_overrides) && input.subscriptions.plan_code === undefined)
    return { 'subscriptions.plan_code': ['value_is_mandatory'] };
  const fields = ['plan_code', 'billing_time', 'subscription_at', 'billing_entity_id', 'billing_entity_code'] as const;
  const given = fields.filter((field) => input[field] !== undefined && input[field] !== null);
  return given.length > 0 ? Object.fromEntries(given.map((field) => [field, ['not_allowed_with_subscriptions']])) : null;
}

/** Lives on until something that is wanted is billed. @throws BillingError subscription_not_billable, validation_errors (mixed) */
async function nextInvoice(scene: Scene, { forecast, wanted, isOfOne }: WhatIf): Promise<PreviewedInvoice> {
  for (let at = forecast.next(); at; at = forecast.next()) {
    const instant = at < scene.now ? scene.now : at;
    await forecast.wake(instant);
    const billed = (await forecast.bill(instant)).filter((entry) => isInvoiced(entry) && wanted(entry));
    const oldest = ofOldestDay(billed);
    if (oldest.length > 0) return previewedInvoice(scene, forecast, isOfOne ? ofFirstSeller(oldest) : oldest, instant);
  }
  throw new BillingError('subscription_not_billable', { subscription: ['nothing_to_bill'] });
}

const ofFirstSeller = (billed: readonly PricedSubscription[]): PricedSubscription[] =>
  billed.filter(({ entity }) => entity.id === billed[0]?.entity.id);
