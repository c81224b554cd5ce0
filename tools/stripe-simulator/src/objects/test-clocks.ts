import type { Stripe } from 'stripe';
import { addIntervals } from '../billing/intervals.ts';
import type { Deliveries } from '../deliver/deliveries.ts';
import type { Api } from '../http/api.ts';
import { invalid, wrongState } from '../http/errors.ts';
import { listOf } from '../http/list.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

const day = 86_400;

/** At most two intervals of the shortest subscription, or two years without one: Stripe's rule. */
function furthest(world: World, clock: Stripe.TestHelpers.TestClock): number {
  const ends = world.store.subscriptions
    .oldest((row) => row.test_clock === clock.id && row.ended_at === null)
    .flatMap(({ items }) => items.data.map(({ price }) => addIntervals(clock.frozen_time, price.recurring!, 2)));
  return ends.length > 0 ? Math.min(...ends) : addIntervals(clock.frozen_time, { interval: 'year', interval_count: 2 });
}

function advance(world: World, deliveries: Deliveries, id: string, to: number): Stripe.TestHelpers.TestClock {
  const clock = world.store.testClocks.get(id);
  if (clock.status === 'advancing') throw wrongState('test_clock_advancing', 'The test clock is already advancing.');
  if (to <= clock.frozen_time) throw invalid('The frozen time must be after the current one.', { param: 'frozen_time' });
  if (to > furthest(world, clock))
    throw invalid('A test clock cannot be advanced by more than two intervals of its shortest subscription.', {
      param: 'frozen_time',
    });
  const from = clock.frozen_time;
  clock.status = 'advancing';
  clock.status_details = { advancing: { target_frozen_time: to } };
  const answer = structuredClone(clock);
  world.emit('test_helpers.test_clock.advancing', clock);
  setImmediate(() => {
    world.time.advanceClock(id, to);
    clock.status = 'ready';
    clock.status_details = {};
    deliveries.bringNearer(id, to - from);
    world.emit('test_helpers.test_clock.ready', clock);
  });
  return answer;
}

function remove(world: World, id: string): object {
  const clock = world.store.testClocks.get(id);
  world.agenda.forgetClock(id);
  for (const { id: customer } of world.store.customers.oldest((row) => row.test_clock === id)) {
    for (const subscription of world.store.subscriptions.oldest((row) => row.customer === customer))
      world.store.subscriptions.remove(subscription.id);
    world.store.customers.remove(customer);
  }
  world.store.testClocks.remove(id);
  world.emit('test_helpers.test_clock.deleted', clock);
  return { id, object: 'test_helpers.test_clock', deleted: true };
}

export const testClocks = (api: Api, deliveries: Deliveries): void => {
  const { world } = api;
  const { store } = world;
  const path = '/v1/test_helpers/test_clocks';
  api.post(path, 'TestClockCreateParams', ({ params }) => {
    const created = world.now();
    const clock = store.testClocks.add({
      id: newId('clock'),
      object: 'test_helpers.test_clock',
      created,
      deletes_after: created + 30 * day,
      frozen_time: params.frozen_time,
      livemode: false,
      name: params.name ?? null,
      status: 'ready',
      status_details: {},
    });
    world.emit('test_helpers.test_clock.created', clock);
    return clock;
  });
  api.get(path, 'TestClockListParams', ({ params }) => listOf(store.testClocks.newest(), params, path));
  api.get(`${path}/:id`, 'RetrieveParams', ({ id }) => store.testClocks.get(id));
  api.post(`${path}/:id/advance`, 'TestClockAdvanceParams', ({ id, params }) =>
    advance(world, deliveries, id, params.frozen_time),
  );
  api.delete(`${path}/:id`, 'RetrieveParams', ({ id }) => remove(world, id));
};
