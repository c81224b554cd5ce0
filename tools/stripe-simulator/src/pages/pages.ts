import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Stripe } from 'stripe';
import { pay } from '../billing/collect.ts';
import { proceed, submit } from '../checkout/complete.ts';
import { Refusal } from '../http/errors.ts';
import { createCard } from '../objects/payment-methods.ts';
import { authenticate } from '../payments/confirm.ts';
import { authenticateSetup } from '../payments/setup.ts';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { alert, cardFields, escape, field, money, page } from './html.ts';
import { addPortalPages } from './portal.ts';

interface Form {
  Params: { id: string };
  Body: { form: Record<string, string> } | null;
}

export const show = (reply: FastifyReply, html: string, status = 200): FastifyReply =>
  reply.code(status).type('text/html; charset=utf-8').send(html);

/** What a payment form says about its card. */
export const cardOf = (world: World, form: Record<string, string>): Stripe.PaymentMethod => {
  const [month = '12', year = '34'] = (form['cardExpiry'] ?? '').split('/');
  return createCard(world, { number: form['cardNumber'] ?? '', exp_month: Number(month), exp_year: 2000 + Number(year) });
};

/** Work that may be refused: the refusal's message for the page. */
function refusable<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

const checkoutPage = (world: World, session: Stripe.Checkout.Session, message?: string): string => {
  const items = (world.store.lineItemsOf.get(session.id) ?? [])
    .map(
      (item) =>
        `<tr><td>${escape(item.quantity)} × ${escape(item.description)}</td><td>${money(item.amount_total, item.currency)}</td></tr>`,
    )
    .join('');
  const due =
    session.amount_total === null
      ? ''
      : `<p>Total due <strong id="total">${money(session.amount_total, session.currency ?? 'usd')}</strong></p>`;
  const verb = session.mode === 'setup' ? 'Save card' : session.mode === 'subscription' ? 'Subscribe' : 'Pay';
  return page(
    verb,
    `<table>${items}</table>${due}${alert(message)}<form method="post" action="/c/pay/${escape(session.id)}">` +
      field(
        'email',
        'Email',
        session.customer_email ?? world.store.customers.find(idOf(session.customer))?.email ?? '',
        'type="email"',
      ) +
      cardFields() +
      field('billingName', 'Name on card') +
      `<button type="submit" class="SubmitButton">${verb}</button></form>` +
      (session.cancel_url ? `<p><a href="${escape(session.cancel_url)}">Back</a></p>` : ''),
  );
};

const successOf = (session: Stripe.Checkout.Session, world: World): string =>
  (session.success_url ?? `${world.url}/c/pay/${session.id}`).replaceAll('{CHECKOUT_SESSION_ID}', session.id);

function addCheckoutPages(server: FastifyInstance, world: World): void {
  const sessionOf = (id: string): Stripe.Checkout.Session => world.store.checkoutSessions.get(id);
  server.get<Form>('/c/pay/:id', ({ params }, reply) => {
    const session = sessionOf(params.id);
    return show(reply, session.status === 'open' ? checkoutPage(world, session) : page(`This session is ${session.status}`, ''));
  });
  server.post<Form>('/c/pay/:id', ({ params, body }, reply) => {
    const session = sessionOf(params.id);
    const form = body?.form ?? {};
    const outcome = refusable(() =>
      submit(world, session, { method: cardOf(world, form).id, email: form['email'] || null, name: form['billingName'] || null }),
    );
    if (outcome instanceof Refusal) return show(reply, checkoutPage(world, session, outcome.message), outcome.status);
    if ('refused' in outcome) return show(reply, checkoutPage(world, session, outcome.refused.message), 402);
    return reply.redirect('authenticate' in outcome ? outcome.authenticate : successOf(session, world), 303);
  });
  server.get<Form>('/c/pay/:id/return', ({ params }, reply) => {
    const session = sessionOf(params.id);
    if (session.status === 'open') proceed(world, session);
    if (session.status === 'complete') return reply.redirect(successOf(session, world), 303);
    return show(
      reply,
      checkoutPage(
        world,
        session,
        'We are unable to authenticate your payment method. Please choose a different one and try again.',
      ),
      402,
    );
  });
}

