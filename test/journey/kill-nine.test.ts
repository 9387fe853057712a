// The gateway killed with SIGKILL at random moments while it publishes, delivers and streams, and started again: nothing
// acknowledged is lost, one delivery record for each event and webhook subscription, every event once on a live stream.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery, Event } from '../../src/graphql/generated.js';
import { type Gateway, isEmbedded, startGateway } from '../kit/gateway.js';
import {
  type Answers,
  createEventType,
  createWebhookSubscription,
  type Live,
  liveEvents,
  openLive,
  publish,
  type Wire,
} from '../kit/graphql-client.js';
import { type ReceivedRequest, type Receiver, type ReceiverAnswer, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

const rounds = 20;
const publishers = 6;
const maxEventsPerRound = 150;
/** On a shared database the locks of the killed process have to run out first. */
const finishWithinMs = isEmbedded ? 40_000 : 200_000;

let gateway: Gateway;
let receiver: Receiver;
const timesReceived = new Map<string, number>();

before(async () => {
  receiver = await startReceiver({ respond });
  gateway = await startGateway();
});

after(async () => {
  await gateway.stop();
  await receiver.close();
});

/** Every tenth event is refused the first time. The delay gives the kill something to hit. */
function respond({ path, headers, body }: ReceivedRequest): ReceiverAnswer {
  const pair = `${path} ${headers['webhook-id']}`;
  const times = (timesReceived.get(pair) ?? 0) + 1;
  timesReceived.set(pair, times);
  const { data } = JSON.parse(body.toString());
  return { status: data.n % 10 === 0 && times === 1 ? 500 : 200, delayUntil: sleep(randomInt(30)) };
}

/** Publishes numbered events, each until it is acknowledged, whatever happens to the gateway meanwhile. */
function startPublishing() {
  const acknowledged = new Map<string, number>();
  let next = 0;
  let allowed = 0;
  let isStopped = false;
  let isGivenUp = false;
  let repeated = 0;

  async function publishOne(n: number): Promise<void> {
    for (let tries = 0; !isGivenUp; tries += 1) {
      try {
        const event = await publish(gateway.request, { type: 'tick', data: { n }, idempotencyKey: `tick-${n}` });
        acknowledged.set(event.id, n);
        if (tries > 0) repeated += 1;
        return;
      } catch (error) {
        // Refused by the gateway is a failure of the test; not reached, or cut off, is what is tested.
        if (error instanceof assert.AssertionError && !/UNAVAILABLE|OVERLOADED/.test(error.message)) throw error;
        await sleep(20);
      }
    }
  }

  async function work(): Promise<void> {
    while (!isStopped) {
      if (next < allowed) await publishOne(next++);
      else await sleep(5);
    }
  }

  const workers = Array.from({ length: publishers }, work);
  return {
    acknowledged,
    allowMore: (): void => {
      allowed = next + maxEventsPerRound;
    },
    /** Ends at once, for a test that has failed. */
    async giveUp(): Promise<void> {
      isStopped = true;
      isGivenUp = true;
      await Promise.allSettled(workers);
    },
    /** Ends when all that was begun is acknowledged. */
    async stop() {
      isStopped = true;
      await Promise.all(workers);
      return { count: next, repeated };
    },
  };
}

/** A live client that comes back with its last cursor whenever its socket breaks. */
function startFollowing() {
  const events: Wire<Event>[] = [];
  const stop = new AbortController();
  let connections = 0;
  let breaks = 0;
  let current: Live | null = null;

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      const last = events.at(-1)?.cursor;
      const position = last === undefined ? { since: '2020-01-01T00:00:00Z' } : { after: last };
      const live = openLive(gateway.url, gateway.adminKey, liveEvents, position);
      current = live;
      const closing = (): void => void live.close();
      stop.signal.addEventListener('abort', closing);
      const end = await live.ended;
      stop.signal.removeEventListener('abort', closing);
      assert.notEqual(end.kind, 'errors', JSON.stringify(end));
      if (live.events.length > 0) connections += 1;
      if (end.kind === 'closed') breaks += 1;
      events.push(...live.events);
      current = null;
      await sleep(20);
    }
  }

  const following = follow();
  following.catch(() => undefined);
  return {
    /** Where it stands, for a failure. */
    describe: () =>
      `${events.length} events of ended connections, the last ${events.at(-1)?.sequence}; ` +
      `${current?.events.length ?? 'no'} of the current one, the last ${current?.events.at(-1)?.sequence}; ${breaks} breaks`,
    /** Events seen so far. */
    count: () => events.length + (current?.events.length ?? 0),
    async stop() {
      stop.abort();
      await following;
      return { events, connections, breaks };
    },
  };
}

async function killAtRandomMoments(allowMore: () => void): Promise<number> {
  let killedWhileStarting = 0;
  for (let round = 0; round < rounds; round += 1) {
    allowMore();
    // Every fifth time during the start, when recovery itself is at work.
    if (round % 5 === 4) {
      const starting = gateway.restart().then(
        () => undefined,
        () => 'killed' as const,
      );
      await sleep(randomInt(2500));
      await gateway.kill('SIGKILL');
      if ((await starting) === 'killed') killedWhileStarting += 1;
    } else {
      if (round > 0) await gateway.restart();
      await sleep(randomInt(50, 1400));
      const { signal } = await gateway.kill('SIGKILL');
      assert.equal(signal, 'SIGKILL');
    }
  }
  await gateway.restart();
  return killedWhileStarting;
}

