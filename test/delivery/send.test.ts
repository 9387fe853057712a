// Requests and their answers over real sockets: bounds, deadlines, broken answers, closing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { failureOf, nextOn, receiverFor, responseOf, senderFor, turn } from '../kit/sender.js';

test('posts the body with its headers and returns the answer', async () => {
  const receiver = await receiverFor({ respond: () => ({ status: 201, headers: { 'x-a': 'b' }, body: 'thanks €' }) });
  const { post } = senderFor();
  const outcome = responseOf(await post(`${receiver.url}/hook?x=1`));
  assert.equal(outcome.statusCode, 201);
  assert.equal(outcome.headers['x-a'], 'b');
  assert.equal(outcome.body, 'thanks €');
  assert.equal(outcome.bodyTruncated, false);
  assert.equal(outcome.retryAfter, null);
  assert.equal(outcome.durationMs, 0);
  const [request] = receiver.requests;
  assert.equal(request?.method, 'POST');
  assert.equal(request.path, '/hook?x=1');
  assert.equal(request.body.toString(), '{"a":1}');
  assert.deepEqual(Object.keys(request.headers).sort(), [
    'connection',
    'content-length',
    'content-type',
    'host',
    'webhook-id',
  ]);
});

test('a 500 and a Retry-After are an answer, not a failure', async () => {
  const receiver = await receiverFor({
    respond: () => ({ status: 503, headers: { 'retry-after': '30' }, body: 'busy' }),
  });
  const { post } = senderFor();
  const outcome = responseOf(await post(receiver.url));
  assert.deepEqual([outcome.statusCode, outcome.retryAfter, outcome.body], [503, '30', 'busy']);
});

test('a redirect is an answer and is not followed', async () => {
  const elsewhere = await receiverFor();
  const headers = { location: elsewhere.url };
  const receiver = await receiverFor({
    respond: (_, index) => ({ status: [301, 302, 303, 307, 308][index] ?? 200, headers }),
  });
  const { post } = senderFor();
  for (const status of [301, 302, 303, 307, 308]) assert.equal(responseOf(await post(receiver.url)).statusCode, status);
  assert.equal(elsewhere.requests.length, 0);
});

test('connections are used again', async () => {
  const receiver = await receiverFor();
  const { post } = senderFor();
  for (let count = 0; count < 5; count += 1) {
    responseOf(await post(receiver.url));
    await turn();
  }
  assert.deepEqual(
    receiver.requests.map((request) => request.connection),
    [1, 1, 1, 1, 1],
  );
});

test('no connection is kept from the given number of open ones on', async () => {
  const receiver = await receiverFor();
  const { post } = senderFor({ maxKeptConnections: 0 });
  for (let count = 0; count < 3; count += 1) responseOf(await post(receiver.url));
  assert.deepEqual(
    receiver.requests.map((request) => `${request.connection} ${request.headers['connection']}`),
    ['1 close', '2 close', '3 close'],
  );
});

test('a body a little over the bound is cut and its connection used again', async () => {
  const receiver = await receiverFor({ respond: () => ({ body: 'x'.repeat(20_000) }) });
  const { post } = senderFor();
  const outcome = responseOf(await post(receiver.url));
  assert.equal(outcome.body, 'x'.repeat(16_384));
  assert.equal(outcome.bodyTruncated, true);
  await turn();
  responseOf(await post(receiver.url));
  assert.equal(receiver.requests[1]?.connection, 1);
});

test('a body of exactly the bound is whole', async () => {
  const receiver = await receiverFor({ respond: () => ({ body: 'x'.repeat(100) }) });
  const { post } = senderFor({ maxResponseBodyBytes: 100 });
  const outcome = responseOf(await post(receiver.url));
  assert.deepEqual([outcome.body.length, outcome.bodyTruncated], [100, false]);
});

test('a huge body is cut and its connection given up', async () => {
  const receiver = await receiverFor({ respond: () => ({ body: Buffer.alloc(20_000_000, 'x') }) });
  const { post } = senderFor();
  const outcome = responseOf(await post(receiver.url));
  assert.deepEqual([outcome.body.length, outcome.bodyTruncated], [16_384, true]);
  await turn();
  responseOf(await post(receiver.url));
  assert.equal(receiver.requests[1]?.connection, 2);
});

test('a body over the bound that never ends is an answer when the deadline passes', async () => {
  const receiver = await receiverFor({ respond: () => ({ body: 'x'.repeat(200), hangInBody: true }) });
  const { post, clock } = senderFor({ maxResponseBodyBytes: 100 });
  const received = nextOn('undici:request:bodyChunkReceived');
  const pending = post(receiver.url);
  await received;
  await turn();
  clock.expire();
  assert.deepEqual([responseOf(await pending).bodyTruncated, clock.waits[0]], [true, 15_000]);
});

