import { Controller, Delete, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { Payload } from '../../platform/http/payload.ts';
import { ChangeCreditNote } from './change-credit-note.ts';
import { CreditNoteMetadataInput } from './credit-note.dto.ts';
import { type Metadata, withMetadata } from './metadata.ts';

@ApiTags('CreditNotes')
@Controller('api/v1/credit_notes/:id/metadata')
export class CreditNoteMetadataController {
  constructor(private readonly changeCreditNote: ChangeCreditNote) {}

  /** All of it; what is not sent goes. */
  @Post()
  @HttpCode(200)
  replace(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('credit_note') { metadata }: CreditNoteMetadataInput,
  ) {
    return this.change(organizationId, id, () => withMetadata(null, metadata));
  }

  /** Some of it; what is not sent stays. */
  @Patch()
  merge(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('credit_note') { metadata }: CreditNoteMetadataInput,
  ) {
    return this.change(organizationId, id, (current) => withMetadata(current, metadata));
  }

  @Delete()
  clear(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return this.change(organizationId, id, () => null);
  }

  /** A key that is not there is gone already. */
  @Delete(':key')
  remove(@OrganizationId() organizationId: string, @Param('id') id: string, @Param('key') key: string) {
    return this.change(organizationId, id, (current) => {
      const kept = Object.entries(current ?? {}).filter(([name]) => name !== key);
      return withMetadata(null, Object.fromEntries(kept));
    });
  }

  private async change(organizationId: string, id: string, next: (current: Metadata) => Metadata) {
    const { metadata } = await this.changeCreditNote.metadata(organizationId, id, next);
    return { metadata };
  }
}
