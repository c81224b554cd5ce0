import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  CaptureProviderInvoice,
  CompleteCheckout,
  EndCheckout,
  FailPayment,
  FollowProviderSubscription,
  LinkInvoicePayment,
  namesOurs,
  NoteOnInvoice,
  NotePaymentMethods,
  RefundCharge,
} from '../../modules/payments/index.ts';
import type { Applied, Envelope, Facts, InboundProvider, StoredEvent } from '../../modules/webhooks/index.ts';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { parseExactJson } from '../../platform/http/strict-json.ts';
import { log } from '../../platform/logging/log.ts';
import type { Verbs } from './event-context.ts';
import { handlerByType } from './handlers.ts';
import { envelopeOf } from './open-envelope.ts';
import { at, fieldsOf } from './payload.ts';
import { tracesOf } from './traces-of.ts';
import { wrongObject } from './object-of-type.ts';
import { StripeProvider } from './provider/stripe-provider.ts';
import { StripeQuestions } from './stripe-questions.ts';
import { StripeStandIn } from './stripe-stand-in.ts';
import { StripeSweep } from './stripe-sweep.ts';

/** Stripe's events, from the bytes to what they change. */
@Injectable()
export class StripeInbound implements InboundProvider, OnModuleInit {
  readonly name = 'STRIPE';
  private verbs: Verbs;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly provider: StripeProvider,
    private readonly questions: StripeQuestions,
    private readonly stripeSweep: StripeSweep,
    private readonly standIn: StripeStandIn,
    private readonly moduleRef: ModuleRef,
  ) {}

  onModuleInit(): void {
    const verb = <T>(type: Type<T>): T => this.moduleRef.get(type, { strict: false });
    this.verbs = {
      captureInvoice: verb(CaptureProviderInvoice),
      completeCheckout: verb(CompleteCheckout),
      endCheckout: verb(EndCheckout),
      failPayment: verb(FailPayment),
      followSubscription: verb(FollowProviderSubscription),
      linkPayment: verb(LinkInvoicePayment),
      noteOnInvoice: verb(NoteOnInvoice),
      notePaymentMethods: verb(NotePaymentMethods),
      refundCharge: verb(RefundCharge),
    };
  }

  open(body: Buffer, signature: string | undefined): Envelope {
    this.provider.verifyWebhook(body, signature);
    return this.envelope(body);
  }

  envelope(body: Buffer): Envelope {
    const { stripeSecretKey } = this.config;
    return envelopeOf(body, stripeSecretKey === undefined ? undefined : /^.k_live_/.test(stripeSecretKey));
  }

  get sweep(): StripeSweep | undefined {
    return (this.config.stripeSecretKey ?? this.config.stripeApiBase ?? this.standIn.isWanted) ? this.stripeSweep : undefined;
  }

  async apply(tx: Tx, event: StoredEvent, facts: Facts): Promise<Applied> {
    // Florin sells by one account of Stripe. What is called the same in an account that is connected to it is not the same.
    if (event.account !== '') return { ignored: `of the account ${event.account}, which is not Florin's` };
    const handler = handlerByType.get(event.type);
    if (!handler) {
      log.info('unhandled event type', { type: event.type, event_id: event.eventId });
      return { outcome: 'unhandled', changed: false };
    }
    const payload = parseExactJson(event.body.toString('utf8'));
    const object = fieldsOf(at(payload, 'data.object'));
    if (!object) throw new Error(`event ${event.eventId} has no object`);
    const wrong = wrongObject(event.type, object);
    if (wrong !== undefined) return { ignored: wrong };
    const previous = fieldsOf(at(payload, 'data.previous_attributes'));
    const applied = await handler.apply({ tx, event, object, previous, facts, verbs: this.verbs });
    return 'deferred' in applied ? { ...applied, isForeign: !(await namesOurs(tx, tracesOf(object, previous))) } : applied;
  }

  ask(question: string): Promise<unknown> {
    return this.questions.answer(question);
  }
}
