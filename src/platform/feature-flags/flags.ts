/** A switch for something new. `removeAfter` keeps the list short: a test fails once that day has passed. */
export interface FeatureFlag {
  readonly purpose: string;
  /** Who decides about it and takes it out. */
  readonly owner: string;
  /** Whether a new organization has it when nobody says otherwise. */
  readonly default: boolean;
  /** YYYY-MM-DD. */
  readonly removeAfter: string;
}

/** Every flag there is. An organization can have no other one, and code can ask for no other one. */
export const featureFlags = {
  multi_entity_billing: {
    purpose: 'subscriptions name the billing entity that bills them; entities can be archived',
    owner: 'billing-entities',
    default: false,
    removeAfter: '2027-12-31',
  },
} as const satisfies Record<string, FeatureFlag>;

export type FeatureFlagName = keyof typeof featureFlags;

export const featureFlagNames = Object.keys(featureFlags) as FeatureFlagName[];

/** What a new organization starts with. */
export const defaultFeatureFlags: readonly FeatureFlagName[] = featureFlagNames.filter((name) => featureFlags[name].default);