test('a compressed body is not decompressed', async () => {
  const body = gzipSync(Buffer.alloc(10_000_000));
  const receiver = await receiverFor({ respond: () => ({ headers: { 'content-encoding': 'gzip' }, body }) });
  const { post } = senderFor();
  const outcome = responseOf(await post(receiver.url));
  assert.ok(outcome.body.startsWith('\u001f\ufffd'));
});

test('headers of the answer are bounded in number and size', async () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'v']));
  const large = { 'x-1': 'a'.repeat(5000), 'x-2': 'b'.repeat(5000), 'retry-after': '5' };
  const receiver = await receiverFor({ respond: (_, index) => ({ headers: index === 0 ? many : large }) });
  const { post } = senderFor();
  assert.equal(Object.keys(responseOf(await post(receiver.url)).headers).length, 64);
  const outcome = responseOf(await post(receiver.url));
  assert.equal(outcome.headers['x-1']?.length, 5000);
  assert.equal(outcome.headers['x-2'], undefined);
  assert.equal(outcome.retryAfter, '5');
});

test('early hints are passed over', async () => {
  const raw = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  const receiver = await receiverFor({ respond: () => ({ raw }) });
  const { post } = senderFor();
  const outcome = responseOf(await post(receiver.url));
  assert.deepEqual([outcome.statusCode, outcome.body, outcome.headers['link']], [200, 'ok', undefined]);
});

test('an answer that is no HTTP, too large in its headers or cut off is a failure', async () => {
  const answers = [
    { raw: 'SSH-2.0-OpenSSH\r\n\r\n' },
    { raw: `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}\r\n\r\n` },
    { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab' },
    { raw: 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n' },
    { raw: '' },
  ];
  const receiver = await receiverFor({ respond: (_, index) => answers[index] ?? {} });
  const { post } = senderFor();
  assert.equal(failureOf(await post(receiver.url)), 'FIRST_BYTE RESPONSE_MALFORMED');
  assert.equal(failureOf(await post(receiver.url)), 'FIRST_BYTE HEADERS_TOO_LARGE');
  assert.equal(failureOf(await post(receiver.url)), 'BODY CONNECTION_CLOSED');
  assert.equal(failureOf(await post(receiver.url)), 'FIRST_BYTE CONNECTION_CLOSED');
  assert.equal(failureOf(await post(receiver.url)), 'FIRST_BYTE CONNECTION_CLOSED');
});

test('a receiver that resets the connection is a failure', async () => {
  const receiver = await receiverFor({ respond: () => ({ reset: true }) });
  const { post } = senderFor();
  assert.equal(failureOf(await post(receiver.url)), 'FIRST_BYTE ECONNRESET');
});

test('a receiver that never answers fails when the deadline passes', async () => {
  const receiver = await receiverFor({ respond: () => ({ hang: true }) });
  const { post, clock } = senderFor();
  const pending = post(receiver.url, { timeoutMs: 1234 });
  await receiver.next(1);
  clock.expire();
  assert.equal(failureOf(await pending), 'TIMEOUT TIMEOUT_FIRST_BYTE');
  assert.deepEqual(clock.waits, [1234]);
});

test('a receiver that stops in the middle of its answer fails when the deadline passes', async () => {
  const receiver = await receiverFor({ respond: () => ({ body: 'partial', hangInBody: true }) });
  const { post, clock } = senderFor();
  const started = nextOn('undici:request:headers');
  const pending = post(receiver.url);
  await started;
  await turn();
  clock.expire();
  assert.equal(failureOf(await pending), 'TIMEOUT TIMEOUT_BODY');
});

test('a header that breaks the message is refused', async () => {
  const receiver = await receiverFor();
  const { sender } = senderFor();
  const outcome = await sender.send({ url: receiver.url, headers: { 'x-a': 'b\r\nx: y' }, body: Buffer.from('x') });
  assert.equal(failureOf(outcome), 'WRITE REQUEST_INVALID');
  assert.equal(receiver.requests.length, 0);
});

test('close lets running requests end, and refuses new ones', async () => {
  let release = (): void => {};
  const delayUntil = new Promise<void>((resolve) => {
    release = resolve;
  });
  const receiver = await receiverFor({ respond: () => ({ delayUntil, body: 'late' }) });
  const { sender, post } = senderFor();
  const running = post(receiver.url);
  await receiver.next(1);
  const closed = sender.close();
  assert.equal(failureOf(await post(receiver.url)), 'CONNECT SENDER_CLOSED');
  release();
  assert.equal(responseOf(await running).body, 'late');
  await closed;
  await sender.close();
  assert.equal(receiver.requests.length, 1);
});

test('close with a grace period cuts what still runs when it is over', async () => {
  const receiver = await receiverFor({ respond: () => ({ hang: true }) });
  const { sender, post, clock } = senderFor();
  const running = [post(receiver.url), post(receiver.url)];
  await receiver.next(2);
  const closed = sender.close(5000);
  assert.equal(clock.waits.at(-1), 5000);
  clock.expire(5000);
  for (const outcome of await Promise.all(running)) assert.equal(failureOf(outcome), 'FIRST_BYTE SENDER_CLOSED');
  await closed;
});
