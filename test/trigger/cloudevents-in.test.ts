// CloudEvents in: the examples of the specification in the three modes, and each wrong attribute by its name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/problem.js';
import type { PublishInput } from '../../src/publish.js';
import {
  type CloudEventsMode,
  type CloudEventsRequest,
  readCloudEvents,
  toAttributeProblem,
  toCloudEventsMode,
} from '../../src/trigger/cloudevents-in.js';

const attributes = {
  specversion: '1.0',
  type: 'com.example.someevent',
  source: '/mycontext',
  id: 'A234-1234-1234',
};

function read(mode: CloudEventsMode, body: unknown, headers: CloudEventsRequest['headers'] = {}): PublishInput[] {
  return readCloudEvents({ mode, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) });
}

function readOne(parts: Readonly<Record<string, unknown>>): PublishInput {
  return read('structured', { ...attributes, ...parts })[0] ?? assert.fail();
}

function readBinary(headers: Readonly<Record<string, string>>, body = ''): PublishInput {
  const own = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
  return read('binary', body, { ...own, ...headers })[0] ?? assert.fail();
}

function fieldOf(work: () => unknown): string | null {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error.field;
    throw error;
  }
  return assert.fail('it was taken');
}

test('the content type names the mode', () => {
  const modes: readonly (readonly [string | undefined, CloudEventsMode | null])[] = [
    ['application/cloudevents+json', 'structured'],
    ['Application/CloudEvents+JSON; charset=UTF-8', 'structured'],
    ['application/cloudevents-batch+json; charset="utf-8"', 'batched'],
    ['application/json', 'binary'],
    ['text/json', 'binary'],
    ['application/vnd.example+json', 'binary'],
    [undefined, 'binary'],
    ['application/cloudevents+avro', null],
    ['application/cloudevents', null],
    ['application/cloudevents+json; charset=utf-16', null],
    ['text/plain', null],
    ['', null],
    ['json', null],
  ];
  for (const [type, mode] of modes) assert.equal(toCloudEventsMode(type), mode, type);
});

test('the example of the JSON format with JSON data is an event', () => {
  const input = readOne({
    subject: null,
    time: '2018-04-05T17:31:00Z',
    comexampleextension1: 'value',
    comexampleothervalue: 5,
    datacontenttype: 'application/json',
    data: { appinfoA: 'abc', appinfoB: 123, appinfoC: true },
  });
  const { idempotencyKey, ...rest } = input;
  assert.match(idempotencyKey ?? '', /^cloudevents [\w-]{43}$/);
  assert.deepEqual(rest, {
    type: 'com.example.someevent',
    source: '/mycontext',
    subject: undefined,
    time: new Date('2018-04-05T17:31:00Z'),
    data: { appinfoA: 'abc', appinfoB: 123, appinfoC: true },
    orderingKey: null,
    deliverAt: null,
  });
});

test('the examples of the JSON format with data that is no JSON are refused by the attribute', () => {
  const xml = { datacontenttype: 'text/xml', data: '<much wow="xml"/>' };
  assert.equal(
    fieldOf(() => readOne(xml)),
    'datacontenttype',
  );
  const thrift = { datacontenttype: 'application/vnd.apache.thrift.binary', data_base64: 'aGVsbG8=' };
  assert.equal(
    fieldOf(() => readOne(thrift)),
    'datacontenttype',
  );
});

test('the example of a batch is its events in order', () => {
  const batch = [
    { ...attributes, id: 'B234-1234-1234', data: { a: 1 } },
    { ...attributes, source: '/mycontext/9', id: 'C234-1234-1234', data: { b: 2 } },
  ];
  assert.deepEqual(
    read('batched', batch).map(({ data, source }) => ({ data, source })),
    [
      { data: { a: 1 }, source: '/mycontext' },
      { data: { b: 2 }, source: '/mycontext/9' },
    ],
  );
  assert.deepEqual(read('batched', []), []);
  assert.equal(
    fieldOf(() => read('batched', [batch[0], { ...batch[1], source: '' }])),
    'events.1.source',
  );
  assert.equal(
    fieldOf(() => read('batched', [batch[0], 3])),
    'events.1',
  );
  assert.equal(
    fieldOf(() => read('batched', batch[0])),
    'body',
  );
});

