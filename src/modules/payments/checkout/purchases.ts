import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { newId } from '../../../platform/database/ids.ts';
import { queryIn, queryOn } from '../../../platform/database/sql.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { log } from '../../../platform/logging/log.ts';
import { type CustomerRow, findCustomer } from '../../customers/index.ts';
import type { PlanRow } from '../../plans/index.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import type { CheckoutInput } from './checkout.dto.ts';
import {
  abandonedPurchases,
  claimPurchase,
  forgetPurchase,
  justMade,
  type PurchaseClaim,
  type PurchaseKey,
  releasePurchase,
  sweepPurchases,
} from './purchases.store.ts';

const lookAgainMs = 100;
/** A second click waits so long for the first. */
const waitForMs = 20_000;

/** After these nobody knows whether the provider took money. */
const unknownOutcomes: readonly string[] = ['payment_provider_unavailable', 'payment_provider_failed'];

/** What is bought at once, in the hand of one request: two clicks are one purchase, and one that breaks off is settled. */
@Injectable()
export class Purchases {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: PaymentProviders,
  ) {}

  /**
   * `mine`: make it under this id; it may have been begun before. `made`: the same was bought a moment ago.
   * @throws BillingError conflict (another request is still making it)
   */
  async begin(
    customer: CustomerRow,
    plan: PlanRow,
    input: CheckoutInput,
    providerCustomerId: string,
  ): Promise<{ readonly mine: string } | { readonly made: string }> {
    const { organizationId, id: customerId } = customer;
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([plan.id, input.resource_type, input.resource_config ?? {}]))
      .digest();
    const claim: PurchaseClaim = { organizationId, id: newId(), customerId, fingerprint, providerCustomerId };
    for (const until = Date.now() + waitForMs; ; await pause(lookAgainMs)) {
      const begun = await this.claim(claim);
      if (begun) return begun;
      if (Date.now() > until) throw new BillingError('conflict', { purchase: ['in_progress'] });
    }
  }

  /** It came to nothing, or nobody knows what it came to. */
  async breakOff(key: PurchaseKey, error: unknown): Promise<void> {
    const isKnown = error instanceof BillingError && !unknownOutcomes.includes(error.code);
    await (isKnown ? forgetPurchase : releasePurchase)(queryOn(this.dataSource), key);
  }

  /** Nothing was bought, or it went back: who asks again begins anew. */
  async forget(key: PurchaseKey): Promise<void> {
    await forgetPurchase(queryOn(this.dataSource), key);
  }

  /** What was paid for purchases that broke off goes back, so that nobody pays for what is not ours. Returns how many were settled. */
  async settle(): Promise<number> {
    const query = queryOn(this.dataSource);
    let settled = 0;
    for (const purchase of await abandonedPurchases(query))
      try {
        const provider = this.providers.get('STRIPE');
        const bought = await provider.findSubscription(purchase.providerCustomerId, purchase.id);
        if (bought !== null) {
          await provider.cancelSubscription(bought);
          await provider.refundSubscription(bought);
        }
        await forgetPurchase(query, purchase);
        settled += 1;
      } catch (error) {
        log.error('a purchase that broke off could not be settled; it is tried again', error, { subscription_id: purchase.id });
      }
    await sweepPurchases(query);
    return settled;
  }

  /** The customer's lock orders it after whoever finishes the same. */
  private claim(claim: PurchaseClaim): Promise<{ mine: string } | { made: string } | undefined> {
    return this.unitOfWork.run(async (tx) => {
      await findCustomer(tx, claim.organizationId, claim.customerId, { forUpdate: true });
      const made = await justMade(queryIn(tx), claim);
      if (made !== undefined) return { made };
      const mine = await claimPurchase(queryIn(tx), claim);
      return mine === undefined ? undefined : { mine };
    });
  }
}
