import { startProcess, until } from '../../support/processes.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { setFlags } from '../../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { advance, invoicesOf, make, stockShop, subscribe } from '../../support/shop.ts';

describe('numbering', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-11-01T00:00:00Z' where id = $1`, [tenant.id]);
    await stockShop(tenant.call);
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const number = (fields: object) => tenant.call('PATCH', '/api/v1/billing_entities/default', fields);
  const numbers = async () =>
    (
      await florin.sql.query('select invoice_number from invoices where organization_id = $1 order by created_at, id', [
        tenant.id,
      ])
    ).rows.map((row) => row.invoice_number as string);

  it.each([
    [{}, ['INV-2026-0001', 'INV-2027-0001', 'INV-2027-0002']],
    [{ document_number_restart: 'never' }, ['INV-2026-0001', 'INV-2027-0002', 'INV-2027-0003']],
    [
      { document_number_template: '{prefix}-{year}-{month}-{seq:2}', document_number_restart: 'monthly' },
      ['INV-2026-12-01', 'INV-2027-01-01', 'INV-2027-02-01'],
    ],
    [{ document_number_template: '{prefix}{seq:3}' }, ['INV001', 'INV002', 'INV003']],
    [{ document_numbering: 'per_customer' }, ['INV-001-001', 'INV-001-002', 'INV-001-003']],
    [
      { document_number_template: '{prefix}-{year}{month}-{seq:3}', document_number_restart: 'never' },
      ['INV-202612-001', 'INV-202701-002', 'INV-202702-003'],
    ],
    [{ document_numbering: 'per_billing_entity' }, ['INV-2026-0001', 'INV-2027-0001', 'INV-2027-0002']],
    [{ document_number_prefix: 'a/b' }, ['A/B-2026-0001', 'A/B-2027-0001', 'A/B-2027-0002']],
  ])('%j counts over the year like this', async (fields, expected) => {
    expect((await number(fields)).status).toBe(200);
    await subscribe(tenant.call, 'sub');
    await advance(tenant.call, '2027-02-01T02:00:00Z');
    expect(await numbers()).toEqual(expected);
  });

  it.each([
    [{ document_number_template: '{year}-{seq:4}' }, { document_number_template: ['invalid_number_template'] }],
    [{ document_number_template: '{prefix}-{customer_seq:3}' }, { document_number_template: ['invalid_number_template'] }],
    [
      { document_number_template: '{prefix}-{seq:4}', document_number_restart: 'yearly' },
      { document_number_restart: ['value_is_invalid'] },
    ],
    [{ document_number_restart: 'monthly' }, { document_number_restart: ['value_is_invalid'] }],
    [{ document_number_restart: 'weekly' }, { document_number_restart: ['value_is_invalid'] }],
    [
      { document_number_template: '{prefix}-{seq:4}', document_numbering: 'per_customer' },
      { document_numbering: ['value_is_invalid'] },
    ],
    [{ document_number_prefix: '' }, { document_number_prefix: ['value_is_invalid'] }],
    [{ document_number_prefix: 'ELEVENCHARS' }, { document_number_prefix: ['value_is_invalid'] }],
  ])('refuses %j', async (fields, error_details) => {
    const { status, body } = await number(fields);
    expect([status, body.error_details]).toEqual([422, error_details]);
  });

  it('switched to count all, goes on from the total, as Lago does: nine invoices, then 010', async () => {
    await number({ document_numbering: 'per_customer' });
    for (const name of ['a', 'b', 'c']) await subscribe(tenant.call, name);
    await advance(tenant.call, '2027-02-01T02:00:00Z');
    expect((await numbers()).toSorted().at(-1)).toBe('INV-003-003');
    const switched = await number({ document_numbering: 'per_billing_entity' });
    expect(switched.body.billing_entity).toMatchObject({
      document_numbering: 'per_billing_entity',
      document_number_template: '{prefix}-{year}{month}-{seq:3}',
      document_number_restart: 'never',
    });
    await advance(tenant.call, '2027-03-01T02:00:00Z');
    expect((await numbers()).slice(9).toSorted()).toEqual(['INV-202703-010', 'INV-202703-011', 'INV-202703-012']);
    await number({ document_numbering: 'per_customer' });
    await advance(tenant.call, '2027-04-01T02:00:00Z');
    expect((await numbers()).slice(12).toSorted()).toEqual(['INV-001-004', 'INV-002-004', 'INV-003-004']);
  });

  it('switched there and back, each counter goes on where it stopped', async () => {
    await number({ document_numbering: 'per_customer' });
    for (const name of ['a', 'b']) await subscribe(tenant.call, name);
    const issued: string[][] = [];
    for (const [day, document_numbering] of [
      ['2026-12-01', 'per_customer'],
      ['2027-01-01', 'per_billing_entity'],
      ['2027-02-01', 'per_customer'],
      ['2027-03-01', 'per_billing_entity'],
      ['2027-04-01', 'per_customer'],
    ]) {
      const before = (await numbers()).length;
      await number({ document_numbering });
      await advance(tenant.call, `${day}T02:00:00Z`);
      issued.push((await numbers()).slice(before).toSorted());
    }
    expect(issued).toEqual([
      ['INV-001-001', 'INV-002-001'],
      ['INV-202701-003', 'INV-202701-004'],
      ['INV-001-002', 'INV-002-002'],
      ['INV-202703-005', 'INV-202703-006'],
      ['INV-001-003', 'INV-002-003'],
    ]);
  });

  it('never gives a number again, however the way to number changes', async () => {
    await subscribe(tenant.call, 'sub');
    await advance(tenant.call, '2027-03-01T02:00:00Z');
    // 2027 has 0001 to 0003 by now; counting on for all time gives 0005, which the year would give again.
    await number({ document_number_restart: 'never' });
    await advance(tenant.call, '2027-04-01T02:00:00Z');
    expect((await numbers()).at(-1)).toBe('INV-2027-0005');
    expect((await number({ document_number_restart: 'yearly' })).body.error_details).toEqual({
      document_number_template: ['numbers_would_repeat'],
    });
    expect(
      (await number({ document_number_restart: 'yearly', document_number_template: '{prefix}/{year}/{seq:4}' })).status,
    ).toBe(200);
    await advance(tenant.call, '2027-05-01T02:00:00Z');
    expect((await numbers()).at(-1)).toBe('INV/2027/0004');
  });

  it('keeps prefixes apart, those of old numbers too', async () => {
    const entity = (fields: object) =>
      tenant.call('POST', '/api/v1/billing_entities', { billing_entity: { code: 'eu', name: 'Eu rope', ...fields } });
    const taken = { document_number_prefix: ['value_already_exist'] };
    expect((await entity({ document_number_prefix: 'inv' })).body.error_details).toEqual(taken);
    await subscribe(tenant.call, 'sub');
    await advance(tenant.call, '2026-12-01T02:00:00Z');
    await number({ document_number_prefix: 'US' });
    expect((await entity({ document_number_prefix: 'INV' })).body.error_details).toEqual(taken);
    const { body } = await entity({});
    expect(body.billing_entity.document_number_prefix).toMatch(/^EUR-[0-9A-F]{4}$/);
  });

  it('20 writers at one counter at the same instant, one of them killed: no gap, no number twice', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `w${i}`);
    for (const name of names) await subscribe(tenant.call, name);
    await florin.sql.query(`update organizations set virtual_now = '2026-12-01T00:00:00Z' where id = $1`, [tenant.id]);
    // Each Florin has ten connections.
    const other = await startFlorin({}, florin.databaseUrl);
    const counter = await florin.sql.connect();
    try {
      await counter.query('begin');
      await counter.query(
        `insert into number_series (organization_id, billing_entity_id, series, last_number)
         select organization_id, id, '2026', 0 from billing_entities where organization_id = $1`,
        [tenant.id],
      );
      const call = [tenant.call, other.as(tenant.key)];
      const generate = (name: string, i: number) => call[i % 2]!('POST', `/api/v1/subscriptions/${name}/generate-invoice`);
      const answers = Promise.all(names.map(generate));
      const waiting = async (): Promise<number[]> =>
        (
          await florin.sql.query(
            `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%number_series%' order by pid`,
          )
        ).rows.map(({ pid }: { pid: number }) => pid);
      await until('twenty wait for the counter', async () => (await waiting()).length === 20);
      const [victim] = await waiting();
      await florin.sql.query('select pg_terminate_backend($1)', [victim]);
      await until('one is gone', async () => (await waiting()).length === 19);
      await counter.query('commit');
      const failed = (await answers).flatMap(({ status }, i) => (status === 200 ? [] : [i]));
      expect(failed).toHaveLength(1);
      const upTo = (last: number) => Array.from({ length: last }, (_, i) => `INV-2026-${String(i + 1).padStart(4, '0')}`);
      expect((await numbers()).toSorted()).toEqual(upTo(19));
      expect((await generate(names[failed[0] ?? 0] ?? '', 0)).body.invoice.number).toBe('INV-2026-0020');
      expect((await numbers()).toSorted()).toEqual(upTo(20));
    } finally {
      await counter.query('rollback');
      counter.release();
      await other.stop();
    }
  });

  it('20 writers at once: no gap, no number twice, and a run draws ranges', async () => {
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'eu',
      name: 'EU',
      document_number_prefix: 'EU',
    });
    const names = Array.from({ length: 40 }, (_, i) => `w${i}`);
    for (const [i, name] of names.entries()) await subscribe(tenant.call, name, i % 2 ? { billing_entity_code: 'eu' } : {});
    await florin.sql.query(`update organizations set virtual_now = '2026-12-01T00:00:00Z' where id = $1`, [tenant.id]);
    for (const half of [names.slice(0, 20), names.slice(20)]) {
      const answers = await Promise.all(
        half.map((name) => tenant.call('POST', `/api/v1/subscriptions/${name}/generate-invoice`)),
      );
      expect(answers.map(({ status }) => status)).toEqual(half.map(() => 200));
    }
    const upTo20 = (prefix: string) => Array.from({ length: 20 }, (_, i) => `${prefix}-2026-${String(i + 1).padStart(4, '0')}`);
    expect((await numbers()).toSorted()).toEqual([...upTo20('EU'), ...upTo20('INV')]);

    // A run draws ranges: its 40 invoices and both counters were written by a few transactions, at most one of each worker.
    await florin.sql.query(`update organizations set virtual_now = '2027-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    const { body } = await tenant.call('POST', '/api/v1/billing_runs');
    expect(body.billing_run).toMatchObject({ successful: 40, failed: 0 });
    const { rows } = await florin.sql.query(
      `select xmin::text from invoices where billing_run_id = $1 union select xmin::text from number_series where organization_id = $2 and series = '2027'`,
      [body.billing_run.lago_id, tenant.id],
    );
    expect(rows.length).toBeLessThan(10);
  });

  it('is reported per series, with its range; a gap is named and fails the command', async () => {
    await subscribe(tenant.call, 'sub');
    await advance(tenant.call, '2027-03-01T02:00:00Z');
    const report = async () => {
      const started = startProcess('src/cli.ts', ['numbering:report', '--organization', tenant.id], {
        DATABASE_URL: florin.databaseUrl,
        LOG_LEVEL: 'error',
      });
      const code = await started.exit;
      return { code, lines: started.output().stdout.trim().split('\n') };
    };
    expect(await report()).toEqual({
      code: 0,
      lines: [
        'default\t2026\tINV-2026-0001\tINV-2026-0001\t1 to 1\t1 issued\tno gap',
        'default\t2027\tINV-2027-0001\tINV-2027-0003\t1 to 3\t3 issued\tno gap',
      ],
    });
    const [, second] = await invoicesOf(tenant.call, 'sub');
    const setNumber = (sequence: number) =>
      florin.sql.query(
        `do $$ begin set local session_replication_role = replica; update invoices set sequential_id = ${sequence} where id = '${second.lago_id}'; end $$`,
      );
    await setNumber(9);
    const { code, lines } = await report();
    expect([code, lines[1]]).toEqual([
      1,
      'default\t2027\tINV-2027-0001\tINV-2027-0002\t1 to 3\t3 issued\tgaps: 2; beyond the counter: 9',
    ]);
    await setNumber(2);
  });
});
