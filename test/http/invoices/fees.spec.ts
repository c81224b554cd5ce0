import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { meter, price, send, take } from '../../support/price-list.ts';
import { advance, invoicesOf, make, stockShop, subscribe, use } from '../../support/shop.ts';

/** A fee says in Lago's words how its amount came about, what taxes are on it and whether it is paid. */
describe('a fee on the wire', () => {
  let florin: Florin;
  let call: Caller;
  // oxlint-disable-next-line typescript/no-explicit-any
  let invoice: any;
  beforeAll(async () => {
    florin = await startFlorin();
    const tenant = await florin.openOrganization('test');
    ({ call } = tenant);
    await florin.sql.query(`update organizations set virtual_now = '2026-03-01T00:00:00Z'`);
    await call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: '8.875', applied_to_organization: true } });
    await meter(call, 'calls', 'sum');
    const tiers = [
      { from_value: 0, to_value: 5, per_unit_amount: '10', flat_amount: '1' },
      { from_value: 6, to_value: null, per_unit_amount: '5', flat_amount: '0.5' },
    ];
    const metric = 'calls';
    await price(
      call,
      [
        { metric, code: 'a', charge_model: 'graduated', properties: { graduated_ranges: tiers } },
        { metric, code: 'b', charge_model: 'volume', properties: { volume_ranges: tiers } },
        { metric, code: 'c', charge_model: 'package', properties: { amount: '7', package_size: 3, free_units: 2 } },
        {
          metric,
          code: 'd',
          charge_model: 'percentage',
          properties: { rate: '10', fixed_amount: '0.1', free_units_per_events: 1, per_transaction_max_amount: '0.5' },
        },
        { metric, code: 'e', charge_model: 'standard', properties: { amount: '0.0125' }, min_amount_cents: 1000 },
      ],
      { amount_cents: 4900 },
    );
    await take(call);
    await send(call, [
      { code: metric, at: '2026-03-02T00:00:00Z', properties: { value: 1 } },
      { code: metric, at: '2026-03-03T00:00:00Z', properties: { value: 2 } },
      { code: metric, at: '2026-03-04T00:00:00Z', properties: { value: 9 } },
    ]);
    await advance(call, '2026-04-01T00:30:00Z');
    invoice = await theInvoice();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const theInvoice = async () => {
    const [{ lago_id: id }] = await invoicesOf(call, 'sub');
    return (await call('GET', `/api/v1/invoices/${id}`)).body.invoice;
  };
  /** The one whose details have this key. */
  const detailed = (key: string) =>
    // oxlint-disable-next-line typescript/no-explicit-any
    invoice.fees.find((fee: any) => key in fee.amount_details);

  it('of the plan begin with the local day of the start, those of usage with its instant', async () => {
    const zoned = await florin.openOrganization('test', 'Zoned');
    await florin.sql.query(`update organizations set virtual_now = '2026-03-10T15:30:00Z' where id = $1`, [zoned.id]);
    await stockShop(zoned.call);
    await make(zoned.call, '/api/v1/customers', 'customer', { external_id: 'customer of ny', timezone: 'America/New_York' });
    await subscribe(zoned.call, 'ny');
    await use(zoned.call, 'ny', 'tokens', { count: 5 }, '2026-03-11T00:00:00Z');
    await advance(zoned.call, '2026-04-02T00:00:00Z');
    const [{ lago_id: id }] = await invoicesOf(zoned.call, 'ny');
    const { invoice } = (await zoned.call('GET', `/api/v1/invoices/${id}`)).body;
    const spans = invoice.fees.map((fee: Record<string, Record<string, string>>) => [
      fee['item']?.['type'],
      fee['from_date'],
      fee['to_date'],
    ]);
    expect(spans).toEqual([
      ['subscription', '2026-03-10T04:00:00Z', '2026-04-01T03:59:59Z'],
      ['fixed_charge', '2026-03-10T04:00:00Z', '2026-04-01T03:59:59Z'],
      ['charge', '2026-03-10T15:30:00Z', '2026-04-01T03:59:59Z'],
      ['charge', '2026-03-10T15:30:00Z', '2026-04-01T03:59:59Z'],
    ]);
  });

  it('tells how its amount came about', () => {
    expect(detailed('plan_amount_cents').amount_details).toEqual({ plan_amount_cents: 4900 });
    expect(detailed('graduated_ranges').amount_details.graduated_ranges).toEqual([
      {
        units: '5',
        from_value: 0,
        to_value: 5,
        per_unit_amount: '10',
        flat_unit_amount: '1',
        per_unit_total_amount: '50',
        total_with_flat_amount: '51',
      },
      {
        units: '7',
        from_value: 6,
        to_value: null,
        per_unit_amount: '5',
        flat_unit_amount: '0.5',
        per_unit_total_amount: '35',
        total_with_flat_amount: '35.5',
      },
    ]);
    expect(detailed('flat_unit_amount').amount_details).toEqual({
      per_unit_amount: '5',
      flat_unit_amount: '0.5',
      per_unit_total_amount: '60',
    });
    expect(detailed('per_package_size').amount_details).toEqual({
      free_units: '2',
      paid_units: '10',
      per_package_size: 3,
      per_package_unit_amount: '7',
    });
    // 2 × 10 % + 0.1 and 9 × 10 % + 0.1, capped at 0.5.
    expect(detailed('rate')).toMatchObject({ amount_cents: 80 });
    expect(detailed('rate').amount_details).toEqual({
      units: '12',
      free_units: '1',
      free_events: 1,
      paid_units: '11',
      rate: '10',
      per_unit_total_amount: '1.1',
      paid_events: 2,
      fixed_fee_unit_amount: '0.1',
      fixed_fee_total_amount: '0.2',
      min_max_adjustment_total_amount: '-0.5',
    });
  });

  it('says its taxes, exactly and by name, and what it comes to', () => {
    for (const fee of invoice.fees)
      expect(fee.applied_taxes).toMatchObject([
        { lago_fee_id: fee.lago_id, tax_code: 'vat', tax_name: 'VAT', tax_rate: 8.875, amount_cents: fee.taxes_amount_cents },
      ]);
    expect(detailed('plan_amount_cents')).toMatchObject({
      precise_amount: '49',
      taxes_precise_amount: '4.34875',
      precise_total_amount: '53.34875',
      sub_total_excluding_taxes_amount_cents: 4900,
      external_customer_id: 'customer',
      external_subscription_id: 'sub',
    });
  });

  it('ties a true-up to the fee that it fills up', () => {
    const trueUp = invoice.fees.find((fee: { is_true_up: boolean }) => fee.is_true_up);
    const parent = invoice.fees.find((fee: { lago_id: string }) => fee.lago_id === trueUp.lago_true_up_parent_fee_id);
    expect([parent.amount_cents, trueUp.amount_cents]).toEqual([15, 985]);
    expect(parent.lago_true_up_fee_id).toBe(trueUp.lago_id);
  });

  it('is paid with its invoice', async () => {
    const statuses = async () =>
      (await call('GET', '/api/v1/fees')).body.fees.map((fee: { payment_status: string }) => fee.payment_status);
    expect(new Set(await statuses())).toEqual(new Set(['pending']));
    await call('PUT', `/api/v1/invoices/${invoice.lago_id}/finalize`);
    await call('POST', `/api/v1/invoices/${invoice.lago_id}/pay`);
    expect(new Set(await statuses())).toEqual(new Set(['succeeded']));
    const { body } = await call('GET', `/api/v1/fees/${invoice.fees[0].lago_id}`);
    expect(body.fee.succeeded_at).toBe((await theInvoice()).paid_at);
  });
});
