import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { isId } from '../../platform/database/ids.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { ApiKeyRow } from './api-key.entity.ts';
import { ApiKeyLookup } from './key-lookup.ts';
import { presentApiKey } from './organization.presenter.ts';

/** A key stops opening anything: here at once, in other processes as soon as they have forgotten it. */
@Injectable()
export class RevokeApiKey {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly keys: ApiKeyLookup,
  ) {}

  /** Revoking it again changes nothing. @throws BillingError api_key_not_found */
  async execute(organizationId: string, id: string): Promise<ApiKeyRow> {
    const row = await this.unitOfWork.run(async (tx) => {
      const found = isId(id)
        ? await tx.findOne(ApiKeyRow, { where: { organizationId, id }, lock: { mode: 'pessimistic_write' } })
        : null;
      if (!found) throw new BillingError('api_key_not_found');
      if (found.revokedAt) return found;
      const at = dateOf(this.clock.now());
      await tx.update(ApiKeyRow, { organizationId, id }, { revokedAt: at });
      const revoked = { ...found, revokedAt: at };
      await tell(tx, organizationId, at, [
        { objectType: 'api_key', objectId: id, type: 'api_key.revoked', payload: presentApiKey(revoked) },
      ]);
      return revoked;
    });
    // Only now: forgotten before the commit, it could be read and remembered again.
    this.keys.forget(row.keyHash);
    return row;
  }
}
