import pg from 'pg';
import { log } from '../logging/log.ts';
import { databaseError } from './unit-of-work.ts';

/** In whose name the application works, once its login has migrated the schema and owns it. */
export interface ApplicationRole {
  readonly name: string;
  /** Quoted. The search path of a login may name it by the login, which is another name in this role. */
  readonly schema: string;
}

/** SQL: one role for each login, so that two installations of one server do not open each other's tables. */
const nameOfRole = `left(session_user || '_florin_app', 63)`;

/** SQL: the privilege of working in a role; before PostgreSQL 16 every member had it. */
const mayWorkInIt = `case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end`;

/** SQL: what may be done with rows. Not TRUNCATE, REFERENCES or TRIGGER; counting a table (`analyze`) is granted from PostgreSQL 17 on. */
const ofTables = `'select, insert, update, delete' || case when current_setting('server_version_num')::int >= 170000 then ', maintain' else '' end`;

/** SQL: tables of which the role (`r`) may not read and write the rows; the list of migrations is none of its business. */
const shutTables = `select from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'
  and not (has_table_privilege(r.oid, c.oid, 'SELECT') and has_table_privilege(r.oid, c.oid, 'INSERT')
    and has_table_privilege(r.oid, c.oid, 'UPDATE') and has_table_privilege(r.oid, c.oid, 'DELETE'))`;

/** Statements run only where something is missing: a server that starts changes no catalog. Tables of later migrations are granted as they are made. */
const prepare = `do $$
  declare
    app name := ${nameOfRole};
    r record;
  begin
    if not exists (select from pg_roles where rolname = app) then
      begin
        execute format('create role %I nologin', app);
      exception when duplicate_object or unique_violation then null; -- another database of this login was faster
      end;
    end if;
    select oid into r from pg_roles where rolname = app;
    if not pg_has_role(session_user, r.oid, ${mayWorkInIt}) then execute format('grant %I to %I', app, session_user); end if;
    if not has_schema_privilege(r.oid, current_schema(), 'USAGE') then execute format('grant usage on schema %I to %I', current_schema(), app); end if;
    if exists (${shutTables}) then
      execute format('grant ' || ${ofTables} || ' on all tables in schema %I to %I', current_schema(), app);
      execute format('revoke all on schema_migrations from %I', app);
      execute format('grant usage, select on all sequences in schema %I to %I', current_schema(), app);
      execute format('alter default privileges in schema %I grant ' || ${ofTables} || ' on tables to %I', current_schema(), app);
      execute format('alter default privileges in schema %I grant usage, select on sequences to %I', current_schema(), app);
    end if;
  end $$`;

/**
 * Makes the role of the application and lets it read and write rows, as the login that owns the tables, under the lock of the migrations.
 * A login that may make no roles goes on without: docs/operations.md says what is lost, and what its administrator can do.
 */
export async function prepareApplicationRole(owner: pg.ClientBase): Promise<void> {
  try {
    await owner.query(prepare);
  } catch (error) {
    if (databaseError(error).code !== insufficientPrivilege) throw error;
  }
}

const insufficientPrivilege = '42501';

const find = `select r.rolname as name, quote_ident(current_schema()) as schema from pg_roles r
  where r.rolname = ${nameOfRole} and pg_has_role(session_user, r.oid, ${mayWorkInIt})
    and has_schema_privilege(r.oid, current_schema(), 'USAGE') and not exists (${shutTables})`;

/** As found; where there is none the application works as its login, and says so. */
export async function roleToWorkIn(url: string): Promise<ApplicationRole | undefined> {
  const role = await findApplicationRole(url);
  if (!role)
    log.warn(
      'the application works as the owner of its tables: its login may not make a role of its own (docs/operations.md, Database)',
    );
  return role;
}

/** Undefined where the login has no such role, or it may not read and write every table. */
export async function findApplicationRole(url: string): Promise<ApplicationRole | undefined> {
  const login = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await login.connect();
  try {
    const { rows } = await login.query<ApplicationRole>(find);
    return rows[0];
  } finally {
    await login.end();
  }
}
