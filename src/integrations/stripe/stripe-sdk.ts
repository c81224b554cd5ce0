import StripeSdk from 'stripe';

/** The SDK for this key; `base` is another place than api.stripe.com. */
export const sdkFor = (
  key: string,
  base: URL | undefined,
  patience: { readonly timeout: number; readonly maxNetworkRetries: number } = { timeout: 20_000, maxNetworkRetries: 3 },
): StripeSdk =>
  new StripeSdk(key, {
    apiVersion: '2026-10-28.endive',
    ...patience,
    telemetry: false,
    ...(base
      ? {
          host: base.hostname,
          port: base.port || (base.protocol === 'https:' ? '443' : '80'),
          protocol: base.protocol === 'https:' ? ('https' as const) : ('http' as const),
        }
      : {}),
  });

/** Opens the one account of every simulator, and nothing at the real Stripe. */
export const simulatorKey = 'sk_test_simulator';
