import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, configKeys, readConfig } from '../../src/platform/config/config.ts';

describe('configuration', () => {
  it('is complete in .env.example, with a comment above each key, and holds nothing else', () => {
    const lines = readFileSync(join(__dirname, '../../.env.example'), 'utf8').split('\n');
    const keys = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(keys.toSorted()).toEqual([...configKeys].toSorted());
    for (const key of keys) expect(lines[lines.findIndex((line) => line.startsWith(`${key}=`)) - 1]).toMatch(/^# .+\.$/);
  });

  it('takes .env.example as the defaults it describes', () => {
    const example = Object.fromEntries(
      readFileSync(join(__dirname, '../../.env.example'), 'utf8')
        .split('\n')
        .flatMap((line) => {
          const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
          return key === undefined ? [] : [[key, value]];
        }),
    ) as Record<string, string>;
    expect(readConfig(example)).toEqual(readConfig({}));
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['DATABASE_URL', 'mysql://localhost/florin'],
    ['DATABASE_URL', 'postgres://'],
    ['FLORIN_BOOTSTRAP_API_KEY', 'short'],
    ['FLORIN_BOOTSTRAP_API_KEY', 'with a blank in the middle'],
    ['FLORIN_ADMIN_API_KEY', 'x'.repeat(256)],
    ['BILLING_ENABLED', 'perhaps'],
    ['LOG_LEVEL', 'loud'],
    ['FLORIN_BILLING_WORKERS', '0'],
    ['FLORIN_BILLING_WORKERS', 'many'],
    ['STRIPE_API_BASE', 'https://api.stripe.com'],
  ])('stops with one sentence that names %s when it is %j', (key, value) => {
    let error: unknown;
    try {
      readConfig({ [key]: value });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message.startsWith(`${key} must be `)).toBe(true);
    expect(message).toMatch(/^[^\n]+\.$/);
  });

  it('takes an empty value as absent', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 3000, databaseUrl: undefined });
  });

  it('keeps secrets out of its complaints', () => {
    expect(() => readConfig({ FLORIN_ADMIN_API_KEY: 'tiny-secret' })).not.toThrow(/tiny-secret/);
    expect(() => readConfig({ DATABASE_URL: 'postgres://u:tiny-secret@' })).not.toThrow(/tiny-secret/);
  });
});
