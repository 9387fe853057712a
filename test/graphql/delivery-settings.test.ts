// What an owner sets about deliveries, over real HTTP: effective values, changes, defaults, and inputs that are refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createWebhookSubscription } from '../kit/graphql-client.js';
import { assertAllRefused, type MutationCase } from '../kit/refusals.js';

let gateway: Gateway;
let subscriptionId: string;

before(async () => {
  gateway = await startGateway();
  const url = 'http://127.0.0.1:9/';
  subscriptionId = (await createWebhookSubscription(gateway.request, { url, timeoutMs: 5000 })).id;
});

after(() => gateway.stop());

const all = `url targets { url weight } targetStrategy timeoutMs rateLimit { perSecond burst } maxConcurrency ordering
  whenExhausted whilePaused disableAfterSeconds handshake
  retryPolicy {
    schedule delaysSeconds exponential { baseSeconds factor capSeconds attempts } maxAttempts jitter deadlineSeconds
    successStatuses neverRetriedStatuses maxRetryAfterSeconds
  }`;

async function read(id: string): Promise<unknown> {
  const query = `query ($id: ID!) { webhookSubscription(id: $id) { ${all} } }`;
  return (await gateway.request(query, { id })).webhookSubscription;
}

async function update(id: string, input: object): Promise<unknown> {
  const { updateWebhookSubscription } = await gateway.request(
    `mutation ($input: UpdateWebhookSubscriptionInput!) {
      updateWebhookSubscription(input: $input) { webhookSubscription { ${all} } userErrors { code field message } }
    }`,
    { input: { id, ...input } },
  );
  assert.deepEqual(updateWebhookSubscription.userErrors, []);
  return updateWebhookSubscription.webhookSubscription;
}

const standard = {
  schedule: 'STANDARD',
  delaysSeconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
  exponential: null,
  maxAttempts: 10,
  jitter: 0.1,
  deadlineSeconds: 302_400,
  successStatuses: ['2xx'],
  neverRetriedStatuses: [],
  maxRetryAfterSeconds: 86_400,
};
const defaults = {
  url: 'http://127.0.0.1:9/a',
  targets: [{ url: 'http://127.0.0.1:9/a', weight: 1 }],
  targetStrategy: 'ROUND_ROBIN',
  timeoutMs: 15_000,
  rateLimit: null,
  maxConcurrency: null,
  ordering: 'NONE',
  whenExhausted: 'GO_ON',
  whilePaused: 'KEEP',
  disableAfterSeconds: 432_000,
  handshake: 'NONE',
  retryPolicy: standard,
};

const settings = {
  targets: [{ url: 'http://127.0.0.1:9/a', weight: 3 }, { url: 'http://127.0.0.1:9/b' }],
  targetStrategy: 'FAILOVER',
  timeoutMs: 1000,
  rateLimit: { perSecond: 2.5 },
  maxConcurrency: 1,
  ordering: 'BY_KEY',
  whenExhausted: 'STOP',
  whilePaused: 'SKIP',
  disableAfterSeconds: 60,
  handshake: 'NONE',
  retryPolicy: {
    exponential: { baseSeconds: 0.5, attempts: 4 },
    jitter: 0,
    deadlineSeconds: 600,
    successStatuses: ['2xx', '409', '409'],
    neverRetriedStatuses: ['4xx'],
    maxRetryAfterSeconds: 60,
  },
} as const;
const inForce = {
  ...settings,
  url: 'http://127.0.0.1:9/a',
  targets: [settings.targets[0], { ...settings.targets[1], weight: 1 }],
  rateLimit: { perSecond: 2.5, burst: 3 },
  retryPolicy: {
    ...settings.retryPolicy,
    schedule: 'EXPONENTIAL',
    delaysSeconds: [0.5, 1, 2],
    exponential: { baseSeconds: 0.5, factor: 2, capSeconds: 14_400, attempts: 4 },
    maxAttempts: 4,
    successStatuses: ['2xx', '409'],
  },
};

