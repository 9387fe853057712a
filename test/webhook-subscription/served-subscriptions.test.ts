// The copy of webhook subscriptions in memory: it ends up like the database whatever the change stream does, and its barrier
// lets nothing through too early.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import fc from 'fast-check';
import { createSecretBox } from '../../src/security/secret-box.js';
import { defaultDeliveryPolicy } from '../../src/webhook-subscription/delivery-policy.js';
import { type ServedSubscriptions, serveSubscriptions } from '../../src/webhook-subscription/served-subscriptions.js';
import type { WebhookSubscription } from '../../src/webhook-subscription/webhook-subscription.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { createFakeRandomBytes } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  type MemoryStores,
  type RecordedLog,
  resumeStreams,
  subscriptionOf,
} from '../kit/memory-stores.js';

const box = createSecretBox(Buffer.alloc(32, 1), createFakeRandomBytes());

interface Node {
  readonly clock: FakeClock;
  readonly stores: MemoryStores;
  readonly served: ServedSubscriptions;
  readonly log: RecordedLog;
}
const nodes: Node[] = [];
async function closeAll(): Promise<void> {
  for (const { served, clock } of nodes.splice(0)) {
    const closed = served.close();
    await clock.advance(1000);
    await closed;
  }
}
afterEach(closeAll);

function startNode(database: MemoryDatabase): Node {
  const clock = createFakeClock();
  const stores = createMemoryStores(database);
  const log = createRecordedLog();
  const served = serveSubscriptions({ store: stores.webhookSubscriptions, secretBox: box, clock, log });
  const node = { clock, stores, served, log };
  nodes.push(node);
  return node;
}

const idsFor = (served: ServedSubscriptions, type = 'order.created'): string[] =>
  served
    .wanting(eventOf(1, { type }))
    .map(({ id }) => id)
    .sort();
const changed = (subscription: WebhookSubscription, parts: Partial<WebhookSubscription>): WebhookSubscription => ({
  ...subscription,
  ...parts,
  updatedAt: new Date(subscription.updatedAt.getTime() + 1),
});

test('what is there at the start is loaded, and changes by anybody arrive', async () => {
  const database = createMemoryDatabase();
  const other = createMemoryStores(database).webhookSubscriptions;
  const first = subscriptionOf('s1');
  await other.create(first);
  const { served } = startNode(database);
  await served.loaded;
  assert.deepEqual(idsFor(served), ['s1']);
  await other.create(subscriptionOf('s2'));
  await other.replace(first, changed(first, { eventTypes: ['invoice.*'] }));
  await served.caughtUp();
  assert.deepEqual([idsFor(served), idsFor(served, 'invoice.paid')], [['s2'], ['s1', 's2']]);
  await other.delete('s2');
  await served.caughtUp();
  assert.deepEqual(idsFor(served), []);
  assert.equal(await served.get('s2'), null);
});

test('a webhook subscription wants what its types, filter and beginning let it have', async () => {
  const database = createMemoryDatabase();
  const { webhookSubscriptions } = createMemoryStores(database);
  await webhookSubscriptions.create(subscriptionOf('s1', { filter: { 'data.amount': { $gt: 5 } }, fromSequence: 10 }));
  const { served } = startNode(database);
  await served.loaded;
  const wants = (sequence: number, amount: number): boolean =>
    served.wanting(eventOf(sequence, { dataJson: JSON.stringify({ amount }) })).length === 1;
  assert.deepEqual([wants(10, 6), wants(11, 6), wants(11, 5)], [false, true, false]);
});

test('one pinned to a version wants the events of that version alone, unless a document reads them by it', async () => {
  const database = createMemoryDatabase();
  const { webhookSubscriptions } = createMemoryStores(database);
  const pin = { eventTypes: ['order.created'], eventTypeVersion: 2 };
  const document = { query: 'subscription { orderCreated { id } }', variables: null, problem: null };
  await webhookSubscriptions.create(subscriptionOf('plain', pin));
  await webhookSubscriptions.create(subscriptionOf('document', { ...pin, document }));
  await webhookSubscriptions.create(subscriptionOf('unpinned', { eventTypes: ['order.created'] }));
  const { served } = startNode(database);
  await served.loaded;
  const wantedBy = (typeVersion: number): string[] =>
    served
      .wanting(eventOf(1, { type: 'order.created', typeVersion }))
      .map(({ id }) => id)
      .sort();
  assert.deepEqual(wantedBy(1), ['document', 'unpinned']);
  assert.deepEqual(wantedBy(2), ['document', 'plain', 'unpinned']);
  assert.deepEqual(wantedBy(3), ['document', 'unpinned']);
  // A replay asks the same with another beginning.
  const plain = served.peek('plain') ?? assert.fail();
  const isReplayed = (typeVersion: number): boolean =>
    plain.wants(eventOf(5, { type: 'order.created', typeVersion }), 4);
  assert.deepEqual([1, 2, 3].map(isReplayed), [false, true, false]);
});

