import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { CallerSession, type Session, SessionOnly } from '../../platform/auth/principal.ts';
import { isId } from '../../platform/database/ids.ts';
import { presentForCustomer } from './customer-subscription.presenter.ts';
import { SubscriptionRow } from './subscription.entity.ts';

/** What a customer sees of its own subscriptions (D17); every role may. */
@ApiTags('Customer pages')
@SessionOnly()
@Controller('api/v1/billing/subscriptions')
export class CustomerSubscriptionsController {
  constructor(private readonly dataSource: DataSource) {}

  /** Youngest first; those that ended before they ever started are left out. */
  @Get()
  async list(@CallerSession() session: Session) {
    const rows = await this.dataSource.manager.find(SubscriptionRow, {
      where: ownedBy(session),
      order: { createdAt: 'desc', id: 'desc' },
    });
    const shown = rows.filter((row) => row.startedAt !== null || !['CANCELED', 'FAILED'].includes(row.status));
    return { subscriptions: await presentForCustomer(this.dataSource.manager, shown) };
  }

  @Get(':id')
  async read(@CallerSession() session: Session, @Param('id') id: string) {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(SubscriptionRow, { ...ownedBy(session), id }) : null;
    if (!row) throw new BillingError('subscription_not_found');
    const [subscription] = await presentForCustomer(this.dataSource.manager, [row]);
    return { subscription };
  }
}

const ownedBy = ({ organizationId, holderId }: Session) => ({ organizationId, customerId: holderId });