test('who sets nothing sees the defaults that are in force', async () => {
  const { id } = await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/a' });
  assert.deepEqual(await read(id), defaults);
});

test('what is set is in force, also after a restart', async () => {
  const { targets, retryPolicy, ...rest } = settings;
  const input = {
    ...rest,
    targets: targets.map((target) => ({ ...target })),
    retryPolicy: { ...retryPolicy, successStatuses: [...retryPolicy.successStatuses], neverRetriedStatuses: ['4xx'] },
  };
  const { id } = await createWebhookSubscription(gateway.request, input);
  assert.deepEqual(await read(id), inForce);
  await gateway.kill('SIGTERM');
  await gateway.restart();
  assert.deepEqual(await read(id), inForce);
});

test('a change leaves what it does not name; null takes a value back to its default', async () => {
  const { id } = await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/a' });
  assert.deepEqual(await update(id, settings), inForce);
  assert.deepEqual(await update(id, { name: 'same' }), inForce);
  assert.deepEqual(await update(id, { url: 'http://127.0.0.1:9/c', rateLimit: { perSecond: 10, burst: 1 } }), {
    ...inForce,
    url: 'http://127.0.0.1:9/c',
    targets: [{ url: 'http://127.0.0.1:9/c', weight: 1 }],
    rateLimit: { perSecond: 10, burst: 1 },
  });
  const nulls = Object.fromEntries(Object.keys(settings).map((key) => [key, null]));
  assert.deepEqual(await update(id, { ...nulls, url: 'http://127.0.0.1:9/a' }), defaults);
  assert.deepEqual(await read(id), defaults);
});

test('a retry policy is given anew as a whole', async () => {
  const { id } = await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/a' });
  await update(id, { retryPolicy: { jitter: 0.5, deadlineSeconds: 60 } });
  const changed = { ...defaults, retryPolicy: { ...standard, delaysSeconds: [1, 2], maxAttempts: 3 } };
  assert.deepEqual(await update(id, { retryPolicy: { delaysSeconds: [1, 2] } }), {
    ...changed,
    retryPolicy: { ...changed.retryPolicy, schedule: 'LIST' },
  });
});

