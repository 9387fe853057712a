// The delivery room as its neighbours use it: what is planned, let go, cancelled and forgotten. Requests are not made here: how
// that goes is in the tests of its parts, and over real sockets in test/journey.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type Circuit, firstProbeDelayMs } from '../../src/delivery/circuit.js';
import { type DeliveryRoom, openDeliveryRoom } from '../../src/delivery/delivery-room.js';
import type { SharedLimit } from '../../src/delivery/shared-limit.js';
import { createOutboundGuard } from '../../src/security/outbound-guard.js';
import { createSecretBox } from '../../src/security/secret-box.js';
import { createMeter } from '../../src/stats/meter.js';
import { serveSubscriptions } from '../../src/webhook-subscription/served-subscriptions.js';
import type { WebhookSubscription } from '../../src/webhook-subscription/webhook-subscription.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';
import { createFakeNewId, createFakeRandom, createFakeRandomBytes } from '../kit/fake-random.js';
import {
  createMemoryCircuitStore,
  createMemoryHolderStore,
  createMemoryPermitStore,
} from '../kit/memory-limit-stores.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  subscriptionOf,
} from '../kit/memory-stores.js';

interface Stage {
  readonly room: DeliveryRoom;
  readonly database: MemoryDatabase;
  readonly clock: FakeClock;
  readonly circuits: Map<string, Circuit>;
  readonly limits: Map<string, SharedLimit>;
  /** Publishes events with the order keys, all at once. */
  readonly publish: (...orderingKeys: (string | null)[]) => Promise<void>;
  /** Status and due time of the deliveries of a webhook subscription, in the order of their events. */
  readonly seen: (id: string) => { status: string; isDue: boolean; isKept: boolean }[];
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const openSince = (clock: FakeClock): Circuit => ({
  state: 'OPEN',
  failures: 10,
  failingSince: clock.now(),
  failedProbes: 0,
  probeAt: new Date(clock.now().getTime() + firstProbeDelayMs),
});

async function setUp(subscriptions: readonly WebhookSubscription[], failing: readonly string[] = []): Promise<Stage> {
  const clock = createFakeClock();
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const log = createRecordedLog();
  for (const one of subscriptions) await stores.webhookSubscriptions.create(one);
  const secretBox = createSecretBox(Buffer.alloc(32), createFakeRandomBytes());
  const served = serveSubscriptions({ store: stores.webhookSubscriptions, secretBox, clock, log });
  closers.push(async () => {
    const closed = served.close();
    await clock.advance(1000);
    await closed;
  });
  await served.loaded;
  const circuits = new Map(failing.map((id) => [id, openSince(clock)]));
  const permits = createMemoryPermitStore(() => clock.now().getTime());
  const room = openDeliveryRoom({
    ...stores,
    circuits: createMemoryCircuitStore(circuits),
    permits,
    holders: createMemoryHolderStore(),
    subscriptions: served,
    guard: createOutboundGuard({ allowNetworks: [] }),
    holder: 'this process',
    isShared: false,
    makesDeliveries: false,
    concurrency: 8,
    makeRequest: () => assert.fail(),
    announce: () => assert.fail(),
    disable: () => assert.fail(),
    statusOf: async (id) => database.subscriptions.get(id)?.status ?? null,
    meter: createMeter(),
    clock,
    random: createFakeRandom(1),
    newId: createFakeNewId(1),
    log,
    repeatEvery: () => undefined,
    onClose: (close) => void closers.push(close),
  });
  await room.start();
  let sequence = 0;
  return {
    room,
    database,
    clock,
    circuits,
    limits: permits.limits,
    async publish(...orderingKeys) {
      room.plan(
        orderingKeys.map((orderingKey) => {
          sequence += 1;
          return eventOf(sequence, { orderingKey });
        }),
      );
      await room.planned();
    },
    seen: (id) =>
      [...database.deliveries.values()]
        .map(({ delivery }) => delivery)
        .filter(({ subscriptionId }) => subscriptionId === id)
        .sort((one, other) => (one.eventId < other.eventId ? -1 : 1))
        .map(({ status, nextAttemptAt, isKept }) => ({
          status,
          isDue: nextAttemptAt !== null && nextAttemptAt <= clock.now(),
          isKept,
        })),
  };
}

const pending = { status: 'PENDING', isDue: true, isKept: false };
const kept = { status: 'PENDING', isDue: false, isKept: true };
const cancelled = { status: 'CANCELLED', isDue: false, isKept: false };

test('events are kept for a receiver that is left alone, and go out when it is released', async () => {
  const { room, seen, publish, circuits } = await setUp([subscriptionOf('s1'), subscriptionOf('s2')], ['s1']);
  await publish(null);
  assert.deepEqual([seen('s1'), seen('s2')], [[kept], [pending]]);
  await room.release('s1');
  assert.deepEqual([seen('s1'), seen('s2')], [[pending], [pending]]);
  assert.deepEqual([...circuits], []);
});

test('cancelling the first of an order lets the next go', async () => {
  const { room, publish, database, seen } = await setUp([
    subscriptionOf('s1', { deliverySettings: { ordering: 'STRICT' } }),
  ]);
  await publish(null, null);
  const [first] = [...database.deliveries.values()].map(({ delivery }) => delivery);
  assert.equal(seen('s1')[1]?.isDue, false);
  assert.equal((await room.cancel(first?.id ?? ''))?.status, 'CANCELLED');
  assert.deepEqual(seen('s1'), [cancelled, pending]);
  assert.equal(await room.cancel(first?.id ?? ''), null);
});

test('a webhook subscription that was deleted leaves neither pending deliveries nor what is known of its receiver', async () => {
  const { room, publish, circuits, limits, seen } = await setUp(
    [subscriptionOf('s1'), subscriptionOf('s2')],
    ['s1', 's2'],
  );
  limits.set('s1', { fullAtMs: 1, held: [] }).set('s2', { fullAtMs: 1, held: [] });
  await publish(null, null);
  await room.forget(['s1']);
  assert.deepEqual(seen('s1'), [cancelled, cancelled]);
  assert.deepEqual(seen('s2'), [kept, kept]);
  assert.deepEqual([[...circuits.keys()], [...limits.keys()]], [['s2'], ['s2']]);
});
