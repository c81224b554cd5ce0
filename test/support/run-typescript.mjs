// `node --import test/support/run-typescript.mjs src/main.ts` runs the TypeScript sources as they are, without a build:
// tests that need a process of their own start Florin's doors this way.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import swc from '@swc/core';

if (isMainThread) register(import.meta.url);

const cache = join(tmpdir(), `florin-typescript-${swc.version}`);

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const filename = fileURLToPath(url);
  const source = await readFile(filename, 'utf8');
  const stored = join(cache, createHash('sha256').update(`${filename}\n${source}`).digest('hex'));
  const known = await readFile(stored, 'utf8').catch(() => undefined);
  if (known !== undefined) return { format: 'module', shortCircuit: true, source: known };
  const { code } = await swc.transform(source, options(filename));
  // Renamed into place: several processes may store the same file.
  await mkdir(cache, { recursive: true });
  await writeFile(`${stored}.${process.pid}`, code);
  await rename(`${stored}.${process.pid}`, stored);
  return { format: 'module', shortCircuit: true, source: code };
}

const options = (filename) => ({
  filename,
  swcrc: false,
  configFile: false,
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
});
