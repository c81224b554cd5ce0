import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, In } from 'typeorm';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import type { ObservedInvoice } from '../provider/observed.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { ProviderCustomerRow } from '../provider/provider-customer.entity.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';

/** What a customer will be billed next by the payment provider (F6); asked each time, never stored. */
@ApiTags('Customer pages')
@SessionOnly()
@MinimumRole('ADMIN')
@Controller('api/v1/billing/invoices')
export class UpcomingInvoiceController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly providers: PaymentProviders,
  ) {}

  @Get('upcoming')
  async upcoming(@CallerSession() { organizationId, holderId: customerId }: Session) {
    const { manager } = this.dataSource;
    const customer = await manager.findOneBy(ProviderCustomerRow, { organizationId, customerId });
    const next = customer && !customer.deletedAt ? await this.nextToRenew(organizationId, customerId) : null;
    const seen =
      customer &&
      next &&
      (await this.providers.get('STRIPE').getUpcomingInvoice(customer.providerCustomerId, next.providerSubscriptionId));
    if (!seen) return { upcoming_invoice: null };
    return { upcoming_invoice: present(seen, next.subscriptionId) };
  }

  /** Of the customer's subscriptions at the provider that renew, the first to. */
  private async nextToRenew(organizationId: string, customerId: string): Promise<ProviderSubscriptionRow | null> {
    const { manager } = this.dataSource;
    const rows = await manager.find(SubscriptionRow, {
      where: { organizationId, customerId, paymentProvider: 'STRIPE', status: In(['ACTIVE', 'PAST_DUE']) },
      order: { currentPeriodEnd: 'asc' },
    });
    const [first] = rows;
    return first ? manager.findOneBy(ProviderSubscriptionRow, { organizationId, subscriptionId: first.id }) : null;
  }
}

/** Amounts in minor units. */
const present = (seen: ObservedInvoice, subscriptionId: string) => ({
  amount_due: BigInt(seen.amountDue),
  currency: seen.currency.toLowerCase(),
  period_start: seen.periodStart,
  period_end: seen.periodEnd,
  line_items: seen.lines.map((line) => ({
    description: line.description,
    amount: BigInt(line.amount),
    quantity: line.quantity,
    period_start: line.periodStart,
    period_end: line.periodEnd,
  })),
  subscription_id: subscriptionId,
});
