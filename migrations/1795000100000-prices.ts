import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Charges of every model, filters, minimum commitments, and metrics that carry over, weigh by time, round and compute. */
export class Prices1795000100000 implements MigrationInterface {
  readonly name = 'Prices1795000100000';

  async up(q: QueryRunner): Promise<void> {
    for (const statement of [metrics, charges, filters, commitments, fixedCharges]) await q.query(statement);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop table minimum_commitment_taxes, minimum_commitments, charge_filters;
      alter table fixed_charges add column unit_amount numeric(40, 15) constraint ck_fixed_charges_unit_amount check (unit_amount <> 'NaN' and unit_amount >= 0);
      update fixed_charges set unit_amount = coalesce((properties ->> 'amount')::numeric, 0);
      alter table fixed_charges alter column unit_amount set not null, drop column charge_model, drop column properties;
      alter table charges add column unit_amount numeric(40, 15) constraint ck_charges_unit_amount check (unit_amount <> 'NaN' and unit_amount >= 0),
        drop constraint ck_charges_model;
      update charges set unit_amount = coalesce((properties ->> 'amount')::numeric, 0), charge_model = 'standard';
      alter table charges alter column unit_amount set not null, add constraint ck_charges_model check (charge_model in ('standard')),
        drop column properties, drop column pay_in_advance, drop column invoiceable, drop column prorated, drop column min_amount_cents;
      alter table billable_metrics drop column expression, drop column recurring, drop column weighted_interval, drop column rounding_function,
        drop column rounding_precision, drop column filters, drop constraint ck_billable_metrics_aggregation,
        add constraint ck_billable_metrics_aggregation check (aggregation_type in ('COUNT', 'SUM', 'MAX', 'UNIQUE_COUNT', 'LATEST')) not valid`);
  }
}

const metrics = `
  alter table billable_metrics
    drop constraint ck_billable_metrics_aggregation,
    add constraint ck_billable_metrics_aggregation
      check (aggregation_type in ('COUNT', 'SUM', 'MAX', 'UNIQUE_COUNT', 'WEIGHTED_SUM', 'LATEST')),
    add column expression text,
    add column recurring boolean not null default false,
    add column weighted_interval text constraint ck_billable_metrics_weighted_interval check (weighted_interval in ('seconds')),
    add column rounding_function text constraint ck_billable_metrics_rounding check (rounding_function in ('round', 'ceil', 'floor')),
    add column rounding_precision integer,
    add column filters jsonb not null default '[]',
    add constraint ck_billable_metrics_weighted check ((aggregation_type = 'WEIGHTED_SUM') = (weighted_interval is not null)),
    add constraint ck_billable_metrics_recurring check (not recurring or aggregation_type not in ('COUNT', 'MAX', 'LATEST')),
    add constraint ck_billable_metrics_expression check (expression is null or field_name is not null),
    add constraint ck_billable_metrics_precision check (rounding_precision is null or rounding_function is not null)`;

const models = `'standard', 'graduated', 'graduated_percentage', 'package', 'percentage', 'volume', 'dynamic'`;

const charges = `
  alter table charges
    add column properties jsonb,
    add column pay_in_advance boolean not null default false,
    add column invoiceable boolean not null default true,
    add column prorated boolean not null default false,
    add column min_amount_cents bigint not null default 0 constraint ck_charges_min_amount check (min_amount_cents >= 0),
    drop constraint ck_charges_model,
    add constraint ck_charges_model check (charge_model in (${models})),
    add constraint ck_charges_in_advance check (pay_in_advance or invoiceable),
    add constraint ck_charges_minimum check (not pay_in_advance or min_amount_cents = 0);
  update charges set properties = jsonb_build_object('amount', trim_scale(unit_amount)::text);
  alter table charges alter column properties set not null, drop column unit_amount,
    add constraint ck_charges_amount check (properties ->> 'amount' ~ '^\\d+(\\.\\d+)?$');
  create index ix_charges_metric on charges (organization_id, billable_metric_id)`;

const filters = `
  create table charge_filters (
    organization_id uuid not null,
    id uuid not null,
    charge_id uuid not null,
    invoice_display_name text,
    filter_values jsonb not null constraint ck_charge_filters_values check (jsonb_typeof(filter_values) = 'object' and filter_values <> '{}'),
    properties jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_charge_filters primary key (organization_id, id),
    constraint uq_charge_filters_values unique (organization_id, charge_id, filter_values),
    constraint fk_charge_filters_charge foreign key (organization_id, charge_id) references charges (organization_id, id)
  )`;

const commitments = `
  create table minimum_commitments (
    organization_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    amount_cents bigint not null constraint ck_minimum_commitments_amount check (amount_cents > 0),
    invoice_display_name text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_minimum_commitments primary key (organization_id, id),
    constraint uq_minimum_commitments_plan unique (organization_id, plan_id),
    constraint fk_minimum_commitments_plan foreign key (organization_id, plan_id) references plans (organization_id, id)
  );
  create table minimum_commitment_taxes (
    organization_id uuid not null,
    minimum_commitment_id uuid not null,
    tax_id uuid not null,
    constraint pk_minimum_commitment_taxes primary key (organization_id, minimum_commitment_id, tax_id),
    constraint fk_minimum_commitment_taxes_owner foreign key (organization_id, minimum_commitment_id) references minimum_commitments (organization_id, id),
    constraint fk_minimum_commitment_taxes_tax foreign key (organization_id, tax_id) references taxes (organization_id, id)
  )`;

const fixedCharges = `
  alter table fixed_charges
    add column charge_model text not null default 'standard' constraint ck_fixed_charges_model check (charge_model in ('standard', 'graduated', 'volume')),
    add column properties jsonb;
  update fixed_charges set properties = jsonb_build_object('amount', trim_scale(unit_amount)::text);
  alter table fixed_charges alter column properties set not null, alter column charge_model drop default, drop column unit_amount,
    add constraint ck_fixed_charges_amount check (properties ->> 'amount' ~ '^\\d+(\\.\\d+)?$')`;
