// An event published once reaches those who listen on a socket: which ones, from where on, in which order, and once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { encodeCursor } from '../../src/event/cursor.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createKey,
  type Live,
  liveEvents,
  openLive,
  publish,
  publishAll,
  readHead,
  type Variables,
} from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let gateway: Gateway;
const opened: Live[] = [];

before(async () => {
  gateway = await startGateway();
  for (const name of ['order.created', 'order.paid', 'user_registered', 'tick']) {
    await createEventType(gateway.request, { name });
  }
  await publish(gateway.request, { type: 'tick', data: 'the first of the log' });
});

after(async () => {
  for (const live of opened) await live.close();
  await gateway.stop();
});

function listen(variables: Variables, key = gateway.adminKey): Live {
  const live = openLive(gateway.url, key, liveEvents, variables);
  opened.push(live);
  return live;
}

async function head(): Promise<string> {
  return (await readHead(gateway.request)) ?? assert.fail();
}

const numbers = (live: Live): unknown[] => live.events.map(({ data }) => data);

async function errorOf(live: Live): Promise<{ code: string | undefined; field: string | undefined }> {
  const end = await live.ended;
  const [error] = end.kind === 'errors' ? end.errors : (live.results[0]?.errors ?? assert.fail(JSON.stringify(end)));
  return { code: error?.extensions?.code, field: error?.extensions?.field };
}

test('a live client without a position sees what is published from then on, as it was published', async () => {
  const live = listen({ types: ['order.created', 'tick'] });
  await live.connected;
  // The protocol does not say when a subscription has begun: ticks until one is seen tell it.
  for (let n = 0; live.events.length === 0; n += 1) await publish(gateway.request, { type: 'tick', data: n });
  assert.notEqual(live.events[0]?.data, 'the first of the log');
  const event = await publish(gateway.request, {
    type: 'order.created',
    data: { amount: 1.5, é: ['✓', null] },
    source: 'https://shop.example/eu',
    subject: 'order/7',
    time: '2026-01-31T12:00:00.123Z',
  });
  const isOrder = ({ type }: { readonly type: string }): boolean => type === 'order.created';
  await until({ what: 'the order' }, () => live.events.some(isOrder));
  const found = live.events.filter(isOrder);
  assert.deepEqual(found, [
    {
      id: event.id,
      type: 'order.created',
      source: 'https://shop.example/eu',
      subject: 'order/7',
      time: '2026-01-31T12:00:00.123Z',
      data: { amount: 1.5, é: ['✓', null] },
      sequence: event.sequence,
      cursor: event.cursor,
    },
  ]);
});

test('types and filter choose; patterns mean the same as for webhook subscriptions', async () => {
  const after = await head();
  const exact = listen({ after, types: ['order.paid'] });
  const pattern = listen({ after, types: ['order.*', 'user_registered'] });
  const filtered = listen({ after, filter: { type: { $ne: 'tick' }, 'data.n': { $gte: 2 } } });
  const everything = listen({ after });
  const types = ['order.created', 'tick', 'order.paid', 'user_registered'];
  await publishAll(
    gateway.request,
    types.map((type, n) => ({ type, data: { n } })),
  );
  assert.deepEqual(
    (await everything.next(4)).map(({ type }) => type),
    types,
  );
  assert.deepEqual(
    (await exact.next(1)).map(({ type }) => type),
    ['order.paid'],
  );
  assert.deepEqual(
    (await pattern.next(3)).map(({ type }) => type),
    ['order.created', 'order.paid', 'user_registered'],
  );
  assert.deepEqual(
    (await filtered.next(2)).map(({ type }) => type),
    ['order.paid', 'user_registered'],
  );
});

test('with after, history comes first, then what happens meanwhile and later: each once, in order', async () => {
  const after = await head();
  await publishAll(
    gateway.request,
    Array.from({ length: 700 }, (_, n) => ({ type: 'tick', data: n })),
  );
  const lives = Array.from({ length: 5 }, () => listen({ after }));
  for (let n = 700; n < 750; n += 1) await publish(gateway.request, { type: 'tick', data: n });
  for (const live of lives) {
    await live.next(750);
    assert.deepEqual(
      numbers(live),
      Array.from({ length: 750 }, (_, n) => n),
    );
    const sequences = live.events.map(({ sequence }) => Number(sequence));
    assert.ok(sequences.every((sequence, index) => index === 0 || sequence === (sequences[index - 1] ?? 0) + 1));
  }
});

