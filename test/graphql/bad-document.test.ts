// Requests that are refused before any value is looked at: documents, bodies, wrong types, and the same over a socket.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, type HttpAnswer, openLive, type ShownError, sendBody } from '../kit/graphql-client.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'anything' });
});

after(() => gateway.stop());

const post = (body: string): Promise<HttpAnswer> => sendBody(gateway.url, gateway.adminKey, body);

async function countEvents(): Promise<number> {
  return (await gateway.request('{ events(first: 100) { nodes { id } } }')).events.nodes.length;
}

/** What a socket answers to an operation that does not get as far as a result. */
async function errorsOnSocket(query: string, variables: Readonly<Record<string, unknown>> = {}) {
  const live = openLive(gateway.url, gateway.adminKey, query, variables);
  const end = await live.ended;
  await live.close();
  return end.kind === 'errors' ? end.errors : (live.results[0]?.errors ?? []);
}

function assertCode(errors: readonly ShownError[], code: string, message: RegExp): void {
  assert.equal(errors[0]?.extensions?.code, code, JSON.stringify(errors).slice(0, 500));
  assert.match(errors[0]?.message ?? '', message);
}

const deep = (levels: number): string => `{ events { nodes { ${'deliveries { nodes { event { '.repeat(levels)} id `;
const deepQuery = `${deep(9)}${'}'.repeat(9 * 3 + 3)}`;
const tooComplex: readonly (readonly [name: string, document: string, message: RegExp])[] = [
  ['a document 30 levels deep', deepQuery, /30 levels deep; at most 15/],
  [
    '51 root fields',
    `{ ${Array.from({ length: 51 }, (_, n) => `a${n}: viewer { role }`).join(' ')} }`,
    /51 .* at most 50/,
  ],
  [
    'fragments that multiply',
    `{ ...a } fragment z on Query { viewer { role } } ${['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']
      .map(
        (name, index, all) => `fragment ${name} on Query { ...${all[index + 1] ?? 'z'} ...${all[index + 1] ?? 'z'} }`,
      )
      .join(' ')}`,
    /fields with its fragments spread out; at most 2000/,
  ],
];

test('documents that are too deep, too broad or multiply are refused, over HTTP and on a socket', async () => {
  for (const [name, document, message] of tooComplex) {
    const { status, errors, data } = await gateway.send(document);
    assert.equal(status, 400, name);
    assert.equal(data, null);
    assertCode(errors, 'DOCUMENT_TOO_COMPLEX', message);
    assertCode(await errorsOnSocket(document), 'DOCUMENT_TOO_COMPLEX', message);
  }
  const allowed = await gateway.send(
    '{ events { nodes { deliveries { nodes { event { deliveries { nodes { id } } } } } } } }',
  );
  assert.deepEqual(allowed.errors, []);
});

test('documents that do not parse or do not fit the schema say where', async () => {
  const cases: readonly (readonly [document: string, message: RegExp])[] = [
    ['', /Syntax Error|query/],
    ['{', /Syntax Error/],
    ['query', /Syntax Error/],
    ['{ none }', /Cannot query field "none"/],
    ['{ viewer }', /must have a selection/],
    ['mutation { publishEvent(input: { data: 1 }) { duplicate } }', /"PublishEventInput.type" of required type/],
    ['mutation { publishEvent(input: { type: "anything", more: 1 }) { duplicate } }', /Field "more" is not defined/],
    ['mutation { publishEvent(input: null) { duplicate } }', /Expected value of type "PublishEventInput!"/],
    ['mutation { publishEvent { duplicate } }', /argument "input" .* is required/],
    ['{ events(first: "1") { nodes { id } } }', /Int cannot represent/],
    ['{ events(first: 1.5) { nodes { id } } }', /Int cannot represent/],
    ['{ events(first: 2147483648) { nodes { id } } }', /Int cannot represent/],
    ['{ events(order: SIDEWAYS) { nodes { id } } }', /EventOrder/],
    ['{ ...a } fragment a on Query { ...a }', /Cannot spread fragment "a" within itself/],
    ['query A { viewer { role } } query B { viewer { role } }', /operation/i],
    [`{ viewer { role } ${'# '.padEnd(10)}${'viewer { role } '.repeat(2000)}\n}`.replace('# ', ''), /5000 tokens/],
  ];
  for (const [document, message] of cases) {
    const { status, errors } = await gateway.send(document);
    assert.equal(status, 400, document.slice(0, 80));
    assert.match(errors[0]?.message ?? '', message, document.slice(0, 80));
    assert.notEqual(errors[0]?.extensions?.code, 'INTERNAL');
    const [onSocket] = await errorsOnSocket(document);
    if (document !== '') assert.match(onSocket?.message ?? '', message, document.slice(0, 80));
  }
});

