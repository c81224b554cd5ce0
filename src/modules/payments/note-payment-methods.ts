import { Injectable } from '@nestjs/common';
import { isId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { CustomerRow } from '../customers/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { ProviderCustomerRow } from './provider/provider-customer.entity.ts';
import { findProviderCustomer, linkCustomer } from './provider/provider-links.store.ts';
import { tellOnce } from './tell-once.ts';

/** What was learned of a customer's ways to pay; what is absent stays. */
export interface PaymentMethodNews {
  readonly hasPaymentMethod?: boolean;
  readonly defaultPaymentMethodId?: string | null;
  /** By the provider's time; a later word on the default stands. Absent: we asked. */
  readonly defaultSaidAt?: Date;
  /** When, by the provider's time, nothing was left to pay with. */
  readonly methodsGoneAt?: Date;
  readonly deletedAt?: Date;
  /** Told to the outbox once under this name. */
  readonly note?: { readonly type: string; readonly once: string; readonly details: object };
}

/** Ids of ours, as the provider's metadata has them. */
export interface ClaimedCustomer {
  readonly customerId: string;
  /** Null where it names none. */
  readonly organizationId: string | null;
}

const later = (known: Date | null, said: Date | undefined): Date | null =>
  said && (known === null || said > known) ? said : known;

/** Keeps whether, and with what by default, a customer of the provider can pay (B5). */
@Injectable()
export class NotePaymentMethods {
  constructor(private readonly organizationClock: OrganizationClock) {}

  /** Undefined when the provider's customer is none of ours. */
  async execute(tx: Tx, providerCustomerId: string, news: PaymentMethodNews): Promise<ProviderCustomerRow | undefined> {
    const known = await findProviderCustomer(tx, providerCustomerId);
    if (!known) return undefined;
    const { organizationId, customerId, provider } = known;
    const at = await this.organizationClock.now(organizationId, tx);
    const believed = known.deletedAt === null ? news : {};
    const isOld = news.defaultSaidAt && known.defaultMethodSaidAt && news.defaultSaidAt < known.defaultMethodSaidAt;
    const isNews = believed.defaultPaymentMethodId !== undefined && !isOld;
    const changes = {
      hasPaymentMethod: believed.hasPaymentMethod ?? known.hasPaymentMethod,
      ...(isNews
        ? {
            defaultPaymentMethodId: believed.defaultPaymentMethodId,
            defaultMethodSaidAt: later(known.defaultMethodSaidAt, news.defaultSaidAt),
          }
        : {}),
      methodsGoneAt: later(known.methodsGoneAt, news.methodsGoneAt),
      deletedAt: known.deletedAt ?? news.deletedAt ?? null,
      updatedAt: at,
    };
    await tx.update(ProviderCustomerRow, { organizationId, customerId, provider }, changes);
    if (news.note) {
      const { type, once, details } = news.note;
      const payload = { lago_customer_id: customerId, provider_customer_id: providerCustomerId, ...details };
      await tellOnce(tx, organizationId, at, once, { objectType: 'customer', objectId: customerId, type, payload });
    }
    return { ...known, ...changes };
  }

  /** Links the provider's customer to ours by the ids in its metadata, if ours has none yet and is of the organization they name. */
  async claim(tx: Tx, providerCustomerId: string, claimed: ClaimedCustomer): Promise<void> {
    const { customerId, organizationId } = claimed;
    if (!isId(customerId) || (await findProviderCustomer(tx, providerCustomerId))) return;
    const customer = await tx.findOneBy(CustomerRow, { id: customerId });
    if (!customer || (organizationId !== null && organizationId !== customer.organizationId)) return;
    const at = await this.organizationClock.now(customer.organizationId, tx);
    await linkCustomer(tx, customer, providerCustomerId, at);
  }
}
