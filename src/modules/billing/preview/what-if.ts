import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import {
  type BillingEntityChoice,
  type BillingEntityRow,
  defaultBillingEntity,
  effectiveEntityId,
  findBillingEntity,
} from '../../billing-entities/index.ts';
import { type CustomerRow, findCustomer, imagineCustomer, imagineNewCustomer } from '../../customers/index.ts';
import { findPlan, type PlanRow } from '../../plans/index.ts';
import {
  decideBeginning,
  decideChangeOfPlan,
  decideEnd,
  findSubscription,
  knownPlans,
  type SubscriptionRow,
} from '../../subscriptions/index.ts';
import { familyOf } from '../forecast/family.ts';
import { Forecast, type Present } from '../forecast/forecast.ts';
import type { PricedSubscription } from '../price-subscriptions.ts';
import type { PreviewInvoiceInput, PreviewSubscriptionsInput } from './preview.dto.ts';

export interface Scene extends Present {
  readonly customers: readonly CustomerRow[];
  /** A plan of the catalog at the prices that are asked for; `known` is what the subscription has of it. */
  readonly priced: (plan: PlanRow, known: readonly PlanRow[]) => Promise<PlanRow>;
  readonly now: Date;
}

/** A future, and which of its invoices is asked for. */
export interface WhatIf {
  readonly forecast: Forecast;
  readonly wanted: (entry: PricedSubscription) => boolean;
  /** It is asked of one subscription: where its successor has another seller, of the invoice of what ends. */
  readonly isOfOne: boolean;
}

/** How far ahead an end may be asked for. */
const farthestMs = 10 * 366 * 86_400_000;

/** The customer that is named, with the fields that are given; or one that does not exist. Null: neither. */
export async function imagineCustomerOf(
  { manager, organizationId, now }: Scene,
  { external_customer_id: named, customer }: PreviewInvoiceInput,
  choice: BillingEntityChoice,
): Promise<CustomerRow | null> {
  const externalId = named ?? customer?.external_id;
  if (customer?.external_id !== undefined && customer.external_id !== externalId)
    throw invalid({ 'customer.external_id': ['value_is_invalid'] });
  if (externalId !== undefined) {
    const row = await findCustomer(manager, organizationId, externalId);
    return imagineCustomer(row, customer ?? {}, now);
  }
  if (!customer) return null;
  return imagineNewCustomer(await chosenEntity({ manager, organizationId }, choice), customer, now);
}

async function chosenEntity(
  { manager, organizationId }: Pick<Scene, 'manager' | 'organizationId'>,
  choice: BillingEntityChoice,
): Promise<BillingEntityRow> {
  if (typeof choice === 'string') return defaultBillingEntity(manager, organizationId);
  const row = await findBillingEntity(manager, organizationId, 'id' in choice ? choice.id : choice.code);
  if (row.archivedAt !== null) throw new BillingError('billing_entity_not_found');
  return row;
}

/** The customer takes a plan: its first invoice. */
export async function beginning(
  scene: Scene,
  input: Pick<PreviewInvoiceInput, 'billing_time' | 'subscription_at'> & { readonly plan_code: string },
  customer: CustomerRow,
  choice: BillingEntityChoice,
): Promise<WhatIf> {
  const { manager, organizationId, now } = scene;
  const plan = await scene.priced(await findPlan(manager, organizationId, input.plan_code), []);
  const own = typeof choice === 'string' ? null : await chosenEntity(scene, choice);
  const billingEntityId = own?.id ?? null;
  const entity = own ?? (await findBillingEntity(manager, organizationId, effectiveEntityId({ billingEntityId }, customer)));
  if (entity.archivedAt !== null) throw invalid({ billing_entity: ['billing_entity_archived'] });
  const decided = await decideBeginning(
    manager,
    {
      customer,
      plan,
      billingEntityId,
      entityTimezone: entity.timezone,
      streamId: noStream,
      resource: null,
      input: { ...input, external_id: '' },
    },
    now,
  );
  const forecast = new Forecast(scene);
  forecast.take([decided]);
  return { forecast, wanted: () => true, isOfOne: true };
}

/** Nothing was used yet. */
const noStream = '0';

/** The customer's subscriptions as they are, or one of them ended or on another plan: the next invoice, or the one of that change. */
export async function goingOn(scene: Scene, input: PreviewSubscriptionsInput, customer: CustomerRow | null): Promise<WhatIf> {
  const { manager, organizationId } = scene;
  const rows: SubscriptionRow[] = [];
  for (const externalId of input.external_ids) rows.push(await findSubscription(manager, organizationId, externalId));
  const owner = customer?.id ?? rows[0]?.customerId;
  if (rows.some((row) => row.customerId !== owner)) throw new BillingError('subscription_not_found');
  const forecast = new Forecast(scene, await familyOf(manager, rows));
  if (input.terminated_at && input.plan_code !== undefined)
    throw invalid({ 'subscriptions.plan_code': ['not_allowed_with_terminated_at'] });
  const change = input.terminated_at ? 'termination' : input.plan_code === undefined ? null : 'plan_change';
  const [row] = rows;
  if (!row || change === null) return { forecast, wanted: concerns(forecast, rows), isOfOne: rows.length === 1 };
  if (rows.length > 1) throw invalid({ 'subscriptions.external_ids': [`only_one_subscription_allowed_for_${change}`] });
  if (input.terminated_at) await terminate(scene, forecast, row, input.terminated_at);
  else await changePlan(scene, forecast, row, input.plan_code ?? '');
  return { forecast, wanted: (entry) => concerns(forecast, rows)(entry) && isTurn(entry, row), isOfOne: true };
}

/** These subscriptions, or what is planned for them. */
const concerns = (forecast: Forecast, rows: readonly SubscriptionRow[]): WhatIf['wanted'] => {
  const ids = new Set(rows.map(({ id }) => id));
  const isOf = (id: string): boolean =>
    ids.has(id) || forecast.subscriptions.some((row) => row.id === id && ids.has(row.previousSubscriptionId ?? ''));
  return ({ parts }) => parts.some(({ subscriptionId }) => isOf(subscriptionId ?? ''));
};

/** The end of a subscription or the start of its successor, not a period between. */
const isTurn = ({ subscription, step }: PricedSubscription, row: SubscriptionRow): boolean =>
  subscription.id !== row.id || step.next === null;

async function terminate(scene: Scene, forecast: Forecast, { id }: SubscriptionRow, at: Date): Promise<void> {
  const refuse = (reason: string) => invalid({ 'subscriptions.terminated_at': [reason] });
  if (at < scene.now) throw refuse('in_the_past');
  if (at.getTime() - scene.now.getTime() > farthestMs) throw refuse('value_is_out_of_range');
  await forecast.liveUntil(at, scene.now);
  const row = forecast.subscriptions.find((candidate) => candidate.id === id);
  if (!row || row.status === 'PENDING') throw refuse('before_start');
  forecast.take(await decideEnd(scene.manager, row, at, { planned: forecast.plannedChangeOf(id) }));
}

async function changePlan(scene: Scene, forecast: Forecast, live: SubscriptionRow, planCode: string): Promise<void> {
  const { manager, organizationId, now } = scene;
  const planned = forecast.plannedChangeOf(live.id);
  const known = await knownPlans(manager, live, planned);
  const plan = await scene.priced(await findPlan(manager, organizationId, planCode), known);
  const { decided } = await decideChangeOfPlan(manager, { live, planned }, { plan }, now);
  forecast.take(decided);
}
