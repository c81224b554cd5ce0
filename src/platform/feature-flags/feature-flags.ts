import { Inject, Injectable } from '@nestjs/common';
import { type Client, OpenFeature } from '@openfeature/server-sdk';
import { newId } from '../database/ids.ts';
import type { FeatureFlagName } from './flags.ts';
import { FLAG_SOURCE, type FlagSource, OrganizationFlagProvider } from './organization-flag-provider.ts';

/** The one way to ask whether something is on for an organization. Ask once per request, before its transaction begins. */
@Injectable()
export class FeatureFlags {
  private readonly client: Client;

  constructor(@Inject(FLAG_SOURCE) source: FlagSource) {
    // The SDK keeps one registry per process; a domain of its own keeps two applications in one process apart.
    const domain = newId();
    OpenFeature.setProvider(domain, new OrganizationFlagProvider(source));
    this.client = OpenFeature.getClient(domain);
  }

  /** @throws when the flags cannot be read: an unanswered question is no "off", which would ignore what a caller asked for */
  async isEnabled(name: FeatureFlagName, organizationId: string): Promise<boolean> {
    const answer = await this.client.getBooleanDetails(name, false, { targetingKey: organizationId });
    if (answer.errorCode !== undefined)
      throw new Error(`feature flag ${name} cannot be read: ${answer.errorMessage ?? answer.errorCode}`);
    return answer.value;
  }
}
