import { Client } from 'lago-javascript-client';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('billable metrics and add-ons', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
  });
  afterAll(() => florin.stop());

  const stored = async (table: string) => (await florin.sql.query(`select * from ${table} order by id`)).rows;

  describe('billable metrics', () => {
    it.each([
      ['count_agg', null, 'COUNT'],
      ['sum_agg', 'gb', 'SUM'],
      ['max_agg', 'gb', 'MAX'],
      ['unique_count_agg', 'user', 'UNIQUE_COUNT'],
      ['latest_agg', 'seats', 'LATEST'],
    ])('creates and reads a %s', async (aggregation_type, field_name, word) => {
      const input = { code: `m_${aggregation_type}`, name: 'M', aggregation_type, ...(field_name ? { field_name } : {}) };
      const created = await tenant.call('POST', '/api/v1/billable_metrics', { billable_metric: input });
      expect(created.status).toBe(200);
      const { billable_metric } = created.body;
      expect(billable_metric).toMatchObject({ ...input, field_name, recurring: false, filters: [] });
      expect((await tenant.call('GET', `/api/v1/billable_metrics/${input.code}`)).body).toEqual(created.body);
      expect((await tenant.call('GET', `/api/v1/billable_metrics/${billable_metric.id}`)).body).toEqual(created.body);
      const { rows } = await florin.sql.query(
        `select m.aggregation_type, o.type, o.payload from billable_metrics m join outbox_events o on o.object_id = m.id where m.id = $1`,
        [billable_metric.id],
      );
      expect(rows).toEqual([{ aggregation_type: word, type: 'billable_metric.created', payload: billable_metric }]);
    });

    it.each([
      [{ name: 'M', aggregation_type: 'count_agg' }, { code: ['value_is_mandatory'] }],
      [{ code: 'm', aggregation_type: 'count_agg' }, { name: ['value_is_mandatory'] }],
      [{ code: 'm', name: 'M' }, { aggregation_type: ['value_is_mandatory'] }],
      [
        { code: 'm', name: 'M', aggregation_type: 'weighted_sum_agg', field_name: 'gb', weighted_interval: 'days' },
        { weighted_interval: ['value_is_invalid'] },
      ],
      [{ code: 'm', name: 'M', aggregation_type: 'custom_agg' }, { aggregation_type: ['unsupported_value'] }],
      [{ code: 'm', name: 'M', aggregation_type: 'sum_agg' }, { field_name: ['value_is_mandatory'] }],
      [{ code: 'm', name: 'M', aggregation_type: 'count_agg', field_name: 'gb' }, { field_name: ['value_is_invalid'] }],
      [
        { code: 'm', name: 'M', aggregation_type: 'count_agg', recurring: true },
        { recurring: ['not_compatible_with_aggregation_type'] },
      ],
      [
        { code: 'm', name: 'M', aggregation_type: 'count_agg', expression: 'a + b' },
        { expression: ['not_compatible_with_aggregation_type'] },
      ],
      [
        { code: 'm', name: 'M', aggregation_type: 'count_agg', rounding_function: 'up' },
        { rounding_function: ['value_is_invalid'] },
      ],
      [
        { code: 'm', name: 'M', aggregation_type: 'count_agg', rounding_precision: 2 },
        { rounding_precision: ['value_is_invalid'] },
      ],
      [
        { code: 'm', name: 'M', aggregation_type: 'sum_agg', field_name: 'x', expression: 'while(1)' },
        { expression: ['unknown_function'] },
      ],
      [
        { code: 'm', name: 'M', aggregation_type: 'latest_agg', field_name: 'x', recurring: true },
        { recurring: ['not_compatible_with_aggregation_type'] },
      ],
      [
        {
          code: 'm',
          name: 'M',
          aggregation_type: 'count_agg',
          filters: [
            { key: 'a', values: ['b', 'b'] },
            { key: 'b', values: [] },
          ],
        },
        { 'filters.0.values': ['value_already_exist'], 'filters.1.values': ['value_is_invalid'] },
      ],
      [
        {
          code: 'm',
          name: 'M',
          aggregation_type: 'count_agg',
          filters: ['b', 'c'].map((value) => ({ key: 'a', values: [value] })),
        },
        { filters: ['value_already_exist'] },
      ],
      [{ code: 'm', name: 'M', aggregation_type: 'count_agg', colour: 'red' }, { colour: ['unknown_field'] }],
      [{ code: 'm_count_agg', name: 'M', aggregation_type: 'count_agg' }, { code: ['value_already_exist'] }],
    ])('refuses %j', async (billable_metric, error_details) => {
      const before = await stored('billable_metrics');
      const answer = await tenant.call('POST', '/api/v1/billable_metrics', { billable_metric });
      expect(answer.body).toMatchObject({ status: 422, code: 'validation_errors' });
      expect(answer.body.error_details).toEqual(error_details);
      expect(await stored('billable_metrics')).toEqual(before);
    });

    it('is free to change and to go until a charge uses it', async () => {
      const path = '/api/v1/billable_metrics/free';
      const { body } = await tenant.call('POST', '/api/v1/billable_metrics', {
        code: 'free',
        name: 'M',
        aggregation_type: 'sum_agg',
        field_name: 'gb',
      });
      expect(
        (await tenant.call('PATCH', path, { aggregation_type: 'max_agg', description: 'peak' })).body.billable_metric,
      ).toMatchObject({
        aggregation_type: 'max_agg',
        field_name: 'gb',
        description: 'peak',
      });
      expect((await tenant.call('PUT', path, { aggregation_type: 'count_agg', field_name: null })).status).toBe(200);
      expect((await tenant.call('PUT', path, { aggregation_type: 'sum_agg' })).body.error_details).toEqual({
        field_name: ['value_is_mandatory'],
      });
      await tenant.call('POST', '/api/v1/plans', {
        code: 'uses',
        name: 'Uses',
        interval: 'monthly',
        amount_cents: 0,
        amount_currency: 'USD',
        charges: [{ billable_metric_id: body.billable_metric.id, charge_model: 'standard', properties: { amount: '1' } }],
      });
      const before = await stored('billable_metrics');
      const locked = await tenant.call('PUT', path, { aggregation_type: 'sum_agg', field_name: 'gb', name: 'N' });
      expect(locked.body).toMatchObject({
        status: 422,
        error_details: { aggregation_type: ['metric_in_use'], field_name: ['metric_in_use'] },
      });
      expect((await tenant.call('DELETE', path)).body).toMatchObject({
        status: 409,
        code: 'conflict',
        error_details: { billable_metric: ['in_use'] },
      });
      expect(await stored('billable_metrics')).toEqual(before);
      expect((await tenant.call('PUT', path, { name: 'N', aggregation_type: 'count_agg' })).body.billable_metric.name).toBe('N');
    });

    it('is locked by its events too', async () => {
      const { body } = await tenant.call('POST', '/api/v1/billable_metrics', {
        code: 'measured',
        name: 'M',
        aggregation_type: 'sum_agg',
        field_name: 'gb',
      });
      await florin.sql.query(
        `with stream as (insert into usage_streams (organization_id, external_subscription_id) values ($1, 's') returning id)
         insert into usage_events (stream_id, metric_key, occurred_at, value, transaction_id, received_at)
         select stream.id, m.usage_key, now(), 1, 't', now() from stream, billable_metrics m where m.id = $2`,
        [tenant.id, body.billable_metric.id],
      );
      expect((await tenant.call('PATCH', '/api/v1/billable_metrics/measured', { field_name: 'mb' })).body.error_details).toEqual({
        field_name: ['metric_in_use'],
      });
      expect((await tenant.call('DELETE', '/api/v1/billable_metrics/measured')).status).toBe(409);
    });

    it('serves the official client, and nobody else', async () => {
      const client = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
      const { data } = await client.billableMetrics.createBillableMetric({
        billable_metric: {
          code: 'lago',
          name: 'Lago',
          aggregation_type: 'sum_agg',
          field_name: 'gb',
          recurring: false,
          filters: [],
          expression: '',
        },
      });
      expect(data.billable_metric).toMatchObject({ code: 'lago', aggregation_type: 'sum_agg' });
      const update = { billable_metric: { name: 'Renamed', code: 'lago2' } };
      expect((await client.billableMetrics.updateBillableMetric('lago', update)).data.billable_metric.name).toBe('Renamed');
      const page = await client.billableMetrics.findAllBillableMetrics({ per_page: 2 });
      expect(page.data.billable_metrics).toHaveLength(2);
      expect(page.data.meta).toMatchObject({ current_page: 1, next_page: 2 });
      const stranger = await florin.openOrganization('live', 'Stranger');
      for (const method of ['GET', 'DELETE'] as const)
        expect((await stranger.call(method, `/api/v1/billable_metrics/${data.billable_metric.lago_id}`)).body).toMatchObject({
          status: 404,
          code: 'billable_metric_not_found',
        });
      expect((await stranger.call('PATCH', '/api/v1/billable_metrics/lago2', { name: 'Mine' })).status).toBe(404);
      expect((await client.billableMetrics.destroyBillableMetric('lago2')).data.billable_metric.lago_id).toBe(
        data.billable_metric.lago_id,
      );
      await expect(client.billableMetrics.findBillableMetric('lago2')).rejects.toMatchObject({ status: 404 });
      const { rows } = await florin.sql.query('select type from outbox_events where object_id = $1 order by id', [
        data.billable_metric.lago_id,
      ]);
      expect(rows.map((row) => row.type)).toEqual([
        'billable_metric.created',
        'billable_metric.updated',
        'billable_metric.deleted',
      ]);
    });
  });

  describe('add-ons', () => {
    it('serves the official client', async () => {
      const client = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
      const { data } = await client.addOns.createAddOn({
        add_on: { code: 'seat', name: 'Seat', amount_cents: 9007199254740991, amount_currency: 'USD', tax_codes: [] },
      });
      expect(data.add_on).toMatchObject({ code: 'seat', amount_cents: 9007199254740991, invoice_display_name: null });
      const updated = await client.addOns.updateAddOn('seat', { add_on: { amount_cents: 1200, description: 'One person' } });
      expect(updated.data.add_on).toMatchObject({ name: 'Seat', amount_cents: 1200, description: 'One person' });
      expect((await client.addOns.findAddOn(data.add_on.lago_id)).data).toEqual(updated.data);
      expect((await client.addOns.findAllAddOns()).data.meta.total_count).toBe(1);
      const stranger = await florin.openOrganization('live', 'Stranger');
      expect((await stranger.call('GET', '/api/v1/add_ons/seat')).body).toMatchObject({ status: 404, code: 'add_on_not_found' });
      expect((await client.addOns.destroyAddOn('seat')).data.add_on.code).toBe('seat');
    });

    it.each([
      [{ name: 'A', amount_cents: 1, amount_currency: 'USD' }, { code: ['value_is_mandatory'] }],
      [{ code: 'a', name: 'A', amount_currency: 'USD' }, { amount_cents: ['value_is_mandatory'] }],
      [{ code: 'a', name: 'A', amount_cents: 1.5, amount_currency: 'USD' }, { amount_cents: ['value_is_invalid'] }],
      [{ code: 'a', name: 'A', amount_cents: -1, amount_currency: 'USD' }, { amount_cents: ['value_is_invalid'] }],
      [{ code: 'a', name: 'A', amount_cents: 1, amount_currency: 'usd' }, { amount_currency: ['value_is_invalid'] }],
      [
        { code: 'a', name: 'A', amount_cents: 1, amount_currency: 'USD', tax_codes: ['vat'] },
        { tax_codes: ['unsupported_value'] },
      ],
    ])('refuses %j', async (add_on, error_details) => {
      const answer = await tenant.call('POST', '/api/v1/add_ons', { add_on });
      expect(answer.status).toBe(422);
      expect(answer.body.error_details).toEqual(error_details);
      expect(await stored('add_ons')).toEqual([]);
    });
  });
});
