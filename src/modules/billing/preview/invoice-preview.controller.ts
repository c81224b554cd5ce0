import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { MinimumRole, OrganizationId } from '../../../platform/auth/principal.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { withWarnings } from '../../../platform/http/warnings.ts';
import { billingEntityChoice, SubscriptionEntityChoice } from '../../billing-entities/index.ts';
import { PreviewInvoiceInput } from './preview.dto.ts';
import { PreviewInvoice } from './preview-invoice.ts';
import { presentPreviewedInvoice } from './previewed-invoice.presenter.ts';

@ApiTags('Invoices')
@Controller('api/v1/invoices')
export class InvoicePreviewController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly previewInvoice: PreviewInvoice,
    private readonly entityChoice: SubscriptionEntityChoice,
  ) {}

  /**
   * The invoice that would be made next, and nothing stored: the first of a plan that a customer would take, or the next of
   * subscriptions as they are, ended at `terminated_at`, or changed to `plan_code`.
   */
  @MinimumRole('MEMBER')
  @Post('preview')
  @HttpCode(200)
  async preview(@OrganizationId() organizationId: string, @Payload('invoice') input: PreviewInvoiceInput) {
    const isNew = input.external_customer_id === undefined && input.customer?.external_id === undefined;
    const { choice, warnings } = isNew
      ? { choice: billingEntityChoice(input), warnings: [] }
      : await this.entityChoice.of(organizationId, input);
    const preview = await this.previewInvoice.execute(organizationId, input, choice);
    return { invoice: await presentPreviewedInvoice(this.dataSource.manager, preview), ...withWarnings(warnings) };
  }
}
