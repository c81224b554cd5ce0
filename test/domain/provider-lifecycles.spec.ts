import fc from 'fast-check';
import { operationTransitions } from '../../src/domain/lifecycles/operation.ts';
import {
  type FollowingSubscription,
  followProvider,
  type LeadingSubscription,
} from '../../src/domain/lifecycles/provider-subscription.ts';
import { hearWord, pauseSecondsAfter, provisioningTransitions, readAnswer } from '../../src/domain/lifecycles/provisioning.ts';
import {
  compareSightings,
  type KnownSighting,
  mergeStates,
  type NextSighting,
  staysUnbroken,
} from '../../src/domain/lifecycles/sightings.ts';
import { isBilled, subscriptionStatuses, subscriptionTransitions } from '../../src/domain/lifecycles/subscription.ts';

describe('the tables of what may follow what', () => {
  it('operations', () => {
    expect(operationTransitions).toEqual({
      PENDING: ['RUNNING', 'FAILED'],
      RUNNING: ['COMPLETED', 'FAILED', 'CANCELLED'],
      COMPLETED: [],
      FAILED: [],
      CANCELLED: [],
    });
  });

  it('provisionings', () => {
    expect(provisioningTransitions).toEqual({
      REQUESTED: ['ACCEPTED', 'SUCCEEDED', 'FAILED'],
      ACCEPTED: ['SUCCEEDED', 'FAILED'],
      SUCCEEDED: [],
      FAILED: [],
    });
  });

  it('subscriptions', () => {
    expect(subscriptionTransitions).toEqual({
      ACTIVE: ['PAUSED', 'PAST_DUE', 'UNPAID', 'CANCELED', 'TERMINATED'],
      CANCELED: ['ACTIVE', 'PAUSED', 'PAST_DUE', 'UNPAID'],
      FAILED: ['PROVISIONING'],
      PAST_DUE: ['ACTIVE', 'PAUSED', 'UNPAID', 'CANCELED', 'TERMINATED'],
      PAUSED: ['ACTIVE', 'PAST_DUE', 'UNPAID', 'CANCELED', 'TERMINATED'],
      PENDING: ['TRIAL', 'ACTIVE', 'CANCELED'],
      PENDING_PAYMENT: ['PROVISIONING', 'UNPAID', 'CANCELED'],
      PROVISIONING: ['ACTIVE', 'FAILED', 'CANCELED'],
      TERMINATED: [],
      TRIAL: ['ACTIVE', 'TERMINATED'],
      UNPAID: ['PROVISIONING', 'ACTIVE', 'PAUSED', 'PAST_DUE', 'CANCELED', 'TERMINATED'],
    });
    expect((Object.keys(subscriptionTransitions) as (keyof typeof subscriptionTransitions)[]).filter(isBilled)).toEqual([
      'TRIAL',
      'ACTIVE',
    ]);
  });
});

