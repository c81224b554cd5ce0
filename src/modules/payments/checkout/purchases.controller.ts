import { Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { BuyAtOnce } from './buy-at-once.ts';
import { CheckoutInput } from './checkout.dto.ts';

@ApiTags('Customer pages')
@SessionOnly()
@Controller('api/v1/billing/subscriptions')
export class PurchasesController {
  constructor(
    private readonly buyAtOnce: BuyAtOnce,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Buys with the payment method on file, the default one first; owners only. The same asked for again within a minute is the same
   * purchase, whatever `Idempotency-Key` it has. Without a method: `POST /api/v1/billing/checkout`.
   */
  @Post()
  @MinimumRole('OWNER')
  async buy(@CallerSession() session: Session, @Payload('subscription') input: CheckoutInput) {
    if (!this.config.billingEnabled) throw new BillingError('billing_disabled');
    const { id, status, resourceId } = await this.buyAtOnce.execute(session, input);
    return { subscription: { id, status: status.toLowerCase(), resource_id: resourceId } };
  }
}
