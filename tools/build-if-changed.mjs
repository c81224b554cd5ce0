// Builds what `npm run build` builds, unless it is there already: asking costs milliseconds, building half a minute.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const sources = [
  'src',
  'migrations',
  'bench',
  'tools/stripe-simulator/src',
  'tools/stripe-simulator/tsconfig.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
];
const results = ['dist/src/cli.js', 'tools/stripe-simulator/dist/main.js'];
const noted = join(root, 'dist/.built-from');

/** Name, size and time of every source: whatever is changed, added or removed changes it. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (path) => {
    const file = statSync(join(root, path));
    if (file.isDirectory()) for (const name of readdirSync(join(root, path)).toSorted()) add(`${path}/${name}`);
    else hash.update(`${path} ${file.size} ${file.mtimeMs}\n`);
  };
  for (const path of sources) add(path);
  return hash.digest('hex');
}

const current = fingerprint();
const isBuilt =
  results.every((path) => existsSync(join(root, path))) && existsSync(noted) && readFileSync(noted, 'utf8') === current;
if (!isBuilt) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(noted, current);
}
