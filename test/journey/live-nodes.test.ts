// Live clients of two real processes on one database: seen and ended from either, and cut off on both when their key is worth
// nothing any more.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { createClient } from 'graphql-sse';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { createDatabaseUri, createDataDir, type Gateway, startGateway } from '../kit/gateway.js';
import { createApplication, createKey, type Live, liveEvents, openLive } from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let folder: string;
let closeStore: () => Promise<void>;
let env: Readonly<Record<string, string>>;
let one: Gateway;
let two: Gateway;

before(async () => {
  folder = await createDataDir();
  const embedded = createDatabaseUri() === null ? await startEmbeddedMongo({ dataDir: folder }) : null;
  closeStore = async () => embedded?.close();
  env = {
    MONGODB_URI: embedded?.uri ?? createDatabaseUri() ?? '',
    CARILLON_ADMIN_KEY: 'admin-key-of-both-nodes',
    CARILLON_MASTER_KEY: '07'.repeat(32),
  };
  [one, two] = await Promise.all([startGateway({ env }), startGateway({ env })]);
});

after(async () => {
  await one.stop();
  await two.stop();
  await closeStore();
  await rm(folder, { recursive: true, force: true });
});

const listQuery = `query ($first: Int, $after: String) {
  connections(first: $first, after: $after) {
    nodes { id nodeId apiKey { id } transport } silentNodes pageInfo { hasNextPage endCursor }
  }
}`;
const closeQuery = `mutation ($id: ID!) {
  closeConnection(input: { id: $id }) { closedId userErrors { code field } }
}`;
const revokeQuery = 'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { userErrors { code } } }';

/** Opens sockets and waits until they follow. */
async function openAll(gateways: readonly Gateway[], key: string): Promise<Live[]> {
  const lives = gateways.map(({ url }) => openLive(url, key, liveEvents));
  await Promise.all(lives.map(({ connected }) => connected));
  return lives;
}

interface Stream {
  isEnded: boolean;
}

