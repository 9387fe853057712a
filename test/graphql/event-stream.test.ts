// Server-sent events: the real graphql-sse client in both modes, and the protocol's text over plain HTTP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { ExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-sse';
import { createEventStream } from '../../src/graphql/event-stream.js';
import { createFakeClock } from '../kit/fake-clock.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createKey,
  createWebhookSubscription,
  publish,
  publishAll,
  readHead,
} from '../kit/graphql-client.js';
import { startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

let gateway: Gateway;
const clients: Client<boolean>[] = [];

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'tick' });
  await publish(gateway.request, { type: 'tick', data: 'first' });
});

after(async () => {
  for (const client of clients) client.dispose();
  await gateway.stop();
});

const query = 'subscription ($after: String, $filter: JSON) { events(after: $after, filter: $filter) { data cursor } }';
const numbers = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({ type: 'tick', data: from + n }));

interface Following {
  /** What each event has. */
  readonly data: unknown[];
  /** All results. */
  readonly results: unknown[];
  readonly errors: unknown[];
  isComplete: boolean;
  stop(): void;
}

function follow(client: Client<boolean>, variables: Record<string, unknown>, document = query): Following {
  clients.push(client);
  const following: Following = { data: [], results: [], errors: [], isComplete: false, stop: () => undefined };
  following.stop = client.subscribe<{ events?: { data: unknown } }>(
    { query: document, variables },
    {
      next(result) {
        if (result.data != null) following.results.push(result.data);
        if (result.data?.events !== undefined) following.data.push(result.data.events.data);
        if (result.errors !== undefined) following.errors.push(...result.errors);
      },
      error: (error) => void following.errors.push(error),
      complete: () => {
        following.isComplete = true;
      },
    },
  );
  return following;
}

function makeClient(singleConnection: boolean, key = gateway.adminKey): Client<boolean> {
  const headers = { authorization: `Bearer ${key}` };
  const url = `${gateway.url}/graphql/stream`;
  return singleConnection
    ? createClient({ url, headers, singleConnection: true, retryAttempts: 0 })
    : createClient({ url, headers, retryAttempts: 0 });
}

