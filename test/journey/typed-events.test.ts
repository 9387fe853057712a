// Typed events over real sockets: an event type with a schema has its field at once, on the node where it was made and on
// another; running subscriptions go on when it changes; the SDL and introspection know it.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { buildSchema } from 'graphql';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { createDatabaseUri, createDataDir, type Gateway, startGateway } from '../kit/gateway.js';
import { createApplication, createKey, openLive, publish } from '../kit/graphql-client.js';

const number = { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] };
const text = { type: 'object', properties: { amount: { type: 'string' } }, required: ['amount'] };
let folder: string;
let closeStore: () => Promise<void>;
let one: Gateway;
let two: Gateway;

before(async () => {
  folder = await createDataDir();
  const embedded = createDatabaseUri() === null ? await startEmbeddedMongo({ dataDir: folder }) : null;
  closeStore = async () => embedded?.close();
  const env = {
    MONGODB_URI: embedded?.uri ?? createDatabaseUri() ?? '',
    CARILLON_ADMIN_KEY: 'admin-key-of-both-nodes',
    CARILLON_MASTER_KEY: '07'.repeat(32),
  };
  [one, two] = await Promise.all([startGateway({ env }), startGateway({ env })]);
});

after(async () => {
  await one.stop();
  await two.stop();
  await closeStore();
  await rm(folder, { recursive: true, force: true });
});

async function createType(gateway: Gateway, name: string, schema: unknown): Promise<unknown> {
  const { createEventType } = await gateway.request(
    'mutation ($input: CreateEventTypeInput!) { createEventType(input: $input) { userErrors { code field message } } }',
    { input: { name, schema } },
  );
  return createEventType.userErrors[0] ?? null;
}

async function updateType(gateway: Gateway, name: string, schema: unknown): Promise<void> {
  const { updateEventType } = await gateway.request(
    'mutation ($input: UpdateEventTypeInput!) { updateEventType(input: $input) { userErrors { code } } }',
    { input: { name, schema } },
  );
  assert.deepEqual(updateEventType.userErrors, []);
}

const since = '(since: "2020-01-01T00:00:00Z")';

test('a typed field shows the payload, and `events` takes fragments on all events and on typed ones', async () => {
  assert.equal(await createType(one, 'order.created', number), null);
  await publish(one.request, { type: 'order.created', data: { amount: 1 } });
  const { id } = await publish(one.request, { type: 'order.created', data: { amount: 2 } });
  const typed = openLive(
    one.url,
    one.adminKey,
    `subscription ($f: JSON) {
      orderCreated(filter: $f, since: "2020-01-01T00:00:00Z") { __typename id type payload { amount } }
    }`,
    { f: { 'data.amount': { $gt: 1 } } },
  );
  await typed.next(1);
  const shown = { __typename: 'OrderCreatedEvent', id, type: 'order.created', payload: { amount: 2 } };
  assert.deepEqual(typed.results, [{ data: { orderCreated: shown } }]);
  const plain = openLive(
    one.url,
    one.adminKey,
    `subscription { events${since} { __typename ... on Event { data } ... on OrderCreatedEvent { payload { amount } } } }`,
  );
  await plain.next(2);
  const event = { __typename: 'OrderCreatedEvent', data: { amount: 2 }, payload: { amount: 2 } };
  assert.deepEqual(plain.results[1], { data: { events: event } });
  const { data } = await one.send(`{ event(id: "${id}") { ... on OrderCreatedEvent { payload { amount } } } }`);
  assert.deepEqual(data, { event: { payload: { amount: 2 } } });
  await Promise.all([typed.close(), plain.close()]);
});

test('what one node has acknowledged is usable on the other at once', async () => {
  for (let n = 0; n < 5; n += 1) {
    const [here, there] = n % 2 === 0 ? [one, two] : [two, one];
    assert.equal(await createType(here, `thing.number${n}`, number), null);
    const live = openLive(there.url, there.adminKey, `subscription { thingNumber${n}${since} { payload { amount } } }`);
    await publish(here.request, { type: `thing.number${n}`, data: { amount: n } });
    await live.next(1);
    assert.deepEqual(live.results, [{ data: { [`thingNumber${n}`]: { payload: { amount: n } } } }]);
    await live.close();
  }
});

