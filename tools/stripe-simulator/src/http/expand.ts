import type { Store } from '../world/store.ts';
import type { Table } from '../world/table.ts';
import { invalid } from './errors.ts';

type Json = Record<string, unknown>;
type Includes = Record<string, (object: Json) => unknown>;

/** Where the id in a field of this name leads. */
const references = (store: Store): Record<string, Table<{ id: string }>> => ({
  balance_transaction: store.balanceTransactions,
  charge: store.charges,
  configuration: store.portalConfigurations,
  coupon: store.coupons,
  credit_note: store.creditNotes,
  customer: store.customers,
  customer_balance_transaction: store.customerBalanceTransactions,
  default_payment_method: store.paymentMethods,
  default_price: store.prices,
  discounts: store.discounts,
  failure_balance_transaction: store.balanceTransactions,
  invoice: store.invoices,
  latest_charge: store.charges,
  latest_invoice: store.invoices,
  payment_intent: store.paymentIntents,
  payment_method: store.paymentMethods,
  pending_setup_intent: store.setupIntents,
  price: store.prices,
  product: store.products,
  promotion_code: store.promotionCodes,
  refund: store.refunds,
  setup_intent: store.setupIntents,
  source: store.charges,
  subscription: store.subscriptions,
  tax_rate: store.taxRates,
  test_clock: store.testClocks,
});

/** Replaces ids by objects, and adds what is printed only when asked for: `expand[]=data.latest_invoice.payments`. */
export class Expander {
  private readonly tables: Record<string, Table<{ id: string }>>;

  constructor(
    store: Store,
    /** `invoice.payments`: how to make what is not part of the object by itself. */
    private readonly includes: Includes,
  ) {
    this.tables = references(store);
  }

  expand(answer: object, paths: readonly string[]): object {
    const copy = structuredClone(answer) as Json;
    for (const path of paths) {
      const steps = path.split('.');
      if (steps.length > 4)
        throw invalid(`You cannot expand more than 4 levels of a property. Property: ${path}`, { param: 'expand' });
      this.step([copy], steps, path);
    }
    return copy;
  }

  private step(objects: readonly Json[], steps: readonly string[], path: string): void {
    const [name, ...rest] = steps;
    if (name === undefined) return;
    const next = objects.flatMap((object) => {
      const value = this.valueOf(object, name, path);
      object[name] = value;
      return (Array.isArray(value) ? value : [value]).filter((one): one is Json => typeof one === 'object' && one !== null);
    });
    if (next.length > 0) this.step(next, rest, path);
  }

  private valueOf(object: Json, name: string, path: string): unknown {
    const include = this.includes[`${String(object['object'])}.${name}`];
    if (include && object[name] === undefined) return include(object);
    const value = object[name];
    if (value === undefined)
      throw invalid(`This property cannot be expanded (${path}).`, { code: 'property_cannot_be_expanded', param: 'expand' });
    const table = this.tables[name];
    const found = (one: unknown): unknown => (typeof one === 'string' ? (structuredClone(table?.find(one)) ?? one) : one);
    return Array.isArray(value) ? value.map(found) : found(value);
  }
}
