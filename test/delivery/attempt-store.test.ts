// The log of attempts over the real store: what is kept comes back, and every search finds what it should at a bounded cost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createNewId } from '../../src/clock.js';
import { type AttemptFilter, type AttemptStore, createAttemptStore } from '../../src/delivery/attempt-store.js';
import { type AttemptError, classOf, type DeliveryAttempt } from '../../src/delivery/delivery.js';
import { maxLookedAt } from '../../src/delivery/newest-first.js';
import { noTiming } from '../../src/delivery/stage-timing.js';
import { openDatabase, type TestDatabase } from '../kit/database.js';
import { createFakeClock } from '../kit/fake-clock.js';

let database: TestDatabase;
let attempts: AttemptStore;
/** What is in the store, newest first. */
let all: DeliveryAttempt[];
const clock = createFakeClock();
const newId = createNewId(clock);

const refused: AttemptError = { stage: 'CONNECT', code: 'ECONNREFUSED', message: 'Refused.' };
const late: AttemptError = { stage: 'TIMEOUT', code: 'TIMEOUT_BODY', message: 'Late.' };
const outcomes = [200, 200, 500, 503, 404, 302, refused, late, 204, 700];

function attemptOf(n: number, parts: Partial<DeliveryAttempt> = {}): DeliveryAttempt {
  const outcome = outcomes[n % outcomes.length] ?? 200;
  const startedAt = clock.now();
  return {
    id: newId('deliveryAttempt'),
    deliveryId: `dlv_${n}`,
    eventId: `evt_${n % 40}`,
    eventType: n % 3 === 0 ? 'order.created' : 'order.paid',
    subscriptionId: `sub_${n % 7}`,
    applicationId: n % 5 === 0 ? null : `app_${n % 5}`,
    number: n,
    method: 'POST',
    requestBody: null,
    requestBodyTruncated: false,
    startedAt,
    durationMs: 12.5,
    timing: { ...noTiming, firstByteMs: 12, bodyMs: 0.5 },
    url: 'https://receiver.example/',
    statusCode: typeof outcome === 'number' ? outcome : null,
    error: typeof outcome === 'number' ? null : outcome,
    requestHeaders: [
      { name: 'user-agent', value: 'carillon/test' },
      { name: 'authorization', value: '***' },
      { name: 'webhook-id', value: `evt_${n % 40}` },
      { name: 'webhook-timestamp', value: String(Math.floor(startedAt.getTime() / 1000)) },
      { name: 'webhook-signature', value: '***' },
    ],
    responseHeaders: [{ name: 'x-a', value: 'ü' }],
    responseBody: 'thanks',
    responseBodyTruncated: false,
    ...parts,
  };
}

before(async () => {
  database = await openDatabase();
  attempts = createAttemptStore(database.connection);
  await attempts.createIndexes();
  all = [];
  for (let n = 0; n < 280; n += 1) {
    all.unshift(attemptOf(n));
    await clock.advance(1000);
  }
  await Promise.all(all.map((attempt) => attempts.insert(attempt)));
});

after(() => database.close());

/** All pages of a search. */
async function searchAll(filter: Partial<AttemptFilter>, first = 7): Promise<DeliveryAttempt[]> {
  const found: DeliveryAttempt[] = [];
  for (let position: string | null = null; ; ) {
    const request = { list: 'deliveryAttempts', first, after: position };
    const page = await attempts.search(request, { applicationId: null, ...filter });
    found.push(...page.items);
    assert.ok(page.items.length === first || !page.hasNextPage, 'a page is short in the middle');
    if (!page.hasNextPage) return found;
    position = page.items.at(-1)?.id ?? assert.fail();
  }
}

test('an attempt comes back as it was written, alone and among those of its delivery', async () => {
  const [newest] = all;
  assert.ok(newest !== undefined);
  assert.deepEqual(await attempts.get(newest.id), newest);
  assert.deepEqual(await attempts.list(newest, 10), [newest]);
  const unsent = attemptOf(1, { eventId: 'evt_unsent', requestHeaders: [], timing: noTiming, responseBody: null });
  await attempts.insert(unsent);
  assert.deepEqual(await attempts.list(unsent, 10), [unsent]);
  await database.connection.collection<{ _id: string }>('deliveryattempts').deleteOne({ _id: unsent.id });
});

test('an attempt whose number is taken gets the next one', async () => {
  const first = attemptOf(1, { eventId: 'evt_twice', number: 1 });
  const again = attemptOf(2, { eventId: 'evt_twice', subscriptionId: first.subscriptionId, number: 1 });
  assert.deepEqual([await attempts.insert(first), await attempts.insert(again)], [1, 2]);
  for (const { id } of [first, again])
    await database.connection.collection<{ _id: string }>('deliveryattempts').deleteOne({ _id: id });
});

