// Making one delivery: what each answer leads to, how attempts are numbered, and races with pausing, resuming and deleting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { createDeliver, type Deliver } from '../../src/delivery/deliver.js';
import type { ClaimedDelivery, Delivery, DeliveryStatus } from '../../src/delivery/delivery.js';
import { createDelivery } from '../../src/delivery/delivery-store.js';
import { createMakeRequest, type DataOf } from '../../src/delivery/make-request.js';
import { releaseKept } from '../../src/delivery/release-kept.js';
import type { Sender, SendOutcome, SendRequest } from '../../src/delivery/send.js';
import { describeFailure } from '../../src/delivery/send-failure.js';
import { noTiming } from '../../src/delivery/stage-timing.js';
import type { Event } from '../../src/event/event.js';
import type { OwnEvent } from '../../src/event/own-events.js';
import { type CompiledPayload, compilePayload } from '../../src/payload/payload-settings.js';
import { createRenderRequest } from '../../src/payload/render-request.js';
import { Problem } from '../../src/problem.js';
import { standardDelaysMs } from '../../src/retry-policy/standard-schedule.js';
import { createMeter } from '../../src/stats/meter.js';
import { type DeliveryPolicy, defaultDeliveryPolicy } from '../../src/webhook-subscription/delivery-policy.js';
import { compileDeliveryPolicy } from '../../src/webhook-subscription/delivery-settings.js';
import type { ServedSubscription } from '../../src/webhook-subscription/served-subscriptions.js';
import type { WebhookSubscriptionStatus } from '../../src/webhook-subscription/webhook-subscription.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { createFakeNewId } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  type MemoryStores,
  type RecordedLog,
} from '../kit/memory-stores.js';

const key = Buffer.alloc(24, 7);
const secret = `whsec_${key.toString('base64')}`;

interface Setup {
  readonly clock: FakeClock;
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly deliver: Deliver;
  readonly log: RecordedLog;
  readonly requests: SendRequest[];
  dataOf: DataOf;
  /** Why the webhook subscription was disabled, each time. */
  readonly disabled: string[];
  /** Order groups whose first may go. */
  readonly released: string[];
  policy: DeliveryPolicy;
  payload: CompiledPayload | null;
  /** Of each request, whether it was told to have failed. */
  readonly ends: boolean[];
  /** What the gateway said of itself. */
  readonly announced: OwnEvent[];
  isGivenUp: boolean;
  /** What the copy in memory says; null when it was deleted. */
  served: WebhookSubscriptionStatus | null;
  /** What the database says. */
  stored: WebhookSubscriptionStatus | null;
  answer: (request: SendRequest) => Promise<SendOutcome>;
  disable: () => Promise<void>;
  keys: () => Buffer[];
}

const timing = { ...noTiming, firstByteMs: 10, bodyMs: 2 };

function response(statusCode: number, retryAfter: string | null = null): SendOutcome {
  const headers = { 'content-type': 'text/plain' };
  return {
    kind: 'response',
    statusCode,
    headers,
    body: 'hello',
    bodyTruncated: false,
    durationMs: 12,
    timing,
    retryAfter,
  };
}

