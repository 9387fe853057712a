// Every list walked through page by page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { type Answers, waitForDeliveries } from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';

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

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** Reads a list in pages of seven, checking each page's shape; `at` finds the connection in the answer. */
async function walk(query: string, variables: object, at: (answers: Answers) => unknown): Promise<string[]> {
  const ids: string[] = [];
  let position: string | null = null;
  for (let hasNext = true; hasNext; ) {
    const page = at(await gateway.request(query, { ...variables, after: position })) as Page;
    assert.deepEqual(
      page.nodes,
      page.edges.map(({ node }) => node),
    );
    assert.equal(page.pageInfo.hasPreviousPage, position !== null);
    assert.equal(page.pageInfo.startCursor, page.edges[0]?.cursor ?? null);
    // At the end of a filtered log it lies behind what was looked at, which may be further.
    if (page.pageInfo.hasNextPage) assert.equal(page.pageInfo.endCursor, page.edges.at(-1)?.cursor);
    assert.ok(page.nodes.length === 7 || !page.pageInfo.hasNextPage);
    ids.push(...page.nodes.map(({ id }) => id));
    hasNext = page.pageInfo.hasNextPage;
    position = page.pageInfo.endCursor;
  }
  return ids;
}

const pageOf = (field: string, args = ''): string =>
  `${field}(first: 7, after: $after${args}) {
    edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }`;

test('every list walked in pages of seven gives each of its 25 once, in its order', async () => {
  const many = <T>(make: (n: number) => T): T[] => Array.from({ length: 25 }, (_, n) => make(n));
  const { createApplication } = await gateway.request(
    'mutation { createApplication(input: { name: "Pages" }) { application { id } } }',
  );
  const application = createApplication.application?.id;
  for (let n = 0; n < 25; n += 1) {
    await gateway.request(
      `mutation ($name: String!, $application: ID!, $url: String!) {
        createEventType(input: { name: $name }) { eventType { id } }
        createApplication(input: { name: $name }) { application { id } }
        createApiKey(input: { name: $name, role: APPLICATION, application: $application }) { apiKey { id } }
        createWebhookSubscription(input: { url: $url, eventTypes: ["page.x0"], application: $application }) { webhookSubscription { id } }
      }`,
      { name: `page.x${n}`, application, url: receiver.url },
    );
  }
  const { publishEvents } = await gateway.request(
    'mutation ($input: PublishEventsInput!) { publishEvents(input: $input) { events { id } userErrors { message } } }',
    { input: { events: many((n) => ({ type: 'page.x0', data: n })) } },
  );
  const events = publishEvents.events.map(({ id }) => id);
  const event = events[0] ?? assert.fail();
  await waitForDeliveries(gateway.request, event, { status: 'SUCCEEDED', count: 25 });
  const subscriptions = await walk(
    `query ($after: String, $application: ID) { ${pageOf('webhookSubscriptions', ', application: $application')} }`,
    { application },
    ({ webhookSubscriptions }) => webhookSubscriptions,
  );

  const lists: Record<string, string[]> = {
    eventTypes: await walk(`query ($after: String) { ${pageOf('eventTypes')} }`, {}, (answers) => answers.eventTypes),
    applications: await walk(
      `query ($after: String) { ${pageOf('applications')} }`,
      {},
      (answers) => answers.applications,
    ),
    apiKeys: await walk(`query ($after: String) { ${pageOf('apiKeys')} }`, {}, (answers) => answers.apiKeys),
    'Application.apiKeys': await walk(
      `query ($after: String, $id: ID!) { application(id: $id) { ${pageOf('apiKeys')} } }`,
      { id: application },
      (answers) => answers.application?.apiKeys,
    ),
    webhookSubscriptions: subscriptions,
    deliveries: await walk(
      `query ($after: String, $event: ID) { ${pageOf('deliveries', ', event: $event')} }`,
      { event },
      (answers) => answers.deliveries,
    ),
    'Event.deliveries': await walk(
      `query ($after: String, $id: ID!) { event(id: $id) { ${pageOf('deliveries')} } }`,
      { id: event },
      (answers) => answers.event?.deliveries,
    ),
    'WebhookSubscription.deliveries': await walk(
      `query ($after: String, $id: ID!) { webhookSubscription(id: $id) { ${pageOf('deliveries')} } }`,
      { id: subscriptions[0] },
      (answers) => answers.webhookSubscription?.deliveries,
    ),
  };
  for (const [name, ids] of Object.entries(lists)) {
    assert.equal(new Set(ids).size, ids.length, `${name} has duplicates`);
    assert.ok(ids.length >= 25, `${name} has ${ids.length}`);
    // Identifiers grow with time: newest first is descending.
    if (name !== 'eventTypes') assert.deepEqual(ids, [...ids].sort().reverse(), name);
  }
  const { eventTypes } = await gateway.request('{ eventTypes(first: 100) { nodes { id name } } }');
  assert.deepEqual(
    lists['eventTypes'],
    eventTypes.nodes.map(({ id }) => id),
  );
  const names = eventTypes.nodes.map(({ name }) => name);
  assert.deepEqual(names, [...names].sort());

  const newest = 'order: NEWEST_FIRST, types: ["page.*"]';
  const backwards = await walk(
    `query ($after: String) { ${pageOf('events', `, ${newest}`)} }`,
    {},
    (answers) => answers.events,
  );
  assert.deepEqual(backwards, [...events].reverse());
  const forwards = await walk(
    `query ($after: String) { ${pageOf('events', ', types: ["page.x0"]')} }`,
    {},
    (answers) => answers.events,
  );
  assert.deepEqual(forwards, events);
});
