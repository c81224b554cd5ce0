/** Something a successful answer did not do, machine-readable like the codes of errors. */
export interface Warning {
  /** The field of the request. */
  readonly field: string;
  readonly code: 'parameter_ignored';
  /** The feature flag that the organization would need. */
  readonly feature: string;
}

/** `{"warnings": […]}` beside the object, or nothing at all. */
export const withWarnings = (warnings: readonly Warning[]): { readonly warnings?: readonly Warning[] } =>
  warnings.length > 0 ? { warnings } : {};
