import { Controller, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Exact } from '../../domain/money/exact.ts';
import { MinimumRole, OrganizationId } from '../../platform/auth/principal.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import { ChangeCreditNote } from './change-credit-note.ts';
import { CreateCreditNote } from './create-credit-note.ts';
import {
  CreateCreditNoteInput,
  EstimateCreditNoteInput,
  ListCreditNotesQuery,
  RefundBalanceInput,
  UpdateCreditNoteInput,
} from './credit-note.dto.ts';
import type { CreditNoteRow } from './credit-note.entity.ts';
import { RefundBalance } from './refund-balance.ts';
import { findCreditNote, listCreditNotes, presentCreditNotes } from './credit-notes.queries.ts';

@ApiTags('CreditNotes')
@Controller('api/v1/credit_notes')
export class CreditNotesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly createCreditNote: CreateCreditNote,
    private readonly changeCreditNote: ChangeCreditNote,
    private readonly refundBalance: RefundBalance,
  ) {}

  @Get()
  list(@OrganizationId() organizationId: string, @QueryParams() query: ListCreditNotesQuery) {
    return listCreditNotes(this.dataSource.manager, organizationId, query);
  }

  @Get(':id')
  async read(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return this.present(await findCreditNote(this.dataSource.manager, organizationId, id));
  }

  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('credit_note') input: CreateCreditNoteInput) {
    return this.present(await this.createCreditNote.execute(organizationId, input));
  }

  /** What a credit note of these items would come to; nothing is stored. */
  @MinimumRole('MEMBER')
  @Post('estimate')
  @HttpCode(200)
  async estimate(@OrganizationId() organizationId: string, @Payload('credit_note') input: EstimateCreditNoteInput) {
    const { invoice, amounts, refundableCents, offsettableCents } = await this.createCreditNote.estimate(organizationId, input);
    const rate = amounts.subTotalCents === 0n ? Exact.zero : Exact.ratio(amounts.taxesCents * 100n, amounts.subTotalCents);
    return {
      estimated_credit_note: {
        lago_invoice_id: invoice.id,
        invoice_number: invoice.invoice_number,
        currency: invoice.currency,
        taxes_amount_cents: amounts.taxesCents,
        taxes_rate: jsonNumber(rate.rounded('round', 5).toDecimal()),
        sub_total_excluding_taxes_amount_cents: amounts.subTotalCents,
        max_creditable_amount_cents: amounts.totalCents,
        max_refundable_amount_cents: refundableCents,
        max_offsettable_amount_cents: offsettableCents,
        coupons_adjustment_amount_cents: 0,
        items: amounts.items.map(({ feeId, preciseCents }) => ({
          lago_fee_id: feeId,
          amount_cents: preciseCents.roundToInteger(),
        })),
      },
    };
  }

  @Put(':id')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('credit_note') input: UpdateCreditNoteInput,
  ) {
    return this.present(await this.changeCreditNote.update(organizationId, id, input));
  }

  @Patch(':id')
  update(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('credit_note') input: UpdateCreditNoteInput,
  ) {
    return this.replace(organizationId, id, input);
  }

  /** What is left of its credit. */
  @Put(':id/void')
  async void(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return this.present(await this.changeCreditNote.void(organizationId, id));
  }

  /** Pays out what no invoice took of its credit. */
  @Post(':id/refund')
  @HttpCode(200)
  async refund(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('credit_note', { optional: true }) input: RefundBalanceInput,
  ) {
    return this.present(await this.refundBalance.execute(organizationId, id, input.refund_amount_cents ?? null));
  }

  private async present(row: CreditNoteRow) {
    const [creditNote] = await presentCreditNotes(this.dataSource.manager, [row]);
    return { credit_note: creditNote };
  }
}
