// The rules of webhook subscriptions: what may be created and changed, by whom, and what is never shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/problem.js';
import { createOutboundGuard } from '../../src/security/outbound-guard.js';
import { createSecretBox } from '../../src/security/secret-box.js';
import { compileDeliveryPolicy } from '../../src/webhook-subscription/delivery-settings.js';
import type { HandshakeAnswer, HandshakeRequest } from '../../src/webhook-subscription/handshake.js';
import type { WebhookSubscription } from '../../src/webhook-subscription/webhook-subscription.js';
import {
  createWebhookSubscriptions,
  type NewWebhookSubscription,
  type WebhookSubscriptions,
} from '../../src/webhook-subscription/webhook-subscriptions.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';
import { createFakeNewId, createFakeRandomBytes } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  type MemoryDatabase,
  type MemoryStores,
  subscriptionOf,
} from '../kit/memory-stores.js';

interface Setup {
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly clock: FakeClock;
  readonly subscriptions: WebhookSubscriptions;
  readonly released: string[];
  readonly wentOn: string[];
  readonly cancelled: string[];
  readonly announced: string[];
  /** What receivers were asked. */
  readonly asked: HandshakeRequest[];
  /** What they say, by URL; by default they agree to any rate. */
  readonly answers: Map<string, HandshakeAnswer>;
}

const box = createSecretBox(Buffer.alloc(32, 1), createFakeRandomBytes());

function setUp(): Setup {
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const clock = createFakeClock();
  const [released, wentOn]: [string[], string[]] = [[], []];
  const [cancelled, announced]: [string[], string[]] = [[], []];
  const asked: HandshakeRequest[] = [];
  const answers = new Map<string, HandshakeAnswer>();
  const subscriptions = createWebhookSubscriptions({
    store: stores.webhookSubscriptions,
    guard: createOutboundGuard({ allowNetworks: [] }),
    secretBox: box,
    clock,
    newId: createFakeNewId(),
    randomBytes: createFakeRandomBytes(),
    jsonata: { run: async () => ({ kind: 'done', json: 'null' }) },
    logHead: async () => 7,
    eventTypeExists: async (name) => name === 'order.created',
    versionExists: async (_name, version) => version <= 2,
    readDocument: async ({ query }) => {
      if (query === 'bad') throw new Problem('INVALID_INPUT', 'query: bad (line 1, column 1)', { field: 'query' });
      return { eventTypes: ['order.created'], filter: { 'data.amount': 1 } };
    },
    documentNames: (text, eventType) => text.includes(`on ${eventType}`),
    async shakeHands(request) {
      asked.push(request);
      return answers.get(request.url) ?? { kind: 'agreed', perMinute: null };
    },
    announce: async ({ type }) => void announced.push(type),
    release: async (id) => void released.push(id),
    goOn: async (id) => void wentOn.push(id),
    cancel: async (ids) => void cancelled.push(...ids),
  });
  return { database, stores, clock, subscriptions, released, wentOn, cancelled, announced, asked, answers };
}

const input = (parts: Partial<NewWebhookSubscription> = {}): NewWebhookSubscription => ({
  url: 'https://receiver.example/hook',
  eventTypes: ['order.created'],
  applicationId: null,
  ...parts,
});

test('a new webhook subscription is active, told of later events only, and its secret is sealed', async () => {
  const { subscriptions, database } = setUp();
  const { webhookSubscription, secret } = await subscriptions.create(
    input({ name: ' mine ', eventTypes: ['order.*', '*'] }),
  );
  assert.deepEqual(
    [
      webhookSubscription.status,
      webhookSubscription.fromSequence,
      webhookSubscription.name,
      webhookSubscription.filter,
    ],
    ['ACTIVE', 7, 'mine', null],
  );
  assert.match(secret, /^whsec_/);
  const stored = database.subscriptions.get(webhookSubscription.id);
  assert.equal(JSON.stringify(stored).includes(secret.slice(6)), false);
  assert.equal(box.open(stored?.secrets[0]?.sealed ?? '', webhookSubscription.id), secret);
});

