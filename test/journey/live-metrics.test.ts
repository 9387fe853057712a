// What /metrics tells of live streams, after traffic whose figures are known.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createClient } from 'graphql-sse';
import { WebSocket } from 'ws';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, type Live, openLive, publish } from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let gateway: Gateway;
/** Cursor of the first event, which is in the log but, after the restart, not in memory. */
let oldCursor: string;

before(async () => {
  gateway = await startGateway({
    env: { CARILLON_SOCKET_SOFT_BYTES: '16384', CARILLON_SOCKET_STALL_SECONDS: '3' },
  });
  await createEventType(gateway.request, { name: 'tick' });
  oldCursor = (await publish(gateway.request, { type: 'tick', data: 'old' })).cursor;
  await publish(gateway.request, { type: 'tick', data: 'old' });
  await gateway.kill('SIGTERM');
  await gateway.restart();
});

after(async () => {
  await gateway.stop();
});

const query = 'subscription ($after: String) { events(after: $after) { data cursor } }';

/** All figures by name with label, without the prefix. */
async function read(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const lines = text.matchAll(/^carillon_(?:live_)?([a-z_]+(?:\{[^}]*\})?) (\S+)$/gm);
  return new Map([...lines].map(([, name = '', value]) => [name, Number(value)]));
}

/** Waits until figures are as expected; fails with those that are not. */
async function expect(expected: Readonly<Record<string, number>>): Promise<void> {
  let seen: Record<string, number | undefined> = {};
  await until({ what: 'the figures are as expected', withinMs: 5000 }, async () => {
    const all = await read();
    seen = Object.fromEntries(Object.keys(expected).map((name) => [name, all.get(name)]));
    return JSON.stringify(seen) === JSON.stringify(expected);
  }).catch(() => undefined);
  assert.deepEqual(seen, expected);
}

async function open(count: number, afterCursor?: string): Promise<Live[]> {
  const lives = Array.from({ length: count }, () =>
    openLive(gateway.url, gateway.adminKey, query, afterCursor === undefined ? {} : { after: afterCursor }),
  );
  await Promise.all(lives.map(({ connected }) => connected));
  return lives;
}

test('sockets, subscriptions, groups, executions, frames, bytes and how much is shared', async () => {
  await expect({
    'connections{transport="websocket"}': 0,
    subscriptions: 0,
    groups: 0,
    frames_total: 0,
    share_ratio: 0,
  });
  const lives = await open(3);
  const received: unknown[] = [];
  const client = createClient({
    url: `${gateway.url}/graphql/stream`,
    headers: { authorization: `Bearer ${gateway.adminKey}` },
    retryAttempts: 0,
  });
  const stop = client.subscribe(
    { query },
    { next: (one) => void received.push(one), error: () => undefined, complete: () => undefined },
  );
  await expect({
    'connections{transport="websocket"}': 3,
    'connections{transport="server_sent_events"}': 1,
    subscriptions: 4,
    groups: 1,
  });
  const position = (await read()).get('log_position');
  for (let n = 0; n < 2; n += 1) await publish(gateway.request, { type: 'tick', data: 'x'.repeat(500) });
  await Promise.all(lives.map((live) => live.next(2)));
  await until({ what: 'the stream has got them' }, () => received.length === 2);
  await expect({ executions_total: 2, frames_total: 8, share_ratio: 4, lag_events: 0, lagging: 0 });
  const figures = await read();
  assert.equal(figures.get('log_position'), (position ?? 0) + 2);
  const bytes = figures.get('bytes_total') ?? 0;
  assert.ok(bytes > 8 * 500 && bytes < 8 * 900, `${bytes} bytes`);
  stop();
  await lives[0]?.close();
  await lives[1]?.close();
  lives[2]?.terminate();
  await expect({
    'connections{transport="websocket"}': 0,
    'connections{transport="server_sent_events"}': 0,
    subscriptions: 0,
    groups: 0,
  });
});

test('closes by code', async () => {
  const before = await read();
  const count = (name: string): number => before.get(`closes_total{code="${name}"}`) ?? 0;
  const [left, ended, cut] = await open(3);
  await left?.close();
  await expect({ 'connections{transport="websocket"}': 2 });
  const { connections } = await gateway.request('{ connections { nodes { id } } }');
  const close = 'mutation ($id: ID!) { closeConnection(input: { id: $id }) { closedId } }';
  await gateway.request(close, { id: connections.nodes[0]?.id });
  const kinds = await Promise.race([ended, cut].map(async (live) => live?.ended));
  assert.equal(kinds?.kind === 'closed' && kinds.code, 1008);
  for (const live of [ended, cut]) live?.terminate();
  const wrong = openLive(gateway.url, 'wrong', query);
  assert.equal((await wrong.ended).kind, 'closed');
  await expect({
    'closes_total{code="1000"}': count('1000') + 1,
    'closes_total{code="1008"}': count('1008') + 1,
    'closes_total{code="4403"}': count('4403') + 1,
    'closes_total{code="1006"}': count('1006') + 1,
  });
});

test('resumes, from memory or from the log', async () => {
  await expect({ 'resumes_total{from="ring"}': 0, 'resumes_total{from="log"}': 0 });
  const first = await publish(gateway.request, { type: 'tick', data: 'new' });
  await publish(gateway.request, { type: 'tick', data: 'new' });
  const near = await open(2, first.cursor);
  const far = await open(1, oldCursor);
  await Promise.all([...near.map((live) => live.next(1)), ...far.map((live) => live.next(5))]);
  await expect({ 'resumes_total{from="ring"}': 2, 'resumes_total{from="log"}': 1, expired_total: 0 });
  for (const live of [...near, ...far]) await live.close();
});

test('lag, catching up, and being closed for not reading', async () => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  let got = 0;
  let isAcknowledged = false;
  socket.on('message', (data: Buffer) => {
    if (data.includes('"next"')) got += 1;
    if (data.includes('"connection_ack"')) isAcknowledged = true;
  });
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${gateway.adminKey}` } }));
  await until({ what: 'connection_ack' }, () => isAcknowledged);
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: {} } }));
  await expect({ subscriptions: 1, lagging: 0, catch_ups_total: 0, closed_slow_total: 0 });
  socket.pause();
  let published = 0;
  await until({ what: 'it lags', everyMs: 1 }, async () => {
    await publish(gateway.request, { type: 'tick', data: 'x'.repeat(200_000) });
    published += 1;
    return (await read()).get('lagging') === 1;
  });
  await publish(gateway.request, { type: 'tick', data: 'behind' });
  published += 1;
  assert.ok(((await read()).get('lag_events') ?? 0) >= 1);
  socket.resume();
  await until({ what: 'it has caught up' }, () => got === published);
  const caughtUp = await read();
  assert.ok((caughtUp.get('catch_ups_total') ?? 0) >= 1);
  assert.deepEqual([caughtUp.get('lagging'), caughtUp.get('lag_events')], [0, 0]);
  socket.pause();
  await until({ what: 'it lags again', everyMs: 1 }, async () => {
    await publish(gateway.request, { type: 'tick', data: 'x'.repeat(200_000) });
    return (await read()).get('lagging') === 1;
  });
  await until({ what: 'it is closed' }, async () => (await read()).get('closed_slow_total') === 1);
  socket.terminate();
  await expect({ subscriptions: 0, lagging: 0 });
});
