import { Foundation1795000000000 } from './1795000000000-foundation.ts';
import { FeeDescriptions1795000500000 } from './1795000500000-fee-descriptions.ts';

/** In the order in which they run; listed by hand so that no glob decides what a release contains. */
export const migrations = [Foundation1795000000000, FeeDescriptions1795000500000];
