import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, In } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { CallerSession, type Session, SessionOnly } from '../../platform/auth/principal.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { isId } from '../../platform/database/ids.ts';
import { PlanRow } from '../plans/index.ts';
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
    return { subscriptions: await this.present(session, shown) };
  }

  @Get(':id')
  async read(@CallerSession() session: Session, @Param('id') id: string) {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(SubscriptionRow, { ...ownedBy(session), id }) : null;
    if (!row) throw new BillingError('subscription_not_found');
    const [subscription] = await this.present(session, [row]);
    return { subscription };
  }

  private async present({ organizationId }: Session, rows: readonly SubscriptionRow[]) {
    const plans = await this.dataSource.manager.findBy(PlanRow, { organizationId, id: In(rows.map((row) => row.planId)) });
    const planById = new Map(plans.map((plan) => [plan.id, plan]));
    return rows.map((row) => {
      const plan = planById.get(row.planId);
      if (!plan) throw new Error(`subscription ${row.id} lost its plan`);
      return presentForCustomer(row, plan);
    });
  }
}

const ownedBy = ({ organizationId, holderId }: Session) => ({ organizationId, customerId: holderId });
const iso = (date: Date | null): string | null => date && isoOf(date);

const presentForCustomer = (row: SubscriptionRow, plan: PlanRow) => ({
  id: row.id,
  external_id: row.externalId,
  name: row.name,
  resource_type: row.resourceType,
  resource_id: row.resourceId,
  failure_reason: row.failureReason,
  plan_name: plan.code,
  plan_display_name: plan.invoiceDisplayName ?? plan.name,
  billing_interval: plan.interval,
  status: row.status.toLowerCase(),
  base_price_cents: plan.amountCents,
  currency: plan.amountCurrency,
  current_period_start: iso(row.currentPeriodStart),
  current_period_end: iso(row.currentPeriodEnd),
  started_at: iso(row.startedAt),
  canceled_at: iso(row.canceledAt),
  ends_at: iso(row.terminatedAt ?? row.endingAt),
  created_at: isoOf(row.createdAt),
});
