// A stop under load: requests that receivers answer in time are finished and recorded, the others are handed back and made
// by the next start; nothing is recorded twice, and every socket is told to come back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createEventType,
  createWebhookSubscription,
  type Live,
  liveEvents,
  openLive,
  publishAll,
  waitForDeliveries,
} from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';
import { until } from '../kit/until.js';

const sockets = 200;
const events = 60;

let gateway: Gateway;
let receiver: Receiver;
let letAnswer: () => void;
let isSlow = true;

before(async () => {
  const answered = new Promise<void>((resolve) => {
    letAnswer = resolve;
  });
  receiver = await startReceiver({
    respond: ({ path }) => (isSlow ? (path === '/slow' ? { delayUntil: answered } : { hang: true }) : {}),
  });
  gateway = await startGateway();
});

after(async () => {
  await gateway.stop();
  await receiver.close();
});

test('a stop under load loses nothing, records nothing twice and closes every socket with 1012', async (t) => {
  await createEventType(gateway.request, { name: 'tick' });
  const slow = await createWebhookSubscription(gateway.request, { url: `${receiver.url}/slow` });
  await createWebhookSubscription(gateway.request, { url: `${receiver.url}/hanging` });
  const lives: Live[] = Array.from({ length: sockets }, () =>
    openLive(gateway.url, gateway.adminKey, liveEvents, { since: '2020-01-01T00:00:00Z' }),
  );
  await Promise.all(lives.map((live) => live.connected));
  const published = await publishAll(
    gateway.request,
    Array.from({ length: events }, (_, n) => ({ type: 'tick', data: { n } })),
  );
  await Promise.all(lives.map((live) => live.next(events, 20_000)));
  await receiver.next(2 * events);

  const stopping = gateway.kill('SIGTERM');
  const ends = await Promise.all(lives.map((live) => live.ended));
  // All sockets are closed, so the stop is under way.
  letAnswer();
  const { code, ms, stderr } = await stopping;
  assert.equal(code, 0, stderr);
  assert.ok(ms < 10_000, `took ${ms} ms`);
  assert.deepEqual(new Set(ends.map((end) => end.kind === 'closed' && end.code)), new Set([1012]));
  assert.equal(receiver.requests.length, 2 * events);

  isSlow = false;
  await gateway.restart();
  const ids = new Set(published.map(({ id }) => id));
  await until({ what: 'what was handed back is made' }, () => receiver.requests.length >= 3 * events);
  for (const { id } of published) {
    for (const { webhookSubscription, attempts } of await waitForDeliveries(gateway.request, id, {
      status: 'SUCCEEDED',
      count: 2,
    })) {
      const note = webhookSubscription?.id === slow.id ? 'finished while stopping' : 'handed back';
      assert.deepEqual(
        attempts.map(({ number, statusCode }) => [number, statusCode]),
        [[1, 200]],
        note,
      );
    }
  }
  const received = (path: string): unknown[] =>
    receiver.requests.filter((request) => request.path === path).map(({ headers }) => headers['webhook-id']);
  assert.deepEqual(new Set(received('/slow')), ids);
  assert.equal(received('/slow').length, events);
  assert.deepEqual(new Set(received('/hanging')), ids);
  assert.equal(received('/hanging').length, 2 * events);
  t.diagnostic(`${sockets} sockets and ${2 * events} running deliveries: stopped in ${Math.round(ms)} ms`);
});

test('health says that the gateway is stopping, and the door is shut', async () => {
  isSlow = true;
  await publishAll(gateway.request, [{ type: 'tick', data: 'hangs' }]);
  await receiver.next(receiver.requests.length + 1);
  const keepAlive = await fetch(`${gateway.url}/health/ready`);
  assert.equal(keepAlive.status, 200);
  const stopping = gateway.kill('SIGTERM');
  await until({ what: 'nobody is let in any more' }, async () => {
    try {
      return (await fetch(`${gateway.url}/health/ready`)).status === 503;
    } catch {
      return true;
    }
  });
  assert.equal((await stopping).code, 0);
});
