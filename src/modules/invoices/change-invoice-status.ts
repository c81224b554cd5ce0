import { Inject, Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { settleAttention } from '../../platform/attention/needs-attention.store.ts';
import { queryIn } from '../../platform/database/sql.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { creditVoidedInvoice, type VoidCredit } from '../credit-notes/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { DRAFT_REFRESHER, type DraftRefresher } from './draft-refresher.ts';
import { finalization } from './finalization.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { findInvoice } from './invoices.queries.ts';
import { type InvoiceMove, moveInvoice } from './move-invoice.ts';

/** Finalize, pay, void or give up one invoice, at the organization's time; a draft is issued with the usage known by then. */
@Injectable()
export class ChangeInvoiceStatus {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    @Inject(DRAFT_REFRESHER) private readonly drafts: DraftRefresher,
  ) {}

  /**
   * What a payment provider invoices is the provider's to change; `atProvider` says that it has been told.
   * A payment is noted, not made: `stripe` as its method would say that a card was charged.
   * With `credit` what a voided invoice came to is given back, both or neither; a draft was never owed.
   * @throws BillingError invoice_not_found, billed_by_provider, the refusals of moveInvoice and of creditVoidedInvoice
   */
  async execute(
    organizationId: string,
    id: string,
    { atProvider = false, ...move }: Omit<InvoiceMove, 'at'> & { readonly atProvider?: boolean },
    credit?: VoidCredit,
  ): Promise<InvoiceRow> {
    if (move.paymentMethod?.trim().toLowerCase() === 'stripe') throw invalid({ payment_method: ['moves_no_money'] });
    return this.unitOfWork.run(async (tx) => {
      const row = await findInvoice(tx, organizationId, id, { forUpdate: true });
      if (row.source === 'STRIPE' && !atProvider) throw new BillingError('billed_by_provider');
      const at = await this.organizationClock.now(organizationId, tx);
      const [latest] = move.to === 'OPEN' ? await this.drafts.refresh(tx, organizationId, [row], at) : [row];
      if (credit && row.status === 'DRAFT') throw new BillingError('not_voidable');
      const moved = await moveInvoice(tx, latest ?? row, { ...move, at });
      if (row.status === 'DRAFT') await settleAttention(queryIn(tx), finalization.name, organizationId, [id]);
      if (credit) await creditVoidedInvoice(tx, organizationId, id, credit, at);
      return moved;
    });
  }
}