function setUp(answer: SendOutcome = response(200)): Setup {
  const clock = createFakeClock();
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const log = createRecordedLog();
  const requests: SendRequest[] = [];
  const sender: Sender = {
    send(request) {
      requests.push(request);
      return setup.answer(request);
    },
    close: async () => undefined,
  };
  const get = async (): Promise<ServedSubscription | null> =>
    setup.served === null
      ? null
      : {
          id: 's1',
          application: null,
          eventTypes: ['*'],
          filterKey: null,
          status: setup.served,
          policy: setup.policy,
          targets: [{ url: 'https://receiver.example/hook', weight: 1 }],
          wants: () => true,
          document: null,
          eventTypeVersion: null,
          headers: [
            { name: 'x-team', value: 'blue' },
            { name: 'user-agent', value: 'theirs' },
            { name: 'authorization', value: 'Bearer receiver-credential' },
          ],
          headerTemplates: null,
          payload: setup.payload,
          signingKeys: () => setup.keys(),
        };
  const deliver = createDeliver({
    meter: createMeter(),
    ...stores,
    subscriptions: {
      get,
      peek: () => null,
      wanting: () => [],
      caughtUp: async () => undefined,
      loaded: Promise.resolve(),
      close: async () => undefined,
    },
    claimHeads: async (groups) => void setup.released.push(...groups),
    receivers: {
      choose: ({ targets: [target] }) => ({
        target: target ?? assert.fail(),
        end: (hasFailed) => void setup.ends.push(hasFailed),
      }),
      ended: async () => setup.isGivenUp,
      notSent: () => undefined,
    },
    announce: async (event) => void setup.announced.push(event),
    sender,
    async disable(_id, reason) {
      setup.disabled.push(reason);
      await setup.disable();
    },
    statusOf: async () => setup.stored,
    clock,
    random: () => 0.5,
    newId: createFakeNewId(),
    log,
    makeRequest: createMakeRequest({
      dataOf: (event, subscription) => setup.dataOf(event, subscription),
      renderRequest: createRenderRequest({ run: () => assert.fail() }),
      log,
      userAgent: 'carillon/test',
      publicHost: 'events.example',
    }),
  });
  const setup: Setup = {
    clock,
    database,
    stores,
    deliver,
    log,
    requests,
    dataOf: ({ dataJson }) => dataJson,
    disabled: [],
    released: [],
    policy: defaultDeliveryPolicy,
    payload: null,
    ends: [],
    announced: [],
    isGivenUp: false,
    served: 'ACTIVE',
    stored: 'ACTIVE',
    answer: async () => answer,
    disable: async () => undefined,
    keys: () => [key],
  };
  return setup;
}

/** A delivery in the store, locked by `holder`. */
async function claim(
  { stores, clock, database }: Setup,
  parts: Partial<Delivery> = {},
  event: Event | null = eventOf(1),
): Promise<ClaimedDelivery> {
  const made = createDelivery('dlv_1', event ?? eventOf(1), { id: 's1', application: null }, clock.now());
  const delivery = { ...made, ...parts };
  database.deliveries.delete(delivery.id);
  await stores.deliveries.insert([delivery], { by: 'holder', at: clock.now() });
  return { delivery, lockedBy: 'holder', lockedMs: clock.monotonicMs(), event };
}

/** Status, number of attempts and milliseconds until the next one. */
function stateOf({ database, clock }: Setup): [DeliveryStatus | undefined, number | undefined, number | null] {
  const kept = database.deliveries.get('dlv_1');
  const nextMs = kept?.delivery.nextAttemptAt?.getTime();
  return [
    kept?.delivery.status,
    kept?.delivery.attemptCount,
    nextMs === undefined ? null : nextMs - clock.now().getTime(),
  ];
}
const isLocked = ({ database }: Setup): boolean => database.deliveries.get('dlv_1')?.lockedBy != null;

test('the request carries a signature that Standard Webhooks verifies, and custom headers cannot replace ours', async () => {
  const setup = setUp();
  const event = eventOf(1, { dataJson: '{"name":"Zoë"}' });
  await setup.deliver(await claim(setup, {}, event));
  const [request] = setup.requests;
  assert.ok(request !== undefined);
  assert.equal(request.url, 'https://receiver.example/hook');
  assert.equal(request.headers['x-team'], 'blue');
  assert.equal(request.headers['user-agent'], 'theirs');
  assert.equal(request.headers['content-type'], 'application/json');
  assert.equal(request.headers['webhook-id'], event.id);
  const now = Math.floor(setup.clock.now().getTime() / 1000);
  assert.equal(request.headers['webhook-timestamp'], String(now));
  // The library checks the timestamp against the real time; sign the same message as of today and compare the rest.
  const expected = new Webhook(secret).sign(event.id, setup.clock.now(), request.body.toString());
  assert.equal(request.headers['webhook-signature'], expected);
  assert.deepEqual(JSON.parse(request.body.toString()), {
    type: event.type,
    timestamp: event.time.toISOString(),
    data: { name: 'Zoë' },
  });
});

test('a receiver that agreed in a handshake is told in each request who sends, and no other', async () => {
  const setup = setUp();
  await setup.deliver(await claim(setup));
  setup.policy = { ...defaultDeliveryPolicy, handshake: 'CLOUDEVENTS' };
  await setup.deliver(await claim(setup));
  const origins = setup.requests.map(({ headers }) => headers['webhook-request-origin']);
  assert.deepEqual(origins, [undefined, 'events.example']);
  const shown = setup.database.attempts[1]?.requestHeaders.find(({ name }) => name === 'webhook-request-origin');
  assert.equal(shown?.value, 'events.example');
});

