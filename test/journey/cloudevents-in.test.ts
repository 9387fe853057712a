// CloudEvents over real HTTP, sent by the CNCF's own client in all modes: from a request to events in the log, and every refusal.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import fc from 'fast-check';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createApplication, createEventType, createKey, readHead } from '../kit/graphql-client.js';

let gateway: Gateway;
let key: string;

before(async () => {
  gateway = await startGateway({ env: { CARILLON_MAX_BODY_BYTES: '131072' } });
  await createEventType(gateway.request, { name: 'com.example.someevent' });
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
  await createEventType(gateway.request, { name: 'counted', schema });
  ({ key } = await createKey(gateway.request, 'PUBLISHER'));
});

after(() => gateway.stop());

interface Answer {
  readonly status: number;
  readonly events?: readonly { readonly id: string; readonly duplicate: boolean }[];
  readonly errors?: readonly { readonly message: string; readonly extensions: { code: string; field?: string } }[];
}

type Headers = Readonly<Record<string, string>>;

async function post(body: string | Uint8Array<ArrayBuffer>, headers: Headers, by: string | null = key) {
  const authorization: Headers = by === null ? {} : { authorization: `Bearer ${by}` };
  const response = await fetch(`${gateway.url}/events`, {
    method: 'POST',
    headers: { ...authorization, ...headers },
    body,
  });
  return { status: response.status, ...JSON.parse(await response.text()) } as Answer;
}

const structured = { 'content-type': 'application/cloudevents+json' };
const batched = { 'content-type': 'application/cloudevents-batch+json' };
const one = { specversion: '1.0', id: 'one', source: '/shop', type: 'com.example.someevent', data: { a: 1 } };
const postOne = (parts: object, by?: string | null) => post(JSON.stringify({ ...one, ...parts }), structured, by);

/** As the client serializes it; it leaves names of headers as they are. */
function postMessage({ headers, body }: Message): Promise<Answer> {
  return post(String(body), Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])));
}

const readEvent = async (id: string | undefined) =>
  (await gateway.request('query ($id: ID!) { event(id: $id) { type source subject time data } }', { id })).event;

test('what the client of the CNCF sends in structured, binary and batched mode is in the log when 202 is answered', async () => {
  const make = (id: string): CloudEvent<unknown> =>
    new CloudEvent({
      id,
      type: 'com.example.someevent',
      source: '/mycontext',
      subject: 'a subject',
      time: '2018-04-05T17:31:00.000Z',
      datacontenttype: 'application/json',
      partitionkey: 'p',
      data: { appinfoA: 'abc', ü: [1] },
    });
  const expected = {
    type: 'com.example.someevent',
    source: '/mycontext',
    subject: 'a subject',
    time: '2018-04-05T17:31:00.000Z',
    data: { appinfoA: 'abc', ü: [1] },
  };
  for (const [id, message] of [
    ['s', HTTP.structured(make('s'))],
    ['b', HTTP.binary(make('b'))],
  ] as const) {
    const answer = await postMessage(message);
    assert.equal(answer.status, 202, JSON.stringify(answer));
    assert.deepEqual(await readEvent(answer.events?.[0]?.id), expected);
    assert.deepEqual(
      answer.events?.map(({ duplicate }) => duplicate),
      [false],
    );
    const again = await postMessage(HTTP.binary(make(id)));
    assert.deepEqual(again.events, [{ id: answer.events?.[0]?.id, duplicate: true }]);
  }
  const batch = await post(JSON.stringify([make('x'), make('s'), make('y')]), batched);
  assert.equal(batch.status, 202, JSON.stringify(batch));
  assert.deepEqual(
    batch.events?.map(({ duplicate }) => duplicate),
    [false, true, false],
  );
  assert.deepEqual(await readEvent(batch.events?.[2]?.id), expected);
});