describe('what a provider says of its subscription', () => {
  const own: FollowingSubscription = {
    status: 'ACTIVE',
    hasStarted: true,
    canceledAtMs: null,
    endingAtMs: null,
    hadEnded: false,
  };
  const leading: LeadingSubscription = {
    status: 'active',
    cancelAtPeriodEnd: false,
    cancelAtMs: null,
    canceledAtMs: null,
    endedAtMs: null,
    periodEndMs: 900,
  };
  const now = 500;
  /** Of a subscription that has begun at the provider. */
  const words = ['active', 'trialing', 'past_due', 'unpaid', 'paused'] as const;
  const follow = (mine: Partial<FollowingSubscription>, said: Partial<LeadingSubscription>) =>
    followProvider({ ...own, ...mine }, { ...leading, ...said }, now);

  it.each([
    ['active', 'ACTIVE'],
    ['trialing', 'ACTIVE'],
    ['past_due', 'PAST_DUE'],
    ['unpaid', 'UNPAID'],
    ['incomplete', 'PAST_DUE'],
    ['paused', 'PAUSED'],
    ['a word of next year', 'PAST_DUE'],
  ] as const)('%s: %s', (status, expected) => {
    expect(follow({ status: 'PAST_DUE', endingAtMs: 7 }, { status })).toEqual({
      status: expected,
      canceledAtMs: null,
      endingAtMs: 7,
      begins: false,
    });
  });

  it.each(['TERMINATED', 'FAILED'] as const)('%s stays, whatever is said', (status) => {
    expect(follow({ status, canceledAtMs: 3, endingAtMs: 4 }, { status: 'active' })).toEqual({
      status,
      canceledAtMs: 3,
      endingAtMs: 4,
      begins: false,
    });
  });

  it('a bought one begins, whatever word says that it has begun at the provider, and instead of following it', () => {
    for (const status of ['PENDING_PAYMENT', 'PROVISIONING', 'UNPAID'] as const) {
      for (const word of ['active', 'trialing', 'past_due', 'unpaid', 'paused'])
        expect(follow({ status, hasStarted: false }, { status: word })).toMatchObject({ status, begins: true });
      expect(follow({ status, hasStarted: false }, { cancelAtPeriodEnd: true })).toMatchObject({ status, begins: true });
      for (const word of ['incomplete', 'a word of next year'])
        expect(follow({ status, hasStarted: false }, { status: word })).toMatchObject({ status, begins: false });
    }
    expect(follow({ status: 'UNPAID' }, {})).toMatchObject({ status: 'ACTIVE', begins: false });
  });

  it('one that has started never waits for its first payment again', () => {
    for (const status of ['ACTIVE', 'PAST_DUE', 'PAUSED', 'UNPAID', 'CANCELED'] as const)
      expect(follow({ status }, { status: 'incomplete', cancelAtPeriodEnd: true })).toMatchObject({ status, begins: false });
  });

  it('no word leads where the table forbids, from any state', () => {
    const instants = fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: null });
    const anyOwn = fc.record({
      status: fc.constantFrom(...subscriptionStatuses),
      hasStarted: fc.boolean(),
      canceledAtMs: instants,
      endingAtMs: instants,
      hadEnded: fc.boolean(),
    });
    const anyWord = fc.record({
      status: fc.constantFrom(...words, 'incomplete', 'canceled', 'incomplete_expired', 'a word of next year'),
      cancelAtPeriodEnd: fc.boolean(),
      cancelAtMs: instants,
      canceledAtMs: instants,
      endedAtMs: instants,
      periodEndMs: instants,
    });
    fc.assert(
      fc.property(anyOwn, anyWord, (mine, said) => {
        const { status, begins, endingAtMs } = followProvider(mine, said, now);
        expect(status === mine.status || subscriptionTransitions[mine.status].includes(status)).toBe(true);
        // Who begins goes on to PROVISIONING, which the table must know too.
        const mayBegin = mine.status === 'PROVISIONING' || subscriptionTransitions[mine.status].includes('PROVISIONING');
        expect(!begins || mayBegin).toBe(true);
        expect(status !== 'CANCELED' || mine.status === 'CANCELED' || endingAtMs !== null).toBe(true);
      }),
      { numRuns: 20_000, seed: 31 },
    );
  });

  it.each(words)('the table knows the way from %s to every other word and to the end', (word) => {
    const from = follow({}, { status: word }).status;
    for (const to of words) {
      const { status } = follow({}, { status: to });
      expect(follow({ status: from }, { status: to }).status).toBe(status);
      expect(follow({ status: 'CANCELED', canceledAtMs: 1, endingAtMs: 900 }, { status: to }).status).toBe(status);
    }
    expect(follow({ status: from }, { status: 'canceled' }).status).toBe('CANCELED');
    expect(follow({ status: from }, { status: word, cancelAtPeriodEnd: true }).status).toBe('CANCELED');
  });

  it('a cancellation to come is canceled already, until then it can be taken back', () => {
    expect(follow({}, { cancelAtPeriodEnd: true })).toEqual({
      status: 'CANCELED',
      canceledAtMs: 500,
      endingAtMs: 900,
      begins: false,
    });
    expect(follow({}, { cancelAtMs: 700, canceledAtMs: 450 })).toMatchObject({ canceledAtMs: 450, endingAtMs: 700 });
    expect(follow({ canceledAtMs: 400, endingAtMs: 800 }, { cancelAtPeriodEnd: true, periodEndMs: null })).toMatchObject({
      canceledAtMs: 400,
      endingAtMs: 800,
    });
    expect(follow({}, { cancelAtPeriodEnd: true, periodEndMs: null })).toMatchObject({ endingAtMs: 500 });
    expect(follow({}, { cancelAtPeriodEnd: true, status: 'a word of next year' })).toMatchObject({ status: 'ACTIVE' });
    const leaving = { status: 'CANCELED', canceledAtMs: 400 } as const;
    expect(follow({ ...leaving, endingAtMs: 501 }, {})).toEqual({
      status: 'ACTIVE',
      canceledAtMs: null,
      endingAtMs: null,
      begins: false,
    });
    expect(follow({ ...leaving, endingAtMs: 500 }, {})).toMatchObject({ status: 'CANCELED', canceledAtMs: 400, endingAtMs: 500 });
    expect(follow({ ...leaving, endingAtMs: null }, {})).toMatchObject({ status: 'CANCELED' });
  });

  it.each(['canceled', 'incomplete_expired'])('%s ends it: at once, or when what was announced comes', (status) => {
    expect(follow({}, { status, endedAtMs: 480 })).toEqual({
      status: 'CANCELED',
      canceledAtMs: 480,
      endingAtMs: 480,
      begins: false,
    });
    expect(follow({}, { status })).toMatchObject({ endingAtMs: 500 });
    expect(follow({}, { status, endedAtMs: 480, canceledAtMs: 480 })).toMatchObject({ canceledAtMs: 480, endingAtMs: 480 });
    expect(follow({}, { status, endedAtMs: 480, canceledAtMs: 470 })).toMatchObject({ canceledAtMs: 470, endingAtMs: 900 });
    expect(follow({}, { status, endedAtMs: 480, cancelAtPeriodEnd: true })).toMatchObject({ endingAtMs: 900 });
    expect(follow({ status: 'CANCELED', canceledAtMs: 1 }, { status, endedAtMs: 480 })).toMatchObject({
      canceledAtMs: 1,
      endingAtMs: 900,
    });
    expect(follow({ status: 'CANCELED' }, { status, endedAtMs: 950 })).toMatchObject({ endingAtMs: 950 });
    expect(follow({ status: 'CANCELED' }, { status, endedAtMs: 480, periodEndMs: null })).toMatchObject({ endingAtMs: 480 });
    expect(follow({ hadEnded: true }, { status, endedAtMs: 480 })).toMatchObject({ status: 'ACTIVE', endingAtMs: null });
  });
});

