// How receivers do: circuits as several processes see them, probes, and what a gate lets begin.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Circuit, firstProbeDelayMs, openAfterFailures, probeLostAfterMs } from '../../src/delivery/circuit.js';
import type { CircuitStore } from '../../src/delivery/circuit-store.js';
import { createLocalPermits } from '../../src/delivery/permits.js';
import { followReceivers, type Receivers } from '../../src/delivery/receivers.js';
import { type DeliveryPolicy, defaultDeliveryPolicy } from '../../src/webhook-subscription/delivery-policy.js';
import type { ServedSubscription } from '../../src/webhook-subscription/served-subscriptions.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';
import { createMemoryCircuitStore } from '../kit/memory-limit-stores.js';
import { createRecordedLog, type RecordedLog } from '../kit/memory-stores.js';

interface Process {
  readonly receivers: Receivers;
  readonly log: RecordedLog;
  /** What it did and told, such as `opened s1 first`. */
  readonly told: string[];
  policy: DeliveryPolicy;
}

function start(clock: FakeClock, store: CircuitStore): Process {
  const log = createRecordedLog();
  const told: string[] = [];
  const receivers = followReceivers({
    circuits: store,
    permits: createLocalPermits(),
    subscriptionOf: (id) => ({ ...subscription, id, policy: one.policy }),
    clock,
    random: () => 0.5,
    log,
    onOpened: async ({ id }, _circuit, isNews) => void told.push(`opened ${id} ${isNews ? 'first' : 'after another'}`),
    onClosed: async ({ id }, isNews) => void told.push(`closed ${id} ${isNews ? 'first' : 'after another'}`),
    onChanged: (id) => void told.push(`changed ${id}`),
  });
  const one: Process = { receivers, log, told, policy: defaultDeliveryPolicy };
  return one;
}

const subscription: ServedSubscription = {
  id: 's1',
  application: null,
  eventTypes: ['*'],
  filterKey: null,
  status: 'ACTIVE',
  policy: defaultDeliveryPolicy,
  targets: [{ url: 'https://receiver.example/', weight: 1 }],
  wants: () => true,
  document: null,
  eventTypeVersion: null,
  headers: [],
  headerTemplates: null,
  payload: null,
  signingKeys: () => [],
};

async function fail({ receivers }: Process, clock: FakeClock, times = openAfterFailures): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await receivers.ended(subscription, true);
    await clock.advance(4000);
  }
}

const enter = ({ receivers }: Process, clock: FakeClock): number =>
  receivers.gateOf('s1')?.enter(clock.monotonicMs()) ?? 0;

test('a receiver that keeps failing is held up, and one that does well again is not', async () => {
  const clock = createFakeClock();
  const circuits = new Map<string, Circuit>();
  const one = start(clock, createMemoryCircuitStore(circuits));
  await fail(one, clock, openAfterFailures - 1);
  assert.equal(one.receivers.isHeldUp('s1'), false);
  await fail(one, clock, 1);
  assert.equal(one.receivers.isHeldUp('s1'), true);
  assert.equal(circuits.get('s1')?.state, 'OPEN');
  await one.receivers.ended(subscription, false);
  assert.equal(one.receivers.isHeldUp('s1'), false);
  assert.deepEqual([...circuits], []);
  assert.deepEqual(one.told, ['opened s1 first', 'closed s1 first']);
});

test('looking at what others have seen does not forget the failures that this process has seen', async () => {
  const clock = createFakeClock();
  const store = createMemoryCircuitStore();
  const one = start(clock, store);
  for (let count = 0; count < openAfterFailures; count += 1) {
    await fail(one, clock, 1);
    await one.receivers.refresh();
  }
  assert.equal(one.receivers.isHeldUp('s1'), true);
});

test('a circuit that one process opens is open for the others, and told of once', async () => {
  const clock = createFakeClock();
  const store = createMemoryCircuitStore();
  const [one, two] = [start(clock, store), start(clock, store)];
  await Promise.all([fail(one, clock), fail(two, clock)]);
  assert.deepEqual([...one.told, ...two.told].filter((line) => line.startsWith('opened')).sort(), [
    'opened s1 after another',
    'opened s1 first',
  ]);
  const three = start(clock, store);
  await three.receivers.refresh();
  assert.equal(three.receivers.isHeldUp('s1'), true);
  assert.deepEqual(three.told, ['changed s1']);
  await one.receivers.ended(subscription, false);
  await two.receivers.ended(subscription, false);
  await three.receivers.refresh();
  assert.equal(three.receivers.isHeldUp('s1'), false);
  assert.equal([...one.told, ...two.told].filter((line) => line === 'closed s1 first').length, 1);
});

test('a gate of an open circuit lets nothing begin but one probe, of one process, when it is due', async () => {
  const clock = createFakeClock();
  const store = createMemoryCircuitStore();
  const [one, two] = [start(clock, store), start(clock, store)];
  await fail(one, clock);
  await two.receivers.refresh();
  assert.deepEqual([one.receivers.dueForProbe(), two.receivers.dueForProbe()], [[], []]);
  await clock.advance(firstProbeDelayMs);
  // Also when a probe is due nothing else goes, and what is planned is kept.
  assert.equal(one.receivers.isHeldUp('s1'), true);
  assert.ok(enter(one, clock) > 0);
  assert.equal(one.receivers.gateOf('s1')?.maxWaiting, 0);
  assert.deepEqual([one.receivers.dueForProbe(), two.receivers.dueForProbe()], [['s1'], ['s1']]);
  assert.deepEqual(await Promise.all([one.receivers.beginProbe('s1'), two.receivers.beginProbe('s1')]), [true, false]);
  assert.deepEqual([enter(one, clock), enter(one, clock) > 0, enter(two, clock) > 0], [0, true, true]);
  await two.receivers.refresh();
  assert.deepEqual([one.receivers.dueForProbe(), two.receivers.dueForProbe()], [[], []]);
  await one.receivers.ended(subscription, true);
  await clock.advance(firstProbeDelayMs * 2 - 1);
  assert.deepEqual(one.receivers.dueForProbe(), []);
  await clock.advance(1);
  assert.deepEqual(one.receivers.dueForProbe(), ['s1']);
});

