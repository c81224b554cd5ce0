import { Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { BuyAtOnce } from './buy-at-once.ts';
import { CheckoutInput } from './checkout.dto.ts';

@ApiTags('Customer pages')
@SessionOnly()
@Controller('api/v1/billing/subscriptions')
export class PurchasesController {
  constructor(private readonly buyAtOnce: BuyAtOnce) {}

  /** Buys with the payment method on file, the default one first; owners only. Without one: `POST /api/v1/billing/checkout`. */
  @Post()
  @MinimumRole('OWNER')
  async buy(@CallerSession() session: Session, @Payload('subscription') input: CheckoutInput) {
    const { id, status, resourceId } = await this.buyAtOnce.execute(session, input);
    return { subscription: { id, status: status.toLowerCase(), resource_id: resourceId } };
  }
}