/** Opens a stream of server-sent events and waits until it is listed. */
async function openStream(
  { url }: Gateway,
  { id, key }: { readonly id: string; readonly key: string },
): Promise<Stream> {
  const stream: Stream = { isEnded: false };
  const end = (): void => {
    stream.isEnded = true;
  };
  const client = createClient({
    url: `${url}/graphql/stream`,
    headers: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  client.subscribe({ query: liveEvents }, { next: () => undefined, error: end, complete: end });
  await until({ what: 'the stream is listed' }, async () => {
    const { connections } = await one.request(listQuery, { first: 100 });
    return connections.nodes.some(({ apiKey, transport }) => apiKey?.id === id && transport === 'SERVER_SENT_EVENTS');
  });
  return stream;
}

async function createExpiring(expiresAt: Date): Promise<{ id: string; key: string }> {
  const query = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } key } }`;
  const input = { name: 'soon over', role: 'READER', expiresAt: expiresAt.toISOString() };
  const { createApiKey } = await one.request(query, { input });
  return { id: createApiKey.apiKey?.id ?? assert.fail(), key: createApiKey.key ?? assert.fail() };
}

test('live clients of both nodes are listed by either, in the order in which they came', async () => {
  const { id, key } = await createKey(one.request, 'READER');
  const lives = await openAll([one, two, one, two, two], key);
  const lists = await Promise.all([one, two].map(({ request }) => request(listQuery, { first: 100 })));
  for (const { connections } of lists) {
    const own = connections.nodes.filter(({ apiKey }) => apiKey?.id === id);
    assert.equal(own.length, 5);
    assert.equal(new Set(own.map(({ nodeId }) => nodeId)).size, 2);
    assert.deepEqual(
      own.map((node) => node.id).sort(),
      own.map((node) => node.id),
    );
    assert.equal(connections.silentNodes, 0);
  }
  assert.deepEqual(lists[0], lists[1]);
  const first = await two.request(listQuery, { first: 2 });
  const { endCursor, hasNextPage } = first.connections.pageInfo;
  const rest = await one.request(listQuery, { first: 100, after: endCursor });
  assert.equal(hasNextPage, true);
  assert.deepEqual([...first.connections.nodes, ...rest.connections.nodes], lists[0]?.connections.nodes);
  for (const live of lives) await live.close();
});

test('a connection is found and closed from the other node', async () => {
  const { id, key } = await createKey(one.request, 'READER');
  const [live] = await openAll([two], key);
  const { connections } = await one.request(listQuery, { first: 100 });
  const connection = connections.nodes.find(({ apiKey }) => apiKey?.id === id)?.id;
  const { node } = await one.request('query ($id: ID!) { node(id: $id) { id __typename } }', { id: connection });
  assert.deepEqual(node, { id: connection, __typename: 'LiveClient' });
  const closed = await one.request(closeQuery, { id: connection });
  assert.deepEqual(closed.closeConnection, { closedId: connection, userErrors: [] });
  assert.deepEqual(await live?.ended, { kind: 'closed', code: 1008, reason: 'closed by an administrator' });
  await until({ what: 'it is listed no more' }, async () => {
    const { closeConnection } = await one.request(closeQuery, { id: connection });
    return closeConnection.userErrors[0]?.code === 'NOT_FOUND';
  });
});

test('a revoked key closes its sockets with 4403 and its streams on both nodes within two seconds', async () => {
  const made = await createKey(one.request, 'READER');
  const other = await createKey(one.request, 'READER');
  const [kept] = await openAll([two], other.key);
  const lives = await openAll([one, two], made.key);
  const streams = [await openStream(one, made), await openStream(two, made)];
  await one.request(revokeQuery, { id: made.id });
  const ends = await Promise.all(lives.map(({ ended }) => within(2000, ended)));
  for (const end of ends) assert.equal(end.kind === 'closed' && end.code, 4403);
  await until({ what: 'the streams end', withinMs: 2000 }, () => streams.every(({ isEnded }) => isEnded));
  assert.equal(kept?.closeCode, null, 'nobody else is closed');
  await kept?.close();
});

test('a key that expires closes its sockets with 4403 and its streams on both nodes within two seconds', async () => {
  const expiresAt = new Date(Date.now() + 3000);
  const made = await createExpiring(expiresAt);
  const lives = await openAll([one, two], made.key);
  const streams = [await openStream(one, made), await openStream(two, made)];
  const ends = await Promise.all(lives.map(({ ended }) => within(expiresAt.getTime() - Date.now() + 2000, ended)));
  assert.ok(Date.now() >= expiresAt.getTime() - 100, 'not before');
  for (const end of ends) assert.equal(end.kind === 'closed' && end.code, 4403);
  await until({ what: 'the streams end', withinMs: 2000 }, () => streams.every(({ isEnded }) => isEnded));
});

test('deleting an application ends its sockets and streams on both nodes within two seconds', async () => {
  const { id } = await createApplication(one.request, 'soon gone');
  const made = await createKey(one.request, 'APPLICATION', id);
  const lives = await openAll([one, two], made.key);
  const streams = [await openStream(one, made), await openStream(two, made)];
  await two.request('mutation ($id: ID!) { deleteApplication(input: { id: $id }) { deletedId } }', { id });
  const ends = await Promise.all(lives.map(({ ended }) => within(2000, ended)));
  for (const end of ends) assert.equal(end.kind === 'closed' && end.code, 4403);
  await until({ what: 'the streams end', withinMs: 2000 }, () => streams.every(({ isEnded }) => isEnded));
});

test('the connections of a node that is killed vanish; until it is known to be dead, lists say that one is silent', async () => {
  const three = await startGateway({ env });
  const { id, key } = await createKey(one.request, 'READER');
  const [live] = await openAll([three], key);
  const find = async (): Promise<readonly [found: boolean, silentNodes: number]> => {
    const { connections } = await one.request(listQuery, { first: 100 });
    return [connections.nodes.some(({ apiKey }) => apiKey?.id === id), connections.silentNodes];
  };
  assert.deepEqual(await find(), [true, 0]);
  await three.kill('SIGKILL');
  assert.deepEqual(await find(), [false, 1]);
  await until({ what: 'it is known to be dead', withinMs: 15_000 }, async () => (await find())[1] === 0);
  await live?.close();
  await three.stop();
});

/** Rejects when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
