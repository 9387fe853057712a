// What one socket carries: several operations at the same time, each ended by itself. Messages are the protocol's own, see
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, publish, publishAll, readHead } from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: { readonly data?: Record<string, { readonly data?: unknown }> } | readonly unknown[];
}

interface Socket {
  readonly socket: WebSocket;
  readonly messages: readonly Message[];
  readonly say: (message: object) => void;
  /** The `data` of the events that came for an operation. */
  readonly events: (id: string) => readonly unknown[];
}

let gateway: Gateway;
const open: WebSocket[] = [];

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'tick' });
  await publish(gateway.request, { type: 'tick', data: 'first' });
});

after(async () => {
  for (const socket of open) socket.terminate();
  await gateway.stop();
});

async function connect(): Promise<Socket> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  open.push(socket);
  const messages: Message[] = [];
  socket.on('message', (message: Buffer) => messages.push(JSON.parse(message.toString())));
  const say = (message: object): void => socket.send(JSON.stringify(message));
  await once(socket, 'open');
  say({ type: 'connection_init', payload: { authorization: `Bearer ${gateway.adminKey}` } });
  await until({ what: 'connection_ack' }, () => messages.some(({ type }) => type === 'connection_ack'));
  const events = (id: string): readonly unknown[] =>
    messages.flatMap((message) =>
      message.type === 'next' && message.id === id && message.payload !== undefined && 'data' in message.payload
        ? [message.payload.data?.['events']?.data]
        : [],
    );
  return { socket, messages, say, events };
}

const subscribe = (id: string, variables: object) => ({
  id,
  type: 'subscribe',
  payload: {
    query: 'subscription ($after: String, $filter: JSON) { events(after: $after, filter: $filter) { data } }',
    variables,
  },
});

test('subscriptions and queries share a socket, and one that is completed ends alone', async () => {
  const cursor = await readHead(gateway.request);
  const { say, messages, events } = await connect();
  say(subscribe('all', { after: cursor }));
  say(subscribe('even', { after: cursor, filter: { data: { $mod: [2, 0] } } }));
  say({ id: 'query', type: 'subscribe', payload: { query: '{ viewer { role } }' } });
  const numbers = (from: number) => Array.from({ length: 4 }, (_, n) => ({ type: 'tick', data: from + n }));
  await publishAll(gateway.request, numbers(1));
  await until({ what: 'both saw theirs' }, () => events('all').length === 4 && events('even').length === 2);
  say({ id: 'even', type: 'complete' });
  say({ type: 'ping', payload: { n: 1 } });
  await until({ what: 'pong' }, () => messages.some(({ type }) => type === 'pong'));
  await publishAll(gateway.request, numbers(5));
  await until({ what: 'the other goes on' }, () => events('all').length === 8);
  assert.deepEqual(events('all'), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(events('even'), [2, 4]);
  assert.deepEqual(
    messages.filter(({ id }) => id === 'query'),
    [
      { id: 'query', type: 'next', payload: { data: { viewer: { role: 'ADMIN' } } } },
      { id: 'query', type: 'complete' },
    ],
  );
  // An id is free again once its operation has ended.
  say(subscribe('even', { after: cursor, filter: { data: 8 } }));
  await until({ what: 'the id is used again' }, () => events('even').length === 3);
});

test('a subscription that is refused ends alone, with its error', async () => {
  const { say, messages, events, socket } = await connect();
  say(subscribe('bad', { filter: { $where: '1' } }));
  say(subscribe('good', { after: await readHead(gateway.request) }));
  await publish(gateway.request, { type: 'tick', data: 'seen' });
  await until({ what: 'the good one' }, () => events('good').length === 1);
  const told = messages.filter(({ id }) => id === 'bad');
  assert.match(JSON.stringify(told), /FILTER_INVALID/);
  assert.deepEqual(events('bad'), []);
  assert.equal(socket.readyState, WebSocket.OPEN);
});

test('a hundred subscriptions of one socket see the same', async () => {
  const cursor = await readHead(gateway.request);
  const { say, events } = await connect();
  const ids = Array.from({ length: 100 }, (_, n) => `s${n}`);
  for (const id of ids) say(subscribe(id, { after: cursor }));
  await publishAll(
    gateway.request,
    Array.from({ length: 10 }, (_, n) => ({ type: 'tick', data: n })),
  );
  await until({ what: 'all saw all' }, () => ids.every((id) => events(id).length === 10));
  for (const id of ids) assert.deepEqual(events(id), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a socket that says nothing is closed with 4408', async () => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  open.push(socket);
  const [code] = await once(socket, 'close');
  assert.equal(code, 4408);
});

test('a request that offers another protocol is answered as if it did not', async () => {
  const ask = async (path: string, body: string | null): Promise<{ status: number | undefined; body: string }> => {
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
    const asked = request(`${gateway.url}${path}`, {
      method: body === null ? 'GET' : 'POST',
      headers: { ...headers, authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
    });
    asked.end(body ?? undefined);
    const [answer]: IncomingMessage[] = await once(asked, 'response');
    assert.ok(answer !== undefined);
    return { status: answer.statusCode, body: await text(answer) };
  };
  assert.deepEqual(await ask('/health/live', null), { status: 200, body: '{"status":"live"}' });
  const long = JSON.stringify({ query: `{ viewer { role } } # ${'x'.repeat(300_000)}` });
  assert.match((await ask('/graphql', long)).body, /"role":"ADMIN"/);
});