describe('words about a resource', () => {
  it('the first one stands', () => {
    const made = { made: true, resourceId: 'r1' } as const;
    for (const status of ['REQUESTED', 'ACCEPTED'] as const) {
      expect(hearWord({ status, resourceId: null }, made)).toBe('news');
      expect(hearWord({ status, resourceId: null }, { made: false })).toBe('news');
    }
    expect(hearWord({ status: 'SUCCEEDED', resourceId: 'r1' }, made)).toBe('known');
    expect(hearWord({ status: 'SUCCEEDED', resourceId: 'r2' }, made)).toBe('contradiction');
    expect(hearWord({ status: 'SUCCEEDED', resourceId: 'r1' }, { made: false })).toBe('contradiction');
    expect(hearWord({ status: 'FAILED', resourceId: null }, { made: false })).toBe('known');
    expect(hearWord({ status: 'FAILED', resourceId: 'r1' }, made)).toBe('contradiction');
  });

  it('answers: taken on, refused, or asked again', () => {
    const meaning = (statuses: number[]) => statuses.map(readAnswer);
    expect(new Set(meaning([200, 202, 299]))).toEqual(new Set(['accepted']));
    expect(new Set(meaning([400, 404, 422, 499]))).toEqual(new Set(['refused']));
    expect(new Set(meaning([199, 300, 399, 408, 409, 425, 429, 500, 503]))).toEqual(new Set(['again']));
  });

  it('pauses double up to a minute', () => {
    expect([1, 2, 3, 5, 6, 7, 100].map(pauseSecondsAfter)).toEqual([2, 4, 8, 32, 60, 60, 60]);
  });
});

