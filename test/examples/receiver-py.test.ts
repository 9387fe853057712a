// The receiver in Python against the published library: what it prints, and what it refuses.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { projectRoot } from '../kit/project-root.js';
import { until } from '../kit/until.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const webhook = new Webhook(secret);
const body = JSON.stringify({
  type: 'user_registered',
  timestamp: '2026-01-31T12:00:00.000Z',
  data: { user_id: 42, username: 'ädä', email: 'ada@example.org' },
});

let receiver: ChildProcessByStdio<null, Readable, Readable>;
let printed = '';
let url = '';

before(async () => {
  receiver = spawn('python3', [join(projectRoot, 'examples/user-registered/receiver.py')], {
    env: { ...process.env, WEBHOOK_SECRET: secret, PYTHONIOENCODING: 'utf-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [receiver.stdout, receiver.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  url = await until({ what: 'its address' }, () => /^listening at (\S+)\n/.exec(printed)?.[1]);
});

after(async () => {
  receiver.kill();
  await once(receiver, 'close');
});

const secondsFromNow = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

function signed(id: string, at = new Date()): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': webhook.sign(id, at, body),
  };
}

/** By node:http, which sends whatever header it is given. Answers the status; null when the connection just ends. */
function post(headers: OutgoingHttpHeaders, text = body): Promise<number | null> {
  return new Promise((resolve) => {
    const request = httpRequest(url, {
      method: 'POST',
      headers: { 'content-length': Buffer.byteLength(text), ...headers },
    });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    request.on('error', () => resolve(null));
    request.end(text);
  });
}

const count = (line: string): number => printed.split('\n').filter((one) => one === line).length;

test('a webhook signed by the library is printed once, however often it comes, also beside another signature', async () => {
  const headers = signed('evt_1');
  assert.equal(await post(headers), 204);
  assert.equal(await post(headers), 204);
  const two = { ...signed('evt_2'), 'webhook-signature': `v1,AAAA v1a,BBBB ${signed('evt_2')['webhook-signature']}` };
  assert.equal(await post(two), 204);
  // It prints before it answers, but a pipe and a socket keep no order between each other.
  await until({ what: 'the last line' }, () => count('verified: evt_2') > 0);
  assert.equal(count('user_registered: user 42 is ädä <ada@example.org>'), 2);
  assert.equal(count('verified: evt_1'), 1);
  assert.equal(count('verified: evt_2'), 1);
});

test('five minutes of age are the most, and of haste', async () => {
  assert.equal(await post(signed('evt_old', secondsFromNow(-295))), 204);
  assert.equal(await post(signed('evt_new', secondsFromNow(295))), 204);
  assert.equal(await post(signed('evt_older', secondsFromNow(-310))), 401);
  assert.equal(await post(signed('evt_newer', secondsFromNow(310))), 401);
});

test('whatever else is wrong is refused in the same way, and the receiver goes on', async () => {
  const good = signed('evt_3');
  const wrong: readonly OutgoingHttpHeaders[] = [
    {},
    { ...good, 'webhook-id': 'evt_4' },
    { ...good, 'webhook-timestamp': `${good['webhook-timestamp']}0` },
    { ...good, 'webhook-timestamp': '9'.repeat(5000) },
    { ...good, 'webhook-timestamp': '²' },
    { ...good, 'webhook-timestamp': '-1' },
    { ...good, 'webhook-timestamp': '' },
    { ...good, 'webhook-signature': '' },
    { ...good, 'webhook-signature': 'é ü' },
    { ...good, 'webhook-signature': good['webhook-signature']?.slice(3) },
    { ...good, 'webhook-signature': good['webhook-signature']?.replace('v1,', 'v1a,') },
  ];
  for (const headers of wrong) assert.equal(await post(headers), 401, JSON.stringify(headers).slice(0, 200));
  assert.equal(await post(good, `${body} `), 401);
  assert.equal(await post({ ...good, 'content-length': '²' }), 413);
  assert.equal(await post({ ...good, 'content-length': 1_048_577 }, ''), 413);
  assert.equal(await post(good), 204);
  assert.doesNotMatch(printed, /Traceback/);
});