test('a given secret is kept, and patterns given twice are kept once', async () => {
  const { subscriptions } = setUp();
  const given = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
  const created = await subscriptions.create(input({ secret: given, eventTypes: ['*', 'order.created', '*'] }));
  assert.equal(created.secret, given);
  assert.deepEqual(created.webhookSubscription.eventTypes, ['*', 'order.created']);
});

const targetsOf = (...urls: readonly string[]): Partial<NewWebhookSubscription> => ({
  url: null,
  targets: urls.map((url) => ({ url })),
});
const retryFactor = 'retryPolicy.exponential.factor';
const refused: readonly [string, Partial<NewWebhookSubscription>, string, string][] = [
  ['no URL', { url: 'nonsense' }, 'URL_INVALID', 'url'],
  ['another scheme', { url: 'ftp://receiver.example/' }, 'URL_INVALID', 'url'],
  ['credentials in the URL', { url: 'https://a:b@receiver.example/' }, 'URL_INVALID', 'url'],
  ['a loopback address', { url: 'http://127.0.0.1/' }, 'URL_FORBIDDEN', 'url'],
  ['a private address', { url: 'http://[fd00::1]/' }, 'URL_FORBIDDEN', 'url'],
  ['targets beside a URL', { targets: [{ url: 'https://b.example/' }] }, 'INVALID_INPUT', 'targets'],
  ['a second target inside', targetsOf('https://b.example/', 'http://10.0.0.1/'), 'URL_FORBIDDEN', 'targets.1.url'],
  ['a target twice', targetsOf('https://b.example/', 'https://b.example'), 'INVALID_INPUT', 'targets.1.url'],
  ['too short a time-out', { timeoutMs: 1 }, 'INVALID_INPUT', 'timeoutMs'],
  ['a wrong retry policy', { retryPolicy: { exponential: { factor: 0 } } }, 'INVALID_INPUT', retryFactor],
  ['no event types', { eventTypes: [] }, 'INVALID_INPUT', 'eventTypes'],
  ['too many event types', { eventTypes: Array<string>(101).fill('*') }, 'INVALID_INPUT', 'eventTypes'],
  ['a pattern that is none', { eventTypes: ['*', 'Order'] }, 'NAME_INVALID', 'eventTypes.1'],
  ['an unknown event type', { eventTypes: ['*', 'order.lost'] }, 'EVENT_TYPE_UNKNOWN', 'eventTypes.1'],
  ['an unknown operator', { filter: { 'data.a': { $where: '1' } } }, 'FILTER_INVALID', 'filter.data.a.$where'],
  ['a header of ours', { headers: [{ name: 'Webhook-Id', value: '1' }] }, 'HEADER_INVALID', 'headers.0.name'],
  ['a short secret', { secret: 'whsec_AAAA' }, 'INVALID_INPUT', 'secret'],
  ['a long name', { name: 'x'.repeat(129) }, 'INVALID_INPUT', 'name'],
];
for (const [what, parts, code, field] of refused) {
  test(`${what} is refused with ${code} on ${field}, and nothing is written, new or changed`, async () => {
    const { subscriptions, database } = setUp();
    await assert.rejects(subscriptions.create(input(parts)), { code, field });
    assert.equal(database.subscriptions.size, 0);
    if ('secret' in parts) return;
    const { webhookSubscription } = await subscriptions.create(input());
    const changes = field === 'targets' ? input(parts) : parts;
    await assert.rejects(subscriptions.update(webhookSubscription.id, changes, null), { code, field });
    assert.deepEqual(database.subscriptions.get(webhookSubscription.id), webhookSubscription);
  });
}

test('an update changes what is given and leaves the rest', async () => {
  const { subscriptions, clock } = setUp();
  const { webhookSubscription } = await subscriptions.create(
    input({ name: 'a', filter: { type: 'order.created' }, headers: [{ name: 'X-A', value: '1' }] }),
  );
  const renamed = await subscriptions.update(webhookSubscription.id, { name: 'b' }, null);
  assert.deepEqual(renamed, { ...webhookSubscription, name: 'b', updatedAt: renamed.updatedAt });
  assert.ok(renamed.updatedAt > webhookSubscription.updatedAt, 'it grows although the clock stands still');
  await clock.advance(1000);
  const bare = await subscriptions.update(webhookSubscription.id, { name: null, filter: null, headers: null }, null);
  assert.deepEqual([bare.name, bare.filter, bare.headersSealed], [null, null, null]);
});

