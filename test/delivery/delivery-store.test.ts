// Where deliveries are kept: one suite over the real store and over the one in memory that other tests use.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createNewId } from '../../src/clock.js';
import type { Delivery, DeliveryOutcome, DeliveryStatus, Priority } from '../../src/delivery/delivery.js';
import { createDelivery, createDeliveryStore, type DeliveryStore } from '../../src/delivery/delivery-store.js';
import { openDatabase, type TestDatabase } from '../kit/database.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { createMemoryDatabase, createMemoryStores, eventOf } from '../kit/memory-stores.js';

const clock = createFakeClock();
const newId = createNewId(clock);
const at = (ms: number): Date => new Date(clock.now().getTime() + ms);
const lockOf = (by: string, ms = 0) => ({ by, at: at(ms) });
const all = { applicationId: null };

let database: TestDatabase;
before(async () => {
  database = await openDatabase();
});
after(() => database.close());

const implementations: readonly (readonly [string, () => Promise<DeliveryStore>])[] = [
  ['in MongoDB', async () => createDeliveryStore(database.connection)],
  ['in memory', async () => createMemoryStores(createMemoryDatabase()).deliveries],
];

let names = 0;
/** A name that no other test uses. */
function nameOf(what: string): string {
  names += 1;
  return `${what} ${names}`;
}

function deliveryOf(subscriptionId: string, parts: Partial<Delivery> = {}): Delivery {
  names += 1;
  const event = eventOf(parts.sequence ?? names);
  const delivery = createDelivery(newId('delivery'), event, { id: subscriptionId, application: null }, clock.now());
  return { ...delivery, eventId: `event ${names}`, ...parts };
}

const idsOf = (some: readonly Delivery[]): string[] => some.map(({ id }) => id).sort();
const succeeded: DeliveryOutcome = { status: 'SUCCEEDED', attemptCount: 1, nextAttemptAt: null, finishedAt: at(0) };
const exhausted: DeliveryOutcome = { ...succeeded, status: 'EXHAUSTED' };