test('the body of an event is rendered once for all its webhook subscriptions', async () => {
  const setup = setUp();
  const event = eventOf(1);
  await setup.deliver(await claim(setup, { id: 'dlv_1' }, event));
  await setup.deliver(await claim(setup, { id: 'dlv_2', subscriptionId: 's2' }, event));
  assert.equal(setup.requests[0]?.body, setup.requests[1]?.body);
});

for (const statusCode of [200, 201, 204, 299]) {
  test(`a ${statusCode} is a success`, async () => {
    const setup = setUp(response(statusCode));
    await setup.deliver(await claim(setup));
    assert.deepEqual(stateOf(setup), ['SUCCEEDED', 1, null]);
    assert.deepEqual(setup.database.deliveries.get('dlv_1')?.delivery.finishedAt, setup.clock.now());
    assert.equal(isLocked(setup), false);
    const [attempt] = setup.database.attempts;
    assert.deepEqual(
      [attempt?.number, attempt?.statusCode, attempt?.error, attempt?.responseBody, attempt?.durationMs, attempt?.url],
      [1, statusCode, null, 'hello', 12, 'https://receiver.example/hook'],
    );
  });
}

for (const statusCode of [300, 301, 302, 307, 308, 304, 400, 401, 404, 408, 422, 500, 502, 504]) {
  test(`a ${statusCode} is tried again by the schedule`, async () => {
    const setup = setUp(response(statusCode, '3600'));
    await setup.deliver(await claim(setup));
    assert.deepEqual(stateOf(setup), ['RETRYING', 1, standardDelaysMs[0]]);
    assert.equal(isLocked(setup), false);
    assert.equal(setup.database.attempts[0]?.statusCode, statusCode);
  });
}

for (const statusCode of [429, 503]) {
  test(`a ${statusCode} with Retry-After waits as long as it asks, if that is longer`, async () => {
    const longer = setUp(response(statusCode, '3600'));
    await longer.deliver(await claim(longer));
    assert.deepEqual(stateOf(longer), ['RETRYING', 1, 3600 * 1000 * 1.05]);
    const shorter = setUp(response(statusCode, '1'));
    await shorter.deliver(await claim(shorter));
    assert.deepEqual(stateOf(shorter), ['RETRYING', 1, standardDelaysMs[0]]);
  });
}

const failures = [
  ['GUARD', 'ADDRESS_FORBIDDEN'],
  ['DNS', 'ENOTFOUND'],
  ['CONNECT', 'ECONNREFUSED'],
  ['TLS', 'CERT_HAS_EXPIRED'],
  ['WRITE', 'EPIPE'],
  ['FIRST_BYTE', 'ECONNRESET'],
  ['BODY', 'CONNECTION_CLOSED'],
  ['TIMEOUT', 'TIMEOUT_FIRST_BYTE'],
] as const;
for (const [stage, code] of failures) {
  test(`a failure at ${stage} is recorded with its stage and tried again`, async () => {
    const setup = setUp({ kind: 'failure', durationMs: 3, timing, ...describeFailure(stage, code) });
    await setup.deliver(await claim(setup));
    assert.deepEqual(stateOf(setup), ['RETRYING', 1, standardDelaysMs[0]]);
    const [attempt] = setup.database.attempts;
    assert.deepEqual([attempt?.error?.stage, attempt?.error?.code, attempt?.statusCode], [stage, code, null]);
    assert.deepEqual([attempt?.responseBody, attempt?.responseHeaders], [null, []]);
  });
}

test('a request that cannot be made is an attempt that failed, and is tried again', async () => {
  const setup = setUp();
  setup.keys = () => {
    throw new Problem('INTERNAL', 'A stored secret could not be opened with this master key.');
  };
  await setup.deliver(await claim(setup));
  assert.deepEqual(stateOf(setup), ['RETRYING', 1, 60_000]);
  assert.deepEqual([setup.requests, isLocked(setup)], [[], false]);
  const [attempt] = setup.database.attempts;
  assert.deepEqual([attempt?.error?.stage, attempt?.statusCode, attempt?.durationMs], ['RENDER', null, 0]);
  assert.equal(attempt?.error?.message.includes('secret'), false);
  assert.deepEqual([attempt?.requestHeaders, attempt?.timing], [[], noTiming]);
  assert.equal(setup.log.lines[0]?.level, 'error');
});

