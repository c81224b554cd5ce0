import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { PlanRow } from '../plans/index.ts';
import type { SubscriptionRow } from '../subscriptions/index.ts';

/**
 * What has to happen where a subscription is paid when its resource could not be made, or when its customer changes it. Implemented by
 * the room that knows payment providers. All but the first are called outside of transactions, and again after a crash: each call has one effect however often it
 * is made, and a subscription that no provider manages, or that is gone there, is a success that does nothing.
 */
export interface PaidSubscriptions {
  /**
   * It has just started, in this transaction: what its provider said of it while it waited (that it ends, is paused, is past due) becomes true
   * of it now. Returns it as it stands then.
   */
  catchUp(tx: Tx, subscription: SubscriptionRow): Promise<SubscriptionRow>;
  /** Ends it at its provider at once; with `refund` what was taken for it goes back. */
  end(subscription: SubscriptionRow, how: { readonly refund: boolean }): Promise<void>;
  /** It is not renewed any more: it ends with the period that runs. */
  endWithPeriod(subscription: SubscriptionRow): Promise<void>;
  /**
   * From now on it is billed the price of this plan, the difference for the running period included. Noted first, so that it is done in the
   * end where the provider's answer was lost. Returns the subscription as it stands then.
   * @throws BillingError conflict (another change is not settled yet), transition_not_allowed, plan_not_offered (it
   * costs more than the provider takes), those of the provider
   */
  changePlan(subscription: SubscriptionRow, plan: PlanRow): Promise<SubscriptionRow>;
}

/** DI token of the implementation, which the floor plan gives to `ProvisioningModule`. */
export const PAID_SUBSCRIPTIONS = Symbol('PAID_SUBSCRIPTIONS');
