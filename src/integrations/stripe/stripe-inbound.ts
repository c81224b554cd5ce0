import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Clock } from '../../platform/clock/clock.ts';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { Applied, Envelope, Facts, InboundProvider, StoredEvent } from '../../modules/webhooks/index.ts';
import { envelopeOf, isSigned } from './open-envelope.ts';

/** Stripe's events, from the bytes to what they change. */
@Injectable()
export class StripeInbound implements InboundProvider {
  readonly name = 'STRIPE';

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  open(body: Buffer, signature: string | undefined): Envelope {
    if (!signature) throw new BillingError('missing_webhook_signature');
    const { stripeWebhookSecrets, stripeSecretKey } = this.config;
    if (!isSigned(body, signature, stripeWebhookSecrets, this.clock.now().epochMilliseconds))
      throw new BillingError('invalid_webhook_signature');
    return envelopeOf(body, stripeSecretKey === undefined ? undefined : /^.k_live_/.test(stripeSecretKey));
  }

  apply(_tx: Tx, _event: StoredEvent, _facts: Facts): Promise<Applied> {
    return Promise.resolve({ outcome: 'unhandled', changed: false });
  }

  ask(question: string): Promise<unknown> {
    return Promise.reject(new Error(`Stripe does not answer ${question}`));
  }
}
