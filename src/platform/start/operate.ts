import type { INestApplicationContext } from '@nestjs/common';
import { oneLine } from '../logging/one-line.ts';

/** Runs one operator command inside Florin without HTTP and without jobs; the door closes everything afterwards. */
export type Operate = (work: (app: INestApplicationContext) => Promise<void>) => Promise<void>;

/** Writes one line of a command's answer, with tabs between its columns; logs go to standard error. Names that customers chose stay on it. */
export const answer = (line: string): void => void process.stdout.write(`${line.split('\t').map(oneLine).join('\t')}\n`);