test('a probe that was lost with its process is followed by one of another', async () => {
  const clock = createFakeClock();
  const store = createMemoryCircuitStore();
  const [dying, heir] = [start(clock, store), start(clock, store)];
  await fail(dying, clock);
  await clock.advance(firstProbeDelayMs);
  assert.equal(await dying.receivers.beginProbe('s1'), true);
  await heir.receivers.refresh();
  await clock.advance(probeLostAfterMs - 1);
  assert.deepEqual(heir.receivers.dueForProbe(), []);
  await clock.advance(1);
  assert.deepEqual(heir.receivers.dueForProbe(), ['s1']);
  assert.equal(await heir.receivers.beginProbe('s1'), true);
  await heir.receivers.ended(subscription, false);
  assert.equal(heir.receivers.isHeldUp('s1'), false);
});

test('a probe that made no request is due again at once, whether it had begun or not', async () => {
  const clock = createFakeClock();
  const one = start(clock, createMemoryCircuitStore());
  await fail(one, clock);
  await clock.advance(firstProbeDelayMs);
  for (const hasBegun of [false, true]) {
    assert.equal(await one.receivers.beginProbe('s1'), true);
    if (hasBegun) assert.equal(enter(one, clock), 0);
    one.receivers.notSent('s1');
    assert.deepEqual(one.receivers.dueForProbe(), ['s1']);
  }
  // Of what was no probe nothing changes.
  one.receivers.notSent('s1');
  one.receivers.notSent('unknown');
  assert.equal(one.receivers.isHeldUp('s1'), true);
});

test('a database that fails takes nothing from what this process knows, and nobody hears of it as an error', async () => {
  const clock = createFakeClock();
  const broken = async (): Promise<never> => {
    throw new Error('the database is away');
  };
  const store = { ...createMemoryCircuitStore(), begin: broken, open: broken, put: broken, remove: broken };
  const one = start(clock, store);
  await fail(one, clock);
  assert.equal(one.receivers.isHeldUp('s1'), true);
  await one.receivers.ended(subscription, false);
  assert.equal(one.receivers.isHeldUp('s1'), false);
  assert.deepEqual(one.told, ['opened s1 first', 'closed s1 first']);
  assert.ok(one.log.lines.length >= 2);
});

test('what cannot be done when a circuit opens does not fail the delivery that opened it', async () => {
  const clock = createFakeClock();
  const receivers = followReceivers({
    circuits: createMemoryCircuitStore(),
    permits: createLocalPermits(),
    subscriptionOf: () => subscription,
    clock,
    random: () => 0.5,
    log: createRecordedLog(),
    onOpened: () => Promise.reject(new Error('the database is away')),
    onClosed: () => Promise.reject(new Error('the database is away')),
    onChanged: () => undefined,
  });
  const one = { receivers, log: createRecordedLog(), told: [], policy: defaultDeliveryPolicy };
  await fail(one, clock);
  assert.equal(receivers.isHeldUp('s1'), true);
  assert.equal(await receivers.ended(subscription, false), false);
});

test('a lane with a rate has room for what may begin soon, however low the rate and whatever was used', () => {
  const clock = createFakeClock();
  const one = start(clock, createMemoryCircuitStore());
  const roomOf = (perSecond: number, burst: number): number => {
    one.policy = { ...defaultDeliveryPolicy, rateLimit: { perSecond, burst } };
    return one.receivers.gateOf('s1')?.maxWaiting ?? assert.fail();
  };
  assert.equal(roomOf(10, 5), 205);
  while (enter(one, clock) === 0);
  assert.equal(roomOf(10, 5), 200);
  // One in a hundred seconds: the next is too far off to wait for it in memory.
  one.receivers.gateOf('s1');
  assert.equal(roomOf(0.01, 1), 0);
});

test('a limit that is changed holds from the next request on', async () => {
  const clock = createFakeClock();
  const one = start(clock, createMemoryCircuitStore());
  one.policy = { ...defaultDeliveryPolicy, rateLimit: { perSecond: 0.01, burst: 1 } };
  assert.equal(enter(one, clock), 0);
  assert.ok(enter(one, clock) > 90_000);
  one.policy = { ...defaultDeliveryPolicy, rateLimit: { perSecond: 100, burst: 10 } };
  const begun = Array.from({ length: 20 }, () => enter(one, clock)).filter((waitMs) => waitMs === 0);
  assert.equal(begun.length, 9);
  one.policy = defaultDeliveryPolicy;
  assert.equal(one.receivers.gateOf('s1'), null);
  one.policy = { ...defaultDeliveryPolicy, maxConcurrency: 3 };
  assert.equal(one.receivers.gateOf('s1')?.maxRunning, 3);
});
