import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { Identity } from './identity.ts';
import { StartError } from './start-error.ts';
import { guardChild } from './watchdog.ts';

/** The role that owns every cluster of ours. */
export const clusterUser = 'app';

export interface ClusterOptions {
  readonly dataDir: string;
  readonly passwordFile: string;
  /** Nothing survives a crash: for tests. */
  readonly ephemeral: boolean;
  readonly log: (line: string) => void;
}

/** Makes the cluster on first use; later it only checks that these programs can read it. */
export async function prepareCluster(options: ClusterOptions, binaries: Binaries, identity: Identity): Promise<void> {
  const { dataDir, passwordFile } = options;
  const versionFile = join(dataDir, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    removeEmpty(dataDir);
    await create(options, binaries, identity);
  }
  const version = readFileSync(versionFile, 'utf8').trim();
  if (version !== binaries.majorVersion)
    throw new StartError(
      `${dataDir} was made by PostgreSQL ${version || 'of an unknown version'} and this Florin brings PostgreSQL ${binaries.majorVersion}: ` +
        'start the Florin that made it, or set FLORIN_DATA_DIR to another directory.',
    );
  if (!existsSync(passwordFile))
    throw new StartError(
      `${passwordFile}, the password of the database in ${dataDir}, is missing: put both back from one backup.`,
    );
}

/** Somebody's files are never deleted to make room. */
function removeEmpty(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  if (readdirSync(dataDir).length > 0)
    throw new StartError(`${dataDir} holds files that are no PostgreSQL database: set FLORIN_DATA_DIR to another directory.`);
  rmdirSync(dataDir);
}

/** In a scratch directory that is renamed at the end: an interrupted initdb must not look like a cluster. */
async function create(options: ClusterOptions, binaries: Binaries, identity: Identity): Promise<void> {
  const { dataDir, passwordFile } = options;
  removeScratch(dataDir);
  const scratch = mkdtempSync(scratchPrefixOf(dataDir));
  try {
    writeFileSync(passwordFile, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
    if (identity.uid !== undefined && identity.gid !== undefined)
      for (const path of [scratch, passwordFile]) chownSync(path, identity.uid, identity.gid);
    await run(
      [
        ...identity.prefix,
        binaries.program('initdb'),
        ...['-D', scratch, '-U', clusterUser, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'],
        // The builtin locale is the same on every machine, whatever the system has installed.
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions'],
        ...(options.ephemeral ? ['--no-sync'] : []),
      ],
      identity,
      options.log,
    );
    renameSync(scratch, dataDir);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const scratchPrefixOf = (dataDir: string): string => `${dataDir}.init-`;

/** What starters that died on the way left behind; the caller holds the start lock. */
function removeScratch(dataDir: string): void {
  const prefix = basename(scratchPrefixOf(dataDir));
  for (const name of readdirSync(dirname(dataDir)))
    if (name.startsWith(prefix)) rmSync(join(dirname(dataDir), name), { recursive: true, force: true });
}

function run(command: readonly string[], identity: Identity, log: (line: string) => void): Promise<void> {
  const [program = '', ...words] = command;
  const child = spawn(program, words, {
    uid: identity.uid,
    gid: identity.gid,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C' },
  });
  guardChild(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => {
      log(output.trim());
      if (code === 0) resolve();
      else reject(new Error(`initdb ended with ${code}\n${output}`));
    });
  });
}
