import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { BillingError } from '../../domain/errors/billing-error.ts';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import { FeatureFlags } from './feature-flags.ts';
import type { FeatureFlagName } from './flags.ts';

/** Opens a route, or all routes of a controller, only to organizations that have the flag; both levels count. */
export const RequireFeature = Reflector.createDecorator<FeatureFlagName>();

/** Runs after the guard that finds out who is calling. */
@Injectable()
export class FeatureGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly featureFlags: FeatureFlags,
  ) {}

  /** @throws BillingError feature_unavailable */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = [context.getHandler(), context.getClass()].flatMap(
      (target) => this.reflector.get(RequireFeature, target) ?? [],
    );
    for (const name of needed) {
      const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
      if (!principal) throw new Error(`@RequireFeature('${name}') on a route that no tenant key opens`);
      if (!(await this.featureFlags.isEnabled(name, principal.organizationId)))
        throw new BillingError('feature_unavailable', { feature: [name] });
    }
    return true;
  }
}
