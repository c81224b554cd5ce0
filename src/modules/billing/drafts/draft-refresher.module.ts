import { Global, Module } from '@nestjs/common';
import { DRAFT_REFRESHER } from '../../invoices/index.ts';
import { RefreshDrafts } from './refresh-drafts.ts';

/** What the invoices' room asks of billing; a module of its own, because billing itself asks invoices. */
@Global()
@Module({ providers: [{ provide: DRAFT_REFRESHER, useClass: RefreshDrafts }], exports: [DRAFT_REFRESHER] })
export class DraftRefresherModule {}
