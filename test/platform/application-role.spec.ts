import pg from 'pg';
import { DataSource } from 'typeorm';
import { findApplicationRole, roleToWorkIn } from '../../src/platform/database/application-role.ts';
import { collectMissingStatistics } from '../../src/platform/database/missing-statistics.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { startProcess } from '../support/processes.ts';
import { type Florin, startFlorin } from '../support/florin.ts';
import { createEmptyDatabase } from '../support/test-database.ts';

describe('the role of the application', () => {
  let florin: Florin;
  let application: DataSource;
  beforeAll(async () => {
    florin = await startFlorin();
    await florin.openOrganization('test');
    application = florin.app.get(DataSource);
  });
  afterAll(() => florin.stop());

  it('owns nothing and is not the login', async () => {
    const [who] =
      await application.query(`select current_user <> session_user as other, rolsuper, rolcanlogin, rolcreaterole, rolbypassrls
      from pg_roles where rolname = current_user`);
    expect(who).toEqual({ other: true, rolsuper: false, rolcanlogin: false, rolcreaterole: false, rolbypassrls: false });
    const owned =
      await application.query(`select 'table' as what, relname as name from pg_class where relowner = current_user::regrole
      union all select 'function', proname from pg_proc where proowner = current_user::regrole
      union all select 'schema', nspname from pg_namespace where nspowner = current_user::regrole`);
    expect(owned).toEqual([]);
  });

  it.each([
    'truncate needs_attention',
    'drop table fees',
    'drop trigger issued_fees_are_immutable on fees',
    'alter table invoices disable trigger all',
    'alter table invoices drop constraint ck_invoices_total',
    'drop index uq_invoices_number',
    'create table mine (id int)',
    'create or replace function refuse_emptying() returns trigger language plpgsql as $$ begin return null; end $$',
    `set session_replication_role = replica`,
    'select * from schema_migrations',
    `insert into schema_migrations (timestamp, name) values (1, 'x')`,
  ])('may not: %s', async (sql) => {
    await expect(application.query(sql)).rejects.toMatchObject({ driverError: { code: '42501' } });
  });

  it('reads and writes the rows of every table, also of those that are made later, and counts them', async () => {
    await florin.sql.query('create table made_later (id bigint generated always as identity, note text)');
    await application.query(`insert into made_later (note) values ('x')`);
    expect(await application.query('select note from made_later')).toEqual([{ note: 'x' }]);
    await collectMissingStatistics(application);
    const { rows } = await florin.sql.query(`select reltuples from pg_class where oid = 'made_later'::regclass`);
    expect(rows).toEqual([{ reltuples: 1 }]);
    await florin.sql.query('drop table made_later');
  });

  it('is found in a schema that is called like the login, too', async () => {
    const database = await createEmptyDatabase();
    try {
      const owner = new pg.Client({ connectionString: database.url });
      await owner.connect();
      await owner.query('create schema authorization current_user');
      await owner.end();
      await migrate(database.url);
      const joined = await startFlorin({}, database.url);
      await joined.openOrganization('test');
      expect(await joined.app.get(DataSource).query('select current_user <> session_user as other')).toEqual([{ other: true }]);
      await joined.stop();
    } finally {
      await database.drop();
    }
  });

  /** A login as a cautious administrator makes it: it owns its database and may do nothing else. */
  it('is missing where the login may make none: it works as before and says so, until the administrator makes it', async () => {
    const database = await createEmptyDatabase();
    const administrator = new pg.Client({ connectionString: database.url });
    await administrator.connect();
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    const login = `login of ${name}`;
    try {
      await administrator.query(
        `create role "${login}" login password 'x'; alter database ${name} owner to "${login}"; create extension btree_gist`,
      );
      url.username = encodeURIComponent(login);
      url.password = 'x';
      expect(await migrate(url.href)).toBeGreaterThan(0);
      expect(await findApplicationRole(url.href)).toBeUndefined();
      const command = startProcess('src/cli.ts', ['doctor'], { DATABASE_URL: url.href });
      expect(await command.exit).toBe(0);
      expect(command.output().stderr).toContain('the application works as the owner of its tables');

      await administrator.query(`create role "${login}_florin_app" nologin; grant "${login}_florin_app" to "${login}"`);
      await migrate(url.href);
      expect(await roleToWorkIn(url.href)).toEqual({ name: `${login}_florin_app`, schema: 'public' });
      const joined = await startFlorin({}, url.href);
      await joined.openOrganization('test');
      expect(await joined.app.get(DataSource).query('select current_user as role')).toEqual([{ role: `${login}_florin_app` }]);
      await joined.stop();
    } finally {
      await administrator.query(`drop owned by "${login}" cascade`).catch(() => undefined);
      await administrator.end();
      await database.drop();
    }
  });
});
