// Who may do what: every role at every root field over HTTP and on sockets, and keys that open nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import {
  type GraphQLField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import { WebSocket } from 'ws';
import { createSchema } from '../../src/graphql/schema.js';
import { accessTable, type Role, roles } from '../../src/security/access.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createKey,
  createWebhookSubscription,
  type Live,
  liveEvents,
  openLive,
  publish,
  sendBody,
} from '../kit/graphql-client.js';

const schema = createSchema();
let gateway: Gateway;
let keys: Record<Role, string>;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'tick' });
  await publish(gateway.request, { type: 'tick', data: 1 });
  keys = {
    ADMIN: (await createKey(gateway.request, 'ADMIN')).key,
    PUBLISHER: (await createKey(gateway.request, 'PUBLISHER')).key,
    READER: (await createKey(gateway.request, 'READER')).key,
    APPLICATION: (await createApplication(gateway.request, 'One')).key,
  };
  // Nobody answers there; that deliveries begin is enough.
  for (const key of [keys.ADMIN, keys.APPLICATION])
    await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' }, key);
});

after(() => gateway.stop());

interface RootField {
  /** Such as `Query.events`. */
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
}

const rootFields: readonly RootField[] = [
  schema.getQueryType(),
  schema.getMutationType(),
  schema.getSubscriptionType(),
].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({ name: `${type?.name}.${field.name}`, field })),
);

test('the access table has every root field of the schema and no other', () => {
  assert.deepEqual(Object.keys(accessTable).sort(), rootFields.map(({ name }) => name).sort());
});

test('a publisher publishes, a reader changes nothing, an application manages what is its own', () => {
  const may = (role: Role): string[] => Object.keys(accessTable).filter((name) => accessTable[name]?.includes(role));
  assert.deepEqual(may('ADMIN').length, rootFields.length);
  assert.deepEqual(may('PUBLISHER'), [
    'Query.viewer',
    'Query.eventTypes',
    'Query.eventType',
    'Mutation.publishEvent',
    'Mutation.publishEvents',
  ]);
  assert.deepEqual(
    may('READER').filter((name) => name.startsWith('Mutation.')),
    [],
  );
  assert.ok(!may('READER').includes('Query.apiKeys'));
  assert.deepEqual(
    may('APPLICATION').filter((name) => name.startsWith('Mutation.')),
    [
      'Mutation.createWebhookSubscription',
      'Mutation.updateWebhookSubscription',
      'Mutation.pauseWebhookSubscription',
      'Mutation.resumeWebhookSubscription',
      'Mutation.deleteWebhookSubscription',
      'Mutation.rotateWebhookSecret',
      'Mutation.sendTestEvent',
      'Mutation.retryDelivery',
      'Mutation.cancelDelivery',
      'Mutation.replayEvents',
      'Mutation.cancelReplay',
    ],
  );
});

/** The least value of an input type that is well-formed; it refers to nothing that exists. */
function leastValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return leastValue(type.ofType);
  if (isListType(type)) return [leastValue(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return type.name === 'DateTime' ? '2026-01-01T00:00:00Z' : 'none';
  const fields = Object.values(type.getFields());
  const required = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return Object.fromEntries(required.map((field) => [field.name, leastValue(field.type)]));
}

/** The shortest operation with this root field. */
function operationOf({ name, field }: RootField): { query: string; variables: Record<string, unknown> } {
  const [operation = ''] = name.toLowerCase().split('.');
  if (operation === 'subscription') {
    const begins = ['since: "2020-01-01T00:00:00Z"', 'id: "none"'];
    const begin = begins.find((one) => field.args.some(({ name: arg }) => one.startsWith(`${arg}:`)));
    const passed = begin === undefined ? '' : `(${begin})`;
    return { query: `subscription { ${field.name}${passed} { __typename } }`, variables: {} };
  }
  const args = field.args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  const heads = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const inner = isNonNullType(field.type) ? field.type.ofType : field.type;
  const selection = isLeafType(inner) ? '' : '{ __typename }';
  return {
    query: `${operation} ${heads && `(${heads})`} { ${field.name}${passed && `(${passed})`} ${selection} }`,
    variables: Object.fromEntries(args.map((arg) => [arg.name, leastValue(arg.type)])),
  };
}

/** Makes deliveries until one is shown or the stream has ended: it begins with what changes next. */
async function tickUntil(live: Live): Promise<void> {
  let hasEnded = false;
  void live.ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && live.results.length === 0) await publish(gateway.request, { type: 'tick', data: 'again' });
}

