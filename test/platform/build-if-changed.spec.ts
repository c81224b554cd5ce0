import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = 'tools/build-if-changed.mjs';

/** The script beside sources of our own, whose build only counts how often it ran. */
describe('the scripts that build first', () => {
  let root: string;
  const builds = (): number => {
    execFileSync(process.execPath, [join(root, script)], { stdio: 'pipe' });
    return readFileSync(join(root, 'builds'), 'utf8').length;
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'florin-build-'));
    for (const directory of ['src/deep', 'migrations', 'bench', 'tools/stripe-simulator/src'])
      mkdirSync(join(root, directory), { recursive: true });
    copyFileSync(join(__dirname, '../..', script), join(root, script));
    for (const file of [
      'src/deep/a.ts',
      'tsconfig.json',
      'tsconfig.build.json',
      'package-lock.json',
      'tools/stripe-simulator/tsconfig.json',
    ])
      writeFileSync(join(root, file), '');
    const made = ['dist/src/cli.js', 'tools/stripe-simulator/dist/main.js'];
    const build = `mkdir -p dist/src tools/stripe-simulator/dist && touch ${made.join(' ')} && printf x >> builds`;
    writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts: { build } }));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('build once as long as nothing changes', () => {
    expect([builds(), builds(), builds()]).toEqual([1, 1, 1]);
  });

  it('build again when a source was changed, added or removed, or the result is gone', () => {
    expect(builds()).toBe(1);
    utimesSync(join(root, 'src/deep/a.ts'), 1, 1);
    expect(builds()).toBe(2);
    writeFileSync(join(root, 'migrations/b.ts'), '');
    expect(builds()).toBe(3);
    rmSync(join(root, 'migrations/b.ts'));
    expect(builds()).toBe(4);
    rmSync(join(root, 'dist'), { recursive: true });
    expect(builds()).toBe(5);
  });

  it('fail, and note nothing, when the build fails', () => {
    writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts: { build: 'exit 3' } }));
    expect(() => builds()).toThrow(expect.objectContaining({ status: 3 }));
    expect(existsSync(join(root, 'dist/.built-from'))).toBe(false);
  });
});
