import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { defaultRateLimits, type RateLimitTable } from '../rate-limit/rate-categories.ts';

/** Every setting, as the environment gave it. Read once at start; nothing else reads `process.env`. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** An external PostgreSQL; without it an embedded one runs in `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly logDir: string;
  readonly bootstrapApiKey: string | undefined;
  readonly adminApiKey: string | undefined;
  readonly billingEnabled: boolean;
  readonly logLevel: LogLevel;
  /** Transactions that bill at the same time in this process. */
  readonly billingWorkers: number;
  /** Requests a minute by category; 0 is no limit. */
  readonly rateLimits: RateLimitTable;
  /** Whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: BlockList;
  /** Sign session tokens, the first one; every one of them opens. Empty: a secret kept in the database. */
  readonly sessionSecrets: readonly string[];
  /** Requests to addresses that tenants name may reach private networks. */
  readonly webhooksAllowPrivate: boolean;
  /** A mail server; without it nothing is sent. */
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  /** Without it nothing is asked of the real Stripe; a simulator stands in. */
  readonly stripeSecretKey: string | undefined;
  /** Every secret an event may be signed with; several while one is being rotated. */
  readonly stripeWebhookSecrets: readonly string[];
  /** Where Stripe's API is; undefined is api.stripe.com, or without a key the simulator that comes with Florin. */
  readonly stripeApiBase: URL | undefined;
  /** Of the simulator that stands in; the processes that name the same one share it. */
  readonly stripeSimulatorPort: number;
  /** Whose money a simulator takes where there is no key: that of test organizations, or of live ones too. */
  readonly stripeSimulatorServes: 'test' | 'all';
  /** Where people land who come back from a payment provider's page, unless their session says otherwise. */
  readonly billingPageUrl: string;
  /** How long one request to Stripe may take. */
  readonly stripeTimeoutMs: number;
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** DI token of the validated configuration. */
export const CONFIG = Symbol('CONFIG');

/** Stops the start with one sentence that names the key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The keys of `.env.example`, each with the reader that validates it. */
const readers = {
  PORT: (text?: string) => integer('PORT', text ?? '3000', 0, 65_535),
  HOST: (text?: string) => text ?? '127.0.0.1',
  DATABASE_URL: (text?: string) => url('DATABASE_URL', text),
  FLORIN_DATA_DIR: (text?: string) => resolve(text ?? '.florin'),
  FLORIN_LOG_DIR: (text?: string) => resolve(text ?? 'logs'),
  FLORIN_BOOTSTRAP_API_KEY: (text?: string) => secret('FLORIN_BOOTSTRAP_API_KEY', text),
  FLORIN_ADMIN_API_KEY: (text?: string) => secret('FLORIN_ADMIN_API_KEY', text),
  BILLING_ENABLED: (text?: string) => choice('BILLING_ENABLED', text ?? 'true', ['true', 'false'] as const) === 'true',
  LOG_LEVEL: (text?: string) => choice('LOG_LEVEL', text ?? 'info', logLevels),
  FLORIN_RATE_LIMITS: (text?: string) => rateLimits(text),
  FLORIN_TRUSTED_PROXIES: (text?: string) => proxies(text),
  FLORIN_SESSION_SECRET: (text?: string) => secrets('FLORIN_SESSION_SECRET', text),
  FLORIN_WEBHOOKS_ALLOW_PRIVATE: (text?: string) =>
    choice('FLORIN_WEBHOOKS_ALLOW_PRIVATE', text ?? 'false', ['true', 'false'] as const) === 'true',
  SMTP_URL: (text?: string) => smtpUrl(text),
  MAIL_FROM: (text?: string) => text ?? 'Florin <billing@localhost>',
  FLORIN_BILLING_WORKERS: (text?: string) => integer('FLORIN_BILLING_WORKERS', text ?? '2', 1, 32),
  STRIPE_SECRET_KEY: (text?: string) => prefixed('STRIPE_SECRET_KEY', text, ['sk_', 'rk_']),
  STRIPE_WEBHOOK_SECRET: (text?: string) => secrets('STRIPE_WEBHOOK_SECRET', text),
  STRIPE_API_BASE: (text?: string) => httpBase('STRIPE_API_BASE', text),
  STRIPE_SIMULATOR_PORT: (text?: string) => integer('STRIPE_SIMULATOR_PORT', text ?? '12111', 1, 65_535),
  STRIPE_SIMULATOR_SERVES: (text?: string) => choice('STRIPE_SIMULATOR_SERVES', text ?? 'test', ['test', 'all'] as const),
  FLORIN_BILLING_PAGE_URL: (text?: string) => page('FLORIN_BILLING_PAGE_URL', text ?? 'http://localhost:3000/'),
  STRIPE_TIMEOUT_SECONDS: (text?: string) => integer('STRIPE_TIMEOUT_SECONDS', text ?? '10', 1, 80),
} as const;

export const configKeys = Object.keys(readers) as readonly (keyof typeof readers)[];

