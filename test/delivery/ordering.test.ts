// Order from end to end: planned by two processes, made with failures, crashes, pauses and cancellations, and yet in order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Claimer, createClaimer } from '../../src/delivery/claim.js';
import { createDeliver, type Deliver } from '../../src/delivery/deliver.js';
import { createDeliveryQueue, type DeliveryQueue } from '../../src/delivery/delivery-queue.js';
import { createMakeRequest, dataOfEvent } from '../../src/delivery/make-request.js';
import { createPlanner, type Planner } from '../../src/delivery/plan.js';
import { releaseKept } from '../../src/delivery/release-kept.js';
import type { Sender } from '../../src/delivery/send.js';
import { noTiming } from '../../src/delivery/stage-timing.js';
import { createEventLog, type EventLog } from '../../src/event/event-log.js';
import { createRenderRequest } from '../../src/payload/render-request.js';
import { createSecretBox } from '../../src/security/secret-box.js';
import { createMeter } from '../../src/stats/meter.js';
import type { DeliverySettings } from '../../src/webhook-subscription/delivery-settings.js';
import { type ServedSubscriptions, serveSubscriptions } from '../../src/webhook-subscription/served-subscriptions.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { createFakeNewId, createFakeRandom, createFakeRandomBytes } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
  subscriptionOf,
} from '../kit/memory-stores.js';

interface Node {
  readonly name: string;
  readonly stores: MemoryStores;
  readonly served: ServedSubscriptions;
  readonly queue: DeliveryQueue;
  readonly claimer: Claimer;
  readonly planner: Planner;
  readonly deliver: Deliver;
  readonly eventLog: EventLog;
}

interface World {
  readonly clock: FakeClock;
  readonly database: MemoryDatabase;
  readonly nodes: Node[];
  /** Events that a receiver has taken, in order, by webhook subscription. */
  readonly received: Map<string, string[]>;
  /** Status that the receiver answers. */
  answer: () => number;
  started: number;
}

async function startNode(world: World): Promise<Node> {
  const { clock, database } = world;
  world.started += 1;
  const name = `node-${world.started}`;
  const stores = createMemoryStores(database);
  const log = createRecordedLog();
  const newId = createFakeNewId(world.started);
  const served = serveSubscriptions({
    store: stores.webhookSubscriptions,
    secretBox: createSecretBox(Buffer.alloc(32), createFakeRandomBytes()),
    clock,
    log,
  });
  const queue = createDeliveryQueue({
    holder: name,
    maxWaiting: 8,
    maxWaitingBytes: 1e6,
    maxRunningPerLane: 4,
    clock,
  });
  const isHeldUp = (): boolean => false;
  const claimer = createClaimer({ ...stores, queue, isHeldUp, clock, log });
  const claimHeads = (groups: readonly string[]): Promise<void> => claimer.claimHeads(groups);
  const planner = createPlanner({ ...stores, subscriptions: served, queue, isHeldUp, claimHeads, clock, newId, log });
  const sender: Sender = {
    async send({ headers, url }) {
      const statusCode = world.answer();
      const to = new URL(url).pathname.slice(1);
      if (statusCode === 200) world.received.set(to, [...(world.received.get(to) ?? []), headers['webhook-id'] ?? '']);
      return {
        kind: 'response',
        statusCode,
        headers: {},
        body: '',
        bodyTruncated: false,
        durationMs: 1,
        timing: noTiming,
        retryAfter: null,
      };
    },
    close: async () => undefined,
  };
  const deliver = createDeliver({
    meter: createMeter(),
    ...stores,
    subscriptions: served,
    claimHeads,
    receivers: {
      choose: ({ targets: [target] }) => ({ target: target ?? assert.fail(), end: () => undefined }),
      ended: async () => false,
      notSent: () => undefined,
    },
    announce: async () => undefined,
    sender,
    disable: async () => undefined,
    statusOf: async (id) => (await stores.webhookSubscriptions.get(id))?.status ?? null,
    clock,
    random: createFakeRandom(world.started),
    newId,
    log,
    makeRequest: createMakeRequest({
      dataOf: dataOfEvent,
      renderRequest: createRenderRequest({ run: () => assert.fail() }),
      log,
      userAgent: 'test',
      publicHost: null,
    }),
  });
  const eventLog = createEventLog({
    store: stores.events,
    log,
    onAppended: (events) => planner.plan(events),
    onUncertain: () => undefined,
  });
  await served.loaded;
  const node = { name, stores, served, queue, claimer, planner, deliver, eventLog };
  world.nodes.push(node);
  return node;
}