for (const singleConnection of [false, true]) {
  const mode = singleConnection ? 'single connection' : 'distinct connections';
  test(`graphql-sse follows in ${mode} mode: history, live, filters, and an end`, async () => {
    const cursor = await readHead(gateway.request);
    await publishAll(gateway.request, numbers(5));
    const client = makeClient(singleConnection);
    const all = follow(client, { after: cursor });
    const even = follow(client, { after: cursor, filter: { data: { $mod: [2, 0] } } });
    await publishAll(gateway.request, numbers(5, 5));
    await until({ what: 'all and the even ones' }, () => all.data.length === 10 && even.data.length === 5);
    assert.deepEqual(all.data, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(even.data, [0, 2, 4, 6, 8]);
    even.stop();
    await publishAll(gateway.request, numbers(2, 10));
    await until({ what: 'the other goes on' }, () => all.data.length === 12);
    assert.equal(even.data.length, 5);
    client.dispose();
    await until({ what: 'nothing is left' }, async () => {
      const { connections } = await gateway.request('{ connections { nodes { id transport } } }');
      return connections.nodes.length === 0;
    });
  });

  test(`graphql-sse in ${mode} mode: queries, refusals and mistakes`, async () => {
    const client = makeClient(singleConnection);
    const asked = follow(client, {}, '{ viewer { role } }');
    await until({ what: 'the query ends' }, () => asked.isComplete);
    assert.deepEqual(asked.errors, []);
    const refused = follow(client, { filter: { $where: '1' } });
    await until({ what: 'the refusal' }, () => refused.errors.length > 0);
    assert.match(JSON.stringify(refused.errors), /FILTER_INVALID/);
    const lost = follow(client, { after: 'nonsense' });
    await until({ what: 'the refusal' }, () => lost.errors.length > 0);
    assert.match(JSON.stringify(lost.errors), /CURSOR_INVALID/);
  });

  test(`graphql-sse in ${mode} mode: deliveries as they change, and a replay to its end`, async (t) => {
    const receiver = await startReceiver();
    t.after(() => receiver.close());
    const { id } = await createWebhookSubscription(gateway.request, { url: receiver.url });
    const client = makeClient(singleConnection);
    const watched = follow(
      client,
      { id },
      'subscription ($id: ID) { deliveries(webhookSubscription: $id, status: SUCCEEDED) { status } }',
    );
    await until({ what: 'a delivery' }, async () => {
      await publish(gateway.request, { type: 'tick', data: 'delivered' });
      return watched.results.length > 0;
    });
    assert.deepEqual(watched.results[0], { deliveries: { status: 'SUCCEEDED' } });
    watched.stop();

    const start = `mutation ($id: ID!) {
      replayEvents(input: { webhookSubscription: $id }) { replay { id } userErrors { code } }
    }`;
    const { replayEvents } = await gateway.request(start, { id });
    const document = 'subscription ($id: ID!) { replay(id: $id) { status } }';
    const replayed = follow(client, { id: replayEvents.replay?.id }, document);
    await until({ what: 'the end of the replay' }, () => replayed.isComplete);
    assert.deepEqual(replayed.errors, []);
    assert.deepEqual(replayed.results.at(-1), { replay: { status: 'FINISHED' } });
    client.dispose();
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** What came, once there are so many characters or the answer has ended. */
  text(least?: number): Promise<string>;
}

async function ask(method: string, path: string, options: { headers?: object; body?: object } = {}): Promise<Answer> {
  const abort = new AbortController();
  const response = await fetch(`${gateway.url}/graphql/stream${path}`, {
    method,
    headers: {
      authorization: `Bearer ${gateway.adminKey}`,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: abort.signal,
  });
  return {
    status: response.status,
    headers: response.headers,
    async text(least = Number.POSITIVE_INFINITY) {
      let text = '';
      const decoder = new TextDecoder();
      for await (const piece of response.body ?? []) {
        text += decoder.decode(piece, { stream: true });
        if (text.length >= least) break;
      }
      abort.abort();
      return text;
    },
  };
}
const stream = { accept: 'text/event-stream' };

test('each event has its cursor as id, and Last-Event-ID goes on behind it', async () => {
  const cursor = await readHead(gateway.request);
  const published = await publishAll(gateway.request, numbers(6));
  const variables = encodeURIComponent(JSON.stringify({ after: cursor }));
  const path = `?query=${encodeURIComponent(query)}&variables=${variables}`;
  const first = await ask('GET', path, { headers: stream });
  assert.equal(first.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');
  const seen = idsIn(await first.text(200)).slice(0, 2);
  assert.deepEqual(
    seen,
    published.slice(0, 2).map((event) => event.cursor),
  );
  // As a browser does it: the same address, and the header.
  const again = await ask('GET', path, { headers: { ...stream, 'last-event-id': seen[1] } });
  const rest = idsIn(await again.text(300));
  assert.deepEqual(
    rest.slice(0, 2),
    published.slice(2, 4).map((event) => event.cursor),
  );
  const wrong = await ask('GET', path, { headers: { ...stream, 'last-event-id': 'nonsense' } });
  assert.match(await wrong.text(), /CURSOR_INVALID[\s\S]*event: complete\ndata: \n\n$/);
});

/** The protocol's text, one row for each rule. */
const rules: readonly {
  readonly name: string;
  readonly method: string;
  readonly path?: string;
  readonly headers?: object;
  readonly body?: object;
  readonly status: number;
  readonly text?: RegExp;
}[] = [
  { name: 'no key', method: 'PUT', headers: { authorization: '' }, status: 401, text: /UNAUTHENTICATED/ },
  { name: 'no key on a distinct stream', method: 'GET', headers: { ...stream, authorization: '' }, status: 401 },
  { name: 'a reservation', method: 'PUT', status: 201, text: /^[0-9a-f]{48}$/ },
  { name: 'an unknown token', method: 'GET', path: '?token=x', headers: stream, status: 404 },
  { name: 'an operation on an unknown token', method: 'POST', path: '?token=x', body: { query }, status: 404 },
  { name: 'an end on an unknown token', method: 'DELETE', path: '?token=x&operationId=1', status: 404 },
  { name: 'neither a token nor a stream', method: 'GET', path: '?query={a}', status: 400 },
  { name: 'no query', method: 'POST', headers: stream, body: {}, status: 400, text: /query/ },
  { name: 'variables that are no JSON', method: 'GET', path: '?query={a}&variables=%7B', headers: stream, status: 400 },
  {
    name: 'a mutation by GET',
    method: 'GET',
    path: '?query=mutation{a}',
    headers: stream,
    status: 200,
    text: /errors/,
  },
  {
    name: 'a valid mutation by GET',
    method: 'GET',
    path: `?query=${encodeURIComponent('mutation { revokeApiKey(input: {id: "x"}) { userErrors { code } } }')}`,
    headers: stream,
    status: 400,
  },
  {
    name: 'a document that is not valid is told in the stream',
    method: 'POST',
    headers: stream,
    body: { query: '{ nothing }' },
    status: 200,
    text: /^:\n\nevent: next\ndata: \{"errors":.*\n\nevent: complete\ndata: \n\n$/,
  },
  {
    name: 'a query is answered and completed',
    method: 'POST',
    headers: stream,
    body: { query: '{ viewer { role } }' },
    status: 200,
    text: /^:\n\nevent: next\ndata: \{"data":\{"viewer":\{"role":"ADMIN"\}\}\}\n\nevent: complete\ndata: \n\n$/,
  },
];

for (const { name, method, path = '', headers = {}, body, status, text } of rules) {
  test(`the protocol: ${name}`, async () => {
    const answer = await ask(method, path, { headers, ...(body === undefined ? {} : { body }) });
    assert.equal(answer.status, status);
    const shown = await answer.text();
    if (text !== undefined) assert.match(shown, text);
  });
}

test('a reserved stream: one connection, operations by id, and nobody else', async () => {
  const token = await (await ask('PUT', '')).text();
  const headers = { 'x-graphql-event-stream-token': token };
  const opened = await ask('GET', '', { headers: { ...headers, ...stream } });
  assert.equal(opened.status, 200);
  assert.equal((await ask('GET', '', { headers: { ...headers, ...stream } })).status, 409);
  const operation = (operationId: string) => ({ query, extensions: { operationId } });
  assert.equal((await ask('POST', '', { headers, body: operation('one') })).status, 202);
  assert.equal((await ask('POST', '', { headers, body: operation('one') })).status, 409);
  assert.equal((await ask('POST', '', { headers, body: { query } })).status, 400);
  assert.equal(
    (await ask('POST', '', { headers, body: { query: '{', extensions: { operationId: '2' } } })).status,
    400,
  );
  const other = await createApplication(gateway.request, 'Other');
  const stranger = { ...headers, authorization: `Bearer ${other.key}` };
  assert.equal((await ask('POST', '', { headers: stranger, body: operation('two') })).status, 404);
  assert.equal((await ask('DELETE', '?operationId=one', { headers })).status, 200);
  assert.equal((await ask('POST', '', { headers, body: operation('one') })).status, 202, 'the id is free again');
  await publish(gateway.request, { type: 'tick', data: 'seen' });
  assert.match(await opened.text(50), /data: \{"id":"one","payload":\{"data":\{"events":\{"data":"seen"/);
});

test('a stream ends when its key is revoked, and the client learns why when it comes back', async () => {
  const { id, key } = await createKey(gateway.request, 'READER');
  const client = makeClient(false, key);
  const following = follow(client, {});
  await until({ what: 'the stream' }, async () => {
    const { connections } = await gateway.request('{ connections { nodes { apiKey { id } } } }');
    return connections.nodes.some(({ apiKey }) => apiKey?.id === id);
  });
  await gateway.request('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }', { id });
  await until({ what: 'the break', withinMs: 2000 }, () => following.errors.length > 0);
  const back = await ask('GET', `?query=${encodeURIComponent(query)}`, {
    headers: { ...stream, authorization: `Bearer ${key}` },
  });
  assert.equal(back.status, 401);
});

test('metrics count what is followed and written', async () => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  for (const name of ['frames_total', 'executions_total', 'bytes_total', 'resumes_total{from="ring"}'])
    assert.match(text, new RegExp(`^carillon_live_${name.replace(/[{}"=]/g, '\\$&')} [1-9]`, 'm'), name);
  assert.match(text, /^carillon_live_connections\{transport="websocket"\} 0$/m);
});

test('what the hub does not pace waits for its client to read, and ends when that takes too long', async (t) => {
  const clock = createFakeClock();
  const softBytes = 65_536;
  let isEnded = false;
  const stream = createEventStream({
    id: 'con_1',
    remoteAddress: '127.0.0.1',
    openedAt: clock.now(),
    isSingleConnection: false,
    softBytes,
    stallMs: 30_000,
    clock,
    show: (error) => ({ message: String(error) }),
    onEnd: () => {
      isEnded = true;
    },
  });
  let pulled = 0;
  async function* results(): AsyncGenerator<ExecutionResult, undefined, undefined> {
    while (pulled < 2000) {
      pulled += 1;
      yield { data: { text: 'x'.repeat(100_000) } };
    }
    return undefined;
  }
  const server = createServer((_request, response) => {
    stream.reserve('');
    stream.open(response);
    void stream.run(null, results());
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => client.destroy());
  client.pause();
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await until({ what: 'the client lags' }, () => stream.session.pendingBytes > softBytes && clock.timers > 0);
  assert.ok(pulled < 1000, `${pulled} results were read for a client that reads nothing`);
  assert.ok(stream.session.pendingBytes < softBytes + 200_000);
  const waiting = pulled;
  let read = 0;
  client.on('data', (piece) => {
    read += piece.length;
    if (read > 50_000_000) client.pause();
  });
  client.resume();
  await until({ what: 'it goes on' }, () => pulled > waiting + 10 && read > 50_000_000);
  await until({ what: 'it lags again' }, () => stream.session.pendingBytes > softBytes && clock.timers > 0);
  assert.equal(isEnded, false);
  await clock.advance(30_000);
  assert.equal(isEnded, true);
  assert.equal(clock.timers, 0);
});