test('a running subscription goes on when the schema changes, and a new one sees the new schema', async () => {
  await createType(one, 'price.changed', number);
  const query = `subscription { priceChanged${since} { type payload { amount } } }`;
  const running = openLive(one.url, one.adminKey, query);
  await publish(one.request, { type: 'price.changed', data: { amount: 1 } });
  await running.next(1);
  await updateType(one, 'price.changed', text);
  await publish(one.request, { type: 'price.changed', data: { amount: 'two' } });
  await running.next(2);
  assert.equal(running.results[1]?.data, null);
  assert.match(running.results[1]?.errors?.[0]?.message ?? '', /something else here than a number/);
  const fresh = openLive(two.url, two.adminKey, query);
  await fresh.next(2);
  assert.deepEqual(fresh.results[1]?.data, { priceChanged: { type: 'price.changed', payload: { amount: 'two' } } });
  await Promise.all([running.close(), fresh.close()]);
});

test('the SDL and introspection have the typed events on every node', async () => {
  await createType(one, 'stock.low', number);
  for (const gateway of [two, one]) {
    const authorization = `Bearer ${gateway.adminKey}`;
    const response = await fetch(`${gateway.url}/graphql/schema`, { headers: { authorization } });
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
    const fields = buildSchema(await response.text())
      .getSubscriptionType()
      ?.getFields();
    assert.ok(fields?.['stockLow'] !== undefined && fields['events'] !== undefined);
    const { data } = await gateway.send('{ __type(name: "StockLowPayload") { fields { name } } }');
    assert.deepEqual(data, { __type: { fields: [{ name: 'amount' }] } });
  }
  assert.equal((await fetch(`${one.url}/graphql/schema`)).status, 401);
});

test('a name that would collide with the API is refused, and the message names what it collides with', async () => {
  const refusal = (await createType(one, 'replay', number)) as { code: string; field: string; message: string };
  assert.deepEqual([refusal.code, refusal.field], ['NAME_TAKEN', 'input.name']);
  assert.match(refusal.message, /the field Subscription\.replay/);
  const typed = (await createType(one, 'generic', number)) as { message: string };
  assert.match(typed.message, /the type GenericEvent/);
});

test('an application sees its own events in a typed field, and a publisher may not use it', async () => {
  await createType(one, 'secret.told', number);
  const [mine, theirs] = [await createApplication(one.request, 'Mine'), await createApplication(one.request, 'Theirs')];
  await publish(one.request, { type: 'secret.told', data: { amount: 1 }, application: theirs.id });
  await publish(one.request, { type: 'secret.told', data: { amount: 2 }, application: mine.id });
  await publish(one.request, { type: 'secret.told', data: { amount: 3 } });
  // One document for all: what it shows is another thing for each.
  const query = `subscription { secretTold${since} { payload { amount } application { id } deliveries { nodes { id } } } }`;
  const told = async (key: string, count: number): Promise<unknown[]> => {
    const live = openLive(one.url, key, query);
    await live.next(count);
    await live.close();
    return live.results.map((result) => Object(result.data)['secretTold'] as unknown);
  };
  const shown = (amount: number, owner: string | null): unknown => ({
    payload: { amount },
    application: owner === null ? null : { id: owner },
    deliveries: { nodes: [] },
  });
  const [everything, own, others] = await Promise.all([told(one.adminKey, 3), told(mine.key, 2), told(theirs.key, 2)]);
  assert.deepEqual(own, [shown(2, mine.id), shown(3, null)]);
  assert.deepEqual(others, [shown(1, theirs.id), shown(3, null)]);
  assert.deepEqual(everything, [shown(1, theirs.id), shown(2, mine.id), shown(3, null)]);
  const publisher = await createKey(one.request, 'PUBLISHER');
  const refused = openLive(one.url, publisher.key, 'subscription { secretTold { id } }');
  await refused.ended;
  assert.match(JSON.stringify(refused.results), /PUBLISHER may not use Subscription events/);
  await refused.close();
});
