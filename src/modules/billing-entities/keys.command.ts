import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { type Role, roles } from '../../platform/auth/principal.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { isId } from '../../platform/database/ids.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { defaultFeatureFlags } from '../../platform/feature-flags/flags.ts';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { issueApiKey, OrganizationRow } from '../organizations/index.ts';
import { OpenOrganization } from './open-organization.ts';

interface Options {
  readonly organization?: string;
  readonly newOrganization?: string;
  readonly test?: boolean;
  readonly name: string;
  readonly role: string;
}

/** `florin keys:create`: the way in for whoever runs the server. Prints the key and nothing else. */
export function registerKeysCommand(program: Command, operate: Operate): void {
  program
    .command('keys:create')
    .description('make an API key, for a new organization or for an existing one; it is shown this once')
    .option('--new-organization <name>', 'open an organization of this name and print its first key')
    .option('--test', 'with --new-organization: one in test mode, on a virtual clock')
    .option('--organization <id>', 'the organization that gets another key')
    .option('--name <name>', 'what the key is for', 'made on the command line')
    .option('--role <role>', roles.join(', ').toLowerCase(), 'owner')
    .action((options: Options, command: Command) => {
      const role = roles.find((candidate) => candidate === options.role.toUpperCase());
      if (role === undefined) return command.error(`--role must be one of ${roles.join(', ').toLowerCase()}.`);
      if ((options.organization === undefined) === (options.newOrganization === undefined))
        return command.error('Say either --new-organization <name> or --organization <id>.');
      return operate(async (app) => {
        if (options.newOrganization === undefined) {
          answer(await issue(app.get(DataSource), app.get(UnitOfWork), app.get(Clock), { ...options, role }));
          return;
        }
        const { key } = await app.get(OpenOrganization).execute({
          name: options.newOrganization,
          mode: options.test ? 'TEST' : 'LIVE',
          featureFlags: defaultFeatureFlags,
        });
        answer(key);
      });
    });
}

async function issue(
  dataSource: DataSource,
  unitOfWork: UnitOfWork,
  clock: Clock,
  { organization = '', name, role }: Options & { role: Role },
): Promise<string> {
  if (!isId(organization) || !(await dataSource.manager.existsBy(OrganizationRow, { id: organization })))
    throw new BillingError('organization_not_found');
  const at = dateOf(clock.now());
  const { key } = await unitOfWork.run((tx) =>
    issueApiKey(tx, { organizationId: organization, name, role, expiresAt: null, at }),
  );
  return key;
}