test('a stored filter that does not compile gets nothing and says so, and the others are served', async () => {
  const database = createMemoryDatabase();
  const { webhookSubscriptions } = createMemoryStores(database);
  await webhookSubscriptions.create(subscriptionOf('s1', { filter: { 'data.x': { $later: 1 } } }));
  await webhookSubscriptions.create(subscriptionOf('s2'));
  const { served, log } = startNode(database);
  await served.loaded;
  assert.deepEqual(idsFor(served), ['s2']);
  assert.equal(log.lines[0]?.level, 'error');
});

test('its policy is made of its settings once, and is the same object for all who set nothing', async () => {
  const database = createMemoryDatabase();
  const { webhookSubscriptions } = createMemoryStores(database);
  const targets = [
    { url: 'https://a.example/', weight: 2 },
    { url: 'https://b.example/', weight: 1 },
  ];
  await webhookSubscriptions.create(subscriptionOf('s1', { targets, deliverySettings: { timeoutMs: 3000 } }));
  await webhookSubscriptions.create(subscriptionOf('s2'));
  await webhookSubscriptions.create(subscriptionOf('s3', { deliverySettings: { retryPolicy: { jitter: 7 } } }));
  const { served, log } = startNode(database);
  await served.loaded;
  const [own, none, broken] = await Promise.all(['s1', 's2', 's3'].map((id) => served.get(id)));
  assert.deepEqual([own?.policy.timeoutMs, own?.targets], [3000, targets]);
  assert.equal(own?.policy, own?.policy);
  assert.equal(none?.policy, defaultDeliveryPolicy);
  assert.deepEqual([broken?.policy, log.lines.length], [defaultDeliveryPolicy, 1]);
});

test('secrets and headers are opened, and an old secret signs until it has expired', async () => {
  const database = createMemoryDatabase();
  const { webhookSubscriptions } = createMemoryStores(database);
  const secretOf = (byte: number): string => `whsec_${Buffer.alloc(24, byte).toString('base64')}`;
  const expiresAt = new Date('2026-01-02T00:00:00.000Z');
  await webhookSubscriptions.create(
    subscriptionOf('s1', {
      headersSealed: box.seal('[{"name":"x-a","value":"1"}]', 's1'),
      secrets: [
        { sealed: box.seal(secretOf(2), 's1'), expiresAt: null },
        { sealed: box.seal(secretOf(1), 's1'), expiresAt },
      ],
    }),
  );
  const { served } = startNode(database);
  await served.loaded;
  const found = await served.get('s1');
  assert.deepEqual(found?.headers, [{ name: 'x-a', value: '1' }]);
  const keysAt = (at: Date): (number | undefined)[] | undefined => found?.signingKeys(at).map((key) => key[0]);
  assert.deepEqual(keysAt(new Date(expiresAt.getTime() - 1)), [2, 1]);
  assert.deepEqual(keysAt(expiresAt), [2]);
});

test('one that is not in the copy yet is found in the store', async () => {
  const database = createMemoryDatabase();
  const { served, stores } = startNode(database);
  await served.loaded;
  stores.faults.areStreamsHeld = true;
  await stores.webhookSubscriptions.create(subscriptionOf('s1'));
  assert.equal((await served.get('s1'))?.id, 's1');
  assert.equal(await served.get('s2'), null);
});

test('the barrier waits for what was acknowledged before it, and not for what comes after', async () => {
  const database = createMemoryDatabase();
  const { served, stores, clock } = startNode(database);
  const other = createMemoryStores(database).webhookSubscriptions;
  await served.loaded;
  await served.caughtUp();
  stores.faults.areStreamsHeld = true;
  await other.create(subscriptionOf('s1'));
  let isCaughtUp = false;
  const caughtUp = served.caughtUp()?.then(() => {
    isCaughtUp = true;
  });
  await settle();
  assert.equal(isCaughtUp, false);
  resumeStreams(database, stores.faults);
  await caughtUp;
  assert.deepEqual(idsFor(served), ['s1']);
  assert.equal(clock.timers, 0);
});

test('a barrier that does not lift in ten seconds is STORE_UNAVAILABLE and leaves nothing behind', async () => {
  const database = createMemoryDatabase();
  const { served, stores, clock } = startNode(database);
  await served.loaded;
  stores.faults.areStreamsHeld = true;
  await stores.webhookSubscriptions.create(subscriptionOf('s1'));
  const waiting = assert.rejects(async () => served.caughtUp(), { code: 'STORE_UNAVAILABLE' });
  await clock.advance(10_000);
  await waiting;
  assert.equal(clock.timers, 0);
  resumeStreams(database, stores.faults);
  await settle();
  await served.caughtUp();
});