test('a transformer that fails is named on the attempt and leaves the schedule where it was', async () => {
  const setup = setUp(response(500));
  await setup.deliver(await claim(setup));
  assert.deepEqual(stateOf(setup), ['RETRYING', 1, standardDelaysMs[0]]);
  setup.payload = compilePayload({ transform: { template: Array.from({ length: 9 }, () => '{{ data }}') } });
  const event = eventOf(1, { dataJson: JSON.stringify('x'.repeat(200_000)) });
  const parts = { attemptCount: 1, status: 'RETRYING' } as const;
  for (const delayMs of [60_000, 60_000, 120_000, 240_000]) {
    const known = setup.database.deliveries.get('dlv_1')?.delivery;
    await setup.deliver(await claim(setup, known?.attemptCount === 1 ? parts : known, event));
    assert.equal(stateOf(setup)[2], delayMs);
    await setup.clock.advance(delayMs);
  }
  assert.equal(setup.requests.length, 1);
  const last = setup.database.attempts.at(-1);
  assert.deepEqual([last?.error?.stage, last?.error?.code], ['TRANSFORM', 'TRANSFORM_TOO_LARGE']);
  assert.match(last?.error?.message ?? '', /1048576 bytes/);
  setup.payload = null;
  await setup.deliver(await claim(setup, setup.database.deliveries.get('dlv_1')?.delivery));
  assert.deepEqual(stateOf(setup), ['RETRYING', 6, standardDelaysMs[1]]);
});

const failedDocument = new Problem(
  'DATA_INVALID',
  'the document fails for this event at orderCreated.payload: no number',
);
const failing: readonly [string, DataOf][] = [
  [
    'at once',
    () => {
      throw failedDocument;
    },
  ],
  ['later', () => Promise.reject(failedDocument)],
];
for (const [when, dataOf] of failing) {
  test(`a document that fails ${when} for an event is named on the attempt and leaves the schedule where it was`, async () => {
    const setup = setUp(response(500));
    await setup.deliver(await claim(setup));
    setup.dataOf = dataOf;
    for (const delayMs of [60_000, 60_000, 120_000]) {
      await setup.deliver(await claim(setup, setup.database.deliveries.get('dlv_1')?.delivery));
      assert.equal(stateOf(setup)[2], delayMs);
      await setup.clock.advance(delayMs);
    }
    const [, ...unmade] = setup.database.attempts;
    assert.equal(unmade.length, 3);
    for (const attempt of unmade) {
      const { message } = failedDocument;
      assert.deepEqual(attempt.error, { stage: 'RENDER', code: 'DOCUMENT_FAILED', message });
      assert.deepEqual([attempt.statusCode, attempt.requestHeaders, attempt.url], [null, [], unmade[0]?.url]);
    }
    // The receiver is not to blame, and neither is the gateway.
    assert.deepEqual([setup.requests.length, setup.disabled, isLocked(setup)], [1, [], false]);
    assert.equal(
      setup.log.lines.some(({ level }) => level === 'error'),
      false,
    );
    setup.dataOf = ({ dataJson }) => dataJson;
    await setup.deliver(await claim(setup, setup.database.deliveries.get('dlv_1')?.delivery));
    assert.deepEqual(stateOf(setup), ['RETRYING', 5, standardDelaysMs[1]]);
  });
}

test('what fails in the making of data and is no affair of the document is not told to its owner', async () => {
  const setup = setUp();
  setup.dataOf = () => {
    throw new Error('cannot read mongodb://secret');
  };
  await setup.deliver(await claim(setup));
  const [attempt] = setup.database.attempts;
  assert.deepEqual([attempt?.error?.stage, attempt?.error?.code], ['RENDER', 'REQUEST_NOT_MADE']);
  assert.equal(attempt?.error?.message.includes('secret'), false);
  assert.equal(setup.log.lines[0]?.level, 'error');
});

test('a delivery whose request cannot be made is given up after three and a half days', async () => {
  const setup = setUp();
  setup.keys = () => assert.fail();
  const claimed = await claim(setup);
  await setup.clock.advance(302_400_000);
  await setup.deliver(claimed);
  assert.deepEqual(stateOf(setup), ['EXHAUSTED', 1, null]);
  assert.equal(setup.announced[0]?.type, 'carillon.delivery.exhausted');
});