test('neither a URL nor targets is refused', async () => {
  const { subscriptions, database } = setUp();
  await assert.rejects(subscriptions.create(input({ url: null })), { code: 'INVALID_INPUT', field: 'url' });
  assert.equal(database.subscriptions.size, 0);
});

test('targets and settings are kept, changed one by one and taken back to their defaults', async () => {
  const { subscriptions } = setUp();
  const targets = [{ url: 'https://a.example/', weight: 2 }, { url: 'https://b.example/' }];
  const { webhookSubscription } = await subscriptions.create(
    input({
      url: null,
      targets,
      targetStrategy: 'FAILOVER',
      timeoutMs: 3000,
      rateLimit: { perSecond: 5, burst: null },
    }),
  );
  const { id, deliverySettings } = webhookSubscription;
  assert.deepEqual(
    webhookSubscription.targets.map(({ weight }) => weight),
    [2, 1],
  );
  assert.deepEqual(deliverySettings, { targetStrategy: 'FAILOVER', timeoutMs: 3000, rateLimit: { perSecond: 5 } });
  const renamed = await subscriptions.update(id, { name: 'x' }, null);
  assert.deepEqual([renamed.targets, renamed.deliverySettings], [webhookSubscription.targets, deliverySettings]);
  const changed = await subscriptions.update(
    id,
    { url: 'https://c.example/', timeoutMs: null, maxConcurrency: 2 },
    null,
  );
  assert.deepEqual(changed.targets, [{ url: 'https://c.example/', weight: 1 }]);
  assert.deepEqual(changed.deliverySettings, {
    targetStrategy: 'FAILOVER',
    rateLimit: { perSecond: 5 },
    maxConcurrency: 2,
  });
});

test('of two changes at the same time one is a conflict', async () => {
  const { subscriptions, stores } = setUp();
  const { webhookSubscription } = await subscriptions.create(input());
  const hold = stores.faults.hold('subscriptions.replace');
  const first = subscriptions.update(webhookSubscription.id, { name: 'first' }, null);
  await hold.reached;
  await subscriptions.update(webhookSubscription.id, { name: 'second' }, null);
  hold.release();
  await assert.rejects(first, { code: 'CONFLICT' });
  assert.equal((await subscriptions.get(webhookSubscription.id, null))?.name, 'second');
});

test('pausing says why, and resuming releases what was kept after the status is written', async () => {
  const { subscriptions, released, stores } = setUp();
  const { webhookSubscription } = await subscriptions.create(input());
  const { id } = webhookSubscription;
  const paused = await subscriptions.pause(id, ' maintenance ', null);
  assert.deepEqual([paused.status, paused.statusReason], ['PAUSED', 'maintenance']);
  assert.equal((await subscriptions.pause(id, null, null)).statusReason, 'paused by request');
  stores.faults.failBefore('subscriptions.replace');
  await assert.rejects(subscriptions.resume(id, null));
  assert.deepEqual(released, []);
  const resumed = await subscriptions.resume(id, null);
  assert.deepEqual([resumed.status, resumed.statusReason, released], ['ACTIVE', null, [id]]);
});

test('disabling ends serving an active one and nothing else', async () => {
  const { subscriptions } = setUp();
  const { id } = (await subscriptions.create(input())).webhookSubscription;
  await subscriptions.disable(id, 'gone');
  assert.equal((await subscriptions.get(id, null))?.status, 'DISABLED');
  await subscriptions.pause(id, null, null);
  await subscriptions.disable(id, 'gone');
  assert.equal((await subscriptions.get(id, null))?.status, 'PAUSED');
  await subscriptions.disable('sub_none', 'gone');
});

