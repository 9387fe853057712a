// Every query and mutation once, the way it is meant. Lists are walked through in pages.test.ts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Kind, parse } from 'graphql';
import { createSchema } from '../../src/graphql/schema.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { type Answers, createKey, liveEvents, openLive, waitForDeliveries } from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

const used = new Set<string>();
let gateway: Gateway;
let receiver: Receiver;

before(async () => {
  receiver = await startReceiver();
  gateway = await startGateway();
});

after(async () => {
  await gateway.stop();
  await receiver.close();
});

/** Runs an operation with the admin key and notes its root fields. */
async function ask(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answers> {
  for (const definition of parse(query).definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const selection of definition.selectionSet.selections) {
      if (selection.kind === Kind.FIELD) used.add(selection.name.value);
    }
  }
  return gateway.request(query, variables);
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const schema = { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] };

test('event types: created, changed in versions, archived, taken back, listed and deleted', async () => {
  const all =
    'id name description schema example version status versions { version schema createdAt } createdAt updatedAt';
  const input = { name: 'order.created', description: ' An order. ', schema, example: { amount: 1 } };
  const { createEventType: created } = await ask(
    `mutation ($input: CreateEventTypeInput!) { createEventType(input: $input) { eventType { ${all} } userErrors { code } } }`,
    { input },
  );
  assert.deepEqual(created.userErrors, []);
  const { id, createdAt, updatedAt, versions, ...rest } = created.eventType ?? assert.fail();
  assert.match(id, /^ety_[0-9a-f]{24}$/);
  assert.match(createdAt, instant);
  assert.equal(updatedAt, createdAt);
  assert.deepEqual(versions, [{ version: 1, schema, createdAt }]);
  assert.deepEqual(rest, { ...input, description: 'An order.', version: 1, status: 'ACTIVE' });

  const update = `mutation ($input: UpdateEventTypeInput!) {
    updateEventType(input: $input) { eventType { ${all} } userErrors { code field } }
  }`;
  const described = await ask(update, { input: { name: 'order.created', description: null } });
  assert.deepEqual(
    [described.updateEventType.eventType?.version, described.updateEventType.eventType?.description],
    [1, null],
  );
  const changed = { ...schema, required: [] };
  const { updateEventType: second } = await ask(update, { input: { name: 'order.created', schema: changed } });
  assert.equal(second.eventType?.version, 2);
  assert.deepEqual(
    second.eventType.versions.map(({ version, schema: one }) => [version, one]),
    [
      [2, changed],
      [1, schema],
    ],
  );
  assert.deepEqual(second.eventType.example, { amount: 1 });

  const archive = `mutation { archiveEventType(input: { name: "order.created" }) { eventType { status } userErrors { code } } }`;
  assert.equal((await ask(archive)).archiveEventType.eventType?.status, 'ARCHIVED');
  const { updateEventType: back } = await ask(update, { input: { name: 'order.created', status: 'ACTIVE' } });
  assert.equal(back.eventType?.status, 'ACTIVE');
  assert.equal(back.eventType.version, 2);

  await ask('mutation { createEventType(input: { name: "user_registered" }) { eventType { id } } }');
  const listed = await ask(`{
    eventTypes { nodes { name } } one: eventType(name: "order.created") { id } none: eventType(name: "no.such") { id }
    node(id: "${id}") { __typename id ... on EventType { name } }
  }`);
  assert.deepEqual(listed.eventTypes.nodes, [{ name: 'order.created' }, { name: 'user_registered' }]);
  assert.deepEqual(listed.node, { __typename: 'EventType', id, name: 'order.created' });
  const { deleteEventType } = await ask(
    'mutation { deleteEventType(input: { name: "user_registered" }) { deletedId userErrors { code } } }',
  );
  assert.match(deleteEventType.deletedId ?? '', /^ety_/);
  const after = await ask(
    '{ eventType(name: "user_registered") { id } archived: eventTypes(status: ARCHIVED) { nodes { id } } }',
  );
  assert.equal(after.eventType, null);
});

