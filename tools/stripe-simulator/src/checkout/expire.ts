import type { Stripe } from 'stripe';
import { wrongState } from '../http/errors.ts';
import type { World } from '../world/world.ts';

export function expireSession(world: World, session: Stripe.Checkout.Session): void {
  if (session.status !== 'open')
    throw wrongState(
      'checkout_session_not_open',
      `Only Checkout Sessions with a status in ["open"] can be expired. This one is ${session.status}.`,
    );
  session.status = 'expired';
  session.url = null;
  world.agenda.set('checkout.expire', session.id, null, null);
  world.emit('checkout.session.expired', session);
}
