import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin } from '../../support/florin.ts';

describe('organizations and their keys', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const told = async (organizationId: string): Promise<string[]> =>
    (await florin.sql.query('select type from outbox_events where organization_id = $1 order by id', [organizationId])).rows.map(
      ({ type }) => type as string,
    );

  it('are renamed and flagged by the operator, and told with what was before', async () => {
    const { id } = await florin.openOrganization('live', 'Before');
    const { body } = await florin.operator('PATCH', `/admin/v1/organizations/${id}`, {
      organization: { name: 'After', feature_flags: ['multi_entity_billing', 'multi_entity_billing'] },
    });
    expect(body.organization).toMatchObject({ name: 'After', feature_flags: ['multi_entity_billing'] });
    expect(await told(id)).toEqual(['api_key.created', 'organization.created', 'organization.updated']);
    const { rows } = await florin.sql.query(
      `select payload from outbox_events where organization_id = $1 and type = 'organization.updated'`,
      [id],
    );
    expect(rows[0].payload).toMatchObject({ name: 'After', previously: { name: 'Before', feature_flags: [] } });
  });

  it('a revoked key opens nothing at once, revoking it again changes and tells nothing, and no key is ever told', async () => {
    const { id, key } = await florin.openOrganization();
    const made = await florin.operator('POST', `/admin/v1/organizations/${id}/api_keys`, {
      api_key: { name: 'second', role: 'admin' },
    });
    const call = florin.as(made.body.api_key.key);
    expect((await call('GET', '/api/v1/taxes')).status).toBe(200);
    const path = `/admin/v1/organizations/${id}/api_keys/${made.body.api_key.id}`;
    const revoked = await florin.operator('DELETE', path);
    expect((await call('GET', '/api/v1/taxes')).status).toBe(401);
    expect((await florin.operator('DELETE', path)).body.api_key.revoked_at).toBe(revoked.body.api_key.revoked_at);
    expect((await told(id)).filter((type) => type === 'api_key.revoked')).toHaveLength(1);
    const { rows } = await florin.sql.query('select payload::text from outbox_events where organization_id = $1', [id]);
    for (const { payload } of rows) for (const secret of [key, made.body.api_key.key]) expect(payload).not.toContain(secret);
  });

  it('unknown ones are not found', async () => {
    const nowhere = '/admin/v1/organizations/01a1feb0-0000-7000-8000-000000000000';
    expect((await florin.operator('PATCH', nowhere, { organization: { name: 'x' } })).body.code).toBe('organization_not_found');
    const { id } = await florin.openOrganization();
    expect((await florin.operator('DELETE', `/admin/v1/organizations/${id}/api_keys/none`)).body.code).toBe('api_key_not_found');
  });
});