describe('sightings in whatever order', () => {
  const known: KnownSighting = { occurredAtMs: 1000, rank: 2n, state: 'b', isUnbroken: true };
  const next: NextSighting = { occurredAtMs: 1000, rank: 2n, state: 'c', previousState: null, isBeginning: false };

  it('one that says the same is the same, then rank, time and what was before decide', () => {
    expect(compareSightings(known, { ...next, state: 'b', rank: 9n })).toBe('same');
    expect(compareSightings(known, { ...next, rank: 3n, occurredAtMs: 1 })).toBe('newer');
    expect(compareSightings(known, { ...next, rank: 1n, occurredAtMs: 9999 })).toBe('older');
    expect(compareSightings(known, { ...next, occurredAtMs: 2000 })).toBe('newer');
    expect(compareSightings(known, { ...next, occurredAtMs: 500, previousState: 'b' })).toBe('older');
    expect(compareSightings(known, { ...next, previousState: 'b' })).toBe('newer');
    expect(compareSightings({ ...known, isUnbroken: false }, { ...next, previousState: 'b' })).toBe('undecided');
    expect(compareSightings(known, { ...next, isBeginning: true })).toBe('older');
    expect(compareSightings(known, { ...next, previousState: 'x' })).toBe('undecided');
  });

  it('end as the provider ends, whatever order they come in, though states come back within a second', () => {
    const changes = fc.array(fc.record({ to: fc.constantFrom('a', 'b', 'c'), second: fc.boolean() }), { maxLength: 7 });
    const worlds = fc.record({ changes, heardOfBeginning: fc.boolean(), order: fc.infiniteStream(fc.nat()) });
    fc.assert(
      fc.property(worlds, ({ changes, heardOfBeginning, order }) => {
        let [state, occurredAtMs] = ['a', 0];
        const told: NextSighting[] = heardOfBeginning
          ? [{ state, occurredAtMs, rank: 0n, previousState: null, isBeginning: true }]
          : [];
        for (const { to, second } of changes) {
          if (to === state) continue;
          occurredAtMs += second ? 1_000 : 0;
          told.push({ state: to, occurredAtMs, rank: 0n, previousState: state, isBeginning: false });
          state = to;
        }
        const shuffled = told.map((sighting) => ({ sighting, at: order.next().value as number })).toSorted((a, b) => a.at - b.at);
        let row: KnownSighting | undefined;
        for (const { sighting } of shuffled) {
          if (!row) {
            row = { ...sighting, isUnbroken: sighting.isBeginning };
            continue;
          }
          const verdict = compareSightings(row, sighting);
          const latest: number = Math.max(row.occurredAtMs, verdict === 'older' ? 0 : sighting.occurredAtMs);
          row =
            verdict === 'undecided'
              ? { ...row, state, occurredAtMs: latest, isUnbroken: false }
              : {
                  ...row,
                  state: verdict === 'newer' ? sighting.state : row.state,
                  occurredAtMs: latest,
                  isUnbroken: staysUnbroken(row, sighting, verdict),
                };
        }
        expect(row?.state ?? state).toBe(state);
      }),
      { numRuns: 20_000, seed: 5 },
    );
  });

  it('what was learned once is not unlearned', () => {
    type State = { readonly status: string; readonly number: string | null };
    const [first, second]: State[] = [
      { status: 'open', number: 'A1' },
      { status: 'paid', number: null },
    ];
    if (!first || !second) throw new Error('two states');
    expect(mergeStates(first, second, 'newer', ['number'])).toEqual({ status: 'paid', number: 'A1' });
    expect(mergeStates(first, second, 'newer', [])).toEqual(second);
    expect(mergeStates(second, first, 'older', ['number'])).toEqual({ status: 'paid', number: 'A1' });
    expect(mergeStates(first, { ...second, number: 'B2' }, 'newer', ['number'])).toEqual({ status: 'paid', number: 'B2' });
  });
});

describe('a chain of sightings', () => {
  const known = { occurredAtMs: 1000, rank: 2n, state: 'a', isUnbroken: true };
  const next = { occurredAtMs: 1000, rank: 2n, state: 'b', previousState: 'a', isBeginning: false };
  it.each([
    ['goes on with a change from what is known', next, 'newer', true],
    ['goes on with the same word again', { ...next, state: 'a', previousState: null }, 'same', true],
    ['breaks where a change was skipped', { ...next, previousState: 'x' }, 'newer', false],
    ['breaks where a word does not say what was before', { ...next, previousState: null }, 'newer', false],
    ['breaks with the second', { ...next, occurredAtMs: 2000 }, 'newer', false],
    ['stays as it is with an older word', { ...next, previousState: 'x' }, 'older', true],
    ['stays as it is with a word of unknown place', { ...next, occurredAtMs: 2000 }, 'undecided', true],
  ] as const)('%s', (_, said, verdict, unbroken) => {
    expect(staysUnbroken(known, said, verdict)).toBe(unbroken);
    expect(staysUnbroken({ ...known, isUnbroken: false }, said, verdict)).toBe(false);
  });
});