async function startWorld(subscriptions: Readonly<Record<string, DeliverySettings>>): Promise<World> {
  const world: World = {
    clock: createFakeClock(),
    database: createMemoryDatabase(),
    nodes: [],
    received: new Map(),
    answer: () => 200,
    started: 0,
  };
  const { webhookSubscriptions } = createMemoryStores(world.database);
  for (const [id, deliverySettings] of Object.entries(subscriptions))
    await webhookSubscriptions.create(
      subscriptionOf(id, { deliverySettings, targets: [{ url: `https://receiver.example/${id}`, weight: 1 }] }),
    );
  await startNode(world);
  await startNode(world);
  return world;
}

/** What a process does in a second. */
async function work(world: World, { queue, claimer, deliver }: Node): Promise<void> {
  await claimer.claimMore();
  for (let claimed = queue.take(4, world.clock.monotonicMs()); claimed !== null; ) {
    await deliver(claimed).catch(() => undefined);
    queue.done(claimed.delivery, world.clock.monotonicMs());
    claimed = queue.take(4, world.clock.monotonicMs());
  }
}

/** What is looked after in the background. */
async function lookAfter(world: World, { stores, planner, claimer, queue }: Node): Promise<void> {
  const { clock } = world;
  const statusOf = async (id: string) => (await stores.webhookSubscriptions.get(id))?.status ?? null;
  const all = [
    () => planner.sweep(new Date(clock.now().getTime() + 1)),
    () => planner.markMoved(),
    () => claimer.sweepOrder(),
    () => claimer.turnAwayOld(),
    () => releaseKept({ ...stores, statusOf, isHeldUp: () => false, clock }),
    () => stores.deliveries.breakLocks(new Date(clock.now().getTime() - 180_000)),
  ];
  for (const one of all) await Promise.resolve(one()).catch(() => undefined);
  queue.hasMore();
}

/** Ends a process without a word, and starts another that takes its locks over. */
async function kill(world: World, node: Node): Promise<void> {
  node.stores.faults.isDead = true;
  node.queue.drain();
  const closed = node.served.close();
  world.nodes.splice(world.nodes.indexOf(node), 1);
  const heir = await startNode(world);
  await heir.stores.deliveries.breakLocks(world.clock.now(), { only: [node.name] });
  await world.clock.advance(1000);
  await closed;
}

async function stop({ nodes, clock }: World): Promise<void> {
  const closed = nodes.map(({ served }) => served.close());
  await clock.advance(1000);
  await Promise.all(closed);
}

const actions = [
  'publish',
  'publish',
  'publish',
  'work',
  'work',
  'work',
  'look after',
  'kill',
  'pause',
  'resume',
  'cancel',
  'retry',
  'pass',
] as const;
const faulty = [
  'subscriptions.revision',
  'deliveries.insert',
  'deliveries.finish',
  'deliveries.claimHeads',
  'deliveries.claim',
  'planMark.move',
  'planMark.read',
  'attempts.insert',
  'events.findMany',
];
const steps = fc.array(
  fc.record({
    node: fc.nat(1),
    action: fc.constantFrom(...actions),
    key: fc.constantFrom('a', 'b', null),
    pick: fc.nat(50),
    fault: fc.constantFrom(null, null, null, ...faulty),
    when: fc.constantFrom('failBefore' as const, 'failAfter' as const),
    answers: fc.constantFrom(200, 200, 200, 500),
  }),
  { minLength: 5, maxLength: 60 },
);

/** One failure ends a delivery, two more attempts come in between. */
const retryPolicy = { schedule: 'LIST', delaysSeconds: [1, 1], jitter: 0 } as const;