test('an event type in use is not deleted, and a deleted name can be used again', async () => {
  const create =
    'mutation ($name: String!) { createEventType(input: { name: $name }) { eventType { version } userErrors { code } } }';
  const remove = `mutation ($name: String!) { deleteEventType(input: { name: $name }) { deletedId userErrors { code message } } }`;
  await ask(create, { name: 'used.by.subscription' });
  const subscribed = await ask(
    `mutation ($url: String!) {
      createWebhookSubscription(input: { url: $url, eventTypes: ["used.by.subscription"] }) { webhookSubscription { id } }
    }`,
    { url: receiver.url },
  );
  const id = subscribed.createWebhookSubscription.webhookSubscription?.id;
  const { deleteEventType: refused } = await ask(remove, { name: 'used.by.subscription' });
  assert.deepEqual([refused.deletedId, refused.userErrors[0]?.code], [null, 'IN_USE']);
  assert.match(refused.userErrors[0]?.message ?? '', new RegExp(`${id}`));
  await ask('mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId } }', { id });
  assert.deepEqual((await ask(remove, { name: 'used.by.subscription' })).deleteEventType.userErrors, []);
  const { createEventType } = await ask(create, { name: 'used_by_subscription' });
  assert.deepEqual(createEventType, { eventType: { version: 1 }, userErrors: [] });
});

