import { featureFlags } from '../../../src/platform/feature-flags/flags.ts';
import { setFlags } from '../../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('feature flags', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  beforeEach(async () => {
    tenant = await florin.openOrganization();
  });
  afterAll(() => florin.stop());

  /** What was on before and after each change that was told. */
  const flips = async () => {
    const { rows } = await florin.sql.query(
      `select payload->'previously'->'feature_flags' as before, payload->'feature_flags' as after from outbox_events
       where organization_id = $1 and type = 'organization.updated' order by id`,
      [tenant.id],
    );
    return rows as { before: string[]; after: string[] }[];
  };

  it('are few, owned, and none is past its day', () => {
    const today = new Date().toISOString().slice(0, 10);
    for (const [name, flag] of Object.entries(featureFlags)) {
      expect([name, flag.owner, flag.purpose]).not.toContain('');
      expect([name, flag.removeAfter > today]).toEqual([name, true]);
    }
  });

  it('are flipped by the operator, and each change is told with what was before', async () => {
    expect((await florin.operator('GET', `/admin/v1/organizations/${tenant.id}`)).body.organization.feature_flags).toEqual([]);
    const on = await florin.operator('PATCH', `/admin/v1/organizations/${tenant.id}`, {
      organization: { feature_flags: ['multi_entity_billing', 'multi_entity_billing'] },
    });
    expect(on.body.organization.feature_flags).toEqual(['multi_entity_billing']);
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await florin.operator('PATCH', `/admin/v1/organizations/${tenant.id}`, { name: 'New name' });
    await setFlags(florin, tenant, []);
    expect(await flips()).toEqual([
      { before: [], after: ['multi_entity_billing'] },
      { before: ['multi_entity_billing'], after: ['multi_entity_billing'] },
      { before: ['multi_entity_billing'], after: ['multi_entity_billing'] },
      { before: ['multi_entity_billing'], after: [] },
    ]);
  });

  it('that nobody declared are refused by name, and nothing changes', async () => {
    for (const [method, path] of [
      ['PATCH', `/admin/v1/organizations/${tenant.id}`],
      ['POST', '/admin/v1/organizations'],
    ] as const) {
      const answer = await florin.operator(method, path, { organization: { name: 'X', feature_flags: ['colour_tv'] } });
      expect([answer.status, answer.body.error_details]).toEqual([422, { feature_flags: ['unknown_feature_flag'] }]);
    }
    expect(await flips()).toEqual([]);
  });

  it('can be given at the opening', async () => {
    const { body } = await florin.operator('POST', '/admin/v1/organizations', {
      organization: { name: 'Several', feature_flags: ['multi_entity_billing'] },
    });
    expect(body.organization.feature_flags).toEqual(['multi_entity_billing']);
  });
});
