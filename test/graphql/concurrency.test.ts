// Many at once, and texts of every kind: what is written is written once, whole, and comes back as it was.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createWebhookSubscription,
  liveEvents,
  openLive,
  publish,
  publishAll,
  waitForDeliveries,
} from '../kit/graphql-client.js';
import { startReceiver } from '../kit/receiver.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'anything' });
});

after(() => gateway.stop());

const publishOne = `mutation ($input: PublishEventInput!) {
  publishEvent(input: $input) { event { id sequence data } duplicate userErrors { code field } }
}`;

async function readHead(): Promise<number> {
  const { events } = await gateway.request('{ events(first: 1, order: NEWEST_FIRST) { nodes { sequence } } }');
  return Number(events.nodes[0]?.sequence ?? 0);
}

test('of 20 that create an event type of one name at once, one wins', async () => {
  const query = `mutation ($name: String!) {
    createEventType(input: { name: $name }) { eventType { id } userErrors { code field } }
  }`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => gateway.request(query, { name: n % 2 === 0 ? 'race.won' : 'race_won' })),
  );
  const won = answers.filter(({ createEventType: { eventType } }) => eventType !== null);
  assert.equal(won.length, 1);
  for (const { createEventType: payload } of answers) {
    if (payload.eventType === null) assert.deepEqual(payload.userErrors, [{ code: 'NAME_TAKEN', field: 'input.name' }]);
  }
  const { eventTypes } = await gateway.request('{ eventTypes(first: 100) { nodes { name } } }');
  assert.equal(eventTypes.nodes.filter(({ name }) => /^race.won$/.test(name)).length, 1);
});

test('the same idempotencyKey 50 times at once is one event and 49 duplicates', async () => {
  const was = await readHead();
  const input = { type: 'anything', data: { n: 1 }, idempotencyKey: 'once' };
  const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.request(publishOne, { input })));
  assert.equal(new Set(answers.map(({ publishEvent }) => publishEvent.event?.id)).size, 1);
  assert.equal(answers.filter(({ publishEvent }) => publishEvent.duplicate).length, 49);
  assert.equal(await readHead(), was + 1);
});

test('the same idempotencyKey with 50 contents at once is one event and 49 refusals', async () => {
  const was = await readHead();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      gateway.request(publishOne, { input: { type: 'anything', data: n, idempotencyKey: 'contested' } }),
    ),
  );
  const refused = answers.filter(({ publishEvent }) => publishEvent.event === null);
  assert.equal(refused.length, 49);
  for (const { publishEvent } of refused) {
    assert.deepEqual(publishEvent.userErrors, [{ code: 'IDEMPOTENCY_KEY_REUSED', field: 'input.idempotencyKey' }]);
  }
  assert.equal(await readHead(), was + 1);
});

test('a key of one list and of the log answers the first event, in the order of the input', async () => {
  const was = await readHead();
  const first = await publish(gateway.request, { type: 'anything', data: 'a', idempotencyKey: 'a' });
  const query = `mutation ($input: PublishEventsInput!) {
    publishEvents(input: $input) { events { id data } duplicates userErrors { code } }
  }`;
  const events = ['b', 'a', 'c', 'b'].map((key) => ({ type: 'anything', data: key, idempotencyKey: key }));
  const { publishEvents } = await gateway.request(query, { input: { events } });
  assert.deepEqual(publishEvents.userErrors, []);
  assert.deepEqual(
    publishEvents.events.map(({ data }) => data),
    ['b', 'a', 'c', 'b'],
  );
  assert.equal(publishEvents.events[1]?.id, first.id);
  assert.equal(publishEvents.events[0]?.id, publishEvents.events[3]?.id);
  assert.deepEqual(publishEvents.duplicates, [first.id, publishEvents.events[0]?.id]);
  assert.equal(await readHead(), was + 3);
});

test('1,000 publishes at once all get a place of their own, without a hole', async (t) => {
  const was = await readHead();
  const startedMs = performance.now();
  const events = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => publish(gateway.request, { type: 'anything', data: n })),
  );
  t.diagnostic(`1,000 publishes at once: ${Math.round(performance.now() - startedMs)} ms`);
  const sequences = events.map(({ sequence }) => Number(sequence)).sort((a, b) => a - b);
  assert.deepEqual(
    sequences,
    Array.from({ length: 1000 }, (_, n) => was + 1 + n),
  );
});

test('1,000 events of one call are next to each other, in order', async () => {
  const was = await readHead();
  const events = await publishAll(
    gateway.request,
    Array.from({ length: 1000 }, (_, n) => ({ type: 'anything', data: n })),
  );
  assert.deepEqual(
    events.map(({ sequence }) => Number(sequence)),
    Array.from({ length: 1000 }, (_, n) => was + 1 + n),
  );
});

test('of changes of one record at the same time none is half-written', async () => {
  const { id } = await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' });
  const query = `mutation ($input: UpdateWebhookSubscriptionInput!) {
    updateWebhookSubscription(input: $input) { webhookSubscription { name } userErrors { code field } }
  }`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      gateway.request(query, { input: { id, name: `n${n}`, url: `http://127.0.0.1:9/n${n}` } }),
    ),
  );
  for (const { updateWebhookSubscription: payload } of answers) {
    if (payload.webhookSubscription === null)
      assert.deepEqual(payload.userErrors, [{ code: 'CONFLICT', field: 'input.id' }]);
  }
  const { webhookSubscription } = await gateway.request(
    'query ($id: ID!) { webhookSubscription(id: $id) { name url } }',
    { id },
  );
  assert.equal(webhookSubscription?.url, `http://127.0.0.1:9/${webhookSubscription?.name}`);
  const deleted = await Promise.all(
    Array.from({ length: 10 }, () =>
      gateway.request(
        'mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId userErrors { code } } }',
        { id },
      ),
    ),
  );
  assert.ok(deleted.some(({ deleteWebhookSubscription: payload }) => payload.deletedId === id));
});

