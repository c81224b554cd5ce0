import { Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import type { PaymentMethod } from '../provider/payment-provider.ts';
import { PaymentMethods } from './payment-methods.ts';
import { presentPaymentMethod } from './present-payment-method.ts';

/** What the customer pays with; owners only. New ones are added at a checkout or in the portal. */
@ApiTags('Customer pages')
@SessionOnly()
@MinimumRole('OWNER')
@Controller('api/v1/billing/payment_methods')
export class PaymentMethodsController {
  constructor(private readonly paymentMethods: PaymentMethods) {}

  @Get()
  async list(@CallerSession() session: Session) {
    return present(await this.paymentMethods.list(session));
  }

  /** Renewals are paid with it from now on. */
  @Put(':id/set_as_default')
  async setDefault(@CallerSession() session: Session, @Param('id') id: string) {
    return present(await this.paymentMethods.setDefault(session, id));
  }

  @Delete(':id')
  async remove(@CallerSession() session: Session, @Param('id') id: string) {
    return present(await this.paymentMethods.remove(session, id));
  }
}

const present = (methods: readonly PaymentMethod[]) => ({ payment_methods: methods.map(presentPaymentMethod) });