test('the same source and id with other content is 409; another source is another event', async () => {
  const first = await postOne({});
  assert.equal(first.status, 202);
  const other = await postOne({ data: { a: 2 } });
  assert.equal(other.status, 409);
  assert.deepEqual(other.errors?.[0]?.extensions, { code: 'IDEMPOTENCY_KEY_REUSED', field: 'id' });
  assert.equal((await postOne({ source: '/other' })).events?.[0]?.duplicate, false);
  const inBatch = await post(
    JSON.stringify([
      { ...one, id: 'new' },
      { ...one, data: 3 },
    ]),
    batched,
  );
  assert.deepEqual(inBatch.errors?.[0]?.extensions, { code: 'IDEMPOTENCY_KEY_REUSED', field: 'events.1.id' });
  assert.equal((await postOne({ id: 'new', data: 4 })).status, 202);
});

test('only keys that may publish send, and others learn it before anything is read', async () => {
  const head = await readHead(gateway.request);
  const { key: reader } = await createKey(gateway.request, 'READER');
  const { key: application } = await createApplication(gateway.request, 'One');
  for (const by of [reader, application]) {
    const { status, errors } = await postOne({ id: 'roles' }, by);
    assert.deepEqual([status, errors?.[0]?.extensions.code], [403, 'FORBIDDEN']);
  }
  for (const by of [null, 'wrong', `${key}x`]) {
    const { status, errors } = await postOne({ id: 'roles' }, by);
    assert.deepEqual([status, errors?.[0]?.extensions.code], [401, 'UNAUTHENTICATED']);
  }
  assert.equal((await post('{', { 'content-type': 'text/plain' }, reader)).status, 403);
  assert.equal(await readHead(gateway.request), head);
  assert.equal((await postOne({ id: 'roles' }, gateway.adminKey)).status, 202);
});

test('OPTIONS lets a sender that has a key for publishing send, and nobody else', async () => {
  const ask = async (by: string | null, headers: Headers) => {
    const authorization: Headers = by === null ? {} : { authorization: `Bearer ${by}` };
    const response = await fetch(`${gateway.url}/events`, {
      method: 'OPTIONS',
      headers: { ...authorization, ...headers },
    });
    const text = await response.text();
    return { response, consent: response.headers.get('webhook-allowed-origin'), text };
  };
  const named = { 'webhook-request-origin': 'eventemitter.example.com', 'webhook-request-rate': '120' };
  const { response, consent, text } = await ask(key, named);
  assert.deepEqual([response.status, consent, text], [200, 'eventemitter.example.com', '']);
  assert.equal(response.headers.get('webhook-allowed-rate'), '*');
  assert.equal(response.headers.get('allow'), 'POST');
  const { key: reader } = await createKey(gateway.request, 'READER');
  const refusals: readonly (readonly [string | null, Headers, number, string])[] = [
    [null, named, 401, 'UNAUTHENTICATED'],
    ['wrong', named, 401, 'UNAUTHENTICATED'],
    [reader, named, 403, 'FORBIDDEN'],
    [key, {}, 400, 'INVALID_INPUT'],
    [key, { 'webhook-request-origin': 'no host name' }, 400, 'INVALID_INPUT'],
  ];
  for (const [by, headers, status, code] of refusals) {
    const refused = await ask(by, headers);
    assert.deepEqual([refused.response.status, refused.consent], [status, null]);
    assert.match(refused.text, new RegExp(`"code":"${code}"`));
  }
});

