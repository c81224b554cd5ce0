import { Injectable } from '@nestjs/common';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { type ApiKeyRow, createOrganization, type OrganizationRow } from '../organizations/index.ts';
import { createBillingEntity } from './create-billing-entity.ts';

export interface OrganizationToOpen {
  readonly name: string;
  readonly mode: 'LIVE' | 'TEST';
  readonly featureFlags: readonly string[];
  /** A key chosen by the operator; otherwise a random one. */
  readonly key?: string;
}

/** A new tenant with its first key and its default seller: nobody can bill without one. */
@Injectable()
export class OpenOrganization {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async execute(input: OrganizationToOpen): Promise<{ organization: OrganizationRow; apiKey: ApiKeyRow; key: string }> {
    return this.unitOfWork.run(async (tx) => {
      const at = dateOf(this.clock.now());
      const opened = await createOrganization(tx, { ...input, at });
      await createBillingEntity(tx, opened.organization.id, { code: 'default', name: input.name }, { isDefault: true, at });
      return opened;
    });
  }
}