test('applications and keys: created, changed, listed, revoked and deleted with what they own', async () => {
  const { createApplication } = await ask(
    `mutation { createApplication(input: { name: " Acme ", externalId: "acme-1" }) {
      application { id name externalId createdAt updatedAt } userErrors { code }
    } }`,
  );
  const application = createApplication.application ?? assert.fail();
  assert.match(application.id, /^app_[0-9a-f]{24}$/);
  assert.deepEqual([application.name, application.externalId], ['Acme', 'acme-1']);
  const { updateApplication } = await ask(
    `mutation ($input: UpdateApplicationInput!) {
      updateApplication(input: $input) { application { name externalId } userErrors { code } }
    }`,
    { input: { id: application.id, externalId: null } },
  );
  assert.deepEqual(updateApplication.application, { name: 'Acme', externalId: null });

  const { createApiKey } = await ask(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
      apiKey { id name role hint createdAt revokedAt application { id } } key userErrors { code }
    } }`,
    { input: { name: 'server', role: 'APPLICATION', application: application.id } },
  );
  const { id: keyId, createdAt, ...key } = createApiKey.apiKey ?? assert.fail();
  assert.match(createdAt, instant);
  assert.deepEqual(key, {
    name: 'server',
    role: 'APPLICATION',
    hint: createApiKey.key?.slice(0, 8),
    revokedAt: null,
    application: { id: application.id },
  });
  const asKey = (query: string) => gateway.request(query, {}, createApiKey.key ?? '');
  assert.deepEqual(await asKey('{ viewer { role application { name } } }'), {
    viewer: { role: 'APPLICATION', application: { name: 'Acme' } },
  });
  const own = await asKey(
    `mutation { createWebhookSubscription(input: { url: "${receiver.url}", eventTypes: ["*"] }) {
      webhookSubscription { id application { id } } userErrors { code }
    } }`,
  );
  const subscription = own.createWebhookSubscription.webhookSubscription ?? assert.fail();
  assert.equal(subscription.application?.id, application.id);

  const listed = await ask(
    `query ($id: ID!, $ids: [ID!]!) {
      applications { nodes { id } } application(id: $id) { apiKeys { nodes { id hint } } }
      apiKeys { nodes { id role } } nodes(ids: $ids) { __typename id } viewer { role }
      webhookSubscriptions(application: $id) { nodes { id } }
    }`,
    { id: application.id, ids: [keyId, application.id, subscription.id, 'app_none'] },
  );
  assert.deepEqual(listed.applications.nodes, [{ id: application.id }]);
  assert.deepEqual(listed.application?.apiKeys?.nodes, [{ id: keyId, hint: key.hint }]);
  assert.deepEqual(listed.apiKeys.nodes, [{ id: keyId, role: 'APPLICATION' }]);
  assert.deepEqual(listed.nodes, [
    { __typename: 'ApiKey', id: keyId },
    { __typename: 'Application', id: application.id },
    { __typename: 'WebhookSubscription', id: subscription.id },
    null,
  ]);
  assert.deepEqual(listed.webhookSubscriptions.nodes, [{ id: subscription.id }]);

  const { revokeApiKey } = await ask(
    'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { revokedAt } userErrors { code } } }',
    { id: keyId },
  );
  assert.match(revokeApiKey.apiKey?.revokedAt ?? '', instant);
  const { deleteApplication } = await ask(
    'mutation ($id: ID!) { deleteApplication(input: { id: $id }) { deletedId userErrors { code } } }',
    { id: application.id },
  );
  assert.deepEqual(deleteApplication, { deletedId: application.id, userErrors: [] });
  const gone = await ask(
    'query ($id: ID!, $sub: ID!) { application(id: $id) { id } webhookSubscription(id: $sub) { id } }',
    {
      id: application.id,
      sub: subscription.id,
    },
  );
  assert.deepEqual(gone, { application: null, webhookSubscription: null });
});

test('webhook subscriptions, events and deliveries: every operation on the way of one event', async () => {
  const all = `id name url eventTypes filter headers { name value } status statusReason application { id }
    deliveries { nodes { id } } createdAt updatedAt`;
  const input = {
    url: `${receiver.url}/hook?a=1`,
    eventTypes: ['order.created', 'order.*', 'order.created'],
    name: 'Hook',
    filter: { 'data.amount': { $gte: 1 } },
    headers: [{ name: 'X-Api-Key', value: 'hidden' }],
    secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  };
  const { createWebhookSubscription } = await ask(
    `mutation ($input: CreateWebhookSubscriptionInput!) {
      createWebhookSubscription(input: $input) { webhookSubscription { ${all} } secret userErrors { code message } }
    }`,
    { input },
  );
  assert.equal(createWebhookSubscription.secret, input.secret);
  const { id, createdAt, updatedAt, ...rest } = createWebhookSubscription.webhookSubscription ?? assert.fail();
  assert.match(id, /^sub_[0-9a-f]{24}$/);
  assert.match(createdAt, instant);
  assert.match(updatedAt, instant);
  assert.deepEqual(rest, {
    name: 'Hook',
    url: input.url,
    eventTypes: ['order.created', 'order.*'],
    filter: input.filter,
    headers: [{ name: 'x-api-key', value: '***' }],
    status: 'ACTIVE',
    statusReason: null,
    application: null,
    deliveries: { nodes: [] },
  });

  const event = `id type source subject time data typeVersion sequence cursor application { id }
    deliveries { nodes { id status webhookSubscription { id } } }`;
  const published = await ask(
    `mutation ($input: PublishEventInput!, $list: PublishEventsInput!) {
      publishEvent(input: $input) { event { ${event} } duplicate userErrors { code message } }
      publishEvents(input: $list) { events { ${event} } duplicates userErrors { code } }
    }`,
    {
      input: {
        type: 'order.created',
        data: { amount: 5 },
        id: 'my-1',
        source: '/shop',
        subject: 'a',
        time: '2026-01-01T00:00:00+02:00',
      },
      list: { events: [{ type: 'order.created', data: { amount: 0 } }] },
    },
  );
  const { publishEvent, publishEvents } = published;
  assert.deepEqual([publishEvent.userErrors, publishEvent.duplicate], [[], false]);
  const { cursor, deliveries: _deliveries, ...first } = publishEvent.event ?? assert.fail();
  assert.match(cursor, /^[\w-]{11,19}$/);
  assert.deepEqual(first, {
    id: 'my-1',
    type: 'order.created',
    source: '/shop',
    subject: 'a',
    time: '2025-12-31T22:00:00.000Z',
    data: { amount: 5 },
    typeVersion: 2,
    sequence: '1',
    application: null,
  });
  assert.equal(publishEvents.events[0]?.sequence, '2');
  assert.equal(publishEvents.events[0].source, 'carillon');

  const [delivery] = await waitForDeliveries(gateway.request, 'my-1', { status: 'SUCCEEDED' });
  const read = await ask(
    `query ($sub: ID!, $delivery: ID!, $after: String, $ids: [ID!]!) {
      event(id: "my-1") { id deliveries { nodes { id status } } }
      events(first: 1, after: $after) { nodes { sequence deliveries { nodes { id } } } pageInfo { hasNextPage hasPreviousPage } }
      webhookSubscription(id: $sub) { deliveries(status: SUCCEEDED) { nodes { id } } }
      deliveries(webhookSubscription: $sub, status: SUCCEEDED, event: "my-1") { nodes { id } }
      deliveryAttempts(webhookSubscription: $sub, event: "my-1", statusClasses: [S2XX]) { nodes { id statusCode } }
      delivery(id: $delivery) {
        id status attemptCount nextAttemptAt createdAt finishedAt event { id } webhookSubscription { id }
        attempts { id number startedAt durationMs url statusCode error { stage code message }
          responseHeaders { name value } responseBody responseBodyTruncated }
      }
      nodes(ids: $ids) { __typename id }
    }`,
    {
      sub: id,
      delivery: delivery?.id,
      after: cursor,
      ids: ['my-1', delivery?.id, delivery?.attempts[0]?.id],
    },
  );
  assert.deepEqual(read.event, { id: 'my-1', deliveries: { nodes: [{ id: delivery?.id, status: 'SUCCEEDED' }] } });
  assert.deepEqual(read.events, {
    nodes: [{ sequence: '2', deliveries: { nodes: [] } }],
    pageInfo: { hasNextPage: false, hasPreviousPage: true },
  });
  assert.deepEqual(read.webhookSubscription?.deliveries.nodes, [{ id: delivery?.id }]);
  assert.deepEqual(read.deliveries.nodes, [{ id: delivery?.id }]);
  assert.deepEqual(read.delivery, delivery);
  assert.deepEqual(
    read.nodes.map((node) => Reflect.get(node ?? {}, '__typename')),
    ['OrderCreatedEvent', 'Delivery', 'DeliveryAttempt'],
  );

  const changed = await ask(
    `mutation ($update: UpdateWebhookSubscriptionInput!, $id: ID!, $delivery: ID!) {
      updateWebhookSubscription(input: $update) { webhookSubscription { name filter headers { name } } userErrors { code } }
      pauseWebhookSubscription(input: { id: $id, reason: "lunch" }) { webhookSubscription { status statusReason } userErrors { code } }
      resumeWebhookSubscription(input: { id: $id }) { webhookSubscription { status statusReason } userErrors { code } }
      rotateWebhookSecret(input: { id: $id }) { webhookSubscription { id } secret previousSecretExpiresAt userErrors { code } }
      sendTestEvent(input: { id: $id }) { event { id type data } delivery { id status } userErrors { code } }
      retryDelivery(input: { id: $delivery }) { delivery { id } userErrors { code } }
      cancelDelivery(input: { id: $delivery }) { delivery { id } userErrors { code } }
    }`,
    { update: { id, name: null, filter: null, headers: null }, id, delivery: delivery?.id },
  );
  assert.deepEqual(changed.updateWebhookSubscription.webhookSubscription, { name: null, filter: null, headers: [] });
  assert.deepEqual(changed.pauseWebhookSubscription.webhookSubscription, { status: 'PAUSED', statusReason: 'lunch' });
  assert.deepEqual(changed.resumeWebhookSubscription.webhookSubscription, { status: 'ACTIVE', statusReason: null });
  assert.match(changed.rotateWebhookSecret.secret ?? '', /^whsec_/);
  const expiresInS = (Date.parse(changed.rotateWebhookSecret.previousSecretExpiresAt ?? '') - Date.now()) / 1000;
  assert.ok(Math.abs(expiresInS - 86_400) < 60, `${expiresInS} s`);
  assert.deepEqual(changed.sendTestEvent.event?.data, { message: 'Carillon rings.' });
  assert.deepEqual(changed.retryDelivery.userErrors, []);
  await waitForDeliveries(gateway.request, changed.sendTestEvent.event.id, { status: 'SUCCEEDED' });
  const { previewDelivery } = await ask(
    `query ($id: ID!, $event: ID!) {
      previewDelivery(input: { webhookSubscription: $id, event: $event }) {
        request { method url headers { name } body bodyBytes } failure { stage code message } userErrors { code }
      }
    }`,
    { id, event: changed.sendTestEvent.event.id },
  );
  assert.deepEqual([previewDelivery.userErrors, previewDelivery.request?.method], [[], 'POST']);
  const { deleteWebhookSubscription } = await ask(
    'mutation ($id: ID!) { deleteWebhookSubscription(input: { id: $id }) { deletedId userErrors { code } } }',
    { id },
  );
  assert.deepEqual(deleteWebhookSubscription, { deletedId: id, userErrors: [] });
});

test('live connections: listed with who they are, and closed for good', async () => {
  const reader = await createKey(gateway.request, 'READER');
  const live = openLive(gateway.url, reader.key, liveEvents);
  await live.connected;
  const { connections } = await ask(`{ connections(first: 5) {
    nodes { id nodeId transport role application { id } apiKey { id } remoteAddress openedAt expiresAt subscriptions pendingBytes }
    pageInfo { hasNextPage } silentNodes
  } }`);
  assert.equal(connections.silentNodes, 0);
  const { id, nodeId, openedAt, ...rest } = connections.nodes[0] ?? assert.fail();
  assert.match(nodeId, /^[0-9a-f]{16}$/);
  assert.match(id, /^con_[0-9a-f]{24}$/);
  assert.match(openedAt, instant);
  assert.ok(rest.subscriptions <= 1);
  assert.deepEqual(
    { ...rest, subscriptions: 1 },
    {
      transport: 'WEBSOCKET',
      role: 'READER',
      application: null,
      apiKey: { id: reader.id },
      remoteAddress: '127.0.0.1',
      expiresAt: null,
      subscriptions: 1,
      pendingBytes: 0,
    },
  );
  assert.deepEqual((await ask('query ($id: ID!) { node(id: $id) { id __typename } }', { id })).node, {
    id,
    __typename: 'LiveClient',
  });
  const close = 'mutation ($id: ID!) { closeConnection(input: { id: $id }) { closedId userErrors { code field } } }';
  assert.deepEqual((await ask(close, { id })).closeConnection, { closedId: id, userErrors: [] });
  assert.deepEqual(await live.ended, { kind: 'closed', code: 1008, reason: 'closed by an administrator' });
  const { closeConnection } = await ask(close, { id });
  assert.deepEqual(closeConnection, { closedId: null, userErrors: [{ code: 'NOT_FOUND', field: 'input.id' }] });
});

test('replays: started, looked at, listed, followed to the end and cancelled', async () => {
  const { createWebhookSubscription } = await ask(
    `mutation ($url: String!) {
      createWebhookSubscription(input: { url: $url, eventTypes: ["order.*"] }) { webhookSubscription { id } }
    }`,
    { url: `${receiver.url}/replayed` },
  );
  const webhookSubscription = createWebhookSubscription.webhookSubscription?.id ?? assert.fail();
  const all = `id webhookSubscription { id } types selection after since until logBeganAt status statusReason
    eventsLookedAt eventsTotal eventsExpired deliveriesMade createdAt finishedAt`;
  const start = `mutation ($input: ReplayEventsInput!) {
    replayEvents(input: $input) { replay { ${all} } userErrors { code field message } }
  }`;
  const since = '2020-01-01T00:00:00.000Z';
  const { events } = await ask('{ events(first: 100, types: ["*", "carillon.*"]) { nodes { type } } }');
  const asked = { webhookSubscription, types: ['order.created'], status: 'NEVER_DELIVERED', since };
  const { replayEvents } = await ask(start, { input: asked });
  assert.deepEqual(replayEvents.userErrors, []);
  const { id, logBeganAt, createdAt, ...rest } = replayEvents.replay ?? assert.fail();
  assert.match(id, /^rpl_[0-9a-f]{24}$/);
  for (const text of [logBeganAt, createdAt]) assert.match(text ?? '', instant);
  assert.deepEqual(rest, {
    webhookSubscription: { id: webhookSubscription },
    types: ['order.created'],
    selection: ['NEVER_DELIVERED'],
    after: null,
    since,
    until: null,
    status: 'RUNNING',
    statusReason: null,
    eventsLookedAt: 0,
    eventsTotal: events.nodes.length,
    eventsExpired: 0,
    deliveriesMade: 0,
    finishedAt: null,
  });

  const live = openLive(gateway.url, gateway.adminKey, `subscription ($id: ID!) { replay(id: $id) { ${all} } }`, {
    id,
  });
  assert.deepEqual(await live.ended, { kind: 'complete' });
  const states = live.results.map(({ data }) => Object(Reflect.get(data ?? {}, 'replay')));
  const wanted = events.nodes.filter(({ type }) => type === 'order.created').length;
  assert.ok(wanted > 0);
  assert.deepEqual(states.at(-1), {
    ...rest,
    id,
    logBeganAt,
    createdAt,
    status: 'FINISHED',
    eventsLookedAt: events.nodes.length,
    deliveriesMade: wanted,
    finishedAt: states.at(-1)?.finishedAt,
  });
  assert.match(states.at(-1)?.finishedAt, instant);
  await live.close();

  const read = await ask(
    `query ($id: ID!, $sub: ID!) {
      replay(id: $id) { ${all} } none: replay(id: "rpl_none") { id }
      replays(webhookSubscription: $sub, status: FINISHED) { nodes { id } pageInfo { hasNextPage } }
      node(id: $id) { __typename id }
    }`,
    { id, sub: webhookSubscription },
  );
  assert.deepEqual(read, {
    replay: states.at(-1),
    none: null,
    replays: { nodes: [{ id }], pageInfo: { hasNextPage: false } },
    node: { __typename: 'Replay', id },
  });

  const cancel = `mutation ($id: ID!) {
    cancelReplay(input: { id: $id }) { replay { id status statusReason } userErrors { code field } }
  }`;
  const { cancelReplay: late } = await ask(cancel, { id });
  assert.deepEqual(late, { replay: null, userErrors: [{ code: 'CONFLICT', field: 'input.id' }] });
  await ask('mutation ($id: ID!) { pauseWebhookSubscription(input: { id: $id }) { userErrors { code } } }', {
    id: webhookSubscription,
  });
  const { replayEvents: second } = await ask(start, { input: { webhookSubscription } });
  const { cancelReplay } = await ask(cancel, { id: second.replay?.id });
  const state = { id: second.replay?.id, status: 'CANCELLED', statusReason: 'cancelled by request' };
  assert.deepEqual(cancelReplay, { replay: state, userErrors: [] });
});

test('figures: of all, of one event type, and live', async () => {
  const durations = '{ count meanMs medianMs p95Ms maxMs }';
  const figures = `range eventType trigger since until events eventsPerSecond refused parseSuccessRate
    processing ${durations} sending ${durations} failedRequests
    spans { at events refused processing ${durations} sending ${durations} failedRequests }`;
  const query = `query ($type: String) {
    stats(range: DAY) { ${figures} eventTypes { eventType events } triggers { trigger } }
    one: stats(eventType: $type) { ${figures} eventTypes { eventType } }
  }`;
  const { stats } = await until({ what: 'figures' }, async () => {
    const answer = await ask(query, { type: 'order.created' });
    return answer.stats.events > 0 && answer.stats.sending.count > 0 && answer;
  });
  const [span] = stats.spans;
  assert.equal(stats.spans.length >= 1, true);
  assert.ok((span?.events ?? 0) > 0);
  assert.ok(stats.eventTypes.some(({ eventType, events }) => eventType === 'order.created' && events > 0));
  assert.ok((stats.processing.medianMs ?? 0) > 0 && stats.eventsPerSecond > 0);
  const both = await gateway.send('{ stats(eventType: "a", trigger: "b") { events } }');
  assert.match(both.text, /INVALID_INPUT/);

  const live = openLive(gateway.url, gateway.adminKey, `subscription { stats { ${figures} } }`);
  await until({ what: 'figures twice' }, () => live.results.length >= 2);
  assert.equal(Object(Reflect.get(live.results[0]?.data ?? {}, 'stats')).range, 'MINUTE');
  await live.close();
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  assert.match(metrics, /carillon_events_total\{event_type="order.created"\} [1-9]/);
  assert.match(metrics, /carillon_requests_total\{event_type="order.created"\} [1-9]/);
});

test('triggers: created, changed, fired, listed and deleted', async () => {
  await ask('mutation { createEventType(input: { name: "user_registered" }) { eventType { id } } }');
  const all = `id name kind eventType mapping { type data subject idempotencyKey orderingKey } enabled application { id }
    configuration { ... on InboundWebhookConfiguration { path scheme verification deliveryIdHeader cloudEventsOrigins } }
    counts { fired duplicates refused lastFiredAt lastError { at } }`;
  const inboundWebhook = { verification: { stripe: { secret: 'key' } }, cloudEventsOrigins: ['*'] };
  const input = { name: 'user_registered_trigger', eventType: 'user_registered', configuration: { inboundWebhook } };
  const create = `mutation ($input: CreateTriggerInput!) {
    createTrigger(input: $input) { trigger { ${all} } userErrors { code field } }
  }`;
  const { createTrigger } = await ask(create, { input });
  const { id, ...rest } = createTrigger.trigger ?? assert.fail();
  assert.match(id, /^trg_[0-9a-f]{24}$/);
  const noMapping = { type: null, data: null, subject: null, idempotencyKey: null, orderingKey: null };
  const configuration = {
    path: `/triggers/${id}`,
    scheme: 'STRIPE',
    verification: { toleranceSeconds: 300 },
    deliveryIdHeader: null,
    cloudEventsOrigins: ['*'],
  };
  assert.deepEqual(rest, {
    name: 'user_registered_trigger',
    kind: 'INBOUND_WEBHOOK',
    eventType: 'user_registered',
    mapping: noMapping,
    enabled: true,
    application: null,
    configuration,
    counts: { fired: 0, duplicates: 0, refused: 0, lastFiredAt: null, lastError: null },
  });
  assert.deepEqual((await ask(create, { input })).createTrigger.userErrors, [
    { code: 'NAME_TAKEN', field: 'input.name' },
  ]);

  const { updateTrigger } = await ask(
    `mutation ($input: UpdateTriggerInput!) {
      updateTrigger(input: $input) { trigger { name enabled mapping { subject } } userErrors { code field } }
    }`,
    { input: { id, name: 'second', enabled: false, mapping: { subject: 'body.id' } } },
  );
  assert.deepEqual(updateTrigger, {
    trigger: { name: 'second', enabled: false, mapping: { subject: 'body.id' } },
    userErrors: [],
  });
  const { fireTrigger } = await ask(
    `mutation ($input: FireTriggerInput!) {
      fireTrigger(input: $input) { event { type subject data source } duplicate userErrors { code } }
    }`,
    { input: { trigger: id, data: { id: 'u_1' } } },
  );
  assert.deepEqual(fireTrigger, {
    event: { type: 'user_registered', subject: 'u_1', data: { id: 'u_1' }, source: `/triggers/${id}` },
    duplicate: false,
    userErrors: [],
  });
  const read = await ask(
    'query ($id: ID!) { triggers { nodes { id } } trigger(id: $id) { counts { fired } } node(id: $id) { id } }',
    {
      id,
    },
  );
  assert.deepEqual(read, { triggers: { nodes: [{ id }] }, trigger: { counts: { fired: 1 } }, node: { id } });
  const { deleteTrigger } = await ask(
    'mutation ($id: ID!) { deleteTrigger(input: { id: $id }) { deletedId userErrors { code } } }',
    { id },
  );
  assert.deepEqual(deleteTrigger, { deletedId: id, userErrors: [] });
});

test('no query and no mutation was left out', () => {
  const executable = createSchema();
  const names = [executable.getQueryType(), executable.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  assert.deepEqual(
    names.filter((name) => !used.has(name)),
    [],
  );
});