test('disabling several times at once, or beside another change, does not fail', async () => {
  const { subscriptions, stores } = setUp();
  const { id } = (await subscriptions.create(input())).webhookSubscription;
  await Promise.all([subscriptions.disable(id, 'gone'), subscriptions.disable(id, 'gone')]);
  await subscriptions.resume(id, null);
  const hold = stores.faults.hold('subscriptions.replace');
  const disabling = subscriptions.disable(id, 'gone');
  await hold.reached;
  await subscriptions.update(id, { name: 'renamed' }, null);
  hold.release();
  await disabling;
  const found = await subscriptions.get(id, null);
  assert.deepEqual([found?.status, found?.name], ['DISABLED', 'renamed']);
});

test('deleting cancels what is pending, of one or of all of an application', async () => {
  const { subscriptions, cancelled, database } = setUp();
  const ids: string[] = [];
  for (const applicationId of ['app_a', 'app_a', 'app_b', null])
    ids.push((await subscriptions.create(input({ applicationId }))).webhookSubscription.id);
  await subscriptions.delete(ids[3] ?? '', null);
  await subscriptions.deleteAll('app_a');
  assert.deepEqual(cancelled.sort(), [ids[0], ids[1], ids[3]].sort());
  assert.deepEqual([...database.subscriptions.keys()], [ids[2]]);
});

test("another owner's record is not found, for every operation", async () => {
  const { subscriptions, database } = setUp();
  const mine = subscriptionOf('sub_1', { applicationId: 'app_a' });
  const platform = subscriptionOf('sub_2', { applicationId: null });
  for (const one of [mine, platform]) database.subscriptions.set(one.id, one);
  const attempts = (id: string): Promise<unknown>[] => [
    subscriptions.update(id, { name: 'x' }, 'app_b'),
    subscriptions.pause(id, null, 'app_b'),
    subscriptions.resume(id, 'app_b'),
    subscriptions.delete(id, 'app_b'),
    subscriptions.rotateSecret(id, { overlapSeconds: 0 }, 'app_b'),
  ];
  for (const id of ['sub_1', 'sub_2', 'sub_none']) {
    for (const attempt of attempts(id)) await assert.rejects(attempt, { code: 'NOT_FOUND', field: 'id' });
    assert.equal(await subscriptions.get(id, 'app_b'), null);
  }
  assert.deepEqual([...database.subscriptions.values()], [mine, platform]);
  assert.equal((await subscriptions.get('sub_1', 'app_a'))?.id, 'sub_1');
});

test('a new secret comes first, and the old one signs too for as long as asked', async () => {
  const { subscriptions, clock } = setUp();
  const { webhookSubscription, secret } = await subscriptions.create(input());
  const open = ({ id, secrets }: WebhookSubscription): string[] => secrets.map(({ sealed }) => box.open(sealed, id));
  const rotated = await subscriptions.rotateSecret(webhookSubscription.id, { overlapSeconds: 60 }, null);
  assert.deepEqual(open(rotated.webhookSubscription), [rotated.secret, secret]);
  assert.equal(rotated.previousSecretExpiresAt?.getTime(), clock.now().getTime() + 60_000);
  const again = await subscriptions.rotateSecret(webhookSubscription.id, { overlapSeconds: 0 }, null);
  assert.deepEqual(open(again.webhookSubscription), [again.secret]);
  assert.equal(again.previousSecretExpiresAt, null);
});

test('an overlap outside its bounds is refused', async () => {
  const { subscriptions } = setUp();
  const { id } = (await subscriptions.create(input())).webhookSubscription;
  for (const overlapSeconds of [-1, 604_801, Number.NaN]) {
    const refusal = { code: 'INVALID_INPUT', field: 'overlapSeconds' };
    await assert.rejects(subscriptions.rotateSecret(id, { overlapSeconds }, null), refusal);
  }
  await subscriptions.rotateSecret(id, { overlapSeconds: 604_800 }, null);
});

