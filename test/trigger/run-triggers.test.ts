// Leases of triggers that fire by themselves: who runs what, and that nothing is taken for done which nobody did.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecretBox } from '../../src/security/secret-box.js';
import type { Occurrence } from '../../src/trigger/fire-trigger.js';
import { createRunTriggers, type RunTriggers } from '../../src/trigger/run-triggers.js';
import { schedule } from '../../src/trigger/schedule.js';
import type { Trigger } from '../../src/trigger/trigger.js';
import type { TriggerRunStore } from '../../src/trigger/trigger-run-store.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';
import { createFakeRandomBytes } from '../kit/fake-random.js';
import { createRecordedLog } from '../kit/memory-stores.js';

/** The store in memory; the one in MongoDB is driven by the journey of running triggers. */
function createMemoryRuns(): TriggerRunStore {
  const runs = new Map<string, { holder: string | null; leaseUntil: Date; position: unknown }>();
  const leasedAt = (now: Date, holder?: string): Set<string> =>
    new Set(
      [...runs].flatMap(([id, run]) => (run.leaseUntil > now && (holder ?? run.holder) === run.holder ? [id] : [])),
    );
  return {
    leased: async (now) => leasedAt(now),
    async take(id, holder, now, leaseUntil) {
      const known = runs.get(id);
      if (known !== undefined && known.leaseUntil > now) return null;
      const position = known?.position;
      runs.set(id, { holder, leaseUntil, position });
      return { position };
    },
    async renew(holder, now, until) {
      const own = leasedAt(now, holder);
      for (const id of own) runs.set(id, { holder, leaseUntil: until, position: runs.get(id)?.position });
      return own;
    },
    async move(id, holder, position) {
      const known = runs.get(id);
      if (known?.holder !== holder) return false;
      known.position = position;
      return true;
    },
    async giveBack(id, holder) {
      const known = runs.get(id);
      if (known?.holder === holder) runs.set(id, { ...known, holder: null, leaseUntil: new Date(0) });
    },
    async delete(ids) {
      for (const id of ids) runs.delete(id);
    },
  };
}

interface World {
  readonly clock: FakeClock;
  readonly triggers: Trigger[];
  /** Due times in the order in which they were fired. */
  readonly fired: string[];
  readonly errors: string[];
  /** How far the monotonic clock of the nodes is ahead. */
  heldUpMs: number;
  fails: boolean;
  node(holder: string): RunTriggers;
}

function createWorld(intervalSeconds = 1): World {
  const clock = createFakeClock();
  const runs = createMemoryRuns();
  const { settings } = schedule.check({ intervalSeconds, missed: 'ALL' }, clock.now());
  const trigger: Trigger = {
    id: 'trg_1',
    name: 'each_second',
    kind: 'SCHEDULE',
    eventType: 'tick',
    mapping: {},
    enabled: true,
    applicationId: null,
    settings,
    secretsSealed: null,
    createdAt: clock.now(),
    updatedAt: clock.now(),
  };
  const world: World = {
    clock,
    triggers: [trigger],
    fired: [],
    errors: [],
    heldUpMs: 0,
    fails: false,
    node: (holder) =>
      createRunTriggers({
        served: { all: () => world.triggers },
        runs,
        async fire(_trigger, occurrences: readonly Occurrence[]) {
          if (world.fails) throw new Error('no database');
          world.fired.push(...occurrences.map(({ deliveryId }) => String(deliveryId)));
        },
        counts: { refused: (_id: string, _at: Date, { message }: Error) => void world.errors.push(message) } as never,
        watchChanges: () => assert.fail(),
        secretBox: createSecretBox(Buffer.alloc(32, 1), createFakeRandomBytes()),
        holder,
        clock: { ...clock, monotonicMs: () => clock.monotonicMs() + world.heldUpMs },
        log: createRecordedLog(),
      }),
  };
  return world;
}

const second = (n: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString();
const seconds = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => second(from + index));

test('one node runs a trigger; when it looks no more, the other goes on without a hole within ten seconds', async () => {
  const world = createWorld();
  const [one, other] = [world.node('one'), world.node('other')];
  await one.look();
  await other.look();
  await world.clock.advance(2000);
  await one.look();
  await world.clock.advance(10_000);
  // Since its lease ran out the first node fires nothing, and notes nothing that it did not fire.
  assert.deepEqual(world.fired, seconds(1, 8));
  await other.look();
  await world.clock.advance(1000);
  assert.deepEqual(world.fired, seconds(1, 13));
  await Promise.all([one.close(), other.close()]);
});

test('a node that was held up until it thought its lease was over, and still has it, begins again', async () => {
  const world = createWorld();
  const node = world.node('one');
  await node.look();
  await world.clock.advance(1000);
  world.heldUpMs = 7000;
  await world.clock.advance(1000);
  assert.deepEqual(world.fired, seconds(1, 1));
  await node.look();
  await world.clock.advance(1000);
  assert.deepEqual(world.fired, seconds(1, 3));
  await node.close();
});

test('what could not be published before a stop is fired by the next process', async () => {
  const world = createWorld();
  const node = world.node('one');
  await node.look();
  await world.clock.advance(1000);
  world.fails = true;
  await world.clock.advance(2000);
  await node.close();
  world.fails = false;
  const next = world.node('two');
  await next.look();
  await world.clock.advance(1000);
  assert.deepEqual(world.fired, seconds(1, 4));
  await next.close();
});

test('a trigger that is disabled, changed or deleted ends what it was', async () => {
  const world = createWorld();
  const node = world.node('one');
  await node.look();
  await world.clock.advance(1000);
  const [trigger = assert.fail()] = world.triggers;
  world.triggers[0] = { ...trigger, enabled: false, updatedAt: world.clock.now() };
  await node.look();
  await world.clock.advance(3000);
  assert.deepEqual(world.fired, seconds(1, 1));
  world.triggers[0] = { ...trigger, updatedAt: world.clock.now() };
  await node.look();
  await world.clock.advance(1000);
  // What was due while it was disabled is not due any more.
  assert.deepEqual(world.fired, [second(1), second(5)]);
  world.triggers.length = 0;
  await node.look();
  await world.clock.advance(3000);
  assert.equal(world.fired.length, 2);
  await node.close();
});

test('a run that fails is shown to the owner and begun again', async () => {
  const world = createWorld();
  const [trigger = assert.fail()] = world.triggers;
  world.triggers[0] = { ...trigger, settings: { ...Object(trigger.settings), startAt: 5n } };
  const node = world.node('one');
  await node.look();
  await world.clock.advance(0);
  assert.equal(world.errors.length, 1);
  await node.look();
  await world.clock.advance(0);
  assert.equal(world.errors.length, 2);
  await node.close();
});
