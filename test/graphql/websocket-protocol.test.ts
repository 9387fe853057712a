// The text of graphql-transport-ws (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md) as a table: what a client
// says, and what it then hears. No client library in between.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, publish } from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'tick' });
  await publish(gateway.request, { type: 'tick', data: 'first' });
});
after(() => gateway.stop());

const init = (): object => ({ type: 'connection_init', payload: { authorization: `Bearer ${gateway.adminKey}` } });
const subscribe = (id: unknown, query = 'subscription { events { data } }', more: object = {}): object => ({
  id,
  type: 'subscribe',
  payload: { query, ...more },
});
const ack = { type: 'connection_ack' };

interface Rule {
  readonly name: string;
  /** Texts are sent as they are. */
  readonly say: () => readonly (object | string)[];
  /** In this order; a function looks at one message. */
  readonly hear?: readonly (object | ((message: Record<string, unknown>) => boolean))[];
  /** Close code; none when the socket stays open. */
  readonly code?: number;
  readonly protocol?: string;
}

const isErrorFor =
  (id: string, text: RegExp) =>
  (message: Record<string, unknown>): boolean =>
    message['type'] === 'error' && message['id'] === id && text.test(JSON.stringify(message['payload']));

const rules: readonly Rule[] = [
  { name: 'init is acknowledged', say: () => [init()], hear: [ack] },
  { name: 'init twice', say: () => [init(), init()], code: 4429 },
  { name: 'subscribe before init', say: () => [subscribe('1')], code: 4401 },
  { name: 'a wrong key', say: () => [{ type: 'connection_init', payload: { authorization: 'Bearer x' } }], code: 4403 },
  { name: 'no key', say: () => [{ type: 'connection_init' }], code: 4403 },
  { name: 'a payload that is no map', say: () => [{ type: 'connection_init', payload: 'x' }], code: 4400 },
  { name: 'no JSON', say: () => ['{'], code: 4400 },
  { name: 'JSON that is no message', say: () => ['7'], code: 4400 },
  { name: 'no type', say: () => [{}], code: 4400 },
  { name: 'an unknown type', say: () => [{ type: 'start' }], code: 4400 },
  { name: 'a message of the server', say: () => [{ type: 'connection_ack' }], code: 4500 },
  { name: 'subscribe without an id', say: () => [subscribe(undefined)], code: 4400 },
  { name: 'subscribe with an id that is no text', say: () => [subscribe(1)], code: 4400 },
  { name: 'subscribe without a query', say: () => [{ id: '1', type: 'subscribe', payload: {} }], code: 4400 },
  { name: 'another protocol', say: () => [], protocol: 'graphql-ws', code: 1006 },
  { name: 'ping before init', say: () => [{ type: 'ping' }], hear: [{ type: 'pong' }] },
  {
    name: 'ping with a payload',
    say: () => [{ type: 'ping', payload: { n: 1 } }],
    hear: [{ type: 'pong', payload: { n: 1 } }],
  },
  { name: 'pong unasked', say: () => [{ type: 'pong', payload: { n: 1 } }, init()], hear: [ack] },
];

/** What is said after the acknowledgement. */
const rulesOfOperations: readonly Rule[] = [
  {
    name: 'complete of what never was',
    say: () => [{ id: 'x', type: 'complete' }, { type: 'ping' }],
    hear: [{ type: 'pong' }],
  },
  { name: 'an id twice', say: () => [subscribe('1'), subscribe('1')], code: 4409 },
  {
    name: 'a query: one result, then complete',
    say: () => [subscribe('q', '{ viewer { role } }')],
    hear: [
      { id: 'q', type: 'next', payload: { data: { viewer: { role: 'ADMIN' } } } },
      { id: 'q', type: 'complete' },
    ],
  },
  { name: 'a document that does not parse', say: () => [subscribe('1', '{')], hear: [isErrorFor('1', /Syntax/)] },
  { name: 'a document that is not valid', say: () => [subscribe('1', '{ no }')], hear: [isErrorFor('1', /no/)] },
  {
    name: 'an operation that is not there',
    say: () => [subscribe('1', 'query A { __typename }', { operationName: 'B' })],
    hear: [isErrorFor('1', /operation/)],
  },
  {
    name: 'a conditional field at the top',
    say: () => [subscribe('1', 'subscription { events @skip(if: true) { id } }')],
    hear: [
      ({ type, payload }) => type === 'next' && /@skip/.test(JSON.stringify(payload)),
      { id: '1', type: 'complete' },
    ],
  },
  {
    name: 'complete twice, and of somebody else',
    say: () => [subscribe('1'), { id: '1', type: 'complete' }, { id: '1', type: 'complete' }, { type: 'ping' }],
    hear: [{ type: 'pong' }],
  },
];

async function hold(rule: Rule, isAcknowledged: boolean): Promise<void> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, rule.protocol ?? 'graphql-transport-ws');
  const heard: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())));
  socket.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  const send = (message: object | string): void =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  if (rule.protocol === undefined) await once(socket, 'open');
  if (isAcknowledged) {
    send(init());
    await until({ what: 'the acknowledgement' }, () => heard.length === 1);
    heard.pop();
  }
  for (const message of rule.say()) send(message);
  if (rule.code !== undefined) assert.equal(await closed, rule.code);
  const expected = rule.hear ?? [];
  await until({ what: `${expected.length} messages` }, () => heard.length >= expected.length);
  for (const [index, one] of expected.entries()) {
    const message = heard[index] ?? assert.fail();
    if (typeof one === 'function') assert.ok(one(message), JSON.stringify(message));
    else assert.deepEqual(message, one);
  }
  if (rule.code === undefined) {
    assert.equal(heard.length, expected.length, JSON.stringify(heard));
    assert.equal(socket.readyState, WebSocket.OPEN);
  }
  socket.terminate();
}

for (const rule of rules) test(`the protocol: ${rule.name}`, () => hold(rule, false));
for (const rule of rulesOfOperations) test(`the protocol, acknowledged: ${rule.name}`, () => hold(rule, true));

test('nothing is heard of an operation after its complete, however it races with events', async () => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const heard: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString())));
  await once(socket, 'open');
  socket.send(JSON.stringify(init()));
  await until({ what: 'the acknowledgement' }, () => heard.length === 1);
  for (let round = 0; round < 20; round += 1) {
    socket.send(JSON.stringify(subscribe(`r${round}`)));
    const published = publish(gateway.request, { type: 'tick', data: round });
    socket.send(JSON.stringify({ id: `r${round}`, type: 'complete' }));
    socket.send(JSON.stringify({ type: 'ping', payload: { round } }));
    await until({ what: 'the pong' }, () =>
      heard.some(({ type, payload }) => type === 'pong' && JSON.stringify(payload) === `{"round":${round}}`),
    );
    const seen = heard.length;
    await published;
    assert.deepEqual(heard.slice(seen), [], 'after the pong, which was asked for after the complete');
  }
  socket.terminate();
});
