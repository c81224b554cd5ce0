import type { Stripe } from 'stripe';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';

const day = 86_400;

export const nextPeriodEnd = (world: World, { id }: Stripe.Subscription): number =>
  Math.min(...(world.store.itemsOf.get(id) ?? []).map(({ current_period_end }) => current_period_end));

/** Puts on the agenda what comes next in a subscription's life; what has ended has nothing to come. */
export function schedule(world: World, subscription: Stripe.Subscription): void {
  const clock = world.time.clockOf(idOf(subscription.customer));
  const now = world.time.now(clock);
  const lives = ['active', 'past_due', 'trialing', 'unpaid'].includes(subscription.status);
  const end = nextPeriodEnd(world, subscription);
  const set = (duty: string, at: number | null): void =>
    world.agenda.set(duty, subscription.id, lives && at !== null && at >= now ? at : null, clock);
  set('subscription.cancel', subscription.cancel_at);
  set('subscription.trial_will_end', subscription.status === 'trialing' && end - 3 * day > now ? end - 3 * day : null);
  set('subscription.upcoming', subscription.cancel_at_period_end || end - 7 * day <= now ? null : end - 7 * day);
  set('subscription.resume_collection', subscription.pause_collection?.resumes_at ?? null);
  set('subscription.period', end);
}