test('the example of the binary mode is an event; headers are unquoted and percent-decoded once', () => {
  const input = readBinary({ 'ce-time': '2018-04-05T03:56:24Z', 'ce-orderingkey': 'o' }, '{"a":1}');
  assert.deepEqual(input.data, { a: 1 });
  assert.deepEqual(input.time, new Date('2018-04-05T03:56:24Z'));
  assert.equal(input.orderingKey, 'o');
  assert.equal(readBinary({}).data, null);
  const subjects: readonly (readonly [string, string])[] = [
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['a b', 'a b'],
    ['"a \\"b\\" %25"', 'a "b" %'],
    ['%2541', '%41'],
  ];
  for (const [header, subject] of subjects) assert.equal(readBinary({ 'ce-subject': header }).subject, subject);
  for (const header of ['100%', '%ff', 'ü'])
    assert.equal(
      fieldOf(() => readBinary({ 'ce-subject': header })),
      'subject',
    );
  assert.equal(
    fieldOf(() => readBinary({}, '{')),
    'data',
  );
});

test('an event is known by its source and id together, in all modes alike', () => {
  const key = readOne({}).idempotencyKey;
  assert.equal(readBinary({}).idempotencyKey, key);
  assert.equal(readOne({ type: 'other', data: 1 }).idempotencyKey, key);
  assert.notEqual(readOne({ source: '/other' }).idempotencyKey, key);
  assert.notEqual(readOne({ source: '/mycontextA', id: '234-1234-1234' }).idempotencyKey, key);
});

test('data_base64 is read as JSON in UTF-8; the ordering key is orderingkey, else partitionkey', () => {
  const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64');
  assert.deepEqual(readOne({ data_base64: base64('{"ü":1}') }).data, { ü: 1 });
  for (const data_base64 of [base64(Buffer.from([0x22, 0xff, 0x22])), base64('no'), 'a', '?', ''])
    assert.equal(
      fieldOf(() => readOne({ data_base64 })),
      'data_base64',
    );
  assert.equal(readOne({ partitionkey: 'p' }).orderingKey, 'p');
  assert.equal(readOne({ partitionkey: 'p', orderingkey: 'o' }).orderingKey, 'o');
  assert.deepEqual(readOne({ deliverat: '2026-02-01T00:00:00+01:00' }).deliverAt, new Date('2026-01-31T23:00:00Z'));
});

test('what breaks a rule is refused by the name of the attribute', () => {
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    { specversion: '0.3' },
    { specversion: null },
    { id: '' },
    { id: 5 },
    { source: undefined },
    { type: null },
    { type: ['a'] },
    { subject: {} },
    { time: 'yesterday' },
    { time: '2026-02-30T00:00:00Z' },
    { deliverat: '2026-01-01' },
    { orderingkey: '' },
    { orderingkey: 'x'.repeat(257) },
    { partitionkey: true },
    { data_base64: 'MQ==', data: 1 },
  ];
  for (const parts of wrong)
    assert.equal(
      fieldOf(() => readOne(parts)),
      Object.keys(parts)[0],
      JSON.stringify(parts),
    );
  for (const body of ['', '{', 'null', '[]', '"a"', '[1e999]', `${'['.repeat(501)}${']'.repeat(501)}`])
    assert.throws(() => read('structured', body), Problem, body);
});

test('a refusal of publishing is told in the names of CloudEvents', () => {
  const reused = new Problem('IDEMPOTENCY_KEY_REUSED', 'idempotencyKey was used', { field: 'events.2.idempotencyKey' });
  assert.equal(toAttributeProblem(reused).field, 'events.2.id');
  assert.match(toAttributeProblem(reused).message, /source and id/);
  const late = new Problem('INVALID_INPUT', 'deliverAt must be near', { field: 'deliverAt' });
  assert.deepEqual(
    [toAttributeProblem(late).field, toAttributeProblem(late).message],
    ['deliverat', 'deliverat must be near'],
  );
  assert.equal(toAttributeProblem(new Problem('NOT_FOUND', 'no')).field, null);
});
