import {
  ErrorCode,
  type EvaluationContext,
  type Provider,
  type ResolutionDetails,
  StandardResolutionReasons,
} from '@openfeature/server-sdk';

/** Where the flags of an organization are kept; implemented by the room that stores organizations. */
export interface FlagSource {
  /** The names that are on for this organization, read now. */
  enabledOf(organizationId: string): Promise<readonly string[]>;
}
export const FLAG_SOURCE = Symbol('FLAG_SOURCE');

/** OpenFeature's questions, answered from an organization's row. Its targeting key is the organization's id; all flags are on or off. */
export class OrganizationFlagProvider implements Provider {
  readonly metadata = { name: 'organizations.feature_flags' };
  readonly runsOn = 'server';

  constructor(private readonly source: FlagSource) {}

  async resolveBooleanEvaluation(
    name: string,
    defaultValue: boolean,
    { targetingKey }: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    if (!targetingKey)
      return { value: defaultValue, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.TARGETING_KEY_MISSING };
    const enabled = await this.source.enabledOf(targetingKey);
    return { value: enabled.includes(name), reason: StandardResolutionReasons.TARGETING_MATCH };
  }

  resolveStringEvaluation(_name: string, value: string): Promise<ResolutionDetails<string>> {
    return notThisType(value);
  }

  resolveNumberEvaluation(_name: string, value: number): Promise<ResolutionDetails<number>> {
    return notThisType(value);
  }

  resolveObjectEvaluation<T>(_name: string, value: T): Promise<ResolutionDetails<T>> {
    return notThisType(value);
  }
}

const notThisType = <T>(value: T): Promise<ResolutionDetails<T>> =>
  Promise.resolve({ value, reason: StandardResolutionReasons.ERROR, errorCode: ErrorCode.TYPE_MISMATCH });
