import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { holds, recompute } from '../../../domain/invoicing/recompute.ts';
import { tellDerivation } from '../../../domain/invoicing/tell-derivation.ts';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { metaOf, pageOf } from '../../../platform/http/pagination.ts';
import { QueryParams } from '../../../platform/http/payload.ts';
import { ListFeesQuery } from './fee.dto.ts';
import { findFee, listFees, presentFees } from './fees.queries.ts';

@ApiTags('Fees')
@Controller('api/v1/fees')
export class FeesController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: ListFeesQuery) {
    const page = pageOf(query);
    const { manager } = this.dataSource;
    const [rows, count] = await listFees(manager, organizationId, query, page);
    return { fees: await presentFees(manager, rows), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@OrganizationId() organizationId: string, @Param('id') id: string) {
    const { manager } = this.dataSource;
    const [fee] = await presentFees(manager, [await findFee(manager, organizationId, id)]);
    return { fee };
  }

  /** How the fee came to its amount: as data, as sentences, and computed again from the data alone. */
  @Get(':id/explain')
  async explain(@OrganizationId() organizationId: string, @Param('id') id: string) {
    const fee = await findFee(this.dataSource.manager, organizationId, id);
    const again = recompute(fee.derivation);
    return {
      explanation: {
        lago_fee_id: fee.id,
        amount_cents: fee.amountCents,
        amount_currency: fee.currency,
        derivation: fee.derivation,
        sentences: tellDerivation(fee.derivation),
        recomputed: {
          amount_cents: again.amountCents,
          taxes_amount_cents: again.taxesAmountCents,
          precise_amount_cents: again.preciseAmountCents,
        },
        holds: holds(fee.derivation) && again.amountCents === fee.amountCents && again.taxesAmountCents === fee.taxesAmountCents,
      },
    };
  }
}
