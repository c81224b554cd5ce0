import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId, type Role } from '../../../platform/auth/principal.ts';
import { isoOf } from '../../../platform/clock/clock.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { findCustomer } from '../customers.queries.ts';
import { SessionTokens } from './session-tokens.ts';
import { CreateSessionInput } from './session.dto.ts';

@ApiTags('Customers')
@Controller('api/v1/customers')
export class SessionsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly tokens: SessionTokens,
  ) {}

  /** A token for one of the customer's people: it opens `/api/v1/billing/*` of this customer for 15 minutes, and nothing else. */
  @Post(':external_id/sessions')
  @HttpCode(200)
  async create(
    @OrganizationId() organizationId: string,
    @Param('external_id') externalId: string,
    @Payload('session') input: CreateSessionInput,
  ) {
    const customer = await findCustomer(this.dataSource.manager, organizationId, externalId);
    const { token, expiresAt } = await this.tokens.issue({
      organizationId,
      holderId: customer.id,
      subject: input.subject,
      role: input.role.toUpperCase() as Role,
      returnUrl: input.return_url ?? null,
    });
    return { token, expires_at: isoOf(expiresAt) };
  }
}
