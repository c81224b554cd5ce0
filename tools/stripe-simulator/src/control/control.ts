import type { FastifyInstance } from 'fastify';
import type { Stripe } from 'stripe';
import { closeDispute, openDispute } from '../payments/dispute.ts';
import { authenticate } from '../payments/confirm.ts';
import { failRefund } from '../payments/refund.ts';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import type { Deliveries } from '../deliver/deliveries.ts';
import type { FaultPlan, Faults } from '../deliver/faults.ts';
import type { Requests } from '../http/requests.ts';
import { letters, newId } from '../world/ids.ts';

interface EventOrder {
  readonly type: Stripe.Event['type'];
  /** An object as it should go out, or the id of one the account owns. */
  readonly object: Record<string, unknown> | string;
  readonly previous_attributes?: Record<string, unknown>;
  /** Other members of the event: `id` to send one twice with another body, `created`, `account`. */
  readonly event?: Partial<Stripe.Event>;
}

export interface Controlled {
  readonly world: World;
  readonly deliveries: Deliveries;
  readonly faults: Faults;
  readonly requests: Requests;
}

/** What real Stripe cannot be asked for: `/_sim/…`, JSON in and out. */
export function addControls(server: FastifyInstance, { world, deliveries, faults, requests }: Controlled): void {
  const { store } = world;
  server.get('/_sim/requests', () => ({ requests: requests.list() }));
  server.delete('/_sim/requests', () => {
    requests.clear();
    return { requests: [] };
  });
  server.get('/_sim/state', () => ({
    now: world.now(),
    events: store.events.oldest().length,
    faults: faults.list(),
    deliveries: [...deliveries.all.values()],
  }));

  server.post<{ Body: { advance: number } }>('/_sim/clock', ({ body }) => {
    world.time.advance(body.advance);
    return { now: world.now() };
  });

  server.post<{ Body: FaultPlan }>('/_sim/faults', ({ body }) => ({ id: faults.plan(body) }));
  server.get('/_sim/faults', () => ({ faults: faults.list() }));
  server.delete('/_sim/faults', () => {
    faults.clear();
    return { faults: [] };
  });

  server.post<{ Body: EventOrder }>('/_sim/events', ({ body }) => sendEvent(world, deliveries, body));
  server.post<{ Params: { id: string }; Body: { endpoint?: string } | null }>('/_sim/events/:id/resend', ({ params, body }) => {
    const event = store.events.get(params.id);
    const endpoints = body?.endpoint ? [store.webhookEndpoints.get(body.endpoint)] : store.webhookEndpoints.oldest();
    return { deliveries: endpoints.map(({ id }) => deliveries.post(event, id)) };
  });
  addDeliveryControls(server, world, deliveries);
  addBankControls(server, world);
}

/** What became of the deliveries, and the secrets they are signed with. */
function addDeliveryControls(server: FastifyInstance, { store }: World, deliveries: Deliveries): void {
  server.get('/_sim/deliveries', () => ({ deliveries: [...deliveries.all.values()] }));
  server.post('/_sim/deliveries/idle', async () => {
    await deliveries.idle();
    return { deliveries: [...deliveries.all.values()] };
  });

  server.post<{ Params: { id: string } }>('/_sim/webhook_endpoints/:id/roll', ({ params }) => {
    const endpoint = store.webhookEndpoints.get(params.id);
    const former = endpoint.secret ?? '';
    deliveries.addSecret(endpoint.id, former);
    endpoint.secret = `whsec_${letters(32)}`;
    return { secret: endpoint.secret, former };
  });
  server.delete<{ Params: { id: string; secret: string } }>('/_sim/webhook_endpoints/:id/secrets/:secret', ({ params }) => {
    deliveries.removeSecret(params.id, params.secret);
    return { removed: params.secret };
  });
}

/** What cardholders, their banks and card networks do. */
function addBankControls(server: FastifyInstance, world: World): void {
  const { store } = world;
  server.post<{ Params: { id: string }; Body: { passed: boolean } }>(
    '/_sim/payment_intents/:id/authenticate',
    ({ params, body }) => {
      const intent = store.paymentIntents.get(params.id);
      authenticate(world, intent, body.passed);
      return intent;
    },
  );
  server.post<{ Params: { id: string }; Body: { reason?: 'fraudulent' | 'product_not_received' | 'inquiry' } | null }>(
    '/_sim/charges/:id/dispute',
    ({ params, body }) => openDispute(world, store.charges.get(params.id), body?.reason ?? 'fraudulent'),
  );
  server.post<{ Params: { id: string }; Body: { outcome: 'won' | 'lost' } }>('/_sim/disputes/:id/close', ({ params, body }) => {
    const dispute = store.disputes.get(params.id);
    closeDispute(world, dispute, body.outcome);
    return dispute;
  });
  server.post<{ Params: { id: string } }>('/_sim/refunds/:id/fail', ({ params }) => {
    const made = store.refunds.get(params.id);
    failRefund(world, made, 'lost_or_stolen_card');
    return made;
  });
  server.post<{ Params: { id: string }; Body: { exp_month: number; exp_year: number; last4?: string } }>(
    '/_sim/payment_methods/:id/renew',
    ({ params, body }) => {
      const method = store.paymentMethods.get(params.id);
      world.change('payment_method.automatically_updated', method, () => Object.assign(method.card ?? {}, body));
      return method;
    },
  );
}

/** Any event at all, whether or not the account did it. */
function sendEvent(world: World, deliveries: Deliveries, order: EventOrder): Stripe.Event {
  const object = typeof order.object === 'string' ? owned(world, order.object) : order.object;
  const event = {
    id: newId('evt'),
    object: 'event',
    api_version: world.apiVersion,
    created: world.now(idOf(object['customer'] as string | null)),
    livemode: false,
    pending_webhooks: 0,
    request: { id: null, idempotency_key: null },
    ...order.event,
    data: {
      object: structuredClone(object),
      ...(order.previous_attributes && { previous_attributes: order.previous_attributes }),
    },
    type: order.type,
  } as unknown as Stripe.Event;
  world.store.events.add(event);
  for (const { id } of world.store.webhookEndpoints.oldest(({ status }) => status === 'enabled')) {
    event.pending_webhooks += 1;
    deliveries.post(event, id);
  }
  return event;
}

function owned(world: World, id: string): Record<string, unknown> {
  const { store } = world;
  const tables = [
    store.customers,
    store.subscriptions,
    store.invoices,
    store.invoicePayments,
    store.paymentIntents,
    store.setupIntents,
    store.charges,
    store.refunds,
    store.disputes,
    store.creditNotes,
    store.checkoutSessions,
    store.paymentMethods,
    store.products,
    store.prices,
  ];
  const found = tables.map((table) => table.find(id)).find((row) => row !== undefined);
  return (found ?? store.invoices.get(id)) as unknown as Record<string, unknown>;
}