/** The bank's page of 3-D Secure. */
function addAuthenticationPages(server: FastifyInstance, world: World): void {
  const { paymentIntents, setupIntents } = world.store;
  server.get<Form>('/_sim/3ds/:id', (_request, reply) =>
    show(
      reply,
      page(
        '3-D Secure',
        `<p>Your bank asks whether it is you.</p><form method="post"><button name="outcome" value="complete" id="test-source-authorize-3ds">Complete</button> <button name="outcome" value="fail" id="test-source-fail-3ds">Fail</button></form>`,
      ),
    ),
  );
  server.post<Form>('/_sim/3ds/:id', ({ params, body }, reply) => {
    const passed = body?.form['outcome'] === 'complete';
    const intent = paymentIntents.find(params.id);
    const setup = intent ? undefined : setupIntents.get(params.id);
    const back = (intent ?? setup)?.next_action?.redirect_to_url?.return_url;
    if (intent) authenticate(world, intent, passed);
    else if (setup) authenticateSetup(world, setup, passed);
    return back ? reply.redirect(back, 303) : show(reply, page(passed ? 'Authenticated' : 'Not authenticated', ''));
  });
}

const invoicePage = (invoice: Stripe.Invoice, message?: string): string =>
  page(
    `Invoice ${invoice.number}`,
    `<table>${invoice.lines.data.map((line) => `<tr><td>${escape(line.description)}</td><td>${money(line.amount, line.currency)}</td></tr>`).join('')}</table>` +
      `<p>Amount due <strong id="total">${money(invoice.amount_remaining, invoice.currency)}</strong> · <span id="status">${escape(invoice.status)}</span></p>${alert(message)}` +
      (invoice.status === 'open'
        ? `<form method="post">${cardFields()}<button type="submit" class="SubmitButton">Pay</button></form>`
        : '') +
      `<p><a href="${escape(invoice.invoice_pdf)}">Download</a></p>`,
  );

/** The invoice as its customer sees it, to pay and to keep. */
function addInvoicePages(server: FastifyInstance, world: World): void {
  const { invoices, charges } = world.store;
  server.get<Form>('/i/:secret/:id', ({ params }, reply) => show(reply, invoicePage(invoices.get(params.id))));
  server.post<Form>('/i/:secret/:id', ({ params, body, url }, reply) => {
    const invoice = invoices.get(params.id);
    const refusal = refusable(() =>
      pay(world, invoice, { method: cardOf(world, body?.form ?? {}).id, returnUrl: `${world.url}${url}` }),
    );
    if (refusal) return show(reply, invoicePage(invoice, refusal.message), refusal.status);
    const payment = world.store.invoicePayments.first((row) => row.invoice === invoice.id && row.is_default);
    const next = world.store.paymentIntents.find(idOf(payment?.payment.payment_intent))?.next_action?.redirect_to_url?.url;
    return reply.redirect(next ?? url, 303);
  });
  server.get<Form>('/i/:secret/:id/pdf', ({ params }, reply) =>
    reply.type('application/pdf').send(`%PDF-1.4\n% Invoice ${invoices.get(params.id).number}, simulated\n%%EOF\n`),
  );
  server.get<Form>('/_sim/receipts/:id', ({ params }, reply) => {
    const charge = charges.get(params.id);
    return show(reply, page('Receipt', `<p>${money(charge.amount_captured, charge.currency)}, ${escape(charge.status)}</p>`));
  });
}

/** The pages Stripe hosts: plain forms that a browser, or a test without one, fills in. */
export function addPages(server: FastifyInstance, world: World): void {
  addCheckoutPages(server, world);
  addAuthenticationPages(server, world);
  addInvoicePages(server, world);
  addPortalPages(server, world);
}