test('headers are shown without their values, and are sealed in the store', async () => {
  const { subscriptions } = setUp();
  const names = ['Authorization', 'X-Api-Key', 'Cookie', 'X-Team'];
  const headers = names.map((name) => ({ name, value: 'hush' }));
  const { webhookSubscription } = await subscriptions.create(input({ headers }));
  assert.equal(webhookSubscription.headersSealed?.includes('hush'), false);
  assert.deepEqual(
    subscriptions.shownHeaders(webhookSubscription),
    names.map((name) => ({ name: name.toLowerCase(), value: '***' })),
  );
});

test('who goes on behind exhausted deliveries from now on also leaves those behind that hold up the order', async () => {
  const { subscriptions, wentOn } = setUp();
  const { id } = (await subscriptions.create(input({ ordering: 'STRICT', whenExhausted: 'STOP' }))).webhookSubscription;
  await subscriptions.update(id, { name: 'renamed' }, null);
  await subscriptions.update(id, { whenExhausted: 'STOP' }, null);
  assert.deepEqual(wentOn, []);
  await subscriptions.update(id, { whenExhausted: 'GO_ON' }, null);
  await subscriptions.update(id, { whenExhausted: null }, null);
  assert.deepEqual(wentOn, [id, id]);
});

const query = 'subscription { orderCreated { id } }';
const asking = (parts: Partial<NewWebhookSubscription>): NewWebhookSubscription =>
  input({ eventTypes: null, ...parts });

test('a document says the event types and the filter, and nothing may contradict it', async () => {
  const { subscriptions } = setUp();
  const { webhookSubscription } = await subscriptions.create(asking({ query, variables: { a: 1 } }));
  assert.deepEqual(webhookSubscription.eventTypes, ['order.created']);
  assert.deepEqual(webhookSubscription.filter, { 'data.amount': 1 });
  assert.deepEqual(webhookSubscription.document, { query, variables: { a: 1 }, problem: null });
  const refused: readonly [Partial<NewWebhookSubscription>, string][] = [
    [{ query, eventTypes: ['*'] }, 'eventTypes'],
    [{ query, filter: {} }, 'filter'],
    [{ query: 'bad' }, 'query'],
    [{ query, variables: [] }, 'variables'],
    [{ variables: {}, eventTypes: ['order.created'] }, 'variables'],
    [{}, 'eventTypes'],
    [{ query, eventTypeVersion: 3 }, 'eventTypeVersion'],
    [{ eventTypes: ['order.*'], eventTypeVersion: 1 }, 'eventTypeVersion'],
  ];
  for (const [parts, field] of refused)
    await assert.rejects(subscriptions.create(asking(parts)), { code: 'INVALID_INPUT', field }, JSON.stringify(parts));
  const { id } = webhookSubscription;
  const plain = await subscriptions.update(id, { query: null, variables: null, filter: null }, null);
  assert.deepEqual([plain.document, plain.eventTypes, plain.filter], [null, ['order.created'], null]);
});

test('a pin needs no document, holds through other changes and is taken away by null', async () => {
  const { subscriptions, database } = setUp();
  const { webhookSubscription } = await subscriptions.create(input({ eventTypeVersion: 1 }));
  const { id } = webhookSubscription;
  assert.deepEqual([webhookSubscription.document, webhookSubscription.eventTypeVersion], [null, 1]);
  assert.equal((await subscriptions.update(id, { name: 'renamed' }, null)).eventTypeVersion, 1);
  assert.equal((await subscriptions.update(id, { filter: { 'data.amount': 1 } }, null)).eventTypeVersion, 1);
  assert.equal((await subscriptions.update(id, { eventTypeVersion: 2 }, null)).eventTypeVersion, 2);
  const refusal = { code: 'INVALID_INPUT', field: 'eventTypeVersion' };
  await assert.rejects(subscriptions.update(id, { eventTypeVersion: 3 }, null), refusal);
  await assert.rejects(subscriptions.update(id, { eventTypes: ['*'] }, null), refusal);
  assert.equal(database.subscriptions.get(id)?.eventTypeVersion, 2);
  assert.equal((await subscriptions.update(id, { eventTypeVersion: null }, null)).eventTypeVersion, null);
});

