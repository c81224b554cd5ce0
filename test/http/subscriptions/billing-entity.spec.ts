import { setFlags } from '../../support/flags.ts';
import { type Answer, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make, stockShop, subscribe } from '../../support/shop.ts';

type Verb = 'create' | 'PATCH' | 'PUT' | 'upgrade' | 'downgrade';
/** How a request names an entity: nothing of `absent` is sent, `both` sends the second entity's id with the first one's code. */
type Means = 'id' | 'code' | 'both' | 'null' | 'absent' | 'blank';
type Whose = 'own' | 'foreign' | 'unknown';

const entityNotFound = { status: 404, error: 'Not Found', code: 'billing_entity_not_found' };

describe("a subscription's billing entity", () => {
  let florin: Florin;
  let tenant: Tenant;
  let entities: Record<'us' | 'eu' | 'uk' | 'foreign', { id: string; code: string }>;
  let serial = 0;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    const stranger = await florin.openOrganization('live', 'Stranger');
    await stockShop(tenant.call);
    for (const [code, amount_cents] of [
      ['small', 100],
      ['large', 9900],
    ])
      await make(tenant.call, '/api/v1/plans', 'plan', {
        code,
        name: code,
        interval: 'monthly',
        amount_cents,
        amount_currency: 'USD',
        pay_in_advance: false,
      });
    const entity = async (owner: Tenant, code: string) => {
      const { lago_id } = await make(owner.call, '/api/v1/billing_entities', 'billing_entity', { code, name: code });
      return { id: lago_id as string, code };
    };
    entities = {
      us: await entity(tenant, 'us'),
      eu: await entity(tenant, 'eu'),
      uk: await entity(tenant, 'uk'),
      foreign: await entity(stranger, 'abroad'),
    };
  });
  afterAll(() => florin.stop());

  const parametersOf = (means: Means, whose: Whose): object => {
    const unknown = { id: '01a1feb0-0000-7000-8000-000000000000', code: 'nowhere' };
    const named = { own: entities.eu, foreign: entities.foreign, unknown }[whose];
    return {
      id: { billing_entity_id: named.id },
      code: { billing_entity_code: named.code },
      both: { billing_entity_id: named.id, billing_entity_code: entities.uk.code },
      null: { billing_entity_id: null },
      blank: { billing_entity_id: '', billing_entity_code: '' },
      absent: {},
    }[means];
  };

  /** A subscription on `us`, by whichever verb; answers how it went and what its row says. */
  async function send(verb: Verb, parameters: object): Promise<{ answer: Answer; externalId: string; before: string | null }> {
    const externalId = `s${(serial += 1)}`;
    if (verb === 'create') {
      await make(tenant.call, '/api/v1/customers', 'customer', { external_id: `c${serial}` });
      const subscription = { external_customer_id: `c${serial}`, plan_code: 'team', external_id: externalId, ...parameters };
      return { answer: await tenant.call('POST', '/api/v1/subscriptions', { subscription }), externalId, before: null };
    }
    await subscribe(tenant.call, externalId);
    await florin.sql.query('update subscriptions set billing_entity_id = $1 where external_id = $2', [
      entities.us.id,
      externalId,
    ]);
    if (verb === 'upgrade' || verb === 'downgrade') {
      const planCode = verb === 'upgrade' ? 'large' : 'small';
      const subscription = {
        external_customer_id: `customer of ${externalId}`,
        plan_code: planCode,
        external_id: externalId,
        ...parameters,
      };
      const answer = await tenant.call('POST', '/api/v1/subscriptions', { subscription: { name: 'changed', ...subscription } });
      return { answer, externalId, before: entities.us.id };
    }
    const answer = await tenant.call(verb, `/api/v1/subscriptions/${externalId}`, {
      subscription: { name: 'changed', ...parameters },
    });
    return { answer, externalId, before: entities.us.id };
  }

  const rowOf = async (externalId: string) => {
    const { rows } = await florin.sql.query(
      'select billing_entity_id, name from subscriptions where external_id = $1 order by created_at desc, id desc limit 1',
      [externalId],
    );
    return rows[0] as { billing_entity_id: string | null; name: string | null } | undefined;
  };
  const toldOf = async () =>
    (await florin.sql.query(`select type from outbox_events where object_type = 'subscription' order by id`)).rows.length;

  const cases = (['create', 'PATCH', 'PUT', 'upgrade', 'downgrade'] as const).flatMap((verb) =>
    ([true, false] as const).flatMap((flag) =>
      (['id', 'code', 'both', 'null', 'absent', 'blank'] as const).flatMap((means) =>
        (['own', 'foreign', 'unknown'] as const)
          .filter((whose) => whose === 'own' || ['id', 'code', 'both'].includes(means))
          .map((whose) => ({ verb, flag, means, whose })),
      ),
    ),
  );

  it.each(cases)('$verb with the flag $flag, $means of $whose', async ({ verb, flag, means, whose }) => {
    await setFlags(florin, tenant, flag ? ['multi_entity_billing'] : []);
    const says = ['id', 'code', 'both'].includes(means);
    const told = await toldOf();
    const { answer, externalId, before } = await send(verb, parametersOf(means, whose));
    const row = await rowOf(externalId);
    // The subscription of an update was made, and told twice, before this request.
    const seen = { code: answer.body.code, row, told: (await toldOf()) - told - (verb === 'create' ? 0 : 2) };
    const refusal = {
      code: 'billing_entity_not_found',
      row: verb === 'create' ? undefined : { billing_entity_id: before, name: null },
      told: 0,
    };
    const kept = means === 'null' ? null : before;
    const success = {
      code: undefined,
      row: { billing_entity_id: !flag ? before : says ? entities.eu.id : kept, name: verb === 'create' ? null : 'changed' },
      // A change of plan tells of both subscriptions, as the scenarios of plan changes say.
      told: { create: 2, PATCH: 1, PUT: 1, upgrade: 3, downgrade: 2 }[verb],
    };
    expect(seen).toEqual(flag && says && whose !== 'own' ? refusal : success);
    const ignored = flag || means === 'absent' || means === 'blank' ? undefined : Object.keys(parametersOf(means, whose));
    expect(answer.body.warnings).toEqual(
      ignored?.map((field) => ({ field, code: 'parameter_ignored', feature: 'multi_entity_billing' })),
    );
    const codeById = new Map([...Object.values(entities).map(({ id, code }) => [id, code] as const), [null, 'default'] as const]);
    // A downgrade answers the subscription that still runs, with its own entity.
    const shown = verb === 'downgrade' ? before : (row?.billing_entity_id ?? null);
    expect(answer.body.subscription?.billing_entity_code).toBe(seen.code === undefined ? codeById.get(shown) : undefined);
  });

  it.each(['not-a-uuid', '01a1feb0', "'; drop table subscriptions; --"])('answers 404, not 500, for the id %j', async (id) => {
    await setFlags(florin, tenant, ['multi_entity_billing']);
    expect((await send('PATCH', { billing_entity_id: id })).answer.body).toMatchObject(entityNotFound);
  });

  it.each([
    [{ billing_entity_id: 7 }, { billing_entity_id: ['value_is_invalid'] }],
    [{ billing_entity_code: ['eu'] }, { billing_entity_code: ['value_is_invalid'] }],
  ])('refuses %j', async (parameters, error_details) => {
    const { answer } = await send('PATCH', parameters);
    expect([answer.status, answer.body.error_details]).toEqual([422, error_details]);
  });

  it('is looked for where the subscription is: an unknown one is told as that (I25)', async () => {
    const { body } = await tenant.call('PATCH', '/api/v1/subscriptions/nobody', { billing_entity_code: 'eu' });
    expect(body).toMatchObject({ status: 404, code: 'subscription_not_found' });
  });

  it('moves without touching anything else of it, and tells it once (I7, I21)', async () => {
    await setFlags(florin, tenant, ['multi_entity_billing']);
    const created = await subscribe(tenant.call, 'moving');
    const whole = async () => (await florin.sql.query(`select * from subscriptions where external_id = 'moving'`)).rows[0];
    const customers = async () => (await florin.sql.query('select * from customers order by id')).rows;
    const before = { subscription: await whole(), customers: await customers() };
    const { status, body } = await tenant.call('PATCH', '/api/v1/subscriptions/moving', {
      subscription: { billing_entity_code: 'eu' },
    });
    expect([status, body.subscription.lago_id]).toEqual([200, created.lago_id]);
    expect(await whole()).toEqual({
      ...before.subscription,
      billing_entity_id: entities.eu.id,
      updated_at: expect.any(Date),
    });
    expect(await customers()).toEqual(before.customers);
    const { rows } = await florin.sql.query(
      `select payload from outbox_events where object_id = $1 and type = 'subscription.updated'`,
      [created.lago_id],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].payload).not.toHaveProperty('billing_entity_id');
  });
});