for (const role of roles) {
  test(`over HTTP the role ${role} may use what the table says, and nothing else`, async () => {
    for (const root of rootFields.filter(({ name }) => !name.startsWith('Subscription.'))) {
      const { query, variables } = operationOf(root);
      const { errors, status } = await gateway.send(query, variables, keys[role]);
      const codes = errors.map(({ extensions }) => extensions?.code);
      assert.deepEqual(codes, accessTable[root.name]?.includes(role) ? [] : ['FORBIDDEN'], `${role} ${root.name}`);
      assert.equal(status, 200);
      if (errors.length > 0) assert.match(errors[0]?.message ?? '', new RegExp(`${role}.*${root.field.name}`));
    }
  });

  test(`on a socket the role ${role} may use what the table says, and nothing else`, async () => {
    for (const root of rootFields) {
      const { query, variables } = operationOf(root);
      const live = openLive(gateway.url, keys[role], query, variables);
      await (root.name === 'Subscription.deliveries' ? tickUntil(live) : Promise.race([live.ended, live.next(1)]));
      const end = live.results.length > 0 ? null : await live.ended;
      const errors = end?.kind === 'errors' ? end.errors : (live.results[0]?.errors ?? []);
      // Whoever may follow a record is told that there is none of this name.
      const codes = errors.map(({ extensions }) => extensions?.code).filter((code) => code !== 'NOT_FOUND');
      assert.deepEqual(codes, accessTable[root.name]?.includes(role) ? [] : ['FORBIDDEN'], `${role} ${root.name}`);
      await live.close();
    }
  });
}

test('a forbidden mutation beside an allowed one writes nothing of its own', async () => {
  const query = `mutation {
    publishEvent(input: { type: "tick", data: 2 }) { duplicate }
    createEventType(input: { name: "mine" }) { eventType { id } }
  }`;
  const { errors } = await gateway.send(query, {}, keys.PUBLISHER);
  assert.deepEqual(
    errors.map(({ extensions, path }) => [extensions?.code, path?.[0]]),
    [['FORBIDDEN', 'createEventType']],
  );
  assert.equal((await gateway.request('{ eventType(name: "mine") { id } }')).eventType, null);
});

test('a publisher sees of an event it published nothing of who listens', async () => {
  const query = `mutation { publishEvent(input: { type: "tick", data: 3 }) { event {
    id application { id } deliveries { nodes { id } }
  } } }`;
  const { publishEvent } = await gateway.request(query, {}, keys.PUBLISHER);
  assert.deepEqual(publishEvent.event?.deliveries.nodes, []);
});

test('keys of an application are shown to admins alone', async () => {
  const query = '{ applications { nodes { name apiKeys { nodes { id } } } } }';
  for (const role of ['READER', 'APPLICATION'] as const) {
    const { applications } = await gateway.request(query, {}, keys[role]);
    assert.ok(applications.nodes.length > 0);
    for (const { apiKeys } of applications.nodes) assert.equal(apiKeys, null, role);
  }
  const { applications } = await gateway.request(query);
  assert.equal(applications.nodes.at(-1)?.apiKeys?.nodes.length, 1);
});

async function makeRevokedKey(): Promise<string> {
  const { id, key } = await createKey(gateway.request, 'ADMIN');
  assert.equal((await gateway.send('{ viewer { role } }', {}, key)).status, 200);
  await gateway.request('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { revokedAt } } }', { id });
  return key;
}