test('what names an event type is found, among the event types or in a document alone', async () => {
  const { subscriptions } = setUp();
  assert.equal(await subscriptions.findNaming('order.created'), null);
  const inDocument = await subscriptions.create(asking({ query: `${query} # on invoice.paid` }));
  const plain = await subscriptions.create(input());
  assert.equal(
    await subscriptions.findNaming('invoice.paid'),
    `the document of the webhook subscription ${inDocument.webhookSubscription.id} names it`,
  );
  await subscriptions.recheckDocuments(() => 'broken');
  assert.match((await subscriptions.findNaming('invoice.paid')) ?? '', /the document of/);
  await subscriptions.delete(inDocument.webhookSubscription.id, null);
  assert.equal(await subscriptions.findNaming('invoice.paid'), null);
  assert.equal(
    await subscriptions.findNaming('order.created'),
    `the webhook subscription ${plain.webhookSubscription.id} names it`,
  );
});

test('a broken document ends serving, visibly, and a mended one begins it again with what was kept', async () => {
  const { subscriptions, released, announced } = setUp();
  const { webhookSubscription } = await subscriptions.create(asking({ query }));
  const { id } = webhookSubscription;
  assert.deepEqual(await subscriptions.findBroken(() => 'no such field', 10), [id]);
  await subscriptions.recheckDocuments(() => 'no such field');
  const broken = await subscriptions.get(id, null);
  assert.deepEqual([broken?.status, broken?.document?.problem], ['DISABLED', 'no such field']);
  assert.match(broken?.statusReason ?? '', /its document does not fit the schema any more: no such field/);
  await assert.rejects(subscriptions.resume(id, null), { code: 'CONFLICT' });
  await subscriptions.recheckDocuments(() => null);
  const mended = await subscriptions.get(id, null);
  assert.deepEqual([mended?.status, mended?.statusReason, mended?.document?.problem], ['ACTIVE', null, null]);
  await subscriptions.recheckDocuments(() => 'again');
  const updated = await subscriptions.update(id, { query }, null);
  assert.deepEqual([updated.status, updated.document?.problem], ['ACTIVE', null]);
  assert.deepEqual(released, [id, id]);
  assert.deepEqual(announced, [
    'carillon.webhook_subscription.disabled',
    'carillon.webhook_subscription.recovered',
    'carillon.webhook_subscription.disabled',
    'carillon.webhook_subscription.recovered',
  ]);
});

const refusal: HandshakeAnswer = { kind: 'refused', reason: 'it allows nobody' };
const shaking = (parts: Partial<NewWebhookSubscription> = {}): NewWebhookSubscription =>
  input({ handshake: 'CLOUDEVENTS', ...parts });

test('without a handshake nobody is asked', async () => {
  const { subscriptions, asked } = setUp();
  const { id } = (await subscriptions.create(input())).webhookSubscription;
  await subscriptions.update(id, { url: 'https://other.example/', rateLimit: { perSecond: 1 } }, null);
  await subscriptions.update(id, { handshake: 'NONE' }, null);
  await subscriptions.resume(id, null);
  assert.deepEqual(asked, []);
});

test('a handshake asks each target for the rate that is set, after the input was found right, and a draft asks nobody', async () => {
  const { subscriptions, asked } = setUp();
  const targets = [{ url: 'https://a.example/' }, { url: 'https://b.example/' }];
  const parts = { url: null, targets, rateLimit: { perSecond: 0.5 }, timeoutMs: 3000 };
  await subscriptions.draft(shaking(parts));
  await assert.rejects(subscriptions.create(shaking({ ...parts, filter: { $where: '1' } })), {
    code: 'FILTER_INVALID',
  });
  assert.deepEqual(asked, []);
  await subscriptions.create(shaking(parts));
  assert.deepEqual(
    asked,
    targets.map(({ url }) => ({ url, perMinute: 30, timeoutMs: 3000 })),
  );
  await subscriptions.create(shaking());
  assert.deepEqual(asked[2], { url: 'https://receiver.example/hook', perMinute: null, timeoutMs: 15_000 });
});