const url = 'https://example.com/';
/** Refused alike when it is created and when it is changed. */
const refused: readonly (readonly [input: object, code: string, field: string, message: RegExp])[] = [
  [
    { retryPolicy: { exponential: { factor: 0.5 } } },
    'INVALID_INPUT',
    'retryPolicy.exponential.factor',
    /1 to 10, got 0.5/,
  ],
  [
    { retryPolicy: { exponential: { capSeconds: 1 } } },
    'INVALID_INPUT',
    'retryPolicy.exponential.capSeconds',
    /5 to 302400/,
  ],
  [{ retryPolicy: { exponential: { attempts: 51 } } }, 'INVALID_INPUT', 'retryPolicy.exponential.attempts', /1 to 50/],
  [
    { retryPolicy: { delaysSeconds: [1, -1] } },
    'INVALID_INPUT',
    'retryPolicy.delaysSeconds.1',
    /0.1 to 302400, got -1/,
  ],
  [
    { retryPolicy: { delaysSeconds: [300_000, 100_000] } },
    'INVALID_INPUT',
    'retryPolicy',
    /302400 seconds .* make 400000/,
  ],
  [{ retryPolicy: { delaysSeconds: [1], exponential: {} } }, 'INVALID_INPUT', 'retryPolicy', /both/],
  [{ retryPolicy: { jitter: 1.5 } }, 'INVALID_INPUT', 'retryPolicy.jitter', /0 to 1, got 1.5/],
  [{ retryPolicy: { deadlineSeconds: 0 } }, 'INVALID_INPUT', 'retryPolicy.deadlineSeconds', /1 to 302400, got 0/],
  [{ retryPolicy: { successStatuses: ['410'] } }, 'INVALID_INPUT', 'retryPolicy.successStatuses.0', /410/],
  [{ retryPolicy: { successStatuses: [] } }, 'INVALID_INPUT', 'retryPolicy.successStatuses', /1 to 20 entries, has 0/],
  [
    { retryPolicy: { neverRetriedStatuses: ['4xx', 'teapot'] } },
    'INVALID_INPUT',
    'retryPolicy.neverRetriedStatuses.1',
    /"teapot"/,
  ],
  [{ retryPolicy: { maxRetryAfterSeconds: -1 } }, 'INVALID_INPUT', 'retryPolicy.maxRetryAfterSeconds', /0 to 86400/],
  [{ timeoutMs: 0 }, 'INVALID_INPUT', 'timeoutMs', /1000 to 60000, got 0/],
  [{ timeoutMs: 60_001 }, 'INVALID_INPUT', 'timeoutMs', /1000 to 60000, got 60001/],
  [{ rateLimit: { perSecond: 0 } }, 'INVALID_INPUT', 'rateLimit.perSecond', /0.01 to 10000, got 0/],
  [{ rateLimit: { perSecond: 1, burst: 10_001 } }, 'INVALID_INPUT', 'rateLimit.burst', /1 to 10000, got 10001/],
  [{ maxConcurrency: -1 }, 'INVALID_INPUT', 'maxConcurrency', /1 to 1000, got -1/],
  [{ disableAfterSeconds: 1 }, 'INVALID_INPUT', 'disableAfterSeconds', /60 to 2592000, got 1/],
  [{ targets: [{ url }], url }, 'INVALID_INPUT', 'targets', /both/],
  [{ targets: [] }, 'INVALID_INPUT', 'targets', /1 to 10 entries, has 0/],
  [{ targets: [{ url }, { url: 'https://EXAMPLE.com' }] }, 'INVALID_INPUT', 'targets.1.url', /twice/],
  [{ targets: [{ url, weight: 0 }] }, 'INVALID_INPUT', 'targets.0.weight', /1 to 100, got 0/],
  [{ targets: [{ url }, { url: 'http://10.0.0.1/' }] }, 'URL_FORBIDDEN', 'targets.1.url', /./],
  [{ targets: [{ url: 'nonsense' }] }, 'URL_INVALID', 'targets.0.url', /./],
];

test('settings out of their ranges are refused with field and limit, and nothing is written', async () => {
  const cases = refused.flatMap(([input, code, field, message]): MutationCase[] => {
    const target = 'targets' in input ? {} : { url };
    return [
      ['createWebhookSubscription', { eventTypes: ['*'], ...target, ...input }, code, `input.${field}`, message],
      ['updateWebhookSubscription', { id: subscriptionId, name: 'new', ...input }, code, `input.${field}`, message],
    ];
  });
  await assertAllRefused(gateway, [
    ...cases,
    ['createWebhookSubscription', { eventTypes: ['*'] }, 'INVALID_INPUT', 'input.url', /url or targets must be given/],
    ['createWebhookSubscription', { eventTypes: ['*'], url: null, targets: null }, 'INVALID_INPUT', 'input.url'],
  ]);
});

test('a value of the wrong kind is refused before anything is looked at', async () => {
  const wrong = [
    { timeoutMs: 1.5 },
    { timeoutMs: 1e12 },
    { ordering: 'RANDOM' },
    { rateLimit: {} },
    { targets: [null] },
  ];
  for (const input of wrong) {
    const { errors, data } = await gateway.send(
      'mutation ($input: CreateWebhookSubscriptionInput!) { createWebhookSubscription(input: $input) { secret } }',
      { input: { url, eventTypes: ['*'], ...input } },
    );
    assert.equal(data, null);
    assert.match(errors[0]?.message ?? '', /"input\./, JSON.stringify(input));
  }
});
