// Two workers and an api process on one database, receivers that misbehave in every way, processes killed with SIGKILL every
// few seconds, the line to the database cut, the clock of one worker three minutes ahead: nothing acknowledged is lost, one
// delivery for each event and webhook subscription, order kept where asked. CHAOS_EVENTS sets how many events; a short
// form runs with the other tests. With MONGODB_URI there is no line to cut.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import type { Delivery } from '../../src/graphql/generated.js';
import { type CutLine, openCutLine } from '../kit/cut-line.js';
import { createDatabaseUri, createDataDir, type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, createWebhookSubscription, publishAll, type Wire } from '../kit/graphql-client.js';
import { type ReceivedRequest, type Receiver, type ReceiverAnswer, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

const events = Number(process.env['CHAOS_EVENTS'] ?? 1200);
const isLong = events > 10_000;
const batch = 20;
const publishers = 3;
const cutMs = isLong ? 5000 : 2000;
/** Those of one key wait for each other, and for what goes wrong with each. */
const orderingKeys = Math.max(12, events / 100);
/** Each kind of trouble comes once in four rounds. */
const leastRounds = isLong ? 40 : 4;
const finishWithinMs = isLong ? 1_200_000 : 240_000;

let folder: string;
let closeStore: () => Promise<void>;
let line: CutLine | null = null;
let receiver: Receiver;
let api: Gateway;
const workers: Gateway[] = [];

/** Requests by `path id`, and those answered 2xx. */
const times = new Map<string, number>();
const firstSuccesses: { readonly path: string; readonly id: string; readonly n: number }[] = [];
const succeeded = new Set<string>();
let isGone = true;

before(async () => {
  folder = await createDataDir();
  receiver = await startReceiver({ respond });
  const embedded = createDatabaseUri() === null ? await startEmbeddedMongo({ dataDir: folder }) : null;
  closeStore = async () => embedded?.close();
  if (embedded !== null) line = await openCutLine(join(folder, 'mongo.sock'), join(folder, 'line.sock'));
  const env = {
    MONGODB_URI: line?.uri ?? createDatabaseUri() ?? '',
    CARILLON_ADMIN_KEY: 'admin-key-of-all-three',
    CARILLON_MASTER_KEY: '0b'.repeat(32),
  };
  const skew = `--import ${new URL('../kit/skewed-clock.js', import.meta.url).href}`;
  api = await startGateway({ env: { ...env, CARILLON_ROLE: 'api' } });
  workers.push(await startGateway({ env: { ...env, CARILLON_ROLE: 'worker' } }));
  workers.push(await startGateway({ env: { ...env, CARILLON_ROLE: 'worker', NODE_OPTIONS: skew } }));
});

after(async () => {
  await Promise.allSettled([api, ...workers].map((gateway) => gateway.stop()));
  await line?.close();
  await closeStore();
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
});

/** What goes wrong the first times, by the number of the event; later tries of it succeed. */
const mischief: readonly ((tries: number) => ReceiverAnswer | null)[] = [
  (tries) => (tries <= 2 ? { status: 500 } : null),
  (tries) => (tries <= 1 ? { status: 429, headers: { 'retry-after': '1' } } : null),
  (tries) => (tries <= 1 ? { reset: true } : null),
  (tries) => (tries <= 1 ? { status: 302, headers: { location: 'http://127.0.0.1:1/' } } : null),
  (tries) => (tries <= 1 ? { hang: true } : null),
  (tries) => (tries <= 1 ? { status: 200, body: 'x', hangInBody: true } : null),
  () => ({ delayUntil: sleep(300) }),
];

function respond({ path, headers, body }: ReceivedRequest): ReceiverAnswer {
  const id = headers['webhook-id'] ?? '';
  const pair = `${path} ${id}`;
  const tries = (times.get(pair) ?? 0) + 1;
  times.set(pair, tries);
  if (path === '/gone' && isGone) return { status: 410 };
  const { n } = JSON.parse(body.toString()).data;
  const trouble = n % 5 === 0 ? (mischief[(n / 5) % mischief.length]?.(tries) ?? null) : null;
  const isSuccess = trouble === null || trouble.delayUntil !== undefined;
  if (isSuccess && !succeeded.has(pair)) {
    succeeded.add(pair);
    firstSuccesses.push({ path, id, n });
  }
  return trouble ?? { delayUntil: sleep(randomInt(20)) };
}

/** Publishes numbered events in batches, each until it is acknowledged. */
async function publishEverything(acknowledged: Map<string, number>): Promise<void> {
  let next = 0;
  async function work(): Promise<void> {
    while (next < events) {
      const from = next;
      next += batch;
      const inputs = Array.from({ length: batch }, (_, index) => ({
        type: 'tick',
        data: { n: from + index },
        idempotencyKey: `tick ${from + index}`,
        orderingKey: `key ${(from + index) % orderingKeys}`,
      }));
      for (;;) {
        try {
          const published = await publishAll(api.request, inputs);
          for (const [index, { id }] of published.entries()) acknowledged.set(id, from + index);
          break;
        } catch (error) {
          if (error instanceof assert.AssertionError && !/UNAVAILABLE|OVERLOADED|INTERNAL/.test(error.message))
            throw error;
          await sleep(100);
        }
      }
      // Spread over the time in which things go wrong.
      await sleep(isLong ? 100 : 250);
    }
  }
  await Promise.all(Array.from({ length: publishers }, work));
}

/** Makes things go wrong until `isOver`, and some more; says what it did. */
async function makeTrouble(isOver: () => boolean): Promise<Record<string, number>> {
  const done: Record<string, number> = { workersKilled: 0, apiKilled: 0, lineCut: 0 };
  for (let round = 0; round < leastRounds || !isOver(); round += 1) {
    await sleep(randomInt(1000, 3000));
    const what = round % 4;
    if (what === 3 && line !== null) {
      line.cut();
      await sleep(cutMs);
      line.mend();
      done['lineCut'] = (done['lineCut'] ?? 0) + 1;
      continue;
    }
    const name = what === 2 ? 'apiKilled' : 'workersKilled';
    const victim = what === 2 ? api : workers[randomInt(workers.length)];
    if (victim === undefined) continue;
    await victim.kill('SIGKILL');
    await victim.restart();
    done[name] = (done[name] ?? 0) + 1;
  }
  return done;
}

async function readAllDeliveries(): Promise<Wire<Delivery>[]> {
  const query = `query ($after: String) { deliveries(first: 100, after: $after) {
    nodes { status attemptCount event { id } webhookSubscription { id } }
    pageInfo { hasNextPage endCursor }
  } }`;
  const all: Wire<Delivery>[] = [];
  for (let position: string | null | undefined = null; ; ) {
    const { deliveries } = await api.request(query, { after: position });
    all.push(...deliveries.nodes);
    position = deliveries.pageInfo.endCursor;
    if (!deliveries.pageInfo.hasNextPage) return all;
  }
}

async function countUnfinished(subscription: string): Promise<number> {
  const query = `query ($id: ID!) {
    pending: deliveries(first: 100, webhookSubscription: $id, status: PENDING) { nodes { id } }
    retrying: deliveries(first: 100, webhookSubscription: $id, status: RETRYING) { nodes { id } }
  }`;
  const { pending, retrying } = (await api.request(query, { id: subscription })) as unknown as Record<
    string,
    { nodes: unknown[] }
  >;
  return (pending?.nodes.length ?? 0) + (retrying?.nodes.length ?? 0);
}

/** What hangs, for a failure. */
async function describeUnfinished(): Promise<string> {
  const query = `{
    pending: deliveries(first: 5, status: PENDING) { nodes { ...shown } }
    retrying: deliveries(first: 5, status: RETRYING) { nodes { ...shown } }
  }
  fragment shown on Delivery {
    id attemptCount nextAttemptAt createdAt event { data } webhookSubscription { url status }
    attempts(first: 100) { number startedAt statusCode error { code } }
  }`;
  return JSON.stringify(await api.request(query));
}

test(`${events} events through kills, cuts and receivers that misbehave: none lost, each recorded once`, async (t) => {
  await createEventType(api.request, { name: 'tick' });
  const retryPolicy = { delaysSeconds: Array.from({ length: 40 }, (_, index) => Math.min(2, 0.3 * (index + 1))) };
  const common = { retryPolicy, timeoutMs: 1500, eventTypes: ['tick'] };
  const paths = ['/free', '/ordered', '/limited', '/gone'] as const;
  const [free, ordered, limited, gone] = await Promise.all([
    createWebhookSubscription(api.request, { ...common, url: `${receiver.url}/free` }),
    createWebhookSubscription(api.request, { ...common, url: `${receiver.url}/ordered`, ordering: 'BY_KEY' }),
    createWebhookSubscription(api.request, {
      ...common,
      url: `${receiver.url}/limited`,
      rateLimit: { perSecond: 400, burst: 40 },
      maxConcurrency: 20,
    }),
    createWebhookSubscription(api.request, { ...common, url: `${receiver.url}/gone` }),
  ]);
  const subscriptions = [free, ordered, limited, gone].map(({ id }, index) => ({ id, path: paths[index] ?? '' }));

  const acknowledged = new Map<string, number>();
  let isOver = false;
  const trouble = makeTrouble(() => isOver);
  trouble.catch(() => undefined);
  try {
    await publishEverything(acknowledged);
  } finally {
    isOver = true;
  }
  const done = await trouble;

  // The receiver that was gone is back: what was kept for it goes out.
  isGone = false;
  await until({ what: 'it is resumed' }, async () => {
    const query = `mutation ($id: ID!) { resumeWebhookSubscription(input: { id: $id }) {
      webhookSubscription { status } userErrors { code }
    } }`;
    // The gateway may not have found back to its database yet.
    const { data } = await api.send(query, { id: gone.id });
    return data?.resumeWebhookSubscription?.webhookSubscription?.status === 'ACTIVE';
  });
  const planned = events * subscriptions.length;
  await until({ what: 'nothing is unfinished', withinMs: finishWithinMs, everyMs: 500 }, async () => {
    if (succeeded.size < planned - 100) return false;
    for (const { id } of subscriptions) if ((await countUnfinished(id)) > 0) return false;
    return true;
  }).catch(async (error: Error) => {
    throw new Error(
      `${error.message}; ${succeeded.size} of ${planned} answered; ${await describeUnfinished()}; ${workers.map((w) => w.stderr().slice(-3000)).join('\n=====\n')}`,
    );
  });

  const deliveries = await readAllDeliveries();
  const ids = [...acknowledged.keys()];
  assert.equal(acknowledged.size, events);
  const pairs = deliveries.map(({ event, webhookSubscription }) => `${webhookSubscription?.id} ${event?.id}`).sort();
  assert.deepEqual(pairs, subscriptions.flatMap(({ id }) => ids.map((event) => `${id} ${event}`)).sort());
  const statuses = new Map<string, number>();
  for (const { status, webhookSubscription } of deliveries) {
    // The first events found the receiver gone, which ends a delivery.
    const name = webhookSubscription?.id === gone.id ? `gone ${status}` : status;
    statuses.set(name, (statuses.get(name) ?? 0) + 1);
  }
  assert.deepEqual(
    [...statuses.keys()].filter((name) => !/SUCCEEDED|gone EXHAUSTED/.test(name)),
    [],
  );
  for (const { path } of subscriptions.filter(({ id }) => id !== gone.id)) {
    const missing = ids.filter((id) => !succeeded.has(`${path} ${id}`));
    assert.deepEqual(missing, [], path);
  }

  const byKey = new Map<number, number[]>();
  for (const { path, n } of firstSuccesses) {
    if (path !== '/ordered') continue;
    const key = n % orderingKeys;
    byKey.set(key, [...(byKey.get(key) ?? []), n]);
  }
  const sequenceOf = new Map((await readSequences()).map(({ id, sequence }) => [acknowledged.get(id), sequence]));
  for (const [key, numbers] of byKey) {
    const sequences = numbers.map((n) => sequenceOf.get(n) ?? 0);
    assert.deepEqual(
      sequences,
      [...sequences].sort((a, b) => a - b),
      `key ${key}`,
    );
  }

  const requests = [...times.values()].reduce((sum, count) => sum + count, 0);
  const recorded = deliveries.reduce((sum, { attemptCount }) => sum + attemptCount, 0);
  t.diagnostic(
    `${events} events acknowledged, 0 lost; ${deliveries.length} deliveries for ${pairs.length} pairs ` +
      `(${[...statuses].map(([name, count]) => `${count} ${name}`).join(', ')}); ${JSON.stringify(done)}; ` +
      `${requests} requests, ${requests - recorded} of them made again because a kill or a cut came before their record`,
  );
});

async function readSequences(): Promise<{ readonly id: string; readonly sequence: number }[]> {
  const query =
    'query ($after: String) { events(first: 100, after: $after, types: ["tick"]) { nodes { id sequence } pageInfo { hasNextPage endCursor } } }';
  const all: { id: string; sequence: number }[] = [];
  for (let position: string | null | undefined = null; ; ) {
    const { events: page } = await api.request(query, { after: position });
    all.push(...page.nodes.map(({ id, sequence }) => ({ id, sequence: Number(sequence) })));
    position = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage) return all;
  }
}