test('the whole schedule is gone through, and the last failure exhausts the delivery', async () => {
  const setup = setUp(response(500));
  const delays: (number | null)[] = [];
  let claimed = await claim(setup);
  for (let number = 1; number <= standardDelaysMs.length; number += 1) {
    await setup.deliver(claimed);
    const [status, count, nextMs] = stateOf(setup);
    assert.deepEqual([status, count], ['RETRYING', number]);
    delays.push(nextMs);
    await setup.clock.advance(nextMs ?? 0);
    const [delivery] = await setup.stores.deliveries.claim(1, setup.clock.now(), {
      by: 'holder',
      at: setup.clock.now(),
    });
    assert.ok(delivery !== undefined);
    claimed = { ...claimed, delivery };
  }
  await setup.deliver(claimed);
  assert.deepEqual(stateOf(setup), ['EXHAUSTED', standardDelaysMs.length + 1, null]);
  assert.deepEqual(delays, standardDelaysMs);
});

test('a schedule that began anew is counted from there, and attempts go on counting', async () => {
  const setup = setUp(response(500));
  await setup.deliver(await claim(setup, { attemptCount: 10, scheduleFrom: 10, status: 'RETRYING' }));
  assert.deepEqual(stateOf(setup), ['RETRYING', 11, standardDelaysMs[0]]);
  assert.equal(setup.database.attempts[0]?.number, 11);
});

test('a request has the time that its webhook subscription gives it', async () => {
  const setup = setUp();
  setup.policy = compileDeliveryPolicy({ timeoutMs: 25_000 });
  await setup.deliver(await claim(setup));
  assert.deepEqual(
    setup.requests.map(({ timeoutMs }) => timeoutMs),
    [25_000],
  );
});

test('its own policy says what succeeds, what is never retried and when', async () => {
  const policy = compileDeliveryPolicy({
    retryPolicy: { delaysSeconds: [7], successStatuses: ['409'], neverRetriedStatuses: ['4xx'] },
  });
  const outcomes: unknown[] = [];
  for (const statusCode of [409, 404, 200]) {
    const setup = setUp(response(statusCode));
    setup.policy = policy;
    await setup.deliver(await claim(setup));
    outcomes.push(stateOf(setup));
  }
  assert.deepEqual(outcomes, [
    ['SUCCEEDED', 1, null],
    ['EXHAUSTED', 1, null],
    ['RETRYING', 1, 7000],
  ]);
});

test('the deadline counts from the first attempt of the schedule, however long the delivery was held back before', async () => {
  const setup = setUp(response(500));
  setup.policy = compileDeliveryPolicy({
    retryPolicy: { delaysSeconds: [60, 60, 60], deadlineSeconds: 130, jitter: 0 },
  });
  const parts = { createdAt: new Date(setup.clock.now().getTime() - 86_400_000), attemptCount: 4, scheduleFrom: 4 };
  const claimed = await claim(setup, { ...parts, status: 'RETRYING' });
  const states: unknown[] = [];
  for (let attemptCount = 4; attemptCount < 7; attemptCount += 1) {
    await setup.deliver({ ...claimed, delivery: { ...claimed.delivery, attemptCount } });
    states.push(stateOf(setup));
    const kept = setup.database.deliveries.get('dlv_1');
    if (kept !== undefined) kept.lockedBy = 'holder';
    await setup.clock.advance(60_000);
  }
  assert.deepEqual(states, [
    ['RETRYING', 5, 60_000],
    ['RETRYING', 6, 60_000],
    ['EXHAUSTED', 7, null],
  ]);
});

test('an attempt after a crash between the records of attempt and delivery gets the next number', async () => {
  const setup = setUp(response(500));
  setup.stores.faults.failBefore('deliveries.finish');
  const claimed = await claim(setup);
  await assert.rejects(setup.deliver(claimed), /finish/);
  assert.deepEqual(stateOf(setup), ['PENDING', 0, 0]);
  await setup.deliver(claimed);
  assert.deepEqual(stateOf(setup), ['RETRYING', 2, standardDelaysMs[1]]);
  assert.deepEqual(
    setup.database.attempts.map(({ number }) => number),
    [1, 2],
  );
});

