import { StartError } from './start-error.ts';

export const diskFullSentence = (place: string): string =>
  `The disk that holds ${place} is full: free some space or point FLORIN_DATA_DIR at another disk, then start again.`;

/** What PostgreSQL or the operating system says → what the operator should do. First match wins. */
const explanations: readonly (readonly [pattern: RegExp, sentence: (dataDir: string) => string])[] = [
  [
    /shared memory[^\n]*No space left on device/,
    () => 'PostgreSQL found too little shared memory: give the machine more (in Docker --shm-size=256m) or set DATABASE_URL.',
  ],
  [/No space left on device|ENOSPC|Check free disk space/, diskFullSentence],
  [
    /user does not exist|unshare/,
    () => 'PostgreSQL needs a user with a name, and this user id has none: add one or set DATABASE_URL.',
  ],
  [
    /EACCES|EPERM|EROFS|Permission denied|Read-only file system|Operation not permitted/,
    (dataDir) =>
      `Florin cannot use ${dataDir}: it must be a directory that this user may read and write, or set FLORIN_DATA_DIR to one.`,
  ],
  [/ENOTDIR|EEXIST|Not a directory/, (dataDir) => `${dataDir} cannot be a directory because a file is in its way.`],
  [
    /has group or world access|invalid permissions/,
    (dataDir) => `PostgreSQL refuses ${dataDir} because others may read it: run chmod 700 on it and start again.`,
  ],
  [
    /error while loading shared libraries|spawn \S+ ENOENT|not found \(required by/,
    () => 'The embedded PostgreSQL cannot run on this system (it needs Linux with glibc, macOS or Windows): set DATABASE_URL.',
  ],
];

/** Any failure of the launcher as the one sentence to print; the original stays as the cause. */
export function startErrorOf(error: unknown, dataDir: string): StartError {
  if (error instanceof StartError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const known = explanations.find(([pattern]) => pattern.test(text));
  const sentence = known ? known[1](dataDir) : `The embedded PostgreSQL in ${dataDir} did not start: ${lastWords(text)}`;
  return new StartError(sentence, { cause: error });
}

/** The line of a log that says most: the last FATAL or PANIC, else the last one. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim().length > 0);
  const line = lines.findLast((candidate) => /FATAL|PANIC|initdb: error/.test(candidate)) ?? lines.at(-1) ?? 'it said nothing';
  return line.trim();
}
