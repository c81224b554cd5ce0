import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { defaultFeatureFlags } from '../../platform/feature-flags/flags.ts';
import { log } from '../../platform/logging/log.ts';
import { OrganizationRow } from '../organizations/index.ts';
import { OpenOrganization } from './open-organization.ts';

/**
 * The first organization of an empty database, with exactly the key of FLORIN_BOOTSTRAP_API_KEY. Called by the doors, so that
 * neither tests nor operator commands open one by accident.
 */
@Injectable()
export class Bootstrap {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly openOrganization: OpenOrganization,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute(): Promise<void> {
    // Opening is a transaction of its own; this one holds the lock, so that of several processes that start at once one opens.
    await this.unitOfWork.run(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtext('florin:bootstrap'))`);
      if (await tx.exists(OrganizationRow)) return;
      const key = this.config.bootstrapApiKey;
      if (key === undefined) {
        log.info(
          'There is no organization yet: run `npm run florin -- keys:create --new-organization "Acme"`, or start with FLORIN_BOOTSTRAP_API_KEY',
        );
        return;
      }
      const { organization } = await this.openOrganization.execute({
        name: 'Florin',
        mode: 'LIVE',
        featureFlags: defaultFeatureFlags,
        key,
      });
      log.info('opened the first organization with FLORIN_BOOTSTRAP_API_KEY', { organization_id: organization.id });
    });
  }
}
