// Triggers that fire by themselves, on two processes of which one after the other is killed: each due time of a schedule and
// each change of a collection becomes one event, none lost, none twice. TRIGGER_TIMES and TRIGGER_WRITES say how many.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { createDatabaseUri, createDataDir, type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType } from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

const dueTimes = Number(process.env['TRIGGER_TIMES'] ?? 100);
const writes = Number(process.env['TRIGGER_WRITES'] ?? 200);
const intervalMs = 50;

let folder: string;
let databaseUri: string;
let closeStore: () => Promise<void>;
const nodes: Gateway[] = [];

before(async () => {
  folder = await createDataDir();
  const embedded = createDatabaseUri() === null ? await startEmbeddedMongo({ dataDir: folder }) : null;
  closeStore = async () => embedded?.close();
  databaseUri = embedded?.uri ?? createDatabaseUri() ?? '';
  const env = {
    MONGODB_URI: databaseUri,
    CARILLON_ADMIN_KEY: 'admin-key-of-both',
    CARILLON_MASTER_KEY: '0c'.repeat(32),
  };
  nodes.push(await startGateway({ env }), await startGateway({ env }));
});
after(async () => {
  await Promise.allSettled(nodes.map((node) => node.stop()));
  await closeStore();
  await rm(folder, { recursive: true, force: true });
});

const firstNode = (): Gateway => nodes[0] ?? assert.fail();

async function createTrigger(input: object): Promise<string> {
  const query = `mutation ($input: CreateTriggerInput!) {
    createTrigger(input: $input) { trigger { id } userErrors { code field message } }
  }`;
  const { createTrigger: created } = await firstNode().request(query, { input });
  assert.deepEqual(created.userErrors, []);
  return created.trigger?.id ?? assert.fail();
}

async function readAll(type: string): Promise<readonly { readonly data?: unknown }[]> {
  const query = `query ($type: String!, $after: String) {
    events(types: [$type], first: 100, after: $after) { nodes { data } pageInfo { hasNextPage endCursor } }
  }`;
  const all: { readonly data?: unknown }[] = [];
  for (let position: string | null | undefined = null; ; ) {
    const { events } = await firstNode().request(query, { type, after: position });
    all.push(...events.nodes);
    position = events.pageInfo.endCursor;
    if (!events.pageInfo.hasNextPage) return all;
  }
}

/** Kills one process after the other, each of which comes back. */
async function killInTurn(isDone: () => boolean): Promise<number> {
  let kills = 0;
  while (!isDone()) {
    await sleep(4000);
    if (isDone()) break;
    const node = nodes[kills % 2];
    await node?.kill('SIGKILL');
    await node?.restart();
    kills += 1;
  }
  return kills;
}

test(`${dueTimes} due times, one each ${intervalMs} ms, are fired once each though processes are killed`, async (t) => {
  await createEventType(firstNode().request, { name: 'tick' });
  const id = await createTrigger({
    name: 'each_tick',
    eventType: 'tick',
    mapping: { data: '{"at": scheduledAt}' },
    configuration: { schedule: { intervalSeconds: intervalMs / 1000, missed: 'ALL', maxMissed: 10_000 } },
  });
  let isDone = false;
  const killing = killInTurn(() => isDone);
  const count = async (): Promise<number> => (await readAll('tick')).length;
  await until({ what: 'the due times', withinMs: 60_000 + dueTimes * intervalMs * 4, everyMs: 1000 }, async () => {
    try {
      return (await count()) >= dueTimes;
    } catch {
      return false;
    }
  });
  isDone = true;
  const kills = await killing;
  const update = 'mutation ($id: ID!) { updateTrigger(input: { id: $id, enabled: false }) { userErrors { message } } }';
  await firstNode().request(update, { id });
  const times = (await readAll('tick')).map(({ data }) => Date.parse((data as { at: string }).at));
  assert.ok(times.length >= dueTimes);
  const first = times[0] ?? 0;
  assert.deepEqual(
    times.map((at) => at - first),
    times.map((_, index) => index * intervalMs),
  );
  t.diagnostic(`${times.length} due times, ${kills} kills`);
});

test(`${writes} changes of a collection become one event each, in order, though processes are killed`, async (t) => {
  await createEventType(firstNode().request, { name: 'order.changed' });
  await createEventType(firstNode().request, { name: 'order.removed' });
  await createTrigger({
    name: 'orders',
    eventType: 'order.changed',
    configuration: { changeStream: { collection: 'orders', eventTypes: { delete: 'order.removed' } } },
  });
  const client = await new MongoClient(databaseUri).connect();
  const orders = client.db().collection<{ _id: string; n: number }>('orders');
  const read = async (): Promise<readonly { readonly data?: unknown }[]> => {
    try {
      return await readAll('order.changed');
    } catch {
      return [];
    }
  };
  let isDone = false;
  const killing = killInTurn(() => isDone);
  for (let n = 0; n < writes; n += 1) {
    if (n % 3 === 2) await orders.updateOne({ _id: `order ${n - 1}` }, { $set: { n } });
    else await orders.insertOne({ _id: `order ${n}`, n });
    if (n % 50 === 0) await sleep(200);
  }
  await orders.deleteOne({ _id: 'order 0' });
  const numbers = (events: readonly { readonly data?: unknown }[]): number[] =>
    events.flatMap(({ data }) => {
      const { document, update } = data as {
        document: { n: number } | null;
        update: { updatedFields: { n: number } } | null;
      };
      return update?.updatedFields.n ?? document?.n ?? [];
    });
  await until(
    { what: 'all changes', withinMs: 120_000, everyMs: 500 },
    async () => numbers(await read()).length >= writes,
  );
  await until({ what: 'the removal', withinMs: 30_000 }, async () => (await readAll('order.removed')).length === 1);
  isDone = true;
  const kills = await killing;
  assert.deepEqual(
    numbers(await readAll('order.changed')),
    Array.from({ length: writes }, (_, n) => n),
  );
  await client.close();
  t.diagnostic(`${writes} changes, ${kills} kills`);
});
