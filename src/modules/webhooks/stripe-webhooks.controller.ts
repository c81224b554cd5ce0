import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Public } from '../../platform/auth/principal.ts';
import { RawBody, rawBodyOf } from '../../platform/http/raw-body.ts';
import { Rated } from '../../platform/rate-limit/rate-categories.ts';
import { auditSecurity } from '../../platform/logging/security-audit.ts';
import { InboxMetrics } from './inbox-metrics.ts';
import { ReceiveEvent } from './receive-event.ts';

/** Where Stripe's events come in; the signature over the raw bytes is the only key. */
@ApiTags('Webhooks')
@Public()
@Controller()
export class StripeWebhooksController {
  constructor(
    private readonly receiveEvent: ReceiveEvent,
    private readonly metrics: InboxMetrics,
  ) {}

  @Rated('webhooks')
  @Post(['api/v1/webhooks/stripe', 'admin/v1/webhooks/stripe'])
  @HttpCode(200)
  @RawBody()
  async receive(@Req() request: FastifyRequest) {
    const body = rawBodyOf(request);
    const signature = [request.headers['stripe-signature'] ?? []].flat()[0];
    try {
      const kept = await this.receiveEvent.execute('STRIPE', body, signature);
      return { status: 'success', message: kept === 'new' ? 'Webhook accepted for processing' : 'Event already processed' };
    } catch (error) {
      if (error instanceof BillingError) this.refused(request, error, body.length);
      throw error;
    }
  }

  private refused(request: FastifyRequest, { code }: BillingError, bytes: number): void {
    this.metrics.received('refused');
    auditSecurity({
      eventType: 'authorization_denied',
      riskLevel: 'high',
      ipAddress: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, 200) ?? null,
      endpoint: request.routeOptions.url ?? request.url,
      details: {
        reason: code,
        signature_present: request.headers['stripe-signature'] !== undefined,
        payload_size_bytes: bytes,
      },
    });
  }
}