test('an outcome whose lock was lost meanwhile is not written', async () => {
  const setup = setUp(response(500));
  const claimed = await claim(setup);
  setup.answer = async () => {
    const kept = setup.database.deliveries.get('dlv_1');
    if (kept !== undefined) kept.lockedBy = 'another';
    return response(500);
  };
  await setup.deliver(claimed);
  assert.deepEqual(stateOf(setup), ['PENDING', 0, 0]);
  assert.equal(setup.database.deliveries.get('dlv_1')?.lockedBy, 'another');
});

test('a request cut off because the process stops does not count and is handed back', async () => {
  const setup = setUp({ kind: 'failure', durationMs: 3, timing, ...describeFailure('CONNECT', 'SENDER_CLOSED') });
  await setup.deliver(await claim(setup));
  assert.deepEqual(stateOf(setup), ['PENDING', 0, 0]);
  assert.equal(isLocked(setup), false);
  assert.deepEqual(setup.database.attempts, []);
});

test('a delivery whose webhook subscription was deleted is cancelled without a request', async () => {
  const setup = setUp();
  setup.served = null;
  await setup.deliver(await claim(setup));
  assert.deepEqual(stateOf(setup), ['CANCELLED', 0, null]);
  assert.deepEqual(setup.requests, []);
});

test('a delivery whose event has expired from the log is exhausted without a request', async () => {
  const setup = setUp();
  await setup.deliver(await claim(setup, {}, null));
  assert.deepEqual(stateOf(setup), ['EXHAUSTED', 0, null]);
  assert.deepEqual(setup.requests, []);
});

test('410 exhausts the delivery and disables the webhook subscription', async () => {
  const setup = setUp(response(410));
  let before: unknown = null;
  setup.disable = async () => {
    before = stateOf(setup);
  };
  await setup.deliver(await claim(setup));
  assert.deepEqual(stateOf(setup), ['EXHAUSTED', 1, null]);
  assert.equal(setup.disabled.length, 1);
  assert.deepEqual(before, ['PENDING', 0, 0], 'whoever sees it exhausted sees that it is disabled');
});

test('410 is recorded even when the webhook subscription cannot be disabled', async () => {
  const setup = setUp(response(410));
  setup.disable = async () => {
    throw new Problem('CONFLICT', 'changed meanwhile');
  };
  await setup.deliver(await claim(setup));
  assert.deepEqual(stateOf(setup), ['EXHAUSTED', 1, null]);
  assert.equal(isLocked(setup), false);
});

for (const status of ['PAUSED', 'DISABLED'] as const) {
  test(`a delivery for a webhook subscription that is ${status} is kept without a request`, async () => {
    const setup = setUp();
    setup.served = status;
    setup.stored = status;
    await setup.deliver(await claim(setup));
    assert.deepEqual(stateOf(setup), ['PENDING', 0, null]);
    assert.equal(isLocked(setup), false);
    assert.deepEqual(setup.requests, []);
    await setup.stores.deliveries.unpark('s1', setup.clock.now());
    assert.deepEqual(stateOf(setup), ['PENDING', 0, 0]);
  });
}

// Keeping a delivery writes (1) that it is kept, then (2) reads the status; resuming writes (A) the status, then (B)
// releases what is kept. Every order of the four leaves the delivery due.
for (const order of ['12AB', '1A2B', '1AB2', 'A12B', 'A1B2', 'AB12']) {
  test(`keeping and resuming in the order ${order} leaves the delivery due`, async () => {
    const setup = setUp();
    setup.served = 'PAUSED';
    setup.stored = 'PAUSED';
    const claimed = await claim(setup);
    const park = setup.stores.faults.hold('deliveries.park');
    const parked = setup.stores.faults.hold('deliveries.park', 'after');
    const done = setup.deliver(claimed);
    await park.reached;
    const steps: Record<string, () => Promise<unknown> | unknown> = {
      1: async () => {
        park.release();
        await parked.reached;
      },
      2: async () => {
        parked.release();
        await settle();
      },
      A: () => {
        setup.stored = 'ACTIVE';
      },
      B: () => setup.stores.deliveries.unpark('s1', setup.clock.now()),
    };
    for (const step of order) await steps[step]?.();
    await done;
    assert.deepEqual(stateOf(setup), ['PENDING', 0, 0]);
    assert.equal(isLocked(setup), false);
  });
}