test('values of the wrong type are refused with their place, and nothing is written', async () => {
  const publish = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }';
  const cases: readonly (readonly [input: unknown, message: RegExp])[] = [
    [undefined, /"\$input" of required type/],
    [null, /"\$input" of non-null type/],
    ['text', /"\$input"/],
    [[], /"\$input"|"input/],
    [{}, /"type" of required type/],
    [{ type: 5 }, /"input\.type"/],
    [{ type: ['anything'] }, /"input\.type"/],
    [{ type: { toString: 'x' } }, /"input\.type"/],
    [{ type: 'anything', time: 'yesterday' }, /"input\.time"; DateTime must be an ISO 8601/],
    [{ type: 'anything', time: 0 }, /"input\.time"/],
    [{ type: 'anything', time: '2026-02-30T25:00:00Z' }, /"input\.time"/],
    [{ type: 'anything', time: '2026-01-01T00:00:00' }, /"input\.time"/],
    [{ type: 'anything', id: {} }, /"input\.id"/],
    [{ type: 'anything', idempotencyKey: 1 }, /"input\.idempotencyKey"/],
    [{ type: 'anything', none: 1 }, /"none" is not defined/],
    [JSON.parse('{"type": "anything", "__proto__": {}}'), /"__proto__" is not defined/],
    [{ type: 'anything', constructor: {} }, /"constructor" is not defined/],
    [{ type: 'anything', data: JSON.parse(`${'['.repeat(600)}${']'.repeat(600)}`) }, /"input\.data"; .*500 levels/],
  ];
  for (const [input, message] of cases) {
    const { errors, data } = await gateway.send(publish, { input });
    assertCode(errors, 'BAD_USER_INPUT', message);
    assert.equal(data, null);
    assertCode(await errorsOnSocket(publish, { input }), 'BAD_USER_INPUT', message);
  }
  assert.equal(await countEvents(), 0);
});

test('bodies that are no GraphQL request are refused with a status and a sentence', async () => {
  const cases: readonly (readonly [body: string, status: number, message: RegExp])[] = [
    ['', 400, /./],
    ['not json', 400, /JSON/],
    ['{"query": "{ viewer { role } }"', 400, /JSON/],
    ['{}', 400, /POST body missing/],
    ['null', 400, /./],
    ['[]', 400, /./],
    ['"text"', 400, /./],
    ['[{"query": "{ viewer { role } }"}]', 400, /batch/i],
    ['{"query": 5}', 400, /./],
    ['{"query": {"a": 1}}', 400, /./],
    ['{"query": "{ viewer { role } }", "variables": "none"}', 400, /variables/],
    ['{"query": "{ viewer { role } }", "operationName": "None"}', 400, /operation/i],
  ];
  for (const [body, status, message] of cases) {
    const answer = await post(body);
    assert.equal(answer.status, status, `${body}: ${answer.text}`);
    assert.match(answer.text, message, body);
    assert.ok(answer.errors.length > 0, `${body}: ${answer.text}`);
    assert.ok(
      answer.errors.every(({ extensions }) => extensions?.code !== 'INTERNAL'),
      answer.text,
    );
    assert.doesNotMatch(answer.text, /node_modules|\.ts:|\.js:/, 'no stack traces');
  }
});

test('a body of 2 MB is refused with the limit, and so is a socket message', async () => {
  const body = JSON.stringify({ query: '{ viewer { role } }', variables: { a: 'x'.repeat(2_000_000) } });
  const answer = await post(body);
  assert.equal(answer.status, 413);
  assertCode(answer.errors, 'TOO_LARGE', /1572864/);

  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(body);
  const [code] = await once(socket, 'close');
  assert.equal(code, 1009);
  assert.deepEqual(await gateway.request('{ viewer { role } }'), { viewer: { role: 'ADMIN' } });
});

