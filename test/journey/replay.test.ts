// Events of the past told to a webhook subscription that came later: all of them once, also when the gateway is killed on the
// way.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Delivery, Event, Replay, ReplayEventsInput } from '../../src/graphql/generated.js';
import { type Gateway, isEmbedded, startGateway } from '../kit/gateway.js';
import { createEventType, createWebhookSubscription, type Wire } from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

/** On a shared database the locks of the killed process have to run out first. */
const deliverWithinMs = isEmbedded ? 120_000 : 300_000;

let gateway: Gateway;
let receiver: Receiver;

before(async () => {
  gateway = await startGateway();
  for (const name of ['order.created', 'order.paid']) await createEventType(gateway.request, { name });
});

after(() => gateway.stop());

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(() => receiver.close());

async function publishMany(count: number, type = 'order.created'): Promise<string[]> {
  const query = `mutation ($input: PublishEventsInput!) {
    publishEvents(input: $input) { events { id } userErrors { message } }
  }`;
  const ids: string[] = [];
  for (let from = 0; from < count; from += 1000) {
    const events = Array.from({ length: Math.min(1000, count - from) }, (_, n) => ({ type, data: { n: from + n } }));
    const { publishEvents } = await gateway.request(query, { input: { events } });
    assert.deepEqual(publishEvents.userErrors, []);
    ids.push(...publishEvents.events.map(({ id }) => id));
  }
  return ids;
}

async function startReplay(input: ReplayEventsInput): Promise<string> {
  const query = `mutation ($input: ReplayEventsInput!) {
    replayEvents(input: $input) { replay { id } userErrors { code field message } }
  }`;
  const { replayEvents } = await gateway.request(query, { input });
  assert.deepEqual(replayEvents.userErrors, []);
  return replayEvents.replay?.id ?? assert.fail();
}

async function readReplay(id: string): Promise<Wire<Replay>> {
  const query = `query ($id: ID!) {
    replay(id: $id) { status eventsLookedAt eventsTotal eventsExpired deliveriesMade finishedAt }
  }`;
  return (await gateway.request(query, { id })).replay ?? assert.fail();
}

function waitUntilFinished(id: string): Promise<Wire<Replay>> {
  return until({ what: 'the replay is finished', withinMs: deliverWithinMs }, async () => {
    const replay = await readReplay(id);
    return replay.status === 'RUNNING' ? null : replay;
  });
}

/** A lane in which nothing ends for a moment, as on a busy machine, has its deliveries put off for a while. */
function waitForRequests(count: number): Promise<boolean> {
  const what = `${count} requests`;
  return until({ what, withinMs: deliverWithinMs, everyMs: 10 }, () => receiver.requests.length >= count);
}

async function deliveriesOf(webhookSubscription: string): Promise<readonly Wire<Delivery>[]> {
  const query = `query ($id: ID, $after: String) {
    deliveries(webhookSubscription: $id, first: 100, after: $after) {
      nodes { id status attemptCount event { id } } pageInfo { hasNextPage endCursor }
    }
  }`;
  const all: Wire<Delivery>[] = [];
  let position: string | null | undefined = null;
  for (let hasNext = true; hasNext; ) {
    const { deliveries } = await gateway.request(query, { id: webhookSubscription, after: position });
    all.push(...deliveries.nodes);
    hasNext = deliveries.pageInfo.hasNextPage;
    position = deliveries.pageInfo.endCursor;
  }
  return all;
}

const received = (): string[] => receiver.requests.map(({ headers }) => headers['webhook-id'] ?? '');