test('a database that fails to say the status does not strand a delivery of a resumed webhook subscription', async () => {
  const setup = setUp();
  setup.served = 'PAUSED';
  setup.stored = 'ACTIVE';
  const claimed = await claim(setup);
  setup.stores.faults.failBefore('deliveries.unpark');
  await setup.deliver(claimed).catch(() => undefined);
  assert.equal(stateOf(setup)[2], null);
  const statusOf = async (): Promise<string | null> => setup.stored;
  assert.equal(await releaseKept({ ...setup.stores, statusOf, isHeldUp: () => false, clock: setup.clock }), 1);
  assert.notEqual(stateOf(setup)[2], null);
});

test('what is kept for a webhook subscription that is not served stays kept', async () => {
  const setup = setUp();
  setup.served = 'PAUSED';
  setup.stored = 'PAUSED';
  await setup.deliver(await claim(setup));
  const statusOf = async (): Promise<string | null> => setup.stored;
  assert.equal(await releaseKept({ ...setup.stores, statusOf, isHeldUp: () => false, clock: setup.clock }), 0);
});

test('a database failure before the attempt is recorded leaves the lock to run out', async () => {
  const setup = setUp();
  setup.stores.faults.failBefore('attempts.insert');
  await assert.rejects(setup.deliver(await claim(setup)), /attempts.insert/);
  assert.deepEqual(stateOf(setup), ['PENDING', 0, 0]);
  assert.equal(isLocked(setup), true);
});

test('what a receiver answers is kept without the credentials that were sent to it', async () => {
  const echo = { body: '{"authorization":"Bearer receiver-credential","token":"receiver-credential"}' };
  const headers = { 'x-echo': 'receiver-credential', 'x-ok': 'yes' };
  const setup = setUp({
    kind: 'response',
    statusCode: 500,
    headers,
    ...echo,
    bodyTruncated: false,
    durationMs: 1,
    timing,
    retryAfter: null,
  });
  const claimed = await claim(setup);
  await setup.deliver(claimed);
  const [attempt] = await setup.stores.attempts.list(claimed.delivery, 1);
  assert.equal(attempt?.responseBody, '{"authorization":"***","token":"***"}');
  assert.deepEqual(attempt?.responseHeaders, [
    { name: 'x-echo', value: '***' },
    { name: 'x-ok', value: 'yes' },
  ]);
});

test('an attempt tells whom, what and when, where the time went, and what was sent without its secrets', async () => {
  const setup = setUp();
  const event = eventOf(1);
  await setup.clock.advance(1_234_567);
  const startedAt = setup.clock.now();
  setup.answer = async () => {
    await setup.clock.advance(2000);
    return response(200);
  };
  const claimed = await claim(setup, { applicationId: 'app_1' }, event);
  await setup.deliver(claimed);
  const [attempt] = await setup.stores.attempts.list(claimed.delivery, 1);
  assert.deepEqual(
    [attempt?.deliveryId, attempt?.eventId, attempt?.eventType, attempt?.subscriptionId, attempt?.applicationId],
    ['dlv_1', event.id, event.type, 's1', 'app_1'],
  );
  assert.deepEqual([attempt?.startedAt, attempt?.timing], [startedAt, timing]);
  const sent = setup.requests[0]?.headers;
  assert.deepEqual(attempt?.requestHeaders, [
    { name: 'user-agent', value: '***' },
    { name: 'x-team', value: '***' },
    { name: 'authorization', value: '***' },
    { name: 'content-type', value: 'application/json' },
    { name: 'webhook-id', value: event.id },
    { name: 'webhook-timestamp', value: String(Math.floor(startedAt.getTime() / 1000)) },
    { name: 'webhook-signature', value: '***' },
  ]);
  assert.deepEqual(
    Object.keys(sent ?? {}),
    attempt?.requestHeaders.map(({ name }) => name),
  );
});

test('the log says at debug why an attempt failed, and warns when it was the last one', async () => {
  const setup = setUp(response(410));
  await setup.deliver(await claim(setup));
  const warned = setup.log.lines.find(({ sentence }) => sentence === 'A delivery failed for the last time.');
  assert.equal(warned?.fields?.['statusCode'], 410);
});