test('a target that does not agree refuses creation, change and resume by its name, and nothing is written', async () => {
  const { subscriptions, database, answers, released } = setUp();
  const url = 'https://receiver.example/hook';
  const refused = {
    code: 'HANDSHAKE_REFUSED',
    message: 'the handshake with receiver.example failed: it allows nobody',
  };
  answers.set(url, refusal);
  await assert.rejects(subscriptions.create(shaking()), { ...refused, field: 'url' });
  const targets = [{ url: 'https://a.example/' }, { url }];
  await assert.rejects(subscriptions.create(shaking({ url: null, targets })), { ...refused, field: 'targets.1.url' });
  assert.equal(database.subscriptions.size, 0);
  const { id } = (await subscriptions.create(input())).webhookSubscription;
  const before = database.subscriptions.get(id);
  await assert.rejects(subscriptions.update(id, { handshake: 'CLOUDEVENTS', name: 'x' }, null), {
    ...refused,
    field: 'handshake',
  });
  assert.deepEqual(database.subscriptions.get(id), before);
  answers.clear();
  await subscriptions.update(id, { handshake: 'CLOUDEVENTS' }, null);
  const paused = await subscriptions.pause(id, null, null);
  answers.set(url, refusal);
  await assert.rejects(subscriptions.resume(id, null), { ...refused, field: 'id' });
  assert.deepEqual([database.subscriptions.get(id), released], [paused, []]);
  const other = 'https://other.example/hook';
  answers.set(other, refusal);
  await assert.rejects(subscriptions.update(id, { url: other }, null), { code: 'HANDSHAKE_REFUSED', field: 'url' });
  assert.deepEqual(database.subscriptions.get(id), paused);
  // What no receiver agrees to changes without them.
  assert.equal((await subscriptions.update(id, { name: 'renamed', timeoutMs: 2000 }, null)).name, 'renamed');
  await assert.rejects(subscriptions.update(id, { rateLimit: null }, null), refused);
  assert.equal((await subscriptions.update(id, { handshake: null }, null)).deliverySettings.handshake, undefined);
  assert.equal((await subscriptions.resume(id, null)).status, 'ACTIVE');
});

test('the lowest rate that a target allows is kept to, from the handshake on until the next', async () => {
  const { subscriptions, answers } = setUp();
  const [a, b] = ['https://a.example/', 'https://b.example/'];
  answers.set(a, { kind: 'agreed', perMinute: 300 }).set(b, { kind: 'agreed', perMinute: 120 });
  const rateOf = ({ deliverySettings }: WebhookSubscription) => compileDeliveryPolicy(deliverySettings).rateLimit;
  const created = await subscriptions.create(shaking({ url: null, targets: [{ url: a }, { url: b }] }));
  const { id } = created.webhookSubscription;
  assert.deepEqual(rateOf(created.webhookSubscription), { perSecond: 2, burst: 2 });
  assert.deepEqual(rateOf(await subscriptions.update(id, { name: 'x' }, null)), { perSecond: 2, burst: 2 });
  const set = await subscriptions.update(id, { rateLimit: { perSecond: 10, burst: 1 } }, null);
  assert.deepEqual(
    [rateOf(set), set.deliverySettings.rateLimit],
    [
      { perSecond: 2, burst: 1 },
      { perSecond: 10, burst: 1 },
    ],
  );
  assert.deepEqual(rateOf(await subscriptions.update(id, { rateLimit: { perSecond: 1 } }, null)), {
    perSecond: 1,
    burst: 1,
  });
  answers.set(b, { kind: 'agreed', perMinute: 30 });
  assert.deepEqual(rateOf(await subscriptions.resume(id, null)), { perSecond: 0.5, burst: 1 });
  answers.set(b, { kind: 'agreed', perMinute: null });
  assert.deepEqual(rateOf(await subscriptions.update(id, { targets: [{ url: b }], rateLimit: null }, null)), null);
  answers.set(b, { kind: 'agreed', perMinute: 1 });
  await subscriptions.resume(id, null);
  assert.equal(rateOf(await subscriptions.update(id, { handshake: null }, null)), null);
});