test('without a key that is good, HTTP answers 401 before anything else is looked at', async () => {
  const wrong: readonly (string | null)[] = [
    null,
    'wrong',
    `crl_${'A'.repeat(43)}`,
    `${gateway.adminKey}x`,
    gateway.adminKey.slice(0, -1),
    gateway.adminKey.toLowerCase(),
    'x'.repeat(5000),
    await makeRevokedKey(),
  ];
  const bodies = [
    '{"query": "{ viewer { role } }"}',
    '{"query": "{ none }"}',
    '{"query": "{"}',
    '{"query": "{ __schema { types { name } } }"}',
    'not json',
    '[]',
    `{"query": "${'x'.repeat(300_000)}"}`,
  ];
  const told = new Set<string>();
  for (const key of wrong) {
    for (const body of bodies) {
      const { status, errors, text, data } = await sendBody(gateway.url, key, body);
      assert.equal(status, 401, `${key?.slice(0, 50)} ${body.slice(0, 50)}: ${text.slice(0, 200)}`);
      assert.deepEqual([errors.length, errors[0]?.extensions?.code, data], [1, 'UNAUTHENTICATED', null]);
      told.add(text);
    }
  }
  // One answer for no key, one for every wrong one: nothing tells a revoked key from one that never was.
  assert.equal(told.size, 2, [...told].join('\n'));
  for (const authorization of [
    '',
    'Bearer',
    `Basic ${gateway.adminKey}`,
    gateway.adminKey,
    `Bearer  ${keys.ADMIN} x`,
  ]) {
    const response = await fetch(`${gateway.url}/graphql?query={viewer{role}}`, { headers: { authorization } });
    assert.equal(response.status, 401, authorization);
    await response.text();
  }
  const lower = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
    body: '{"query": "{ viewer { role } }"}',
  });
  assert.equal(lower.status, 200);
});

test('without a key that is good, a socket is closed with 4403 and told nothing', async () => {
  const revoked = await makeRevokedKey();
  const payloads: readonly unknown[] = [
    undefined,
    {},
    { authorization: null },
    { authorization: 5 },
    { authorization: { Bearer: gateway.adminKey } },
    { authorization: [`Bearer ${gateway.adminKey}`] },
    { authorization: gateway.adminKey },
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${revoked}` },
    { Authorization: `Bearer ${gateway.adminKey}` },
  ];
  for (const payload of payloads) {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const messages: string[] = [];
    socket.on('message', (message: Buffer) => messages.push(message.toString()));
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    const [code, reason] = await closed;
    assert.deepEqual([code, String(reason), messages], [4403, 'Forbidden', []], JSON.stringify(payload));
  }
});

test('a key that is revoked while its socket is open begins nothing more', async () => {
  const { id, key } = await createKey(gateway.request, 'READER');
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
  await once(socket, 'message');
  await gateway.request('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }', { id });
  const closed = once(socket, 'close');
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ viewer { role } }' } }));
  }
  const [code] = await closed;
  assert.equal(code, 4403);
});

test('a stream ends with 4403 when its key is revoked or its application deleted', async () => {
  const reader = await createKey(gateway.request, 'READER');
  const application = await createApplication(gateway.request, 'Short-lived');
  const others = openLive(gateway.url, keys.READER, liveEvents, { since: '2020-01-01T00:00:00Z' });
  for (const { key, end } of [
    { key: reader.key, end: 'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }' },
    { key: application.key, end: 'mutation ($id: ID!) { deleteApplication(input: { id: $id }) { deletedId } }' },
  ]) {
    const live = openLive(gateway.url, key, liveEvents, { since: '2020-01-01T00:00:00Z' });
    await live.next(1);
    await gateway.request(end, { id: key === reader.key ? reader.id : application.id });
    await publish(gateway.request, { type: 'tick', data: `after ${key}` });
    const ended = await live.ended;
    assert.equal(ended.kind === 'closed' && ended.code, 4403);
    assert.ok(!live.events.some(({ data }) => data === `after ${key}`));
  }
  await others.next(2);
  assert.equal(others.closeCode, null);
  await others.close();
});