for (const whenExhausted of ['GO_ON', 'STOP'] as const) {
  test(`whatever happens, order is kept, and ${whenExhausted === 'STOP' ? 'behind an exhausted delivery nothing goes' : 'nothing waits for an exhausted delivery'}`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const world = await startWorld({
          strict: { ordering: 'STRICT', whenExhausted, retryPolicy },
          keyed: { ordering: 'BY_KEY', whenExhausted, retryPolicy },
        });
        const { database, clock } = world;
        const keys = new Map<string, string | null>();
        /** Those that somebody has tried again or cancelled go out of turn, or not at all. */
        const touched = new Set<string>();
        let count = 0;
        for (const { node: index, action, key, pick, fault, when, answers } of list) {
          const node = world.nodes[index];
          if (node === undefined) continue;
          const { stores } = node;
          if (fault !== null) stores.faults[when](fault);
          world.answer = () => answers;
          const all = [...database.deliveries.values()];
          const picked = all[pick % Math.max(1, all.length)]?.delivery;
          const subscription = database.subscriptions.get(pick % 2 === 0 ? 'strict' : 'keyed') ?? assert.fail();
          if (action === 'publish') {
            count += 1;
            keys.set(`e${count}`, key);
            await node.eventLog.append([newEventOf(`e${count}`, { orderingKey: key, publishedAt: clock.now() })]);
          } else if (action === 'work') await work(world, node);
          else if (action === 'look after') await lookAfter(world, node);
          else if (action === 'kill') await kill(world, node);
          else if (action === 'pass') await clock.advance(1000);
          else if (action === 'pause' || action === 'resume') {
            const status = action === 'pause' ? 'PAUSED' : 'ACTIVE';
            const updatedAt = new Date(subscription.updatedAt.getTime() + 1);
            await stores.webhookSubscriptions.replace(subscription, { ...subscription, status, updatedAt });
            await settle();
            if (status === 'ACTIVE') await stores.deliveries.unpark(subscription.id, clock.now());
          } else if (picked !== undefined && action === 'cancel') {
            touched.add(`${picked.subscriptionId} ${picked.eventId}`);
            const cancelled = await stores.deliveries.cancelOne(picked.id, clock.now());
            if (cancelled !== null && picked.orderGroup !== null) await node.claimer.claimHeads([picked.orderGroup]);
          } else if (picked !== undefined && action === 'retry') {
            if (picked.orderGroup === null) touched.add(`${picked.subscriptionId} ${picked.eventId}`);
            await stores.deliveries.retry(picked.id, clock.now());
          }
        }
        await heal(world);
        checkOrder(world, keys, touched);
        const blocked = blockedGroups(world);
        if (whenExhausted === 'GO_ON') assert.deepEqual([...blocked], []);
        for (const { delivery } of database.deliveries.values())
          assert.ok(!isOpen(delivery.status) || blocked.has(delivery.orderGroup), `${delivery.id} is stuck`);
        // The way back: what holds up the others is tried again.
        for (let round = 0; round < 20 && blockedGroups(world).size > 0; round += 1) {
          for (const { delivery } of database.deliveries.values())
            if (delivery.status === 'EXHAUSTED' && delivery.orderGroup !== null)
              await world.nodes[0]?.stores.deliveries.retry(delivery.id, clock.now());
          await heal(world);
        }
        for (const { delivery } of database.deliveries.values())
          assert.ok(!isOpen(delivery.status), `${delivery.id} is stuck`);
        checkOrder(world, keys, touched);
        await stop(world);
      }),
      { numRuns: 40 },
    );
  });
}

/** Ends all faults and lets everything go that can. */
async function heal(world: World): Promise<void> {
  world.answer = () => 200;
  for (const subscription of world.database.subscriptions.values()) {
    const updatedAt = new Date(subscription.updatedAt.getTime() + 1);
    await world.nodes[0]?.stores.webhookSubscriptions
      .replace(subscription, { ...subscription, status: 'ACTIVE', updatedAt })
      .catch(() => undefined);
  }
  await settle();
  const isDone = (): boolean => {
    const all = [...world.database.deliveries.values()].map(({ delivery }) => delivery);
    const blocked = blockedGroups(world);
    return all.every(({ status, orderGroup }) => !isOpen(status) || blocked.has(orderGroup));
  };
  // Faults that nobody has run into yet are still to come, and locks that were lost run out.
  for (let round = 0; round < 100; round += 1) {
    for (const node of world.nodes) {
      await lookAfter(world, node);
      await work(world, node);
    }
    await world.clock.advance(round % 4 === 3 ? 60_000 : 1000);
    const isPlanned = world.database.meta.planMark === world.database.events.length;
    if (round >= faulty.length && isPlanned && isDone()) break;
  }
}

const isOpen = (status: string): boolean => status === 'PENDING' || status === 'RETRYING';

/** Order groups that a delivery which has failed for good holds up. */
function blockedGroups({ database }: World): Set<string | null> {
  const all = [...database.deliveries.values()].map(({ delivery }) => delivery);
  return new Set(
    all
      .filter(({ status, orderGroup }) => status === 'EXHAUSTED' && orderGroup !== null)
      .map(({ orderGroup }) => orderGroup),
  );
}

function checkOrder({ database, received }: World, keys: Map<string, string | null>, touched: Set<string>): void {
  for (const [subscriptionId, events] of received) {
    const first = [...new Set(events)].filter((id) => !touched.has(`${subscriptionId} ${id}`));
    const sequenceOf = (id: string): number => database.events.find(({ item }) => item.id === id)?.sequence ?? 0;
    const groups =
      subscriptionId === 'strict' ? [first] : ['a', 'b'].map((key) => first.filter((id) => keys.get(id) === key));
    for (const group of groups)
      assert.deepEqual(
        group.map(sequenceOf),
        group.map(sequenceOf).sort((a, b) => a - b),
      );
  }
}
