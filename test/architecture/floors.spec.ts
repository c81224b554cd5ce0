import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '../..');

interface Verdict {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[];
  };
}

/** What dependency-cruiser says about src/ and tools/ in this directory, by our own configuration. */
function cruise(directory: string): Verdict['summary'] {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const words = [program, 'src', 'tools', '--config', '.dependency-cruiser.cjs', '--output-type', 'json', '--no-progress'];
  const json = execFileSync(process.execPath, words, { cwd: directory, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  return (JSON.parse(json) as Verdict).summary;
}

describe('the floors of the house', () => {
  it('are kept by every import, and the cruiser saw the files', () => {
    const { totalCruised, violations } = cruise(root);
    expect(violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    expect(totalCruised).toBeGreaterThan(150);
  });

  describe('with planted imports', () => {
    let directory: string;
    let found: string[];

    const planted: Record<string, string> = {
      // Allowed.
      'src/domain/money/exact.ts': `import { Temporal } from 'temporal-polyfill'; export const t = Temporal;`,
      'src/platform/clock/clock.ts': `import { t } from '../../domain/money/exact.ts'; export const clock = t;`,
      'src/modules/organizations/inner.ts': `export const inner = 1;`,
      'src/modules/organizations/index.ts': `export { inner } from './inner.ts';`,
      'src/modules/customers/index.ts': `import { inner } from '../organizations/index.ts'; export const customers = inner;`,
      'src/modules/webhooks/index.ts': `import { inner } from '../organizations/index.ts'; export const webhooks = inner;`,
      'src/integrations/stripe/charge.ts': `import { inner } from '../../modules/organizations/index.ts'; import 'stripe'; export const s = inner;`,
      'src/integrations/other/x.ts': `export const x = 1;`,
      'tools/stripe-simulator/src/index.ts': `export const simulator = 1;`,
      'src/integrations/stripe/lazily.ts': `export const load = () => import('../../../tools/stripe-simulator/src/index.ts');`,
      // Each forbidden in its own way.
      'src/domain/money/a-node-module.ts': `import 'node:fs';`,
      'src/domain/money/a-package.ts': `import 'uuid';`,
      'src/domain/money/a-platform-type.ts': `import type { clock } from '../../platform/clock/clock.ts'; export type C = typeof clock;`,
      'src/platform/clock/a-room.ts': `import '../../modules/organizations/index.ts';`,
      'src/modules/customers/past-the-door.ts': `import '../organizations/inner.ts';`,
      'src/modules/customers/a-type-past-the-door.ts': `import type { inner } from '../organizations/inner.ts'; export type I = typeof inner;`,
      'src/modules/organizations/rightwards.ts': `import '../customers/index.ts';`,
      'src/modules/customers/a-reader.ts': `import '../webhooks/index.ts';`,
      'src/modules/customers/an-integration.ts': `import '../../integrations/other/x.ts';`,
      'src/modules/customers/stripe.ts': `import 'stripe';`,
      'src/integrations/other/past-the-door.ts': `import '../../modules/organizations/inner.ts';`,
      'src/integrations/other/another.ts': `import '../stripe/charge.ts';`,
      'src/integrations/stripe/simulator.ts': `import '../../../tools/stripe-simulator/src/index.ts';`,
      'tools/stripe-simulator/src/florin.ts': `import '../../../src/domain/money/exact.ts';`,
      'src/modules/taxes/cycle-a.ts': `import './cycle-b.ts';`,
      'src/modules/taxes/cycle-b.ts': `import './cycle-a.ts';`,
      'src/modules/taxes/nowhere.ts': `import './does-not-exist.ts';`,
    };

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'florin-floors-'));
      for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
        cpSync(join(root, file), join(directory, file));
      symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
      for (const [file, source] of Object.entries(planted)) {
        mkdirSync(dirname(join(directory, file)), { recursive: true });
        writeFileSync(join(directory, file), source);
      }
      found = cruise(directory).violations.map(({ rule, from }) => `${rule.name}: ${from}`);
    });
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    it.each([
      ['domain-imports-only-itself', 'src/domain/money/a-node-module.ts'],
      ['domain-imports-only-itself', 'src/domain/money/a-package.ts'],
      ['domain-imports-only-itself', 'src/domain/money/a-platform-type.ts'],
      ['platform-knows-no-billing', 'src/platform/clock/a-room.ts'],
      ['rooms-enter-by-the-front-door', 'src/modules/customers/past-the-door.ts'],
      ['rooms-enter-by-the-front-door', 'src/modules/customers/a-type-past-the-door.ts'],
      ['organizations-imports-only-leftwards', 'src/modules/organizations/rightwards.ts'],
      ['customers-imports-only-leftwards', 'src/modules/customers/a-reader.ts'],
      ['only-app-module-imports-the-readers', 'src/modules/customers/a-reader.ts'],
      ['rooms-import-no-integration', 'src/modules/customers/an-integration.ts'],
      ['only-the-stripe-integration-imports-stripe', 'src/modules/customers/stripe.ts'],
      ['integrations-enter-by-the-front-door', 'src/integrations/other/past-the-door.ts'],
      ['integrations-stay-apart', 'src/integrations/other/another.ts'],
      ['the-simulator-is-loaded-lazily', 'src/integrations/stripe/simulator.ts'],
      ['the-simulator-knows-no-florin', 'tools/stripe-simulator/src/florin.ts'],
      ['no-cycles', 'src/modules/taxes/cycle-a.ts'],
      ['nothing-unresolved', 'src/modules/taxes/nowhere.ts'],
    ])('%s refuses %s', (rule, file) => {
      expect(found).toContain(`${rule}: ${file}`);
    });

    it('refuses nothing else', () => {
      const allowed = Object.keys(planted).slice(0, 10);
      expect(found.filter((line) => allowed.some((file) => line.endsWith(file)))).toEqual([]);
    });
  });
});
