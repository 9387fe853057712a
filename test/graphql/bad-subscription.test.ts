// Webhook subscriptions, filters, applications and keys that must be refused, over real HTTP and sockets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createWebhookSubscription,
  liveEvents,
  openLive,
} from '../kit/graphql-client.js';
import {
  assertAllRefused,
  callMutation,
  long,
  type MutationCase,
  nest,
  readEverything,
  shorten,
} from '../kit/refusals.js';

let gateway: Gateway;
/** Records that the cases refer to. */
let applicationId: string;
let subscriptionId: string;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'anything' });
  applicationId = (await createApplication(gateway.request, 'One')).id;
  await gateway.request(
    'mutation ($id: ID!) { updateApplication(input: { id: $id, externalId: "taken" }) { application { id } } }',
    { id: applicationId },
  );
  subscriptionId = (await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' })).id;
});

after(() => gateway.stop());

/** Filters that are refused, with the path that leads to what is wrong with them. */
const badFilters: readonly (readonly [filter: unknown, code: string, path: string, message?: RegExp])[] = [
  [{ 'data.a': { $near: 1 } }, 'FILTER_INVALID', '.data.a.$near', /\$near/],
  [{ $where: 'while(true){}' }, 'FILTER_INVALID', '.$where', /\$where/],
  [{ $and: [{ $where: 'true' }] }, 'FILTER_INVALID', '.$and.0.$where'],
  [{ $expr: { $eq: [1, 1] } }, 'FILTER_INVALID', '.$expr'],
  [{ 'data.a': { $in: 3 } }, 'FILTER_INVALID', '.data.a.$in'],
  [{ 'data.a': { $regex: '(?=x)' } }, 'FILTER_INVALID', '.data.a.$regex', /lookahead/],
  [{ 'data.a': { $regex: '(' } }, 'FILTER_INVALID', '.data.a.$regex'],
  [{ owner: 1 }, 'FILTER_INVALID', '.owner', /attribute/],
  [{ 'data..a': 1 }, 'FILTER_INVALID', '.data..a'],
  [JSON.parse('{"__proto__": 1}'), 'FILTER_INVALID', '.__proto__', /attribute/],
  [{ constructor: { prototype: 1 } }, 'FILTER_INVALID', '.constructor', /attribute/],
  [nest(100, (inner) => ({ $and: [inner] }), { type: 'a' }), 'FILTER_INVALID', '', /16/],
  [nest(100, (inner) => ({ $not: inner }), { $gt: 1 }), 'FILTER_INVALID', '', /16|attribute/],
  [{ $or: Array.from({ length: 201 }, (_, n) => ({ 'data.n': n })) }, 'FILTER_INVALID', '', /200/],
  [{ 'data.a': long(17_000) }, 'TOO_LARGE', '', /16384/],
  [[], 'FILTER_INVALID', ''],
  ['data.a > 1', 'FILTER_INVALID', ''],
  [7, 'FILTER_INVALID', ''],
];

/** What is told about a filter by everything that takes one, its field without the part before `filter`. */
async function refusalsOf(filter: unknown): Promise<readonly { code?: string; field?: string; message: string }[]> {
  const created = await callMutation(gateway, 'createWebhookSubscription', {
    url: 'http://127.0.0.1:9/',
    eventTypes: ['*'],
    filter,
  });
  const updated = await callMutation(gateway, 'updateWebhookSubscription', { id: subscriptionId, filter });
  const query = 'query ($filter: JSON) { events(filter: $filter) { nodes { id } } }';
  const asked = await gateway.send(query, { filter });
  const live = openLive(gateway.url, gateway.adminKey, liveEvents, { filter });
  const end = await live.ended;
  await live.close();
  const shown = end.kind === 'errors' ? end.errors : (live.results[0]?.errors ?? []);
  const inMutations = [created, updated].map(({ userErrors: [error] }) => ({
    code: error?.code ?? '',
    field: error?.field?.replace(/^input\./, '') ?? '',
    message: error?.message ?? '',
  }));
  const inErrors = [asked.errors[0], shown[0]].map((error) => ({
    message: error?.message ?? '',
    ...error?.extensions,
  }));
  return [...inMutations, ...inErrors];
}

test('a filter is refused in the same words wherever one is given', async () => {
  const was = await readEverything(gateway);
  for (const [filter, code, path, message = /./] of badFilters) {
    const refusals = await refusalsOf(filter);
    assert.equal(refusals.length, 4);
    for (const refusal of refusals) {
      assert.equal(refusal.code, code, shorten(filter));
      assert.ok(refusal.field?.startsWith(`filter${path}`), `${refusal.field} ${shorten(filter)}`);
      assert.match(refusal.message, message, shorten(filter));
    }
  }
  assert.deepEqual(await readEverything(gateway), was);
});

