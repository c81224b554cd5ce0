import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock, dateOf } from '../../../platform/clock/clock.ts';
import { type Query, queryOn } from '../../../platform/database/sql.ts';
import type { PlanRow } from '../../plans/index.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';

const provider = 'STRIPE';
/** A price may be archived at the provider by hand; so long we do not look. */
const trustedForMs = 86_400_000;

const find = {
  name: 'provider_prices.find',
  text: `select provider_price_id from provider_prices where organization_id = $1 and plan_id = $2 and provider = '${provider}' and terms = $3
    and checked_at > $4`,
};
const keep = {
  name: 'provider_prices.keep',
  text: `insert into provider_prices (organization_id, plan_id, provider, terms, provider_price_id, checked_at) values ($1, $2, '${provider}', $3, $4, $5)
    on conflict on constraint pk_provider_prices do update set provider_price_id = excluded.provider_price_id, checked_at = excluded.checked_at`,
};

/** What plans cost, as Stripe knows it: one price for each plan and its terms, whoever asks first. */
@Injectable()
export class ProviderPrices {
  private readonly inFlight = new Map<string, Promise<string>>();
  private readonly query: Query;

  constructor(
    dataSource: DataSource,
    private readonly clock: Clock,
    private readonly providers: PaymentProviders,
  ) {
    this.query = queryOn(dataSource);
  }

  async findOrCreate(plan: PlanRow): Promise<string> {
    const displayName = plan.invoiceDisplayName ?? plan.name;
    const terms = `${plan.amountCurrency} ${plan.amountCents} ${plan.interval} ${displayName}`;
    const since = new Date(this.clock.now().epochMilliseconds - trustedForMs);
    const [known] = await this.query<{ provider_price_id: string }>(find, [plan.organizationId, plan.id, terms, since]);
    if (known) return known.provider_price_id;
    const key = `${plan.id} ${terms}`;
    const running = this.inFlight.get(key);
    if (running) return running;
    const made = this.create(plan, displayName, terms).finally(() => this.inFlight.delete(key));
    this.inFlight.set(key, made);
    return made;
  }

  private async create(plan: PlanRow, displayName: string, terms: string): Promise<string> {
    const { organizationId, id, code, amountCents, interval } = plan;
    const sold = { organizationId, id, code, displayName, amountCents, currency: plan.amountCurrency, interval };
    const price = await this.providers.get(provider).getOrCreatePrice(sold);
    await this.query(keep, [organizationId, id, terms, price, dateOf(this.clock.now())]);
    return price;
  }
}