/** @throws ConfigError naming the first key with a bad value; an empty value counts as absent. */
export function readConfig(environment: Environment): Config {
  const value = (key: keyof typeof readers): string | undefined => environment[key]?.trim() || undefined;
  const stripeSecretKey = readers.STRIPE_SECRET_KEY(value('STRIPE_SECRET_KEY'));
  const stripeApiBase = readers.STRIPE_API_BASE(value('STRIPE_API_BASE'));
  if (stripeSecretKey === undefined && /(^|\.)stripe\.com$/.test(stripeApiBase?.hostname ?? ''))
    throw new ConfigError('STRIPE_API_BASE must be a simulator as long as STRIPE_SECRET_KEY is not set.');
  return {
    port: readers.PORT(value('PORT')),
    host: readers.HOST(value('HOST')),
    databaseUrl: readers.DATABASE_URL(value('DATABASE_URL')),
    dataDir: readers.FLORIN_DATA_DIR(value('FLORIN_DATA_DIR')),
    logDir: readers.FLORIN_LOG_DIR(value('FLORIN_LOG_DIR')),
    bootstrapApiKey: readers.FLORIN_BOOTSTRAP_API_KEY(value('FLORIN_BOOTSTRAP_API_KEY')),
    adminApiKey: readers.FLORIN_ADMIN_API_KEY(value('FLORIN_ADMIN_API_KEY')),
    billingEnabled: readers.BILLING_ENABLED(value('BILLING_ENABLED')),
    logLevel: readers.LOG_LEVEL(value('LOG_LEVEL')),
    rateLimits: readers.FLORIN_RATE_LIMITS(value('FLORIN_RATE_LIMITS')),
    trustedProxies: readers.FLORIN_TRUSTED_PROXIES(value('FLORIN_TRUSTED_PROXIES')),
    sessionSecrets: readers.FLORIN_SESSION_SECRET(value('FLORIN_SESSION_SECRET')),
    webhooksAllowPrivate: readers.FLORIN_WEBHOOKS_ALLOW_PRIVATE(value('FLORIN_WEBHOOKS_ALLOW_PRIVATE')),
    smtpUrl: readers.SMTP_URL(value('SMTP_URL')),
    mailFrom: readers.MAIL_FROM(value('MAIL_FROM')),
    billingWorkers: readers.FLORIN_BILLING_WORKERS(value('FLORIN_BILLING_WORKERS')),
    stripeSecretKey,
    stripeWebhookSecrets: readers.STRIPE_WEBHOOK_SECRET(value('STRIPE_WEBHOOK_SECRET')),
    stripeApiBase,
    stripeSimulatorPort: readers.STRIPE_SIMULATOR_PORT(value('STRIPE_SIMULATOR_PORT')),
    stripeSimulatorServes: readers.STRIPE_SIMULATOR_SERVES(value('STRIPE_SIMULATOR_SERVES')),
    billingPageUrl: readers.FLORIN_BILLING_PAGE_URL(value('FLORIN_BILLING_PAGE_URL')),
    stripeTimeoutMs: readers.STRIPE_TIMEOUT_SECONDS(value('STRIPE_TIMEOUT_SECONDS')) * 1_000,
  };
}

function integer(key: string, text: string, min: number, max: number): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < min || Number(text) > max)
    throw new ConfigError(`${key} must be a whole number from ${min} to ${max}, not "${text}".`);
  return Number(text);
}

function choice<const T extends string>(key: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === text.toLowerCase());
  if (!found) throw new ConfigError(`${key} must be one of ${allowed.join(', ')}, not "${text}".`);
  return found;
}

function url(key: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^postgres(ql)?:\/\/\S+$/.test(text) || !URL.canParse(text))
    throw new ConfigError(`${key} must be a PostgreSQL URL such as postgres://user:password@host:5432/florin.`);
  return text;
}

/** `billing=120,read=0`: what is not named keeps its default. */
function rateLimits(text = ''): RateLimitTable {
  const limits: Record<string, number> = { ...defaultRateLimits };
  for (const part of text.split(',').filter((entry) => entry.trim() !== '')) {
    const [, name = '', count = ''] = /^\s*(\w+)\s*=\s*(\d{1,9})\s*$/.exec(part) ?? [];
    if (!(name in limits))
      throw new ConfigError(
        `FLORIN_RATE_LIMITS must be requests a minute such as billing=60,read=0 of ${Object.keys(limits).join(', ')}, not "${part}".`,
      );
    limits[name] = Number(count);
  }
  return limits as RateLimitTable;
}

function proxies(text = ''): BlockList {
  const list = new BlockList();
  for (const part of text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')) {
    const [address = '', bits] = part.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    if (isIP(address) === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
      throw new ConfigError(
        `FLORIN_TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, with commas between them, not "${part}".`,
      );
    list.addSubnet(address, Number(bits ?? most), family);
  }
  return list;
}

function smtpUrl(text: string | undefined): string | undefined {
  if (text !== undefined && (!/^smtps?:\/\/\S+$/.test(text) || !URL.canParse(text)))
    throw new ConfigError('SMTP_URL must be a mail server such as smtps://user:password@mail.example.org:465.');
  return text;
}

function secret(key: string, text: string | undefined): string | undefined {
  if (text !== undefined && !/^[\x21-\x7e]{16,255}$/.test(text))
    throw new ConfigError(`${key} must be 16 to 255 printable characters without blanks.`);
  return text;
}

function prefixed(key: string, text: string | undefined, prefixes: readonly string[]): string | undefined {
  if (text !== undefined && !prefixes.some((prefix) => text.startsWith(prefix)))
    throw new ConfigError(`${key} must begin with ${prefixes.join(' or ')}.`);
  return secret(key, text);
}

function secrets(key: string, text: string | undefined): readonly string[] {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').map((part) => secret(key, part) ?? '');
}

function page(key: string, text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol) || text.includes('#'))
    throw new ConfigError(`${key} must be an http(s) address of a page, such as https://app.example.com/billing.`);
  return text;
}

function httpBase(key: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const base = URL.canParse(text) ? new URL(text) : undefined;
  if (!base || !/^https?:$/.test(base.protocol) || base.pathname !== '/')
    throw new ConfigError(`${key} must be an address without a path, such as http://127.0.0.1:12111.`);
  return base;
}