test('a webhook subscription is refused for its URL, types, headers, secret, name and owner', async () => {
  const url = 'https://example.com/';
  const sub = (input: object): object => ({ url, eventTypes: ['*'], ...input });
  const header = (name: string, value: string): object => sub({ headers: [{ name, value }] });
  const invalid = ['', 'nonsense', '/path', '//example.com', 'ftp://example.com', 'javascript:alert(1)', 'http://'];
  invalid.push(
    'http:///x',
    'https://user:password@example.com/',
    'https://user@example.com/',
    'https://example.com/#x',
  );
  invalid.push(
    'https://exa mple.com/',
    'https://example.com:0/',
    'https://example.com:99999/',
    'https:\\\\example.com',
  );
  invalid.push(`https://example.com/${long(2048)}`, 'https://example.com/\u0000', 'https://..example.com/');
  const inside = ['http://10.0.0.1/', 'http://192.168.1.1:8080/x', 'http://169.254.169.254/latest/meta-data'];
  inside.push(
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://0x0a000001/',
    'http://167772161/',
    'http://012.0.0.1/',
  );
  inside.push(
    'http://0.0.0.0/',
    'http://[fd00::1]/',
    'http://172.16.0.1./',
    'http://100.64.0.1/',
    'http://[64:ff9b::a00:1]/',
  );
  await assertAllRefused(gateway, [
    ...invalid.map((bad): MutationCase => ['createWebhookSubscription', sub({ url: bad }), 'URL_INVALID', 'input.url']),
    ...inside.map(
      (bad): MutationCase => ['createWebhookSubscription', sub({ url: bad }), 'URL_FORBIDDEN', 'input.url'],
    ),
    ['updateWebhookSubscription', { id: subscriptionId, url: 'http://10.1.1.1/' }, 'URL_FORBIDDEN', 'input.url'],
    ['createWebhookSubscription', sub({ eventTypes: [] }), 'INVALID_INPUT', 'input.eventTypes', /1 to 100 .*0/],
    [
      'createWebhookSubscription',
      sub({ eventTypes: Array.from({ length: 101 }, (_, n) => `a.b${n}`) }),
      'INVALID_INPUT',
      'input.eventTypes',
      /1 to 100 .*101/,
    ],
    ['createWebhookSubscription', sub({ eventTypes: ['*', 'Order'] }), 'NAME_INVALID', 'input.eventTypes.1'],
    ['createWebhookSubscription', sub({ eventTypes: ['order*'] }), 'NAME_INVALID', 'input.eventTypes.0'],
    ['createWebhookSubscription', sub({ eventTypes: ['*.created'] }), 'NAME_INVALID', 'input.eventTypes.0'],
    [
      'createWebhookSubscription',
      sub({ eventTypes: ['anything', 'no.such'] }),
      'EVENT_TYPE_UNKNOWN',
      'input.eventTypes.1',
    ],
    ['createWebhookSubscription', header('Content-Type', 'text/plain'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('webhook-signature', 'v1,x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('Host', 'example.org'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('Transfer-Encoding', 'chunked'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('', 'x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('x y', 'x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header('x-é', 'x'), 'HEADER_INVALID', 'input.headers.0.name'],
    ['createWebhookSubscription', header(long(129), 'x'), 'HEADER_INVALID', 'input.headers.0.name', /128/],
    ['createWebhookSubscription', header('x-a', ''), 'HEADER_INVALID', 'input.headers.0.value', /4096/],
    ['createWebhookSubscription', header('x-a', 'a\r\nx-b: c'), 'HEADER_INVALID', 'input.headers.0.value'],
    ['createWebhookSubscription', header('x-a', 'a\u0000'), 'HEADER_INVALID', 'input.headers.0.value'],
    ['createWebhookSubscription', header('x-a', 'é'), 'HEADER_INVALID', 'input.headers.0.value', /ASCII/],
    ['createWebhookSubscription', header('x-a', long(4097)), 'HEADER_INVALID', 'input.headers.0.value', /4096/],
    [
      'createWebhookSubscription',
      sub({
        headers: [
          { name: 'x-a', value: '1' },
          { name: 'X-A', value: '2' },
        ],
      }),
      'HEADER_INVALID',
      'input.headers.1.name',
      /twice/,
    ],
    [
      'createWebhookSubscription',
      sub({ headers: Array.from({ length: 21 }, (_, n) => ({ name: `x-${n}`, value: '1' })) }),
      'HEADER_INVALID',
      'input.headers',
      /20/,
    ],
    ['createWebhookSubscription', sub({ secret: 'whsec_c2hvcnQ=' }), 'INVALID_INPUT', 'input.secret', /24 to 64/],
    ['createWebhookSubscription', sub({ secret: `whsec_${'*'.repeat(32)}` }), 'INVALID_INPUT', 'input.secret'],
    ['createWebhookSubscription', sub({ secret: '' }), 'INVALID_INPUT', 'input.secret', /whsec_/],
    ['createWebhookSubscription', sub({ name: '' }), 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createWebhookSubscription', sub({ name: long(129) }), 'INVALID_INPUT', 'input.name', /128.*129/],
    ['createWebhookSubscription', sub({ name: 'a\u0000b' }), 'INVALID_INPUT', 'input.name', /control/],
    ['createWebhookSubscription', sub({ application: 'app_none' }), 'NOT_FOUND', 'input.application'],
  ]);
});

test('changes of what is not there, or not like this, are refused', async () => {
  const none = `sub_${'0'.repeat(24)}`;
  await assertAllRefused(gateway, [
    ['updateWebhookSubscription', { id: none, name: 'x' }, 'NOT_FOUND', 'input.id'],
    ['pauseWebhookSubscription', { id: none }, 'NOT_FOUND', 'input.id'],
    ['pauseWebhookSubscription', { id: subscriptionId, reason: long(257) }, 'INVALID_INPUT', 'input.reason', /256/],
    ['resumeWebhookSubscription', { id: none }, 'NOT_FOUND', 'input.id'],
    ['deleteWebhookSubscription', { id: '' }, 'NOT_FOUND', 'input.id'],
    ['rotateWebhookSecret', { id: none }, 'NOT_FOUND', 'input.id'],
    [
      'rotateWebhookSecret',
      { id: subscriptionId, overlapSeconds: -1 },
      'INVALID_INPUT',
      'input.overlapSeconds',
      /604800/,
    ],
    [
      'rotateWebhookSecret',
      { id: subscriptionId, overlapSeconds: 604_801 },
      'INVALID_INPUT',
      'input.overlapSeconds',
      /604800/,
    ],
    ['rotateWebhookSecret', { id: subscriptionId, secret: 'whsec_' }, 'INVALID_INPUT', 'input.secret', /24 to 64/],
    ['sendTestEvent', { id: none }, 'NOT_FOUND', 'input.id'],
    ['sendTestEvent', { id: subscriptionId, data: long(262_200) }, 'TOO_LARGE', 'input.data', /262144/],
    ['retryDelivery', { id: 'dlv_none' }, 'NOT_FOUND', 'input.id'],
    ['retryDelivery', { id: `dlv_${'0'.repeat(24)}` }, 'NOT_FOUND', 'input.id'],
    ['createApplication', { name: '' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createApplication', { name: '   ' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createApplication', { name: long(129) }, 'INVALID_INPUT', 'input.name', /128.*129/],
    ['createApplication', { name: 'NUL \u0000' }, 'INVALID_INPUT', 'input.name', /control/],
    ['createApplication', { name: 'x', externalId: '' }, 'INVALID_INPUT', 'input.externalId', /1 to 128/],
    ['createApplication', { name: 'x', externalId: 'taken' }, 'NAME_TAKEN', 'input.externalId'],
    ['updateApplication', { id: 'app_none', name: 'x' }, 'NOT_FOUND', 'input.id'],
    ['updateApplication', { id: applicationId, name: '' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['deleteApplication', { id: 'app_none' }, 'NOT_FOUND', 'input.id'],
    ['createApiKey', { name: 'x', role: 'APPLICATION' }, 'INVALID_INPUT', 'input.application', /required/],
    ['createApiKey', { name: 'x', role: 'READER', application: applicationId }, 'INVALID_INPUT', 'input.application'],
    ['createApiKey', { name: 'x', role: 'APPLICATION', application: 'app_none' }, 'NOT_FOUND', 'input.application'],
    ['createApiKey', { name: '', role: 'ADMIN' }, 'INVALID_INPUT', 'input.name', /1 to 128/],
    ['createApiKey', { name: long(129), role: 'ADMIN' }, 'INVALID_INPUT', 'input.name', /128/],
    ['revokeApiKey', { id: 'key_none' }, 'NOT_FOUND', 'input.id'],
  ]);
});
