// From an empty folder to a stopped process: what is printed, what is kept, how fast, and how it ends.
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createDataDir, type Gateway, isEmbedded, startGateway } from '../kit/gateway.js';
import {
  createEventType,
  createWebhookSubscription,
  liveEvents,
  openLive,
  publish,
  readDeliveries,
} from '../kit/graphql-client.js';
import { startReceiver } from '../kit/receiver.js';

let folder: string;
let gateway: Gateway;
let key: string;

before(async () => {
  folder = await createDataDir();
  gateway = await startGateway({ dataDir: join(folder, 'not', 'there', 'yet') });
  key = gateway.adminKey;
});

after(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true, force: true });
});

async function modeOf(...path: readonly string[]): Promise<number> {
  return (await stat(join(gateway.dataDir, ...path))).mode & 0o777;
}

test('the first start prints the address and the console URL with the key, and nothing else', () => {
  assert.equal(
    gateway.stdout(),
    `Carillon listens at ${gateway.url}\nConsole: ${gateway.url}/#key=${gateway.adminKey}\n`,
  );
  assert.match(gateway.adminKey, /^crl_[A-Za-z0-9_-]{43}$/);
});

test('keys and data are for the owner of the process alone', async () => {
  assert.equal(await modeOf(), 0o700);
  assert.equal(await modeOf('admin.key'), 0o600);
  assert.equal(await modeOf('master.key'), 0o600);
  const names = await readdir(gateway.dataDir);
  assert.equal(names.includes('mongo.sock'), isEmbedded);
});

test('the health routes answer without a key', async () => {
  const live = await fetch(`${gateway.url}/health/live`);
  assert.deepEqual([live.status, await live.json()], [200, { status: 'live' }]);
  const ready = await fetch(`${gateway.url}/health/ready`);
  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready' }]);
});

test('the printed key is an admin key', async () => {
  assert.deepEqual(await gateway.request('{ viewer { role application { id } } }'), {
    viewer: { role: 'ADMIN', application: null },
  });
});

test('SIGTERM closes sockets with 1012, hands a hanging delivery back and ends in time with exit code 0', async (t) => {
  const receiver = await startReceiver({ respond: () => ({ hang: true }) });
  t.after(() => receiver.close());
  await createEventType(gateway.request, { name: 'order.created' });
  await createWebhookSubscription(gateway.request, { url: receiver.url });
  const live = openLive(gateway.url, key, liveEvents, { since: '2020-01-01T00:00:00Z' });
  const event = await publish(gateway.request, { type: 'order.created', data: 1 });
  await live.next(1);
  await receiver.next(1);

  const [ended, end] = await Promise.all([gateway.kill('SIGTERM'), live.ended]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.equal(ended.signal, null);
  assert.ok(ended.ms < 10_000, `took ${ended.ms} ms`);
  const logged = ended.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    logged.map(({ message, signal }) => [message, signal]),
    [
      ['Stopping.', 'SIGTERM'],
      ['Stopped.', undefined],
    ],
  );
  assert.equal(end.kind === 'closed' && end.code, 1012);
  t.diagnostic(`stopped in ${Math.round(ended.ms)} ms with a receiver that never answers`);

  await gateway.restart();
  await receiver.next(2);
  assert.deepEqual(
    receiver.requests.map(({ headers }) => headers['webhook-id']),
    [event.id, event.id],
  );
  // The request that the stop cut off is not held against the receiver.
  const [delivery] = await readDeliveries(gateway.request, event.id);
  assert.equal(delivery?.status, 'PENDING');
  assert.equal(delivery.attemptCount, 0);
  await receiver.close();
});

test('a second start prints the address only, and keeps the key and the data', async (t) => {
  await gateway.kill('SIGTERM');
  await gateway.restart();
  t.diagnostic(`second start in ${Math.round(gateway.startedInMs)} ms`);
  assert.equal(gateway.stdout(), `Carillon listens at ${gateway.url}\n`);
  assert.equal((await readFile(join(gateway.dataDir, 'admin.key'), 'utf8')).trim(), key);
  const { eventTypes } = await gateway.request('{ eventTypes { nodes { name } } }');
  assert.deepEqual(eventTypes.nodes, [{ name: 'order.created' }]);
});

test('an idle gateway stops within a second', async (t) => {
  const { code, ms } = await gateway.kill('SIGINT');
  assert.equal(code, 0);
  assert.ok(ms < 2000, `took ${ms} ms`);
  t.diagnostic(`idle stop in ${Math.round(ms)} ms`);
  assert.deepEqual(
    (await readdir(gateway.dataDir)).filter((name) => name === 'lock' || name.endsWith('.sock')),
    [],
  );
});