for (const [where, open] of implementations) {
  suite(`deliveries ${where}`, () => {
    let deliveries: DeliveryStore;
    before(async () => {
      deliveries = await open();
      await deliveries.createIndexes();
    });
    /** Locks whatever is left of other tests, for nobody. */
    const clear = async (): Promise<void> => {
      while ((await deliveries.claim(1000, at(1e12), lockOf('nobody'))).length > 0);
    };
    const mustGet = async (id: string): Promise<Delivery> => (await deliveries.get(id)) ?? assert.fail(`no ${id}`);

    test('what is inserted comes back as it was, by its identifier and by its pair', async () => {
      const one = deliveryOf(nameOf('s'), { orderGroup: nameOf('g'), nextAttemptAt: null, sequence: 7 });
      const two = deliveryOf(nameOf('s'), { applicationId: 'app_1', isKept: true, nextAttemptAt: null });
      const three = deliveryOf(nameOf('s'), { priority: 'REPLAY', attemptCount: 3, scheduleFrom: 2 });
      assert.deepEqual(await deliveries.insert([one, two, three], null), [one, two, three]);
      for (const delivery of [one, two, three]) {
        assert.deepEqual(await deliveries.get(delivery.id), delivery);
        assert.deepEqual(await deliveries.find(delivery.eventId, delivery.subscriptionId), delivery);
      }
      assert.equal(await deliveries.get('dlv_ffffffffffffffffffffffff'), null);
      assert.equal(await deliveries.get('no identifier'), null);
      assert.equal(await deliveries.find(one.eventId, two.subscriptionId), null);
    });

    test('a pair of event and webhook subscription has one delivery, and only new ones are answered', async () => {
      const subscriptionId = nameOf('s');
      const [one, two] = [deliveryOf(subscriptionId), deliveryOf(subscriptionId)];
      await deliveries.insert([one], null);
      const again = { ...deliveryOf(subscriptionId), eventId: one.eventId };
      assert.deepEqual(await deliveries.insert([again, two], lockOf('me')), [two]);
      assert.equal(await deliveries.get(again.id), null);
      assert.deepEqual(await deliveries.get(one.id), one);
    });

    test('a claim locks what is due, once, the longest due first, and nothing that is locked or kept', async () => {
      await clear();
      const s = nameOf('s');
      const due = [-1, -3, -2, 0].map((ms) => deliveryOf(s, { nextAttemptAt: at(ms) }));
      const later = deliveryOf(s, { nextAttemptAt: at(1) });
      const kept = deliveryOf(s, { nextAttemptAt: null, isKept: true });
      await deliveries.insert([...due, later, kept], null);
      await deliveries.insert([deliveryOf(s)], lockOf('other'));
      assert.deepEqual(
        idsOf(await deliveries.claim(2, at(0), lockOf('a'))),
        idsOf([due[1], due[2]].flatMap((d) => d ?? [])),
      );
      assert.deepEqual(
        idsOf(await deliveries.claim(9, at(0), lockOf('b'))),
        idsOf([due[0], due[3]].flatMap((d) => d ?? [])),
      );
      assert.deepEqual(await deliveries.claim(9, at(0), lockOf('a')), []);
      assert.deepEqual(idsOf(await deliveries.claim(9, at(1), lockOf('a'))), [later.id]);
    });

    test('of a claim each priority gets its part, and what one does not need goes to the others', async () => {
      await clear();
      const s = nameOf('s');
      const some = (count: number, priority: Priority): Delivery[] =>
        Array.from({ length: count }, () => deliveryOf(s, { priority }));
      await deliveries.insert([...some(100, 'REPLAY'), ...some(100, 'RETRY'), ...some(30, 'FIRST_ATTEMPT')], null);
      const count = (claimed: readonly Delivery[], priority: Priority): number =>
        claimed.filter((one) => one.priority === priority).length;
      const first = await deliveries.claim(16, at(0), lockOf('a'));
      assert.deepEqual([count(first, 'FIRST_ATTEMPT'), count(first, 'RETRY'), count(first, 'REPLAY')], [12, 3, 1]);
      // Single places are shared like many.
      const singles: Delivery[] = [];
      for (let place = 0; place < 16; place += 1) singles.push(...(await deliveries.claim(1, at(0), lockOf('a'))));
      assert.deepEqual(
        [count(singles, 'FIRST_ATTEMPT'), count(singles, 'RETRY'), count(singles, 'REPLAY')],
        [12, 3, 1],
      );
      const rest = await deliveries.claim(64, at(0), lockOf('a'));
      assert.deepEqual([rest.length, count(rest, 'FIRST_ATTEMPT')], [64, 6]);
      assert.ok(count(rest, 'REPLAY') >= 4);
    });

    test('claims of several processes at the same time give each delivery to one of them', async () => {
      await clear();
      const s = nameOf('s');
      await deliveries.insert(
        Array.from({ length: 60 }, () => deliveryOf(s)),
        null,
      );
      const claims = await Promise.all(['a', 'b', 'c', 'd'].map((by) => deliveries.claim(30, at(0), lockOf(by))));
      const claimed = claims.flat().map(({ id }) => id);
      assert.equal(new Set(claimed).size, claimed.length);
    });

    test('only who holds the lock gives back, puts off, keeps or finishes', async () => {
      const s = nameOf('s');
      const [one, two, three, four] = [deliveryOf(s), deliveryOf(s), deliveryOf(s), deliveryOf(s)];
      await deliveries.insert([one, two, three, four], lockOf('me'));
      for (const by of ['other', 'me']) {
        await deliveries.unlock([one.id], by);
        await deliveries.putOff([{ id: two.id, until: at(5000) }], by);
        await deliveries.park([three], by);
        await deliveries.finish(four.id, by, succeeded);
        const now = await Promise.all([one, two, three, four].map(({ id }) => mustGet(id)));
        if (by === 'other') assert.deepEqual(now, [one, two, three, four]);
        else {
          assert.deepEqual(now[0], one);
          assert.deepEqual(now[1], { ...two, nextAttemptAt: at(5000) });
          assert.deepEqual(now[2], { ...three, nextAttemptAt: null, isKept: true });
          assert.deepEqual(now[3], { ...four, ...succeeded });
        }
      }
      await clear();
      await deliveries.putOff([], 'me');
      await deliveries.park([], 'me');
    });

    test('an outcome may change the priority, and without one it stays', async () => {
      const s = nameOf('s');
      const [one, two] = [deliveryOf(s), deliveryOf(s, { priority: 'REPLAY' })];
      await deliveries.insert([one, two], lockOf('me'));
      const again: DeliveryOutcome = { status: 'RETRYING', attemptCount: 1, nextAttemptAt: at(9e9), finishedAt: null };
      await Promise.all([
        deliveries.finish(one.id, 'me', { ...again, priority: 'RETRY' }),
        deliveries.finish(two.id, 'me', again),
      ]);
      assert.deepEqual([(await mustGet(one.id)).priority, (await mustGet(two.id)).priority], ['RETRY', 'REPLAY']);
    });

    test('locks are broken by age and by holder, and what is done is left alone', async () => {
      await clear();
      const s = nameOf('s');
      const [a, b, c] = [deliveryOf(s), deliveryOf(s), deliveryOf(s)];
      const [holderA, holderB, holderC] = [nameOf('a'), nameOf('b'), nameOf('c')];
      await deliveries.insert([a], lockOf(holderA, -10));
      await deliveries.insert([b], lockOf(holderB, -10));
      await deliveries.insert([c], lockOf(holderC, 0));
      assert.equal(await deliveries.breakLocks(at(-1), { only: [holderC] }), 0);
      assert.equal(await deliveries.breakLocks(at(-1), { only: [holderA] }), 1);
      assert.equal(await deliveries.breakLocks(at(-1), { only: [holderA] }), 0);
      assert.deepEqual(idsOf(await deliveries.claim(9, at(0), lockOf(holderC))), [a.id]);
      assert.equal(
        await deliveries.breakLocks(at(0), { not: [holderC, 'nobody', 'other', 'me', 'a', 'b', 'c', 'd'] }),
        1,
      );
      await deliveries.finish(a.id, holderC, succeeded);
      await deliveries.park([c], holderC);
      assert.equal(await deliveries.breakLocks(at(9e9), { only: [holderA, holderB, holderC] }), 0);
    });

    test('the first of an order group goes when all before it are through, and no further than what is planned', async () => {
      await clear();
      const [s, group] = [nameOf('s'), nameOf('g')];
      const ordered = [1, 2, 3].map((sequence) => deliveryOf(s, { sequence, orderGroup: group, nextAttemptAt: null }));
      const [first, second, third] = ordered as [Delivery, Delivery, Delivery];
      await deliveries.insert([third, first, second], null);
      const turn = (upTo: number, lock = true) => ({ at: at(0), upTo, lock: lock ? lockOf('me') : null });
      const heads = async (upTo: number, lock = true): Promise<string[]> =>
        idsOf(await deliveries.claimHeads([group], turn(upTo, lock)));
      assert.deepEqual(await deliveries.claim(9, at(9e9), lockOf('x')), []);
      assert.deepEqual(await heads(0), []);
      assert.deepEqual(await heads(3), [first.id]);
      assert.deepEqual(await heads(3), []);
      // A failure holds up the group, and so does being kept.
      await deliveries.finish(first.id, 'me', {
        ...succeeded,
        status: 'RETRYING',
        finishedAt: null,
        nextAttemptAt: at(9),
      });
      assert.deepEqual(await heads(3), []);
      assert.deepEqual(idsOf(await deliveries.claim(9, at(9), lockOf('me'))), [first.id]);
      await deliveries.park([first], 'me');
      assert.deepEqual(await heads(3), []);
      assert.equal((await deliveries.claimKept(s, lockOf('me')))?.id, first.id);
      await deliveries.finish(first.id, 'me', { ...succeeded, leavesOrderGroup: true });
      assert.deepEqual(await heads(1), []);
      // Without a lock it becomes due, for whoever comes.
      assert.deepEqual(await heads(3, false), [second.id]);
      assert.deepEqual(idsOf(await deliveries.claim(9, at(0), lockOf('you'))), [second.id]);
      await deliveries.finish(second.id, 'you', exhausted);
      assert.deepEqual(await heads(3), []);
      assert.equal((await deliveries.cancelOne(second.id, at(0)))?.status, 'CANCELLED');
      assert.deepEqual(await heads(3), [third.id]);
      assert.deepEqual(idsOf(await deliveries.claimHeads([nameOf('g'), group], turn(9))), []);
    });

    test('order groups are listed in turn while something of them is not through', async () => {
      const s = nameOf('s');
      const groups = [1, 2, 3].map((n) => `zz ${s} ${n}`);
      const [one = '', two = '', three = ''] = groups;
      const ordered = groups.flatMap((orderGroup) =>
        [1, 2].map((sequence) => deliveryOf(s, { sequence, orderGroup, nextAttemptAt: null })),
      );
      await deliveries.insert(ordered, null);
      assert.deepEqual(await deliveries.orderGroups(`zz ${s}`, 2), [one, two]);
      assert.deepEqual(await deliveries.orderGroups(two, 2), [three]);
      await deliveries.cancel([s], at(0));
      assert.deepEqual(await deliveries.orderGroups(`zz ${s}`, 2), []);
    });

    test('what is kept for a webhook subscription is released all at once or one by one', async () => {
      await clear();
      const [s, other] = [nameOf('s'), nameOf('s')];
      const kept = Array.from({ length: 4 }, () => deliveryOf(s, { nextAttemptAt: null, isKept: true }));
      await deliveries.insert([...kept, deliveryOf(other, { nextAttemptAt: null, isKept: true })], null);
      const keptFor = await deliveries.keptSubscriptions();
      assert.ok(keptFor.includes(s) && keptFor.includes(other));
      const single = await deliveries.claimKept(s, lockOf('me'));
      assert.ok(single !== null && !single.isKept && idsOf(kept).includes(single.id));
      assert.deepEqual(single.nextAttemptAt, at(0));
      assert.equal(await deliveries.unpark(s, at(-5)), 3);
      assert.equal(await deliveries.claimKept(s, lockOf('me')), null);
      assert.deepEqual(
        (await deliveries.keptSubscriptions()).filter((id) => id === s || id === other),
        [other],
      );
      const claimed = await deliveries.claim(9, at(-5), lockOf('me'));
      assert.deepEqual(idsOf([...claimed, single]), idsOf(kept));
      assert.equal((await mustGet(single.id)).status, 'PENDING');
    });

    test('cancelling ends what is unfinished of webhook subscriptions, and frees their groups', async () => {
      const [s, group] = [nameOf('s'), nameOf('g')];
      const [done, failed, waiting] = [1, 2, 3].map((sequence) =>
        deliveryOf(s, { sequence, orderGroup: group, nextAttemptAt: null }),
      ) as [Delivery, Delivery, Delivery];
      const running = deliveryOf(s);
      await deliveries.insert([done, failed, running], lockOf('me'));
      await deliveries.insert([waiting], null);
      await deliveries.finish(done.id, 'me', { ...succeeded, leavesOrderGroup: true });
      await deliveries.finish(failed.id, 'me', exhausted);
      assert.equal(await deliveries.cancel([s], at(1)), 2);
      const statuses = await Promise.all(
        [done, failed, waiting, running].map(async ({ id }) => (await mustGet(id)).status),
      );
      assert.deepEqual(statuses, ['SUCCEEDED', 'EXHAUSTED', 'CANCELLED', 'CANCELLED']);
      assert.equal((await mustGet(failed.id)).orderGroup, null);
      // The request that was on its way changes nothing any more.
      await deliveries.finish(running.id, 'me', succeeded);
      assert.deepEqual((await mustGet(running.id)).finishedAt, at(1));
    });

    const statuses: readonly [DeliveryStatus, boolean, boolean][] = [
      ['PENDING', true, true],
      ['RETRYING', true, true],
      ['SUCCEEDED', false, true],
      ['EXHAUSTED', false, true],
      ['CANCELLED', false, false],
    ];
    for (const [status, isCancelled, isRetried] of statuses) {
      test(`one that is ${status} is ${isCancelled ? '' : 'not '}cancelled, and ${isRetried ? '' : 'not '}retried`, async () => {
        await clear();
        const isOpen = status === 'PENDING' || status === 'RETRYING';
        const attemptCount = status === 'PENDING' ? 0 : 4;
        const parts = {
          status,
          attemptCount,
          nextAttemptAt: isOpen ? at(9e9) : null,
          finishedAt: isOpen ? null : at(0),
        };
        const [one, two] = [deliveryOf(nameOf('s'), parts), deliveryOf(nameOf('s'), parts)];
        await deliveries.insert([one, two], null);
        const cancelled = await deliveries.cancelOne(one.id, at(3));
        assert.equal(cancelled?.status ?? null, isCancelled ? 'CANCELLED' : null);
        if (isCancelled) assert.deepEqual([cancelled?.finishedAt, cancelled?.nextAttemptAt], [at(3), null]);
        const retried = await deliveries.retry(two.id, at(-1));
        assert.equal(retried !== null, isRetried);
        if (retried === null) return;
        assert.deepEqual(retried, {
          ...two,
          status: attemptCount === 0 ? 'PENDING' : 'RETRYING',
          priority: 'RETRY',
          scheduleFrom: attemptCount,
          nextAttemptAt: at(-1),
          finishedAt: null,
        });
        assert.deepEqual(idsOf(await deliveries.claim(9, at(0), lockOf('me'))), [two.id]);
      });
    }

    test('one that is being made is not retried, one that is kept is, and one that waits for its turn is not', async () => {
      const [s, group] = [nameOf('s'), nameOf('g')];
      const [running, kept] = [deliveryOf(s), deliveryOf(s, { nextAttemptAt: null, isKept: true })];
      const waiting = deliveryOf(s, { nextAttemptAt: null, orderGroup: group });
      await deliveries.insert([running], lockOf('me'));
      await deliveries.insert([kept, waiting], null);
      assert.equal(await deliveries.retry(running.id, at(0)), null);
      assert.equal((await deliveries.retry(kept.id, at(0)))?.isKept, false);
      assert.equal(await deliveries.retry(waiting.id, at(0)), null);
      assert.equal(await deliveries.retry('dlv_ffffffffffffffffffffffff', at(0)), null);
      assert.equal(await deliveries.cancelOne('dlv_ffffffffffffffffffffffff', at(0)), null);
    });

    test('an exhausted delivery that holds up its group is retried in its place', async () => {
      const [s, group] = [nameOf('s'), nameOf('g')];
      const [head, next] = [1, 2].map((sequence) =>
        deliveryOf(s, { sequence, orderGroup: group, nextAttemptAt: null }),
      ) as [Delivery, Delivery];
      await deliveries.insert([head, next], null);
      const turn = { at: at(0), upTo: 9, lock: lockOf('me') };
      await deliveries.claimHeads([group], turn);
      await deliveries.finish(head.id, 'me', exhausted);
      assert.equal((await deliveries.retry(head.id, at(0)))?.orderGroup, group);
      assert.deepEqual(await deliveries.claimHeads([group], turn), []);
    });

    test('what is given back may be limited to what was locked before an instant', async () => {
      const [old, young] = [deliveryOf(nameOf('s')), deliveryOf(nameOf('s'))];
      await deliveries.insert([old], lockOf('me'));
      await deliveries.insert([young], lockOf('me', 20));
      const ids = [old.id, young.id];
      assert.equal(await deliveries.unlock(ids, 'another', at(10)), 0);
      assert.equal(await deliveries.unlock(ids, 'me', at(10)), 1);
      assert.equal(await deliveries.unlock(ids, 'me', at(10)), 0);
      assert.equal(await deliveries.unlock(ids, 'me'), 1);
    });

    test('exhausted deliveries leave the order they hold up, some at a time, and the next ones go', async () => {
      const s = nameOf('sub');
      const groups = [s, `${s} a`, `${s} b`];
      const other = `${s}2`;
      const make = (group: string, sequence: number, of = s): Delivery =>
        deliveryOf(of, { sequence, orderGroup: group, nextAttemptAt: null });
      const heads = [...groups.map((group) => make(group, 1)), make(other, 1, other)];
      const nexts = groups.map((group) => make(group, 2));
      await deliveries.insert([...heads, ...nexts], null);
      const turn = { at: at(0), upTo: 9, lock: lockOf('me') };
      await deliveries.claimHeads([...groups, other], turn);
      for (const { id } of heads) await deliveries.finish(id, 'me', exhausted);
      assert.deepEqual(await deliveries.claimHeads([...groups, other], turn), []);
      const left = [...(await deliveries.leaveOrder(s, 2)), ...(await deliveries.leaveOrder(s, 2))];
      assert.deepEqual(left.sort(), groups);
      assert.deepEqual(await deliveries.leaveOrder(s, 2), []);
      assert.deepEqual(idsOf(await deliveries.claimHeads([...groups, other], turn)), idsOf(nexts));
    });

    test('lists are newest first, by page, and of what is asked for', async () => {
      const [s, eventId] = [nameOf('s'), nameOf('event')];
      const mine = [1, 2, 3, 4, 5].map((n) =>
        deliveryOf(s, { applicationId: n % 2 === 0 ? 'app_2' : null, ...(n === 5 ? { eventId } : {}) }),
      );
      await deliveries.insert(mine, null);
      const newest = mine.map(({ id }) => id).reverse();
      const ids = async (request: { first: number; after: string | null }, filter: object): Promise<string[]> =>
        (await deliveries.list({ list: 'deliveries', ...request }, { ...all, subscriptionId: s, ...filter })).items.map(
          ({ id }) => id,
        );
      assert.deepEqual(await ids({ first: 3, after: null }, {}), newest.slice(0, 3));
      assert.deepEqual(await ids({ first: 3, after: newest[2] ?? null }, {}), newest.slice(3));
      assert.deepEqual(await ids({ first: 9, after: null }, { applicationId: 'app_2' }), [newest[1], newest[3]]);
      assert.deepEqual(await ids({ first: 9, after: null }, { eventId }), [newest[0]]);
      assert.deepEqual(await ids({ first: 9, after: null }, { status: 'SUCCEEDED' }), []);
    });

    test('retention deletes what is finished and old, and nothing that is open or holds up a group', async () => {
      await clock.advance(1000);
      const s = nameOf('s');
      const end = { nextAttemptAt: null, finishedAt: at(0) };
      const old = deliveryOf(s, { status: 'SUCCEEDED', ...end });
      const open = deliveryOf(s, { nextAttemptAt: at(9e9) });
      const holdingUp = deliveryOf(s, { status: 'EXHAUSTED', orderGroup: nameOf('g'), ...end });
      await deliveries.insert([old, open, holdingUp], null);
      await clock.advance(1000);
      const young = deliveryOf(s, { status: 'SUCCEEDED', ...end });
      await deliveries.insert([young], null);
      while ((await deliveries.deleteFinished(at(-500), 2)) > 0);
      const left = (
        await deliveries.list({ list: 'deliveries', first: 10, after: null }, { ...all, subscriptionId: s })
      ).items;
      assert.deepEqual(idsOf(left), idsOf([open, holdingUp, young]));
    });
  });
}
