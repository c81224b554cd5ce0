import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { log } from '../../platform/logging/log.ts';
import { sdkFor, simulatorKey } from './stripe-sdk.ts';

/** What is used of the simulator's package. It is named by a value, so that a build knows nothing of it either (docs/decisions/0030). */
interface SimulatorPackage {
  joinSimulator(options: {
    readonly port: number;
  }): Promise<{ readonly url: string; readonly ended: Promise<void>; stop(): Promise<void> }>;
}
const simulatorPackage: string = 'florin-stripe-simulator';

interface Joined {
  readonly base: URL;
  leave(): Promise<void>;
}

const notConfigured = (cause?: unknown): BillingError =>
  new BillingError('payment_provider_not_configured', { STRIPE_SECRET_KEY: ['value_is_mandatory'] }, { cause });

/** The Stripe simulator, where nothing of a real Stripe is configured; it is loaded when it is first needed. */
@Injectable()
export class StripeStandIn implements OnModuleDestroy {
  private joining: Promise<Joined> | undefined;
  private isMissing = false;
  private isLeaving = false;
  /** Where we want its events. */
  private door: string | undefined;
  private endpoint: { readonly id: string; readonly secret: string } | undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Whether it may be asked. A webhook secret alone is half of a real Stripe: nothing stands in for the other half. */
  get isWanted(): boolean {
    const { stripeSecretKey, stripeApiBase, stripeWebhookSecrets } = this.config;
    return stripeSecretKey === undefined && stripeApiBase === undefined && stripeWebhookSecrets.length === 0 && !this.isMissing;
  }

  /** What it signs its events with, for this process. */
  get secrets(): readonly string[] {
    return this.endpoint ? [this.endpoint.secret] : [];
  }

  /** Where it answers. @throws BillingError payment_provider_not_configured where it may not stand in, or cannot */
  async base(): Promise<URL> {
    if (!this.isWanted) throw notConfigured();
    this.joining ??= this.join();
    try {
      return (await this.joining).base;
    } catch (error) {
      this.joining = undefined;
      this.isMissing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
      throw notConfigured(error);
    }
  }

  /** Starts it, has its events sent to our door at `url`, and says in one sentence which Stripe this Florin has. */
  async deliverTo(url: string): Promise<void> {
    const { stripeSecretKey, stripeApiBase, stripeSimulatorServes } = this.config;
    const whom = stripeSimulatorServes === 'test' ? ' for test organizations; to live ones nothing is sold' : '';
    if (stripeSecretKey !== undefined || stripeApiBase !== undefined) return;
    this.door = url;
    try {
      const base = await this.base();
      this.endpoint = await this.register(base, `${url}/api/v1/webhooks/stripe`);
      log.info(`Without STRIPE_SECRET_KEY the Stripe simulator at ${base.origin} stands in${whom}`);
    } catch (error) {
      const { cause } = error as Error;
      const why = this.isMissing || !(cause instanceof Error) ? '' : ` (the simulator does not start: ${cause.message})`;
      log.warn(`Stripe is not connected: set STRIPE_SECRET_KEY${why}`);
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.isLeaving = true;
    const joined = await this.joining?.catch(() => undefined);
    const { endpoint } = this;
    if (!joined) return;
    if (endpoint)
      await sdkFor(simulatorKey, joined.base)
        .webhookEndpoints.del(endpoint.id, {}, { maxNetworkRetries: 0 })
        .catch((error: unknown) => log.debug('the Stripe simulator had ended before', { error: String(error) }));
    await joined.leave();
  }

  private async join(): Promise<Joined> {
    const { joinSimulator } = (await import(simulatorPackage)) as SimulatorPackage;
    const { url, ended, stop } = await joinSimulator({ port: this.config.stripeSimulatorPort });
    void ended.then(() => this.replace());
    return { base: new URL(url), leave: stop };
  }

  /** The process that ran it is gone, and took its state with it: we go on with an empty one, ours or that of who was faster. */
  private async replace(): Promise<void> {
    if (this.isLeaving) return;
    log.warn('the Stripe simulator ended with the process that had started it; an empty one takes its place');
    this.joining = undefined;
    if (this.door !== undefined) await this.deliverTo(this.door);
  }

  /** A process that was killed has left its endpoint behind, with a secret that nobody knows any more. */
  private async register(base: URL, url: string): Promise<{ id: string; secret: string }> {
    const { webhookEndpoints } = sdkFor(simulatorKey, base);
    const { data } = await webhookEndpoints.list({ limit: 100 });
    for (const former of data.filter((candidate) => candidate.url === url)) await webhookEndpoints.del(former.id);
    const { id, secret } = await webhookEndpoints.create({ url, enabled_events: ['*'] });
    return { id, secret: secret ?? '' };
  }
}
