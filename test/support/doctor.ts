import { CheckInvariants } from '../../src/modules/billing/index.ts';
import type { Florin } from './florin.ts';

/** What `florin doctor` says of this database must be nothing. */
export async function expectHealthy(florin: Florin): Promise<void> {
  const violations = await florin.app.get(CheckInvariants).execute();
  expect(violations.map(({ invariant, offenders }) => ({ rule: invariant.name, offenders }))).toEqual([]);
}
