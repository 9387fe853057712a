// What bounds and ends live clients: keys, limits, an administrator; with settings small enough to reach.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createKey,
  liveEvents,
  openLive,
  publish,
  readHead,
} from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let gateway: Gateway;
const open: WebSocket[] = [];

before(async () => {
  gateway = await startGateway({
    env: {
      CARILLON_MAX_SOCKETS: '12',
      CARILLON_MAX_SOCKETS_PER_KEY: '5',
      CARILLON_MAX_SUBSCRIPTIONS_PER_SOCKET: '3',
      CARILLON_SOCKET_MESSAGES_PER_SECOND: '20',
      CARILLON_SOCKET_INIT_SECONDS: '1',
      CARILLON_SOCKET_PING_SECONDS: '5',
      CARILLON_SOCKET_SOFT_BYTES: '16384',
      CARILLON_SOCKET_STALL_SECONDS: '6',
    },
  });
  await createEventType(gateway.request, { name: 'tick' });
  await publish(gateway.request, { type: 'tick', data: 'first' });
});

after(async () => {
  for (const socket of open) socket.terminate();
  await gateway.stop();
});

interface Talk {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[];
  readonly closed: Promise<{ code: number; reason: string }>;
  say(message: object): void;
  heard(type: string): Promise<Record<string, unknown>>;
}