test('other methods, types and paths are refused', async () => {
  const authorization = `Bearer ${gateway.adminKey}`;
  const ask = async (
    path: string,
    { headers, ...init }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${gateway.url}${path}`, { ...init, headers: { authorization, ...headers } });
    return { status: response.status, text: await response.text() };
  };
  const query = JSON.stringify({ query: '{ viewer { role } }' });
  assert.equal((await ask('/graphql', { method: 'PUT', body: query })).status, 404);
  assert.equal((await ask('/graphql', { method: 'DELETE' })).status, 404);
  assert.equal((await ask('/nothing', {})).status, 404);
  assert.match((await ask('/nothing?key=secret', {})).text, /there is nothing at GET \/nothing"/);
  assert.equal((await ask('/graphql/../etc/passwd', {})).status, 404);
  const text = await ask('/graphql', { method: 'POST', body: query, headers: { 'content-type': 'text/plain' } });
  assert.ok(text.status === 415 || text.status === 400, String(text.status));
  const form = new URLSearchParams({ query: '{ viewer { role } }' });
  const posted = await ask('/graphql', { method: 'POST', body: form });
  assert.ok(posted.status >= 400 && posted.status < 500, String(posted.status));
  // A page of another site could send this without asking (CSRF); with a header of its own it may.
  const simple = await ask(`/graphql?${form.toString()}`, { headers: { 'content-type': 'text/plain' } });
  assert.equal(simple.status, 400);
  const prepared = await ask(`/graphql?${form.toString()}`, { headers: { 'apollo-require-preflight': '1' } });
  assert.deepEqual([prepared.status, prepared.text.trim()], [200, '{"data":{"viewer":{"role":"ADMIN"}}}']);
  const mutation = new URLSearchParams({
    query: 'mutation { deleteEventType(input: { name: "anything" }) { deletedId } }',
  });
  const get = await ask(`/graphql?${mutation.toString()}`, { headers: { 'apollo-require-preflight': '1' } });
  assert.equal(get.status, 405);
  assert.equal((await gateway.request('{ eventType(name: "anything") { name } }')).eventType?.name, 'anything');
});

test('a subscription over HTTP is told where to go', async () => {
  const { status, errors } = await gateway.send('subscription { events { id } }');
  assert.equal(status, 400);
  assert.match(errors[0]?.message ?? '', /subscription/i);
  assert.notEqual(errors[0]?.extensions?.code, 'INTERNAL');
});

test('a socket that does not speak the protocol is closed with a code that says why', async () => {
  const address = `${gateway.url.replace('http', 'ws')}/graphql`;
  const init = JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${gateway.adminKey}` } });
  const closeOf = async (messages: readonly string[], protocol = 'graphql-transport-ws'): Promise<unknown> => {
    const socket = new WebSocket(address, protocol);
    const closed = once(socket, 'close');
    closed.catch(() => undefined);
    await once(socket, 'open');
    for (const message of messages) {
      socket.send(message);
      // Only once it is let in may a client subscribe.
      if (message === init && messages[1] !== init) await once(socket, 'message');
    }
    return (await closed)[0];
  };
  const subscribe = JSON.stringify({
    type: 'subscribe',
    id: '1',
    payload: { query: 'subscription { events { id } }' },
  });
  assert.equal(await closeOf(['not json']), 4400);
  assert.equal(await closeOf(['{"type":"nonsense"}']), 4400);
  assert.equal(await closeOf([subscribe]), 4401);
  assert.equal(await closeOf([init, init]), 4429);
  assert.equal(await closeOf([init, subscribe, subscribe]), 4409);
  assert.equal(await closeOf([init, '{"type":"subscribe","id":"1","payload":{}}']), 4400);
  assert.equal(await closeOf([init, '{"type":"subscribe","id":"1","payload":{"query":5}}']), 4400);
  const other = new WebSocket(address, 'graphql-ws');
  const [error] = await once(other, 'error');
  assert.ok(error instanceof Error);
  const elsewhere = new WebSocket(address.replace('/graphql', '/other'), 'graphql-transport-ws');
  const [refused] = await once(elsewhere, 'error');
  assert.match(String(refused), /404/);
  // None of this is a fault of ours, and what is logged is lines of JSON.
  for (const line of gateway.stderr().split('\n').filter(Boolean)) {
    assert.notEqual((JSON.parse(line) as { level: string }).level, 'error', line);
  }
});