const instant = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const searches: readonly (readonly [Partial<AttemptFilter>, (attempt: DeliveryAttempt) => boolean])[] = [
  [{}, () => true],
  [{ subscriptionId: 'sub_3' }, (one) => one.subscriptionId === 'sub_3'],
  [{ eventType: 'order.created' }, (one) => one.eventType === 'order.created'],
  [{ eventId: 'evt_12' }, (one) => one.eventId === 'evt_12'],
  [{ eventId: 'evt_12', classes: ['S4XX', 'S2XX'] }, (one) => one.eventId === 'evt_12' && isOf(one, 'S4XX', 'S2XX')],
  [{ classes: ['S2XX'] }, (one) => isOf(one, 'S2XX')],
  [{ classes: ['S3XX', 'S5XX', 'OTHER', 'NO_ANSWER'] }, (one) => isOf(one, 'S3XX', 'S5XX', 'OTHER', 'NO_ANSWER')],
  [{ classes: ['S5XX'], subscriptionId: 'sub_1' }, (one) => isOf(one, 'S5XX') && one.subscriptionId === 'sub_1'],
  [{ classes: ['S2XX', 'S4XX'], eventType: 'order.paid' }, (one) => isOf(one, 'S2XX', 'S4XX') && isPaid(one)],
  [{ statusCode: 503 }, (one) => one.statusCode === 503],
  [{ statusCode: 204 }, (one) => one.statusCode === 204],
  [{ statusCode: 503, classes: ['S4XX'] }, () => false],
  [{ statusCode: 503, errorCode: 'ECONNREFUSED' }, () => false],
  [{ errorStage: 'TIMEOUT' }, (one) => one.error?.stage === 'TIMEOUT'],
  [{ errorCode: 'ECONNREFUSED', eventType: 'order.paid' }, (one) => one.error?.code === 'ECONNREFUSED' && isPaid(one)],
  [{ applicationId: 'app_2' }, (one) => one.applicationId === 'app_2'],
  [
    { applicationId: 'app_2', classes: ['NO_ANSWER'] },
    (one) => one.applicationId === 'app_2' && isOf(one, 'NO_ANSWER'),
  ],
  [{ from: instant(100) }, (one) => one.startedAt >= instant(100)],
  [{ to: instant(100) }, (one) => one.startedAt < instant(100)],
  [{ from: instant(50), to: instant(60) }, (one) => one.startedAt >= instant(50) && one.startedAt < instant(60)],
  [{ from: instant(60), to: instant(50) }, () => false],
  [
    { from: instant(50), to: instant(200), classes: ['S5XX', 'S4XX'], eventType: 'order.paid' },
    (one) => one.startedAt >= instant(50) && one.startedAt < instant(200) && isOf(one, 'S5XX', 'S4XX') && isPaid(one),
  ],
];
function isOf({ statusCode }: DeliveryAttempt, ...classes: string[]): boolean {
  return classes.includes(classOf(statusCode));
}
function isPaid({ eventType }: DeliveryAttempt): boolean {
  return eventType === 'order.paid';
}

for (const [filter, isWanted] of searches) {
  test(`a search for ${JSON.stringify(filter)} finds each once, newest first, over all pages`, async () => {
    const found = await searchAll(filter);
    assert.deepEqual(
      found.map(({ id }) => id),
      all.filter(isWanted).map(({ id }) => id),
    );
  });
}

// The last one: it leaves much behind.
test('what no index serves is looked for among a bounded number, and the next page goes on behind them', async () => {
  const other = createAttemptStore(database.connection);
  const rare = attemptOf(3, { eventType: 'order.lost', eventId: 'evt_rare', subscriptionId: 'sub_many' });
  const many = Array.from({ length: maxLookedAt + 50 }, (_, n) =>
    attemptOf(0, { eventId: `evt_many_${n}`, subscriptionId: 'sub_many' }),
  );
  await Promise.all([rare, ...many].map((attempt) => other.insert(attempt)));
  for (const filter of [{ eventType: 'order.lost' }, { eventType: 'order.lost', subscriptionId: 'sub_many' }]) {
    const wanted = { applicationId: null, ...filter };
    const empty = await other.search({ list: 'deliveryAttempts', first: 5, after: null }, wanted);
    assert.deepEqual([empty.items, empty.hasNextPage, empty.lookedUntil], [[], true, many[50]?.id]);
    const next = await other.search({ list: 'deliveryAttempts', first: 5, after: empty.lookedUntil ?? null }, wanted);
    assert.deepEqual(
      next.items.map(({ id }) => id),
      [rare.id],
    );
    assert.equal(next.hasNextPage, false);
  }
  const served = await other.search(
    { list: 'deliveryAttempts', first: 5, after: null },
    { applicationId: null, subscriptionId: 'sub_many', classes: ['S5XX', 'S4XX', 'S3XX', 'OTHER', 'NO_ANSWER'] },
  );
  assert.deepEqual([served.items.map(({ id }) => id), served.hasNextPage], [[rare.id], false]);
});
