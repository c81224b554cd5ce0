import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, Raw } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { latestAttempt } from '../../provisioning/index.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';
import { CheckoutInput } from './checkout.dto.ts';
import { StartCheckout } from './start-checkout.ts';

/** Where a customer buys a plan with what belongs to it. */
@ApiTags('Customer pages')
@SessionOnly()
@Controller('api/v1/billing/checkout')
export class CheckoutController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly startCheckout: StartCheckout,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Opens the payment provider's page: send the buyer to `checkout_url`. Owners only. */
  @Post()
  @MinimumRole('OWNER')
  @HttpCode(201)
  async create(@CallerSession() session: Session, @Payload('checkout') input: CheckoutInput) {
    if (!this.config.billingEnabled) return nothingToPay;
    const { checkoutUrl, sessionId, subscriptionId } = await this.startCheckout.execute(session, input);
    return {
      checkout_url: checkoutUrl,
      session_id: sessionId,
      subscription_id: subscriptionId,
      requires_checkout: true,
      billing_disabled: false,
    };
  }

  /**
   * How far it is: `status` goes from `pending_payment` to `provisioning` and ends `active`, or `failed` or `unpaid` with an `error`;
   * `canceled` when it expired or a newer one took its place. The session's id stays good for asking.
   */
  @Get(':session_id/status')
  async status(@CallerSession() { organizationId, holderId: customerId }: Session, @Param('session_id') sessionId: string) {
    const { manager } = this.dataSource;
    const link = await manager.findOneBy(ProviderSubscriptionRow, [
      { organizationId, providerSubscriptionId: sessionId },
      { organizationId, metadata: Raw((column) => `${column} ->> 'checkout_session_id' = :sessionId`, { sessionId }) },
    ]);
    const row = link && (await manager.findOneBy(SubscriptionRow, { organizationId, customerId, id: link.subscriptionId }));
    if (!row) throw new BillingError('checkout_not_found');
    return {
      status: row.status.toLowerCase(),
      subscription_id: row.id,
      resource_id: row.resourceId,
      operation_id: (await latestAttempt(manager, row))?.id ?? null,
      error: row.failureReason ?? (isOver(row) ? (link.metadata['error'] ?? null) : null),
    };
  }
}

const nothingToPay = {
  checkout_url: null,
  session_id: null,
  subscription_id: null,
  requires_checkout: false,
  billing_disabled: true,
};

/** It came to nothing; why an earlier attempt to pay failed says nothing of one that goes on. */
const isOver = ({ status }: SubscriptionRow): boolean => ['UNPAID', 'CANCELED'].includes(status);
