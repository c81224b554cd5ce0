import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { QueryParams } from '../../platform/http/payload.ts';
import { CustomerCreditNotesQuery } from './credit-note.dto.ts';
import { listCreditNotes } from './credit-notes.queries.ts';

/** The credit notes of one customer, the youngest first. */
@ApiTags('CreditNotes')
@Controller('api/v1/customers/:external_customer_id/credit_notes')
export class CustomerCreditNotesController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  list(
    @OrganizationId() organizationId: string,
    @Param('external_customer_id') customer: string,
    @QueryParams() query: CustomerCreditNotesQuery,
  ) {
    return listCreditNotes(this.dataSource.manager, organizationId, { ...query, external_customer_id: customer });
  }
}
