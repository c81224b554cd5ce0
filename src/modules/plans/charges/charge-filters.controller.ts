import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, type EntityManager } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { isId, newId } from '../../../platform/database/ids.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../../platform/http/payload.ts';
import { ChangePlan } from '../change-plan.ts';
import { DeletePriceInput } from '../delete-price.dto.ts';
import { presentChargeFilter } from '../plan.presenter.ts';
import { findPlan } from '../plans.queries.ts';
import { ChargeFilterInput, UpdateChargeFilterInput } from './charge.dto.ts';
import { ChargeFilterRow } from './charge-filter.entity.ts';
import type { ChargeRow } from './charge.entity.ts';
import type { WantedFilter } from './charge-filters.ts';
import { findCharge } from './charges.queries.ts';
import { writeCharges } from './write-charges.ts';

/** The filters of one charge, one at a time; each change is a change of the charge, so that all of its rules hold. */
@ApiTags('Plans')
@Controller('api/v1/plans/:code/charges/:price_code/filters')
export class ChargeFiltersController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changePlan: ChangePlan,
  ) {}

  @Get()
  async list(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @QueryParams() query: PageQuery,
  ) {
    const { manager } = this.dataSource;
    const charge = await findCharge(manager, await findPlan(manager, organizationId, code), priceCode);
    const page = pageOf(query);
    const [rows, count] = await manager.findAndCount(ChargeFilterRow, {
      where: { organizationId, chargeId: charge.id },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { filters: rows.map((row) => present(row, charge)), meta: metaOf(page, count) };
  }

  @Get(':filter_id')
  async read(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Param('filter_id') filterId: string,
  ) {
    const { manager } = this.dataSource;
    const charge = await findCharge(manager, await findPlan(manager, organizationId, code), priceCode);
    return { filter: present(await find(manager, charge, filterId), charge) };
  }

  @Post()
  @HttpCode(200)
  create(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Payload('filter') input: ChargeFilterInput,
  ) {
    const added = { ...input, id: newId() };
    return this.write(organizationId, { code, priceCode, filterId: added.id, input }, (known) => [...known.map(asInput), added]);
  }

  @Put(':filter_id')
  replace(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Param('filter_id') filterId: string,
    @Payload('filter') input: UpdateChargeFilterInput,
  ) {
    return this.write(organizationId, { code, priceCode, filterId, input }, (known) =>
      known.map((row) => {
        if (row.id !== filterId) return asInput(row);
        const { invoice_display_name, properties = row.properties, values = row.filterValues } = input;
        return { id: row.id, properties, values, ...(invoice_display_name === undefined ? {} : { invoice_display_name }) };
      }),
    );
  }

  @Patch(':filter_id')
  update(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Param('filter_id') filterId: string,
    @Payload('filter') input: UpdateChargeFilterInput,
  ) {
    return this.replace(organizationId, code, priceCode, filterId, input);
  }

  /** What it priced is priced by the charge itself from now on, in the running period too. */
  @Delete(':filter_id')
  async remove(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Param('filter_id') filterId: string,
    @Payload('filter', { optional: true }) input: DeletePriceInput,
  ) {
    const { manager } = this.dataSource;
    const charge = await findCharge(manager, await findPlan(manager, organizationId, code), priceCode);
    const filter = present(await find(manager, charge, filterId), charge);
    await this.write(organizationId, { code, priceCode, filterId, input }, (known) =>
      known.filter((row) => row.id !== filterId).map(asInput),
    );
    return { filter };
  }

  /** Makes the charge's filters what `change` makes of those it has; answers the named one, if it is still there. */
  private async write(
    organizationId: string,
    {
      code,
      priceCode,
      filterId,
      input = {},
    }: { code: string; priceCode: string; filterId: string; input?: { readonly cascade_updates?: boolean } },
    change: (known: readonly ChargeFilterRow[]) => WantedFilter[],
  ) {
    return this.changePlan.execute(
      organizationId,
      code,
      async (tx, plan, at) => {
        const charge = await findCharge(tx, plan, priceCode);
        const ofCharge = { organizationId, chargeId: charge.id };
        const known = await tx.find(ChargeFilterRow, { where: ofCharge, order: { createdAt: 'asc', id: 'asc' } });
        const filters = change(known);
        const isNamed = [...known, ...filters].some((filter) => filter.id === filterId);
        if (!isNamed) throw new BillingError('charge_filter_not_found');
        await writeCharges(tx, plan, [{ id: charge.id, filters }], 'change', at);
        const written = await tx.findOneBy(ChargeFilterRow, { ...ofCharge, id: filterId });
        return { filter: written && present(written, charge) };
      },
      input,
    );
  }
}

const present = (row: ChargeFilterRow, charge: ChargeRow) => ({ ...presentChargeFilter(row), charge_code: charge.code });

const asInput = (row: ChargeFilterRow): WantedFilter => ({ id: row.id, properties: row.properties, values: row.filterValues });

async function find(manager: EntityManager, charge: ChargeRow, id: string): Promise<ChargeFilterRow> {
  const { organizationId } = charge;
  const row = isId(id) ? await manager.findOneBy(ChargeFilterRow, { organizationId, chargeId: charge.id, id }) : null;
  if (!row) throw new BillingError('charge_filter_not_found');
  return row;
}