test('what was published before a webhook subscription was there arrives by a replay, each event once', async () => {
  const ids = await publishMany(300);
  await publishMany(20, 'order.paid');
  const { id } = await createWebhookSubscription(gateway.request, {
    url: receiver.url,
    eventTypes: ['order.*'],
    filter: { 'data.n': { $gte: 10 } },
  });
  const [now] = await publishMany(11);
  await waitForRequests(1);
  const replay = await startReplay({ webhookSubscription: id, types: ['order.created'], status: ['NEVER_DELIVERED'] });
  const ended = await waitUntilFinished(replay);
  assert.deepEqual(
    [ended.status, ended.eventsTotal, ended.eventsLookedAt, ended.eventsExpired, ended.deliveriesMade],
    ['FINISHED', 331, 331, 0, 290],
  );
  await waitForRequests(291);
  assert.ok(now !== undefined && !received().includes(now));
  assert.deepEqual(received().slice(1).sort(), ids.slice(10).sort());
  const bodies = receiver.requests.slice(1).map(({ body }) => JSON.parse(body.toString()).data.n);
  assert.deepEqual(
    bodies.sort((a, b) => a - b),
    Array.from({ length: 290 }, (_, n) => n + 10),
  );

  // Once more there is nothing left that was never delivered; everything again is a second request for the same delivery.
  await waitUntilFinished(
    await startReplay({ webhookSubscription: id, status: ['NEVER_DELIVERED'], types: ['order.created'] }),
  );
  const all = await waitUntilFinished(await startReplay({ webhookSubscription: id, types: ['order.created'] }));
  assert.equal(all.deliveriesMade, 291);
  await waitForRequests(582);
  await until({ what: 'all is recorded', withinMs: deliverWithinMs, everyMs: 250 }, async () =>
    (await deliveriesOf(id)).every(({ status, attemptCount }) => status === 'SUCCEEDED' && attemptCount === 2),
  );
  assert.equal((await deliveriesOf(id)).length, 291);
  assert.equal(receiver.requests.length, 582);

  const { events } = await gateway.request(
    '{ events(types: ["carillon.replay.finished"], first: 100) { nodes { subject data } } }',
  );
  const told = events.nodes.find(({ subject }: Wire<Event>) => subject === replay);
  assert.deepEqual(told?.data, {
    replay,
    webhookSubscription: id,
    status: 'FINISHED',
    eventsLookedAt: 331,
    eventsExpired: 0,
    deliveriesMade: 290,
  });
});

test('a gateway that is killed in the middle of a replay goes on with it and makes each delivery', async () => {
  const ids = await publishMany(2500);
  const { id } = await createWebhookSubscription(gateway.request, { url: receiver.url, eventTypes: ['order.created'] });
  const replay = await startReplay({ webhookSubscription: id, status: ['NEVER_DELIVERED'] });
  const before = await readReplay(replay);
  await waitForRequests(300);
  const midway = await readReplay(replay);
  await gateway.kill('SIGKILL');
  const arrived = new Set(received());
  await gateway.restart();
  const ended = await waitUntilFinished(replay);
  assert.equal(midway.status, 'RUNNING');
  assert.ok(midway.deliveriesMade > 0 && midway.deliveriesMade < before.eventsTotal);
  assert.ok(before.eventsTotal >= 2500);
  assert.equal(ended.status, 'FINISHED');
  assert.equal(ended.eventsLookedAt, before.eventsTotal);
  await until({ what: 'all are delivered', withinMs: deliverWithinMs, everyMs: 250 }, () =>
    ids.every((event) => arrived.has(event) || received().includes(event)) ? true : addAll(arrived),
  );
  await until({ what: 'all is recorded', withinMs: deliverWithinMs, everyMs: 500 }, async () =>
    (await deliveriesOf(id)).every(({ status }) => status === 'SUCCEEDED'),
  );
  const made = await deliveriesOf(id);
  assert.equal(new Set(made.map(({ event }) => event?.id)).size, made.length);
  assert.equal(made.length, ended.deliveriesMade);
  assert.deepEqual(
    ids.filter((event) => !made.some((one) => one.event?.id === event)),
    [],
  );
});

/** Remembers what came in so far; never true. */
function addAll(arrived: Set<string>): false {
  for (const event of received()) arrived.add(event);
  return false;
}