test('a client whose connection breaks resumes behind its last cursor', async () => {
  const after = await head();
  const first = listen({ after });
  const published = Array.from({ length: 20 }, (_, n) => ({ type: 'tick', data: n }));
  await publishAll(gateway.request, published.slice(0, 10));
  const seen = await first.next(10);
  first.terminate();
  assert.equal((await first.ended).kind, 'closed');
  await publishAll(gateway.request, published.slice(10, 15));
  const second = listen({ after: seen[6]?.cursor });
  await second.next(8);
  await publishAll(gateway.request, published.slice(15));
  await second.next(13);
  assert.deepEqual(numbers(second), [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test('since begins with the first event that was published at or after that instant', async () => {
  await publish(gateway.request, { type: 'tick', data: 'before' });
  // A later millisecond than that of the event before; the clock is the machine's.
  const since = await new Promise<string>((resolve) => setTimeout(() => resolve(new Date().toISOString()), 3));
  await publish(gateway.request, { type: 'tick', data: 'one', time: '2001-01-01T00:00:00Z' });
  const live = listen({ since });
  await live.next(1);
  await publish(gateway.request, { type: 'tick', data: 'two' });
  await live.next(2);
  assert.deepEqual(numbers(live), ['one', 'two']);
  const all = listen({ since: '2000-01-01T00:00:00+01:00' });
  const [oldest] = await all.next(1);
  assert.equal(oldest?.sequence, '1');
});

test('an application streams what is addressed to it or to all, and may ask for no other view', async () => {
  const one = await createApplication(gateway.request, 'Live one');
  const two = await createApplication(gateway.request, 'Live two');
  const after = await head();
  const own = listen({ after }, one.key);
  const named = listen({ after, application: one.id }, one.key);
  const asAdmin = listen({ after, application: two.id });
  const reader = listen({ after }, (await createKey(gateway.request, 'READER')).key);
  await publish(gateway.request, { type: 'tick', data: 'for two', application: two.id });
  await publish(gateway.request, { type: 'tick', data: 'for one', application: one.id });
  await publish(gateway.request, { type: 'tick', data: 'for all' });
  await own.next(2);
  await named.next(2);
  await asAdmin.next(2);
  await reader.next(3);
  assert.deepEqual(numbers(own), ['for one', 'for all']);
  assert.deepEqual(numbers(named), ['for one', 'for all']);
  assert.deepEqual(numbers(asAdmin), ['for two', 'for all']);
  assert.deepEqual(numbers(reader), ['for two', 'for one', 'for all']);
  assert.deepEqual(await errorOf(listen({ application: two.id }, one.key)), {
    code: 'FORBIDDEN',
    field: 'application',
  });
  const publisher = await createKey(gateway.request, 'PUBLISHER');
  assert.equal((await errorOf(listen({}, publisher.key))).code, 'FORBIDDEN');
});

test('what a stream shows of other records is as it is at each event', async () => {
  const { id } = await createApplication(gateway.request, 'before');
  const document = 'subscription ($after: String) { events(after: $after) { id application { name } } }';
  const live = openLive(gateway.url, gateway.adminKey, document, { after: await head() });
  opened.push(live);
  await publish(gateway.request, { type: 'tick', application: id });
  await live.next(1);
  await gateway.request(
    'mutation ($input: UpdateApplicationInput!) { updateApplication(input: $input) { userErrors { code } } }',
    { input: { id, name: 'after' } },
  );
  await publish(gateway.request, { type: 'tick', application: id });
  const names = (await live.next(2)).map(({ application }) => application?.name);
  assert.deepEqual(names, ['before', 'after']);
});

test('the query events(after:) gives the same events and cursors as the stream, in either direction', async () => {
  const after = await head();
  await publishAll(
    gateway.request,
    Array.from({ length: 25 }, (_, n) => ({ type: n % 2 === 0 ? 'tick' : 'order.paid', data: n })),
  );
  const live = listen({ after, types: ['tick'] });
  const streamed = (await live.next(13)).map(({ cursor, data }) => ({ cursor, data }));
  const query = `query ($after: String, $types: [String!]) {
    events(first: 5, after: $after, types: $types) {
      edges { cursor node { cursor data } } pageInfo { hasNextPage endCursor }
    }
  }`;
  const read: unknown[] = [];
  let position: string | null | undefined = after;
  for (let hasNext = true; hasNext; ) {
    const { events } = await gateway.request(query, { after: position, types: ['tick'] });
    for (const { cursor, node } of events.edges) {
      assert.equal(cursor, node.cursor);
      read.push(node);
    }
    hasNext = events.pageInfo.hasNextPage;
    position = events.pageInfo.endCursor;
  }
  assert.deepEqual(read, streamed);
  const resumed = listen({ after: streamed[4]?.cursor, types: ['tick'] });
  assert.deepEqual(
    (await resumed.next(8)).map(({ cursor }) => cursor),
    streamed.slice(5).map(({ cursor }) => cursor),
  );
});

test('a position that is none is refused, with its field named', async () => {
  const cursor = await head();
  const flipped = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
  const foreign = encodeCursor({ logId: '00000000', sequence: 1 });
  for (const after of ['', 'nonsense', flipped, foreign, `${cursor}A`, 'x'.repeat(5000)]) {
    assert.deepEqual(await errorOf(listen({ after })), { code: 'CURSOR_INVALID', field: 'after' }, after.slice(0, 40));
  }
  assert.deepEqual(await errorOf(listen({ after: cursor, since: '2026-01-01T00:00:00Z' })), {
    code: 'INVALID_INPUT',
    field: 'since',
  });
});

test('a position that the log has lost is refused as expired, on the socket and in the query', async (t) => {
  const { events } = await gateway.request('{ events(first: 1) { nodes { cursor } } }');
  const oldest = events.nodes[0]?.cursor;
  const store = await MongoClient.connect(gateway.databaseUri);
  t.after(() => store.close());
  // What retention does after days.
  await store
    .db()
    .collection('events')
    .deleteMany({ sequence: { $lte: 3 } });
  const lost = { code: 'CURSOR_EXPIRED', field: 'after' };
  assert.deepEqual(await errorOf(listen({ after: oldest })), lost);
  const { errors } = await gateway.send('query ($after: String) { events(after: $after) { nodes { id } } }', {
    after: oldest,
  });
  assert.deepEqual(
    errors.map(({ extensions }) => [extensions?.code, extensions?.field]),
    [['CURSOR_EXPIRED', 'after']],
  );
  const since = listen({ since: '2000-01-01T00:00:00Z' });
  assert.equal((await since.next(1))[0]?.sequence, '4');
});
