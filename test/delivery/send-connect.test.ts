// Connecting over real sockets: names, forbidden addresses, TLS.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createOutboundGuard, type ResolveName } from '../../src/security/outbound-guard.js';
import { failureOf, nextOn, receiverFor, resolveToLoopback, responseOf, senderFor } from '../kit/sender.js';
import { testCertificate } from '../kit/tls-certificate.js';

test('a request whose connection comes after its deadline is never written', async () => {
  const receiver = await receiverFor();
  let release = (): void => {};
  const asked = new Promise<void>((resolveAsked) => {
    release = resolveAsked;
  });
  let answerName = (): void => {};
  const resolve: ResolveName = (hostname, callback) => {
    answerName = () => resolveToLoopback(hostname, callback);
    release();
  };
  const { post, clock } = senderFor({ resolve });
  const late = post(`http://late.test:${receiver.port}/late`);
  await asked;
  clock.expire();
  assert.equal(failureOf(await late), 'TIMEOUT TIMEOUT_CONNECT');
  const connected = nextOn('undici:client:connected');
  answerName();
  await connected;
  responseOf(await post(`http://127.0.0.1:${receiver.port}/next`));
  assert.deepEqual(
    receiver.requests.map((request) => request.path),
    ['/next'],
  );
});

test('connecting ends with the time for connecting, and before it with the time of the request', async () => {
  const never: ResolveName = () => undefined;
  // The timers of the HTTP client alone do not keep the process alive.
  await receiverFor();
  const quick = senderFor({ resolve: never, connectTimeoutMs: 100 });
  assert.equal(failureOf(await quick.post('http://late.test/', { timeoutMs: 60_000 })), 'TIMEOUT TIMEOUT_CONNECT');
  assert.deepEqual(quick.clock.waits, [60_000]);
  const { post, clock } = senderFor({ resolve: never });
  const pending = post('http://late.test/', { timeoutMs: 1000 });
  clock.expire(1000);
  assert.equal(failureOf(await pending), 'TIMEOUT TIMEOUT_CONNECT');
});

test('a refused connection is a failure to connect, and tells no address', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  server.close();
  await once(server, 'close');
  const { post } = senderFor();
  const outcome = await post(`http://receiver.test:${port}/`);
  assert.equal(failureOf(outcome), 'CONNECT ECONNREFUSED');
  assert.ok(outcome.kind === 'failure' && !outcome.message.includes('127'));
});

test('a name that does not exist is a failure of the name service', async () => {
  const failure = Object.assign(new Error('getaddrinfo ENOTFOUND receiver.test'), { code: 'ENOTFOUND' });
  const { post } = senderFor({ resolve: (_hostname, callback) => callback(failure, []) });
  assert.equal(failureOf(await post('http://receiver.test/')), 'DNS ENOTFOUND');
});

test('a literal address inside is refused before a connection is made', async () => {
  const receiver = await receiverFor();
  const { post } = senderFor({ allowNetworks: [] });
  const hosts = ['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '[::1]', '0.0.0.0', '169.254.169.254'];
  for (const host of hosts) {
    assert.equal(failureOf(await post(`http://${host}:${receiver.port}/`)), 'GUARD ADDRESS_FORBIDDEN', host);
    assert.equal(failureOf(await post(`https://${host}:${receiver.port}/`)), 'GUARD ADDRESS_FORBIDDEN', host);
  }
  assert.equal(receiver.requests.length, 0);
});

test('a name that resolves inside is refused, and the address is not told', async () => {
  const receiver = await receiverFor();
  const { post } = senderFor({ allowNetworks: [] });
  const outcome = await post(`http://receiver.test:${receiver.port}/`);
  assert.equal(failureOf(outcome), 'GUARD ADDRESS_FORBIDDEN');
  assert.ok(outcome.kind === 'failure' && !/\d/.test(outcome.message));
  assert.equal(receiver.requests.length, 0);
});

test('a name that first resolves outside and then inside gains nothing', async () => {
  const receiver = await receiverFor({ respond: () => ({ headers: { connection: 'close' } }) });
  const answers = ['127.0.0.1', '127.0.0.2', '10.0.0.1'];
  const resolve: ResolveName = (_hostname, callback) =>
    callback(null, [{ address: answers.shift() ?? '::1', family: 4 }]);
  const { post } = senderFor({ resolve });
  const url = `http://receiver.test:${receiver.port}/`;
  responseOf(await post(url));
  assert.equal(failureOf(await post(url)), 'GUARD ADDRESS_FORBIDDEN');
  assert.equal(failureOf(await post(url)), 'GUARD ADDRESS_FORBIDDEN');
  assert.equal(receiver.requests.length, 1);
});

test('of mixed answers only the allowed address is connected to', async () => {
  const receiver = await receiverFor();
  const resolve: ResolveName = (_hostname, callback) => {
    callback(null, [
      { address: '10.0.0.1', family: 4 },
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
  };
  const { post } = senderFor({ resolve });
  responseOf(await post(`http://receiver.test:${receiver.port}/`));
});

test('nothing is written to a forbidden peer, even when the look-up was wrong', async () => {
  const receiver = await receiverFor();
  const strict = createOutboundGuard({ allowNetworks: [] });
  const lax = createOutboundGuard({ allowNetworks: ['0.0.0.0/0'], resolve: resolveToLoopback });
  const { post } = senderFor({ guard: { ...strict, lookup: lax.lookup } });
  assert.equal(failureOf(await post(`http://receiver.test:${receiver.port}/`)), 'GUARD ADDRESS_FORBIDDEN');
  assert.equal(receiver.requests.length, 0);
});

test('a target that is no http URL is refused', async () => {
  const { post } = senderFor();
  for (const url of ['', 'nonsense', 'ftp://127.0.0.1/', 'file:///etc/passwd']) {
    assert.equal(failureOf(await post(url)), 'GUARD URL_INVALID');
  }
});

test('https verifies the certificate and its name', async () => {
  const receiver = await receiverFor({ tls: true });
  const { post } = senderFor();
  assert.equal(failureOf(await post(receiver.url)), 'TLS DEPTH_ZERO_SELF_SIGNED_CERT');
  const trusting = senderFor({ additionalConnectOptions: { ca: testCertificate } });
  assert.equal(responseOf(await trusting.post(`https://receiver.test:${receiver.port}/`)).statusCode, 200);
  assert.equal(
    failureOf(await trusting.post(`https://other.test:${receiver.port}/`)),
    'TLS ERR_TLS_CERT_ALTNAME_INVALID',
  );
  assert.equal(receiver.requests.length, 1);
});

test('https to a receiver that speaks plain http is a failure of TLS', async () => {
  const receiver = await receiverFor();
  const { post } = senderFor();
  assert.match(failureOf(await post(`https://127.0.0.1:${receiver.port}/`)), /^TLS /);
});