/** JSON that finds the weak spots of those who copy, merge, escape or normalise. */
const awkward: readonly string[] = [
  'null',
  'true',
  '0',
  '-0.5e-7',
  '1e308',
  '9007199254740993',
  '""',
  '"\\u0000 NUL and \\u001f"',
  '"caf\\u00e9 (NFC), cafe\\u0301 (NFD)"',
  '"\\u202e\\u05e9\\u05dc\\u05d5\\u05dd \\u200f\\u200b\\ufeff"',
  '"\\ud83d\\udc69\\u200d\\ud83d\\udc69\\u200d\\ud83d\\udc67"',
  '"a lone \\ud800 surrogate"',
  '"\\u2028 \\u2029 </script> \\\\ \\" \'"',
  '[]',
  '{}',
  '[[[]], {"": {"": null}}]',
  '{"__proto__": {"polluted": true}, "a": 1}',
  '{"constructor": {"prototype": {"polluted": true}}}',
  '{"$where": "true", "a.b": 1, "$set": {"x": 1}, "\\u0000": 2}',
  '{"toString": 1, "hasOwnProperty": 2, "length": 3, "then": 4, "toJSON": 5, "_id": 6, "__typename": 7}',
  '{"b": 1, "a": 2, "10": 3, "9": 4}',
];

test('data comes back as it was: in the log, on the stream and in the webhook', async (t) => {
  const receiver = await startReceiver();
  t.after(() => receiver.close());
  await createEventType(gateway.request, { name: 'awkward' });
  await createWebhookSubscription(gateway.request, { url: receiver.url, eventTypes: ['awkward'] });
  const published: string[] = [];
  for (const json of awkward) {
    const { id } = await publish(gateway.request, { type: 'awkward', data: JSON.parse(json) });
    published.push(id);
  }
  const live = openLive(gateway.url, gateway.adminKey, liveEvents, {
    since: '2020-01-01T00:00:00Z',
    types: ['awkward'],
  });
  t.after(() => live.close());
  const streamed = await live.next(awkward.length);
  const { events } = await gateway.request('{ events(first: 100, types: ["awkward"]) { nodes { id data } } }');
  for (const [index, json] of awkward.entries()) {
    const expected = JSON.stringify(JSON.parse(json));
    const id = published[index] ?? '';
    assert.equal(JSON.stringify(streamed[index]?.data), expected, json);
    assert.equal(JSON.stringify(events.nodes[index]?.data), expected, json);
    await waitForDeliveries(gateway.request, id, { status: 'SUCCEEDED' });
    const request = receiver.requests.find(({ headers }) => headers['webhook-id'] === id);
    assert.ok(request?.body.toString().endsWith(`"data":${expected}}`), json);
  }
});

test('the same data as a literal of the document is the same event', async () => {
  const query = `mutation ($n: JSON) {
    publishEvent(input: { type: "anything", data: { n: $n, list: [1, 2.5, "x", null, true], deep: { a: {} }, __proto__: 1 } }) {
      event { data } userErrors { code }
    }
  }`;
  const { publishEvent } = await gateway.request(query, { n: { b: 1 } });
  assert.equal(
    JSON.stringify(publishEvent.event?.data),
    '{"n":{"b":1},"list":[1,2.5,"x",null,true],"deep":{"a":{}},"__proto__":1}',
  );
});

test('names in any script are kept as they were given', async () => {
  const names = [
    'Gr\u00f6\u00dfe',
    'Gro\u0308\u00dfe',
    'שלום עולם',
    '\u202eevil',
    '👩‍👩‍👧 & co',
    '<b>bold</b>',
    '{{x}} %s %00',
    "'; DROP",
  ];
  const ids: string[] = [];
  for (const name of names) ids.push((await createApplication(gateway.request, name)).id);
  const { nodes } = await gateway.request('query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Application { name } } }', {
    ids,
  });
  assert.deepEqual(
    nodes.map((node) => Reflect.get(node ?? {}, 'name')),
    names,
  );
});

test('filters see keys that every object inherits only when the data has them', async () => {
  const was = await gateway.request('{ events(first: 1, order: NEWEST_FIRST) { nodes { cursor } } }');
  const cursor = was.events.nodes[0]?.cursor;
  const values = ['{"a": 1}', '{"__proto__": 1}', '{"constructor": 1}', '{"toString": 1}'];
  for (const json of values) await publish(gateway.request, { type: 'anything', data: JSON.parse(json) });
  for (const [index, key] of ['a', '__proto__', 'constructor', 'toString'].entries()) {
    const { events } = await gateway.request(
      'query ($after: String, $filter: JSON) { events(after: $after, filter: $filter) { nodes { data } } }',
      { after: cursor, filter: { [`data.${key}`]: { $exists: true } } },
    );
    assert.deepEqual(
      events.nodes.map(({ data }) => JSON.stringify(data)),
      [values[index]?.replace(': ', ':')],
    );
  }
});
