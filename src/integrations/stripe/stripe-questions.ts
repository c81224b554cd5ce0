import { Injectable } from '@nestjs/common';
import { parseExactJson } from '../../platform/http/strict-json.ts';
import { StripeClient } from './stripe-client.ts';

const pageSize = 100;

/** What handlers ask Stripe, one word for each: `<question>:<id>`. Those asked at the same time share one request. */
export const questions = ['invoice', 'subscription', 'customer', 'charge', 'payments_of_intent', 'payment_methods_of'] as const;
export type Question = `${(typeof questions)[number]}:${string}`;

@Injectable()
export class StripeQuestions {
  private readonly inFlight = new Map<string, Promise<unknown>>();

  constructor(private readonly client: StripeClient) {}

  /** An object of Stripe or a list; null for what Stripe does not know (any more). */
  answer(question: string): Promise<unknown> {
    const known = this.inFlight.get(question);
    if (known) return known;
    // As the wire has it: the SDK makes objects of its own of decimals.
    const asked = this.ask(question)
      .then((answer) => parseExactJson(JSON.stringify(answer)))
      .finally(() => this.inFlight.delete(question));
    this.inFlight.set(question, asked);
    return asked;
  }

  private async ask(question: string): Promise<unknown> {
    const colon = question.indexOf(':');
    const [what, id] = [question.slice(0, colon), question.slice(colon + 1)];
    switch (what) {
      case 'invoice':
        return this.invoice(id);
      case 'subscription':
        return this.client.find((sdk) => sdk.subscriptions.retrieve(id));
      case 'customer':
        return this.client.find((sdk) => sdk.customers.retrieve(id));
      case 'charge':
        return this.client.find((sdk) => sdk.charges.retrieve(id));
      case 'payments_of_intent': {
        const payment = { type: 'payment_intent', payment_intent: id } as const;
        return (await this.client.find((sdk) => sdk.invoicePayments.list({ payment, limit: pageSize })))?.data ?? [];
      }
      case 'payment_methods_of':
        return (await this.client.find((sdk) => sdk.customers.listPaymentMethods(id, { limit: pageSize })))?.data ?? [];
      default:
        throw new Error(`Stripe is not asked ${question}`);
    }
  }

  /** With all its lines. */
  private async invoice(id: string): Promise<unknown> {
    const invoice = await this.client.find((sdk) => sdk.invoices.retrieve(id));
    if (!invoice?.lines?.has_more) return invoice;
    const lines = [];
    let last: string | undefined;
    for (let more = true; more;) {
      const after = last;
      const page = await this.client.ask((sdk) =>
        sdk.invoices.listLineItems(id, { limit: pageSize, ...(after === undefined ? {} : { starting_after: after }) }),
      );
      lines.push(...page.data);
      last = page.data.at(-1)?.id;
      more = page.has_more && last !== undefined;
    }
    return { ...invoice, lines: { ...invoice.lines, data: lines, has_more: false } };
  }
}