async function connect(key: string | null = gateway.adminKey, options: object = {}): Promise<Talk> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', options);
  open.push(socket);
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(socket, 'open');
  const talk: Talk = {
    socket,
    messages,
    closed,
    say: (message) => socket.send(JSON.stringify(message)),
    heard: (type) => until({ what: type, withinMs: 5000 }, () => messages.find((message) => message['type'] === type)),
  };
  if (key !== null) talk.say({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
  return talk;
}
const subscribe = (
  id: string,
  variables: object = {},
  query = 'subscription ($after: String) { events(after: $after) { data } }',
) => ({
  id,
  type: 'subscribe',
  payload: { query, variables },
});
async function endAll(...talks: Talk[]): Promise<void> {
  for (const { socket } of talks) socket.terminate();
  await until({ what: 'the sockets are gone' }, async () => {
    const { connections } = await gateway.request('{ connections { nodes { id } } }');
    return connections.nodes.length === 0;
  });
}

test('a key that is revoked ends its sockets at once with 4403, and no other', async () => {
  const { id, key } = await createKey(gateway.request, 'READER');
  const [revoked, other] = [await connect(key), await connect()];
  await Promise.all([revoked.heard('connection_ack'), other.heard('connection_ack')]);
  await gateway.request('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }', { id });
  assert.equal((await revoked.closed).code, 4403);
  other.say({ type: 'ping' });
  await other.heard('pong');
  await endAll(other);
});

test('deleting an application ends its sockets', async () => {
  const { id, key } = await createApplication(gateway.request, 'Gone');
  const talk = await connect(key);
  await talk.heard('connection_ack');
  await gateway.request('mutation ($id: ID!) { deleteApplication(input: { id: $id }) { deletedId } }', { id });
  assert.equal((await talk.closed).code, 4403);
});

async function createExpiringKey(inMs: number): Promise<{ key: string; expiresAt: Date }> {
  const expiresAt = new Date(Date.now() + inMs);
  const query = `mutation ($expiresAt: DateTime) { createApiKey(input: { name: "short", role: READER, expiresAt: $expiresAt }) {
    key apiKey { expiresAt } userErrors { code field }
  } }`;
  const { createApiKey } = await gateway.request(query, { expiresAt: expiresAt.toISOString() });
  assert.deepEqual(createApiKey.userErrors, []);
  return { key: createApiKey.key ?? assert.fail(), expiresAt };
}

test('a key that expires ends its sockets with 4403 within two seconds, and opens none any more', async () => {
  const { key, expiresAt } = await createExpiringKey(1500);
  const talk = await connect(key);
  await talk.heard('connection_ack');
  assert.equal((await talk.closed).code, 4403);
  const lateMs = Date.now() - expiresAt.getTime();
  assert.ok(lateMs >= 0 && lateMs < 2000, `${lateMs} ms late`);
  assert.equal((await (await connect(key)).closed).code, 4403);
});

test('a new key is handed in by a ping, which is not echoed, and the stream goes on beyond the old one', async () => {
  const { key } = await createExpiringKey(1500);
  const fresh = await createKey(gateway.request, 'READER');
  const talk = await connect(key);
  await talk.heard('connection_ack');
  talk.say(subscribe('1', { after: await readHead(gateway.request) }));
  talk.say({ type: 'ping', payload: { authorization: `Bearer ${fresh.key}` } });
  assert.deepEqual(await talk.heard('pong'), { type: 'pong', payload: { authorized: true } });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await publish(gateway.request, { type: 'tick', data: 'after the end of the old key' });
  await talk.heard('next');
  await gateway.request('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }', { id: fresh.id });
  assert.equal((await talk.closed).code, 4403);
});

test('a wrong key by ping, or one of somebody else, closes with 4403', async () => {
  const stranger = await createApplication(gateway.request, 'Stranger');
  for (const authorization of ['Bearer crl_wrong', `Bearer ${stranger.key}`, 7]) {
    const talk = await connect();
    await talk.heard('connection_ack');
    talk.say({ type: 'ping', payload: { authorization } });
    assert.equal((await talk.closed).code, 4403);
  }
});

test('a sixth socket of a key is closed with 1013, another key is let in', async () => {
  const talks = await Promise.all(Array.from({ length: 5 }, () => connect()));
  await Promise.all(talks.map((talk) => talk.heard('connection_ack')));
  const { code, reason } = await (await connect()).closed;
  assert.equal(code, 1013);
  assert.match(reason, /5 live connections/);
  const other = await connect((await createKey(gateway.request, 'READER')).key);
  await other.heard('connection_ack');
  await endAll(...talks, other);
});

test('a thirteenth socket is refused with 503 before it is one', async () => {
  const talks = await Promise.all(Array.from({ length: 12 }, () => connect(null)));
  await assert.rejects(connect(null), /503/);
  for (const { socket } of talks) socket.terminate();
  await until({ what: 'room again' }, () =>
    connect(null).then(
      ({ socket }) => socket.terminate() ?? true,
      () => false,
    ),
  );
});

test('a fourth operation of a socket is refused, and the three go on', async () => {
  const talk = await connect();
  await talk.heard('connection_ack');
  for (const id of ['1', '2', '3', '4']) talk.say(subscribe(id));
  const error = await talk.heard('error');
  assert.equal(error['id'], '4');
  assert.match(JSON.stringify(error), /TOO_LARGE.*|at most 3/);
  await publish(gateway.request, { type: 'tick', data: 1 });
  await until({ what: 'three results' }, () => talk.messages.filter(({ type }) => type === 'next').length === 3);
  await endAll(talk);
});

test('too many messages close with 1008', async () => {
  const talk = await connect();
  await talk.heard('connection_ack');
  for (let n = 0; n < 150; n += 1) talk.say({ type: 'ping' });
  const { code, reason } = await talk.closed;
  assert.equal(code, 1008);
  assert.match(reason, /20 messages/);
});

test('a socket that says nothing is closed after the time of the setting', async () => {
  const startedMs = performance.now();
  assert.equal((await (await connect(null)).closed).code, 4408);
  assert.ok(performance.now() - startedMs < 4000);
});

test('an idle socket that does not answer pings is cut off', async () => {
  const talk = await connect(gateway.adminKey, { autoPong: false });
  await talk.heard('connection_ack');
  assert.equal((await talk.closed).code, 1006);
});

test('a client that stops reading lags and catches up; one that stays stuck is closed, and others see nothing of it', async () => {
  const cursor = await readHead(gateway.request);
  const [slow, stuck] = [await connect(), await connect()];
  const quick = openLive(gateway.url, gateway.adminKey, liveEvents, { after: cursor });
  await Promise.all([slow.heard('connection_ack'), stuck.heard('connection_ack'), quick.connected]);
  for (const talk of [slow, stuck]) {
    talk.say(subscribe('1', { after: cursor }));
    talk.socket.pause();
  }
  const large = 'x'.repeat(200_000);
  const total = 60;
  for (let n = 0; n < total; n += 1) await publish(gateway.request, { type: 'tick', data: `${n} ${large}` });
  await quick.next(total);
  const { connections: full } = await gateway.request('{ connections { nodes { pendingBytes } } }');
  const pending = full.nodes.map(({ pendingBytes }) => pendingBytes);
  // Beyond the soft mark (16,384) by one event at most, however much there is to tell.
  assert.ok(Math.max(...pending) > 16_384 && Math.max(...pending) < 16_384 + 201_000, pending.join());
  slow.socket.resume();
  const seen = (talk: Talk): unknown[] => talk.messages.filter(({ type }) => type === 'next');
  await until({ what: 'the slow one has caught up' }, () => seen(slow).length === total);
  const numbers = seen(slow).map((message) => Number(/"data":"(\d+) /.exec(JSON.stringify(message))?.[1]));
  assert.deepEqual(
    numbers,
    Array.from({ length: total }, (_, n) => n),
  );
  await until({ what: 'the stuck one is gone', withinMs: 20_000 }, async () => {
    const { connections } = await gateway.request('{ connections { nodes { id } } }');
    return connections.nodes.length === 2;
  });
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  assert.match(metrics, /^carillon_live_catch_ups_total [1-9]/m);
  assert.match(metrics, /^carillon_live_closed_slow_total 1$/m);
  await quick.close();
});

test('a client that does not read the answer to a query is closed, too', async () => {
  const large = 'x'.repeat(200_000);
  for (let n = 0; n < 60; n += 1) await publish(gateway.request, { type: 'tick', data: `${n} ${large}` });
  const talk = await connect();
  await talk.heard('connection_ack');
  talk.say(subscribe('1', {}, '{ events(first: 60) { nodes { data } } }'));
  talk.socket.pause();
  const count = async (): Promise<number> =>
    (await gateway.request('{ connections { nodes { pendingBytes } } }')).connections.nodes.filter(
      ({ pendingBytes }) => pendingBytes > 0,
    ).length;
  await until({ what: 'the answer waits' }, async () => (await count()) === 1);
  await until({ what: 'it is gone', withinMs: 20_000 }, async () => (await count()) === 0);
  talk.socket.resume();
  assert.notEqual((await talk.closed).code, 1000);
});
