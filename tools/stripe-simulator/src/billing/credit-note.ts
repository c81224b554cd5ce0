import type { Stripe } from 'stripe';
import { invalid, wrongState } from '../http/errors.ts';
import { listWithin } from '../http/list.ts';
import { refund } from '../payments/refund.ts';
import { idOf, mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { customerBalance } from './customer-balance.ts';
import { share } from './exact.ts';
import { intentOf } from './collect.ts';
import { settle } from './invoice-life.ts';
import { due, sum } from './totals.ts';

type Create = Stripe.CreditNoteCreateParams;

function credited(world: World, invoice: Stripe.Invoice, params: Create): Stripe.CreditNoteLineItem[] {
  const rows = (world.store.lines.get(invoice.id) ?? []).map(({ row }) => row);
  if (!params.lines) return [line({ amount: params.amount ?? invoice.total, description: 'Credit', type: 'custom_line_item' })];
  return params.lines.map((given, position) => {
    const quantity = given.quantity ?? null;
    if (given.type !== 'invoice_line_item')
      return line({
        amount: given.amount ?? (given.unit_amount ?? 0) * (quantity ?? 1),
        quantity,
        description: given.description ?? null,
        type: 'custom_line_item',
      });
    const row = rows.find(({ id }) => id === given.invoice_line_item);
    if (!row)
      throw invalid(`No such invoice line item: ${given.invoice_line_item}`, { param: `lines[${position}][invoice_line_item]` });
    const amount = given.amount ?? (quantity === null ? row.amount : share(row.amount, quantity, row.quantity ?? 1));
    const taxes = (row.taxes ?? []).map((tax) => ({ ...tax, amount: share(tax.amount, amount, row.amount || 1) }));
    return line({
      amount,
      quantity,
      description: row.description,
      type: 'invoice_line_item',
      invoice_line_item: row.id,
      taxes: taxes as Stripe.CreditNoteLineItem.Tax[],
    });
  });
}

const line = (
  given: Partial<Stripe.CreditNoteLineItem> & { amount: number; type: Stripe.CreditNoteLineItem.Type },
): Stripe.CreditNoteLineItem => ({
  id: newId('cnli'),
  object: 'credit_note_line_item',
  description: null,
  discount_amount: 0,
  discount_amounts: [],
  livemode: false,
  metadata: {},
  pretax_credit_amounts: [],
  quantity: null,
  tax_rates: [],
  taxes: [],
  unit_amount: null,
  unit_amount_decimal: null,
  ...given,
});

/** A credit note that is not yet the account's. */
export function composeCreditNote(world: World, params: Create): Stripe.CreditNote {
  const invoice = world.store.invoices.get(params.invoice, 'invoice');
  if (invoice.status !== 'open' && invoice.status !== 'paid' && invoice.status !== 'uncollectible')
    throw wrongState(
      'invoice_not_editable',
      `You can only create credit notes for finalized invoices, this one is ${invoice.status}.`,
      'invoice',
    );
  const lines = credited(world, invoice, params);
  const taxes = lines.flatMap((row) => row.taxes ?? []);
  const exclusive = sum(taxes.filter(({ tax_behavior }) => tax_behavior === 'exclusive').map(({ amount }) => amount));
  const subtotal = sum(lines.map(({ amount }) => amount));
  const total = subtotal + exclusive;
  const already = sum(
    world.store.creditNotes.oldest((row) => row.invoice === invoice.id && row.status === 'issued').map((row) => row.total),
  );
  if (total <= 0) throw invalid('The amount of a credit note must be positive.', { param: 'amount' });
  if (total + already > invoice.total)
    throw invalid(`The sum of credit notes (${total + already}) is greater than the invoice's total (${invoice.total}).`, {
      param: 'amount',
    });
  const prePayment = invoice.status === 'paid' ? 0 : Math.min(total, invoice.amount_remaining);
  const count = world.store.creditNotes.oldest((row) => row.invoice === invoice.id).length + 1;
  const id = newId('cn');
  return {
    id,
    object: 'credit_note',
    amount: total,
    amount_shipping: 0,
    created: world.now(idOf(invoice.customer)),
    currency: invoice.currency,
    customer: idOf(invoice.customer) ?? '',
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: params.effective_at ?? world.now(idOf(invoice.customer)),
    invoice: invoice.id,
    lines: listWithin(lines, `/v1/credit_notes/${id}/lines`),
    livemode: false,
    memo: params.memo ?? null,
    metadata: mergeMetadata(null, params.metadata),
    number: `${invoice.number}-CN-${String(count).padStart(2, '0')}`,
    out_of_band_amount: params.out_of_band_amount ?? null,
    pdf: `${world.url}/_sim/credit_notes/${id}/pdf`,
    post_payment_amount: total - prePayment,
    pre_payment_amount: prePayment,
    pretax_credit_amounts: [],
    reason: params.reason ?? null,
    refunds: [],
    shipping_cost: null,
    status: 'issued',
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_excluding_tax: subtotal,
    total_taxes: taxes as Stripe.CreditNote.TotalTax[],
    type: prePayment === 0 ? 'post_payment' : prePayment === total ? 'pre_payment' : 'mixed',
    voided_at: null,
  };
}

/** Issues it: an open invoice owes less, a paid one's money goes back the way that was asked for. */
export function createCreditNote(world: World, params: Create): Stripe.CreditNote {
  const note = composeCreditNote(world, params);
  const invoice = world.store.invoices.get(params.invoice);
  const customer = world.store.customers.get(note.customer as string);
  const back = (params.refund_amount ?? 0) + (params.credit_amount ?? 0) + (params.out_of_band_amount ?? 0);
  const named = (params.refunds ?? []).map((one) => ({
    row: world.store.refunds.get(one.refund ?? '', 'refunds[0][refund]'),
    amount: one.amount_refunded,
  }));
  if (back + sum(named.map(({ row, amount }) => amount ?? row.amount)) !== note.post_payment_amount)
    throw invalid(
      `The sum of credit amount, refund amount and out of band amount (${back}) must equal the post payment amount (${note.post_payment_amount}).`,
      { param: 'refund_amount' },
    );
  if (params.refund_amount) {
    const charge = world.store.charges.get(idOf(intentOf(world, invoice)?.latest_charge) ?? '', 'refund_amount');
    named.push({ row: refund(world, { charge, amount: params.refund_amount }), amount: undefined });
  }
  note.refunds = named.map(({ row, amount }) => ({
    amount_refunded: amount ?? row.amount,
    payment_record_refund: null,
    refund: row.id,
    type: 'refund',
  }));
  if (params.credit_amount)
    world.change('customer.updated', customer, () => {
      const links = { credit_note: note.id, invoice: invoice.id };
      note.customer_balance_transaction = customerBalance.adjust(
        world,
        customer,
        -(params.credit_amount ?? 0),
        'credit_note',
        note.currency,
        links,
      ).id;
    });
  world.store.creditNotes.add(note);
  world.emit('credit_note.created', note);
  world.change('invoice.updated', invoice, () => {
    invoice.post_payment_credit_notes_amount += note.post_payment_amount;
    invoice.pre_payment_credit_notes_amount += note.pre_payment_amount;
    if (note.pre_payment_amount > 0) due(invoice);
  });
  if (invoice.status === 'open' && invoice.amount_remaining === 0) settle(world, invoice);
  return note;
}

export function voidCreditNote(world: World, note: Stripe.CreditNote): void {
  const invoice = world.store.invoices.get(idOf(note.invoice) ?? '');
  if (note.status === 'void') throw wrongState('credit_note_void', 'This credit note is void already.');
  if (note.type !== 'pre_payment' || invoice.status !== 'open') throw invalid('You can only void credit notes of open invoices.');
  note.status = 'void';
  note.voided_at = world.now(idOf(invoice.customer));
  world.emit('credit_note.voided', note);
  world.change('invoice.updated', invoice, () => {
    invoice.pre_payment_credit_notes_amount -= note.pre_payment_amount;
    due(invoice);
  });
}
