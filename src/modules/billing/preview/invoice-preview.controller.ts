import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MinimumRole, OrganizationId } from '../../../platform/auth/principal.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { withWarnings } from '../../../platform/http/warnings.ts';
import { billingEntityChoice, SubscriptionEntityChoice } from '../../billing-entities/index.ts';
import { PreviewInvoiceInput } from './preview.dto.ts';
import { PreviewInvoice } from './preview-invoice.ts';

@ApiTags('Invoices')
@Controller('api/v1/invoices')
export class InvoicePreviewController {
  constructor(
    private readonly previewInvoice: PreviewInvoice,
    private readonly entityChoice: SubscriptionEntityChoice,
  ) {}

  /**
   * The invoice that would be made next, and nothing stored: the first of a plan that a customer would take, or the next of
   * subscriptions as they are, ended at `terminated_at`, or changed to `plan_code`; at the prices of `plan_overrides`, if those are given.
   */
  @MinimumRole('MEMBER')
  @Post('preview')
  @HttpCode(200)
  async preview(@OrganizationId() organizationId: string, @Payload('invoice') input: PreviewInvoiceInput) {
    const isNew = input.external_customer_id === undefined && input.customer?.external_id === undefined;
    const { choice, warnings } = isNew
      ? { choice: billingEntityChoice(input), warnings: [] }
      : await this.entityChoice.of(organizationId, input);
    return { invoice: await this.previewInvoice.execute(organizationId, input, choice), ...withWarnings(warnings) };
  }
}
