import { Module } from '@nestjs/common';
import { ChangeCreditNote } from './change-credit-note.ts';
import { CreateCreditNote } from './create-credit-note.ts';
import { CreditNoteMetadataController } from './credit-note-metadata.controller.ts';
import { RefundBalance } from './refund-balance.ts';
import { CustomerCreditNotesController } from './customer-credit-notes.controller.ts';
import { CreditNotesController } from './credit-notes.controller.ts';

@Module({
  controllers: [CreditNotesController, CreditNoteMetadataController, CustomerCreditNotesController],
  providers: [ChangeCreditNote, CreateCreditNote, RefundBalance],
})
export class CreditNotesModule {}
