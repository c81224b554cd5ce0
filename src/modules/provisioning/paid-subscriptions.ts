import type { SubscriptionRow } from '../subscriptions/index.ts';

/**
 * What has to happen where a subscription is paid when its resource could not be made, or when its customer changes it. Implemented by
 * the room that knows payment providers. Everything is called outside of transactions and may be called again with the same `key`, with
 * one effect; a subscription that no provider manages, or that is gone there, is a success that does nothing.
 */
export interface PaidSubscriptions {
  /** Ends it at its provider at once, and with `refund` gives back what was taken for it. */
  end(
    subscription: SubscriptionRow,
    how: { readonly key: string; readonly refund: boolean; readonly reason: string },
  ): Promise<void>;
  /** It is not renewed any more: it ends with the period that runs. */
  endWithPeriod(subscription: SubscriptionRow, how: { readonly key: string }): Promise<void>;
  /** From now on the provider bills the price of this plan. */
  changePlan(subscription: SubscriptionRow, how: { readonly key: string; readonly planId: string }): Promise<void>;
}
