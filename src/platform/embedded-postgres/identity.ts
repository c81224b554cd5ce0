import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { StartError } from './start-error.ts';

/** As whom PostgreSQL runs. */
export interface Identity {
  /** Words before the command, such as `unshare …`. */
  readonly prefix: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

const nobody = 65_534;
const inUserNamespace = ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`, '--'] as const;

/**
 * PostgreSQL refuses to run as root. As root it is started in a user namespace in which root looks like `nobody`: that works
 * in any directory, /root included, and the files stay root's. Where namespaces are not allowed, and for a directory that
 * belongs to somebody else, it runs as a real other user.
 */
export function identityFor(dataDir: string, binaries: string): Identity {
  if (process.platform === 'win32') return { prefix: [] };
  if (process.getuid?.() !== 0) return { prefix: hasName() ? [] : inUserNamespace };
  const directory = statSync(dataDir, { throwIfNoEntry: false });
  const isForeign = directory !== undefined && directory.uid !== 0;
  if (!isForeign && namespacesWork()) return { prefix: inUserNamespace };
  const user = isForeign ? { uid: directory.uid, gid: directory.gid } : unprivilegedUser();
  for (const place of [binaries, dirname(dataDir)]) refuseClosedPath(place, user.uid);
  return { prefix: [], ...user };
}

/** initdb looks its user up by name; containers often run under an id that has none. */
function hasName(): boolean {
  try {
    return userInfo().username.length > 0;
  } catch {
    return false;
  }
}

function namespacesWork(): boolean {
  const [command, ...words] = inUserNamespace;
  return spawnSync(command, [...words, 'true']).status === 0;
}

function unprivilegedUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8');
  const entry = /^postgres:[^:]*:(\d+):(\d+)/m.exec(users) ?? /^nobody:[^:]*:(\d+):(\d+)/m.exec(users);
  if (!entry)
    throw new StartError(
      'PostgreSQL cannot run as root, and there is no user postgres or nobody: run as an ordinary user or set DATABASE_URL.',
    );
  return { uid: Number(entry[1]), gid: Number(entry[2]) };
}

function refuseClosedPath(place: string, uid: number): void {
  for (let directory = resolve(place); directory !== dirname(directory); directory = dirname(directory)) {
    const { mode, uid: owner } = statSync(directory);
    if (owner !== uid && (mode & 0o001) === 0)
      throw new StartError(
        `PostgreSQL cannot run as root, and user ${uid} cannot enter ${directory}: run as an ordinary user or set DATABASE_URL.`,
      );
  }
}