test('a lost change stream is followed anew, with what was created, changed and deleted meanwhile', async () => {
  const database = createMemoryDatabase();
  const { served, stores, clock, log } = startNode(database);
  const other = createMemoryStores(database).webhookSubscriptions;
  const [kept, gone] = [subscriptionOf('kept'), subscriptionOf('gone')];
  await other.create(kept);
  await other.create(gone);
  await served.loaded;
  await served.caughtUp();
  stores.faults.breakStreams();
  await settle();
  assert.equal(log.lines[0]?.level, 'warn');
  await other.delete('gone');
  await other.create(subscriptionOf('new'));
  await other.replace(kept, changed(kept, { eventTypes: ['invoice.paid'] }));
  assert.deepEqual(idsFor(served), ['gone', 'kept']);
  const caughtUp = served.caughtUp();
  await clock.advance(500);
  await caughtUp;
  assert.deepEqual([idsFor(served), idsFor(served, 'invoice.paid')], [['new'], ['kept', 'new']]);
});

test('a load that fails is tried again until it succeeds', async () => {
  const database = createMemoryDatabase();
  await createMemoryStores(database).webhookSubscriptions.create(subscriptionOf('s1'));
  const { served, stores, clock } = startNode(database);
  stores.faults.failBefore('subscriptions.all');
  stores.faults.failBefore('subscriptions.revision');
  await clock.advance(1000);
  await served.loaded;
  assert.deepEqual(idsFor(served), ['s1']);
});

test('an older form of a record that arrives late changes nothing', async () => {
  const database = createMemoryDatabase();
  const old = subscriptionOf('s1');
  const { served, stores } = startNode(database);
  const hold = stores.faults.hold('subscriptions.revision');
  await hold.reached;
  const other = createMemoryStores(database).webhookSubscriptions;
  // Both changes are in the load and come again from the stream.
  await other.create(old);
  await other.replace(old, changed(old, { eventTypes: ['invoice.paid'] }));
  stores.faults.areStreamsHeld = true;
  hold.release();
  await served.loaded;
  assert.deepEqual(idsFor(served), []);
  const step = database.subscriptionChanges.changes;
  assert.equal(step[0]?.kind, 'put');
  resumeStreams(database, stores.faults);
  await settle();
  assert.deepEqual([idsFor(served), idsFor(served, 'invoice.paid')], [[], ['s1']]);
});

test('a record deleted while the copy is loaded is gone in the end', async () => {
  const database = createMemoryDatabase();
  const other = createMemoryStores(database).webhookSubscriptions;
  await other.create(subscriptionOf('s1'));
  await other.create(subscriptionOf('s2'));
  const { served, stores } = startNode(database);
  const hold = stores.faults.hold('subscriptions.all', 'after');
  await hold.reached;
  await other.delete('s1');
  hold.release();
  await served.caughtUp();
  await settle();
  assert.deepEqual(idsFor(served), ['s2']);
});

test('closing ends it, also while it waits to follow anew', async () => {
  const database = createMemoryDatabase();
  const { served, stores, clock } = startNode(database);
  await served.loaded;
  stores.faults.breakStreams();
  await settle();
  const closed = served.close();
  await clock.advance(500);
  await closed;
  assert.equal(clock.timers, 0);
  assert.equal(database.subscriptionChanges.wakers.size, 0);
});

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('put' as const, 'remove' as const), id: fc.constantFrom('s1', 's2', 's3') }),
    fc.record({ kind: fc.constantFrom('break' as const, 'hold' as const, 'resume' as const, 'time' as const) }),
  ),
  { maxLength: 30 },
);

test('whatever two writers and the stream do, after the barrier the copy is as the database was', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const database = createMemoryDatabase();
      const { served, stores, clock } = startNode(database);
      const writers = [createMemoryStores(database).webhookSubscriptions, stores.webhookSubscriptions];
      for (const [index, step] of list.entries()) {
        const writer = writers[index % 2];
        if (step.kind === 'put') {
          const current = database.subscriptions.get(step.id);
          const parts = { eventTypes: [index % 3 === 0 ? 'invoice.paid' : 'order.created'] };
          if (current === undefined) await writer?.create(subscriptionOf(step.id, parts));
          else await writer?.replace(current, changed(current, parts));
        } else if (step.kind === 'remove') {
          await writer?.delete(step.id);
        } else if (step.kind === 'break') stores.faults.breakStreams();
        else if (step.kind === 'hold') stores.faults.areStreamsHeld = true;
        else if (step.kind === 'resume') resumeStreams(database, stores.faults);
        else await clock.advance(500);
      }
      resumeStreams(database, stores.faults);
      const caughtUp = served.caughtUp();
      await clock.advance(1000);
      await caughtUp;
      for (const type of ['order.created', 'invoice.paid']) {
        const expected = [...database.subscriptions.values()].filter((one) => one.eventTypes.includes(type));
        assert.deepEqual(idsFor(served, type), expected.map(({ id }) => id).sort());
      }
      await closeAll();
    }),
    { numRuns: 100 },
  );
});
