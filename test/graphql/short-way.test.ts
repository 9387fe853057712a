// The short way of ordinary requests answers what Apollo Server answers. A request is made to go the long way by an empty
// `extensions`, which changes nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { cutOutEventSchemas } from '../kit/github-webhooks.js';
import { createEventType, createKey, sendBody } from '../kit/graphql-client.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'order.created' });
  const { createApplication: created } = await gateway.request(
    'mutation { createApplication(input: { name: "shop" }) { application { id } } }',
  );
  await createKey(gateway.request, 'APPLICATION', created.application?.id);
});
after(() => gateway.stop());

const requests: readonly { readonly name: string; readonly body: Record<string, unknown> }[] = [
  { name: 'a query', body: { query: '{ viewer { role } eventTypes { nodes { name } } }' } },
  {
    name: 'a query with variables',
    body: { query: 'query ($n: String!) { eventType(name: $n) { name } }', variables: { n: 'order.created' } },
  },
  {
    name: 'records that are looked up',
    body: { query: '{ applications { nodes { apiKeys { nodes { application { name } } } } } }' },
  },
  {
    name: 'one of two operations',
    body: { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'B' },
  },
  { name: 'two operations and no name', body: { query: 'query A { __typename } query B { __typename }' } },
  { name: 'an operation that is not there', body: { query: 'query A { __typename }', operationName: 'B' } },
  { name: 'a document that does not parse', body: { query: '{' } },
  { name: 'a document that is not valid', body: { query: '{ nothing }' } },
  {
    name: 'variables that do not fit',
    body: { query: 'query ($n: String!) { eventType(name: $n) { name } }', variables: { n: 1 } },
  },
  { name: 'a field error', body: { query: '{ eventTypes(first: 101) { nodes { name } } }' } },
  { name: 'a field error beside data', body: { query: '{ viewer { role } deliveries(after: "x") { nodes { id } } }' } },
  {
    name: 'user errors',
    body: { query: 'mutation { createEventType(input: {name: "X"}) { eventType { id } userErrors { code field } } }' },
  },
  { name: 'a subscription', body: { query: 'subscription { events { id } }' } },
  { name: 'a query that is no text', body: { query: 1 } },
  { name: 'variables that are no map', body: { query: '{ __typename }', variables: [] } },
  {
    name: 'a document over the limits',
    body: { query: `{ ${'viewer { application { '.repeat(10)}id${' } }'.repeat(10)} }` },
  },
];

for (const { name, body } of requests) {
  test(`the short way and the long way agree: ${name}`, async () => {
    const short = await sendBody(gateway.url, gateway.adminKey, JSON.stringify(body));
    const long = await sendBody(gateway.url, gateway.adminKey, JSON.stringify({ ...body, extensions: {} }));
    assert.equal(short.status, long.status);
    assert.deepEqual(JSON.parse(short.text), JSON.parse(long.text));
    for (const header of ['content-type', 'cache-control'])
      assert.equal(short.headers.get(header), long.headers.get(header), header);
  });
}

test('what GraphiQL accepts goes the short way too, with the same answer', async () => {
  const query = '{ __schema { queryType { name } types { name } } }';
  const answers = await Promise.all(
    [{}, { extensions: {} }].map(async (extra) => {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${gateway.adminKey}`,
          'content-type': 'application/json',
          accept: 'application/json, multipart/mixed',
        },
        body: JSON.stringify({ query, ...extra }),
      });
      return [response.status, response.headers.get('content-type'), await response.json()];
    }),
  );
  assert.deepEqual(answers[0], answers[1]);
});

test('introspection of a large schema is sent as it is made, and says what the long way says', async () => {
  for (const { name, schema } of cutOutEventSchemas().slice(0, 20))
    await createEventType(gateway.request, { name, schema });
  const ask = (extra: object) =>
    sendBody(gateway.url, gateway.adminKey, JSON.stringify({ query: getIntrospectionQuery(), ...extra }));
  const [short, long] = [await ask({}), await ask({ extensions: {} })];
  assert.deepEqual([short.status, short.headers.get('content-length')], [200, null]);
  assert.equal(short.headers.get('content-type'), long.headers.get('content-type'));
  assert.equal(short.text.trim() === long.text.trim(), true);
});

test('what a role may not do is refused on both ways', async () => {
  const reader = await createKey(gateway.request, 'READER');
  const query = 'mutation { publishEvent(input: {type: "order.created"}) { event { id } } }';
  for (const extra of [{}, { extensions: {} }]) {
    const { errors } = await sendBody(gateway.url, reader.key, JSON.stringify({ query, ...extra }));
    assert.equal(errors[0]?.extensions?.code, 'FORBIDDEN');
  }
});
