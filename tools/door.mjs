// `node tools/door.mjs <door> [arguments]` builds what changed, then runs dist/src/<door>.js in this same process.
// Not `npm run build && node …` in a script: npm passes signals to the shell only, and the door would outlive both.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('..', import.meta.url);
const [, , door, ...words] = process.argv;
const target = fileURLToPath(new URL(`dist/${door}.js`, root));

// A production image holds dist/ only.
if (existsSync(new URL('src', root))) {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const project = fileURLToPath(new URL('tsconfig.build.json', root));
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
process.argv = [process.argv[0], target, ...words];
await import(pathToFileURL(target).href);