async function readAll<Node>(
  query: string,
  pick: (answers: Answers) => { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } },
): Promise<Node[]> {
  const all: Node[] = [];
  let position: string | null | undefined = null;
  for (let hasNext = true; hasNext; ) {
    const page: ReturnType<typeof pick> = pick(await gateway.request(query, { after: position }));
    all.push(...page.nodes);
    hasNext = page.pageInfo.hasNextPage;
    position = page.pageInfo.endCursor;
  }
  return all;
}

async function waitUntilAllIsDelivered(): Promise<void> {
  const query = `{
    pending: deliveries(first: 1, status: PENDING) { nodes { id } }
    retrying: deliveries(first: 1, status: RETRYING) { nodes { id } }
    events(first: 1, order: NEWEST_FIRST) { nodes { deliveries { nodes { id } } } }
  }`;
  await until({ what: 'no delivery is unfinished', withinMs: finishWithinMs, everyMs: 100 }, async () => {
    const { pending, retrying, events } = (await gateway.request(query)) as unknown as Record<
      string,
      { nodes: { deliveries?: { nodes: unknown[] } }[] }
    >;
    const isPlanned = (events?.nodes[0]?.deliveries?.nodes.length ?? 0) > 0;
    return pending?.nodes.length === 0 && retrying?.nodes.length === 0 && isPlanned;
  });
}

test(`${rounds} kills lose nothing that was acknowledged, and double no record`, async (t) => {
  await createEventType(gateway.request, { name: 'tick' });
  const all = await createWebhookSubscription(gateway.request, { url: `${receiver.url}/all` });
  const even = await createWebhookSubscription(gateway.request, {
    url: `${receiver.url}/even`,
    filter: { 'data.n': { $mod: [2, 0] } },
  });
  const publishing = startPublishing();
  const following = startFollowing();
  t.after(() => Promise.allSettled([publishing.giveUp(), following.stop()]));
  const killedWhileStarting = await killAtRandomMoments(publishing.allowMore);
  const { count, repeated } = await publishing.stop();
  await waitUntilAllIsDelivered();

  const log = await readAll<Wire<Event>>(
    'query ($after: String) { events(first: 100, after: $after) { nodes { id sequence data } pageInfo { hasNextPage endCursor } } }',
    ({ events }) => events,
  );
  const deliveries = await readAll<Wire<Delivery>>(
    `query ($after: String) { deliveries(first: 100, after: $after) {
      nodes { status attemptCount event { id } webhookSubscription { id } attempts { number statusCode } }
      pageInfo { hasNextPage endCursor }
    } }`,
    ({ deliveries: page }) => page,
  );
  await until({ what: `the live client has caught up to ${count}` }, () => following.count() >= count).catch(
    (error: Error) => {
      throw new Error(`${error.message}; ${following.describe()}`);
    },
  );
  const streamed = await following.stop();

  // The log: each number once, sequences 1, 2, 3, … without a hole.
  assert.ok(count > rounds, `${count} events are too few to say anything`);
  assert.deepEqual(
    log.map(({ sequence }) => Number(sequence)),
    Array.from({ length: count }, (_, index) => index + 1),
  );
  const numberOf = new Map(log.map(({ id, data }) => [id, Number(Reflect.get(Object(data), 'n'))]));
  assert.equal(new Set(numberOf.values()).size, count);
  for (const [id, n] of publishing.acknowledged) assert.equal(numberOf.get(id), n, `event ${n} was lost`);
  assert.equal(publishing.acknowledged.size, count);

  // The records: one for each event and webhook subscription that wants it.
  const expected = [...numberOf].flatMap(([id, n]) =>
    n % 2 === 0 ? [`${all.id} ${id}`, `${even.id} ${id}`] : [`${all.id} ${id}`],
  );
  const recorded = deliveries.map(({ event, webhookSubscription }) => `${webhookSubscription?.id} ${event?.id}`);
  assert.deepEqual(recorded.sort(), expected.sort());
  for (const { status, attemptCount, attempts } of deliveries) {
    assert.equal(status, 'SUCCEEDED');
    assert.deepEqual(
      attempts.map(({ number }) => number),
      Array.from({ length: attemptCount }, (_, index) => index + 1),
    );
    assert.equal(attempts.at(-1)?.statusCode, 200);
  }

  // The receiver: everything at least once.
  const paths = new Map([
    [all.id, '/all'],
    [even.id, '/even'],
  ]);
  const missing = expected.filter((pair) => {
    const [subscription = '', id = ''] = pair.split(' ');
    return !timesReceived.has(`${paths.get(subscription)} ${id}`);
  });
  assert.deepEqual(missing, []);
  assert.equal(timesReceived.size, expected.length);
  const attempts = deliveries.reduce((sum, { attemptCount }) => sum + attemptCount, 0);

  // The stream: each once, in order.
  assert.deepEqual(
    streamed.events.map(({ sequence }) => Number(sequence)),
    log.map(({ sequence }) => Number(sequence)),
  );
  assert.deepEqual(
    streamed.events.map(({ id }) => id),
    log.map(({ id }) => id),
  );

  t.diagnostic(
    `${rounds} kills (${killedWhileStarting} while starting): ${count} events acknowledged, ${repeated} of them only when said again; ` +
      `0 lost; ${recorded.length} deliveries for ${expected.length} pairs; ${receiver.requests.length} requests, ` +
      `${receiver.requests.length - attempts} of them made again because the kill came before their record; ` +
      `streamed ${streamed.events.length} events over ${streamed.connections} connections, ${streamed.breaks} broken`,
  );
});
