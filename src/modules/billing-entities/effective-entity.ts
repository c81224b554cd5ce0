import type { Numbering, NumberRestart } from '../../domain/invoicing/document-number.ts';
import { invalid } from '../../domain/errors/billing-error.ts';
import type { DayCount } from '../../domain/proration/local-days.ts';
import { type Query } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { TaxAddresses } from '../taxes/index.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';
import { type HomeEntityId, idOfHomeEntity } from './home-entity.ts';

declare const decided: unique symbol;

/**
 * The entity that bills, with every setting an invoice takes from it: its own, where the customer has none. Made once per invoice
 * and passed down; nothing else can make one.
 */
export interface EffectiveEntity {
  readonly [decided]: true;
  readonly id: string;
  readonly numbering: Numbering;
  /** Of the documents: the day of issue, of payment and of the number. */
  readonly timezone: string;
  readonly netPaymentTerm: number;
  readonly gracePeriodDays: number;
  /** Whether what comes to nothing makes an invoice. */
  readonly invoicesZero: boolean;
  /** How the days of a part of a period are counted. */
  readonly dayCount: DayCount;
  /** Of documents for a customer that has no currency yet. */
  readonly defaultCurrency: string;
  /** Whose addresses decide the taxes that nobody assigned; null where this entity does not tax by address. */
  readonly taxAddresses: TaxAddresses | null;
}

/** I13: a subscription's own entity, else the customer's. The one place that decides it, here and in the two after it. */
export const effectiveEntityId = (
  subscription: { readonly billingEntityId: string | null },
  customer: { readonly billingEntityId: HomeEntityId },
): string => subscription.billingEntityId ?? idOfHomeEntity(customer.billingEntityId);

/** The same in SQL: `c` is the customer of the subscription of that alias. */
export const effectiveEntityIdOf = (subscription: string): string =>
  `coalesce(${subscription}.billing_entity_id, c.billing_entity_id)`;

/** The same for statements over many: `s` is the subscription, `c` its customer, `e` becomes the effective entity. */
export const joinEffectiveEntity = `join billing_entities e
    on e.organization_id = s.organization_id and e.id = ${effectiveEntityIdOf('s')}`;

/** What `effectiveEntity` reads. The customer's own terms come first. */
export const effectiveEntityColumns = `e.id as entity_id, coalesce(c.timezone, e.timezone) as entity_timezone,
    coalesce(c.net_payment_term, e.net_payment_term) as net_payment_term, coalesce(c.invoice_grace_period, e.invoice_grace_period) as invoice_grace_period,
    case c.finalize_zero_amount_invoice when 'inherit' then e.finalize_zero_amount_invoice else c.finalize_zero_amount_invoice = 'finalize' end as invoices_zero,
    e.day_count, e.document_number_prefix, e.document_number_template, e.document_number_restart, e.default_currency,
    e.tax_by_address, e.country as seller_country, e.state as seller_state, c.country as buyer_country, c.state as buyer_state,
    c.tax_identification_number as buyer_tax_id`;

export interface EffectiveEntityColumns {
  readonly entity_id: string;
  readonly entity_timezone: string;
  readonly net_payment_term: number;
  readonly invoice_grace_period: number;
  readonly invoices_zero: boolean;
  readonly day_count: DayCount;
  readonly document_number_prefix: string;
  readonly document_number_template: string;
  readonly document_number_restart: NumberRestart;
  readonly default_currency: string;
  readonly tax_by_address: boolean;
  readonly seller_country: string | null;
  readonly seller_state: string | null;
  readonly buyer_country: string | null;
  readonly buyer_state: string | null;
  readonly buyer_tax_id: string | null;
}

export const effectiveEntity = (row: EffectiveEntityColumns): EffectiveEntity =>
  ({
    id: row.entity_id,
    numbering: {
      prefix: row.document_number_prefix,
      template: row.document_number_template,
      restart: row.document_number_restart,
    },
    timezone: row.entity_timezone,
    netPaymentTerm: row.net_payment_term,
    gracePeriodDays: row.invoice_grace_period,
    invoicesZero: row.invoices_zero,
    dayCount: row.day_count,
    defaultCurrency: row.default_currency,
    taxAddresses: row.tax_by_address ? taxAddressesOf(row) : null,
  }) satisfies Omit<EffectiveEntity, typeof decided> as EffectiveEntity;

const taxAddressesOf = (row: EffectiveEntityColumns): TaxAddresses => ({
  seller: { country: row.seller_country, region: regionOf(row.seller_state) },
  buyer: { country: row.buyer_country, region: regionOf(row.buyer_state), taxId: row.buyer_tax_id },
});

const regionOf = (state: string | null): string | null => state?.trim().toUpperCase() || null;

const selectForDocument = {
  name: 'billing_entities.of_document',
  text: `select ${effectiveEntityColumns} from (select $1::uuid as organization_id, $3::uuid as billing_entity_id) s
    join customers c on c.organization_id = s.organization_id and c.id = $2 ${joinEffectiveEntity}`,
};

/** Who issues a document that bills no subscription: the entity it names, else the customer's. */
export async function effectiveEntityOfDocument(
  query: Query,
  organizationId: string,
  customerId: string,
  ownEntityId: string | null,
): Promise<EffectiveEntity> {
  const [row] = await query<EffectiveEntityColumns>(selectForDocument, [organizationId, customerId, ownEntityId]);
  if (!row) throw new Error(`customer ${customerId} lost its billing entity`);
  return effectiveEntity(row);
}

/**
 * The row of the entity that will bill a subscription, locked against being archived until the transaction ends.
 * @throws BillingError validation_errors when it is archived: it takes nothing new, also not by inheritance
 */
export async function entityForNewBusiness(
  tx: Tx,
  organizationId: string,
  subscription: { readonly billingEntityId: string | null },
  customer: { readonly billingEntityId: HomeEntityId },
): Promise<BillingEntityRow> {
  const row = await tx.findOneOrFail(BillingEntityRow, {
    where: { organizationId, id: effectiveEntityId(subscription, customer) },
    lock: { mode: 'pessimistic_read' },
  });
  if (row.archivedAt !== null) throw invalid({ billing_entity: ['billing_entity_archived'] });
  return row;
}
