import type { FastifyInstance } from 'fastify';
import type { Stripe } from 'stripe';
import { changeSubscription } from '../billing/subscription-change.ts';
import { Refusal } from '../http/errors.ts';
import { createCard } from '../objects/payment-methods.ts';
import { attachPaymentMethod } from '../payments/attach.ts';
import type { World } from '../world/world.ts';
import { alert, cardFields, escape, money, page } from './html.ts';

interface Form {
  Params: { id: string };
  Body: { form: Record<string, string> } | null;
}

const button = (action: string, subscription: string, label: string): string =>
  `<form method="post"><input type="hidden" name="subscription" value="${escape(subscription)}"><button name="action" value="${action}">${label}</button></form>`;

function portalPage(world: World, session: Stripe.BillingPortal.Session, message?: string): string {
  const { store } = world;
  const subscriptions = store.subscriptions
    .newest(({ customer, ended_at }) => customer === session.customer && ended_at === null)
    .map(
      (row) =>
        `<li data-subscription="${escape(row.id)}">${escape(row.items.data.map(({ price }) => store.products.find(String(price.product))?.name).join(', '))} · ${escape(row.status)}` +
        (row.cancel_at === null
          ? button('cancel', row.id, 'Cancel plan')
          : `, ends ${new Date(row.cancel_at * 1000).toISOString().slice(0, 10)}${button('renew', row.id, "Don't cancel plan")}`) +
        '</li>',
    )
    .join('');
  const invoices = store.invoices
    .newest(({ customer, status }) => customer === session.customer && status !== 'draft')
    .map(
      (row) =>
        `<li><a href="${escape(row.hosted_invoice_url)}">${escape(row.number)}</a> ${money(row.total, row.currency)} ${escape(row.status)}</li>`,
    )
    .join('');
  const method = store.paymentMethods.find(
    store.customers.get(session.customer).invoice_settings.default_payment_method as string | null,
  );
  return page(
    'Your plan and invoices',
    `${alert(message)}<h2>Plans</h2><ul>${subscriptions}</ul><h2>Payment method</h2><p id="card">${escape(method?.card ? `${method.card.brand} •••• ${method.card.last4}` : 'none')}</p>` +
      `<form method="post">${cardFields()}<button name="action" value="card">Update card</button></form><h2>Invoices</h2><ul>${invoices}</ul>` +
      (session.return_url ? `<p><a id="return" href="${escape(session.return_url)}">Return</a></p>` : ''),
  );
}

function act(world: World, session: Stripe.BillingPortal.Session, form: Record<string, string>): void {
  const { store } = world;
  if (form['action'] === 'card') {
    const method = attachPaymentMethod(world, createCard(world, { number: form['cardNumber'] ?? '' }).id, session.customer);
    const customer = store.customers.get(session.customer);
    world.change('customer.updated', customer, () => {
      customer.invoice_settings.default_payment_method = method.id;
    });
    return;
  }
  const subscription = store.subscriptions.get(form['subscription'] ?? '');
  if (subscription.customer === session.customer)
    changeSubscription(world, subscription, { cancel_at_period_end: form['action'] === 'cancel' });
}

/** Where a customer cancels, goes on after all, changes the card and finds invoices. */
export function addPortalPages(server: FastifyInstance, world: World): void {
  const sessions = world.store.portalSessions;
  server.get<Form>('/p/session/:id', ({ params }, reply) =>
    reply.type('text/html; charset=utf-8').send(portalPage(world, sessions.get(params.id))),
  );
  server.post<Form>('/p/session/:id', ({ params, body, url }, reply) => {
    const session = sessions.get(params.id);
    try {
      act(world, session, body?.form ?? {});
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return reply
        .code(error.status)
        .type('text/html; charset=utf-8')
        .send(portalPage(world, session, error.message));
    }
    return reply.redirect(url, 303);
  });
}