test('what breaks a rule is refused with its name, and nothing of a batch is written', async () => {
  const head = await readHead(gateway.request);
  const json = { 'content-type': 'application/json' };
  const binary = { ...json, 'ce-specversion': '1.0', 'ce-id': 'bad', 'ce-source': '/s', 'ce-type': 'counted' };
  const good = { ...one, id: 'bad' };
  const table: readonly (readonly [string, Headers, number, string])[] = [
    ['{', structured, 400, 'body'],
    ['{}', structured, 400, 'specversion'],
    ['{}', json, 400, 'specversion'],
    [JSON.stringify({ ...good, type: 'unknown' }), structured, 400, 'type'],
    [JSON.stringify({ ...good, source: 'a b' }), structured, 400, 'source'],
    [JSON.stringify({ ...good, deliverat: '2999-01-01T00:00:00Z' }), structured, 400, 'deliverat'],
    ['{"n":"x"}', binary, 400, 'data.n'],
    ['{"n":1}', { ...binary, 'ce-subject': '%' }, 400, 'subject'],
    ['[]', batched, 400, 'events'],
    [JSON.stringify([good, { ...good, id: '2', type: 'unknown' }]), batched, 400, 'events.1.type'],
    [JSON.stringify(Array.from({ length: 1001 }, () => 0)), batched, 400, 'events.0'],
    [`${'['.repeat(600)}${']'.repeat(600)}`, structured, 413, 'body'],
    ['{}', { 'content-type': 'application/cloudevents+xml' }, 415, 'content-type'],
    ['{}', { 'content-type': 'text/plain' }, 415, 'content-type'],
  ];
  for (const [body, headers, status, field] of table) {
    const answer = await post(body, headers);
    const said = JSON.stringify([body.slice(0, 100), answer]);
    assert.equal(answer.status, status, said);
    assert.equal(answer.errors?.[0]?.extensions.field, field, said);
    assert.notEqual(answer.errors[0].message, '');
  }
  const large = await postOne({ id: 'bad', data: 'x'.repeat(140_000) });
  assert.deepEqual([large.status, large.errors?.[0]?.extensions.code], [413, 'TOO_LARGE']);
  assert.equal(await readHead(gateway.request), head);
});

test('a batch of 1,000 events is taken, one of 1,001 is not', async () => {
  const batchOf = (count: number): string =>
    JSON.stringify(
      Array.from({ length: count }, (_, n) => ({ specversion: '1.0', id: `${n}`, source: 'n', type: one.type })),
    );
  const tooMany = await post(batchOf(1001), batched);
  assert.deepEqual([tooMany.status, tooMany.errors?.[0]?.extensions.field], [400, 'events']);
  const taken = await post(batchOf(1000), batched);
  assert.equal(taken.status, 202);
  assert.equal(new Set(taken.events?.map(({ id }) => id)).size, 1000);
});

test('2,000 bodies and headers of any kind never give a 5xx', async () => {
  const names = fc.constantFrom('id', 'source', 'type', 'specversion', 'subject', 'time', 'data', 'data_base64', 'x');
  const members = fc.dictionary(names, fc.oneof(fc.jsonValue(), fc.constantFrom('1.0', 'counted', '/s')));
  const events = members.map((parts) => ({ ...one, ...parts }));
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
    fc.json(),
    events.map((event) => JSON.stringify(event)),
    fc.array(events, { maxLength: 4 }).map((list) => JSON.stringify(list)),
  );
  const type = fc.constantFrom(...Object.values(structured), ...Object.values(batched), 'application/json', 'a/b');
  const value = fc.string({ maxLength: 20, unit: fc.constantFrom('%', '2', '"', '\\', 'a', ' ', 'é', '1', '.') });
  const statuses = new Set<number>();
  const sample = fc.sample(fc.tuple(body, type, value, value), { numRuns: 2000, seed: 7 });
  for (let from = 0; from < sample.length; from += 50) {
    await Promise.all(
      sample.slice(from, from + 50).map(async ([bytes, contentType, subject, id]) => {
        const { status } = await post(bytes, {
          'content-type': contentType,
          'ce-specversion': '1.0',
          'ce-type': 'com.example.someevent',
          'ce-source': '/s',
          'ce-subject': subject,
          'ce-id': id,
        });
        statuses.add(status);
      }),
    );
  }
  assert.deepEqual(
    [...statuses].filter((status) => status >= 500),
    [],
  );
  assert.ok(statuses.has(202) && statuses.has(400) && statuses.has(415));
});
