import type { INestApplicationContext } from '@nestjs/common';

/** Runs one operator command inside Florin without HTTP and without jobs; the door closes everything afterwards. */
export type Operate = (work: (app: INestApplicationContext) => Promise<void>) => Promise<void>;

/** Writes one line of a command's answer; logs go to standard error. */
export const answer = (line: string): void => void process.stdout.write(`${line}\n`);
