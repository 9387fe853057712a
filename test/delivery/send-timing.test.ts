// Where the time of a request goes, over real sockets: each stage is timed when it happens, and only then.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '../../src/clock.js';
import type { SendOutcome } from '../../src/delivery/send.js';
import { type StageTiming, stages } from '../../src/delivery/stage-timing.js';
import type { ResolveName } from '../../src/security/outbound-guard.js';
import { failureOf, receiverFor, resolveToLoopback, responseOf, senderFor, turn } from '../kit/sender.js';
import { testCertificate } from '../kit/tls-certificate.js';

const trusting = { additionalConnectOptions: { ca: testCertificate } };
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

/** The stages that happened, in order. */
function stagesOf({ timing }: SendOutcome): string {
  return stages.filter((stage) => timing[`${stage}Ms` satisfies keyof StageTiming] !== null).join(' ');
}

/** A server that takes connections and does with them as told; gives its port. */
async function listen(take: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    take(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a first request resolves, connects, waits and reads; the next one over the same connection only waits and reads', async () => {
  const receiver = await receiverFor({ respond: () => ({ body: 'thanks' }) });
  const { post } = senderFor();
  const url = `http://receiver.test:${receiver.port}/`;
  assert.equal(stagesOf(responseOf(await post(url))), 'dns connect firstByte body');
  await turn();
  assert.equal(stagesOf(responseOf(await post(url))), 'firstByte body');
  assert.equal(receiver.requests[1]?.connection, 1);
});

test('https secures its connection besides', async () => {
  const receiver = await receiverFor({ tls: true });
  const { post } = senderFor(trusting);
  const url = `https://receiver.test:${receiver.port}/`;
  assert.equal(stagesOf(responseOf(await post(url))), 'dns connect tls firstByte body');
  await turn();
  assert.equal(stagesOf(responseOf(await post(url))), 'firstByte body');
});

test('a literal address is not resolved', async () => {
  const [plain, secure] = [await receiverFor(), await receiverFor({ tls: true })];
  assert.equal(stagesOf(responseOf(await senderFor().post(plain.url))), 'connect firstByte body');
  assert.equal(stagesOf(responseOf(await senderFor(trusting).post(secure.url))), 'connect tls firstByte body');
});

test('requests at the same time are timed each for itself, also on connections made anew', async () => {
  const receiver = await receiverFor({
    respond: (_, index) => ({ headers: index < 3 ? { connection: 'close' } : {} }),
  });
  const { post } = senderFor();
  const url = `http://receiver.test:${receiver.port}/`;
  const first = await Promise.all([post(url), post(url), post(url)]);
  assert.deepEqual(
    first.map(stagesOf),
    Array.from({ length: 3 }, () => 'dns connect firstByte body'),
  );
  await turn();
  assert.equal(stagesOf(responseOf(await post(url))), 'dns connect firstByte body');
});

test('a failure has the stages that it came to', async () => {
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const nowhere = senderFor({ resolve: (_name, callback) => queueMicrotask(() => callback(unknown, [])) });
  const outcomes: [SendOutcome, string, string][] = [
    [await nowhere.post('http://receiver.test/'), 'DNS ENOTFOUND', 'dns'],
  ];
  const port = await listen(() => undefined);
  for (const close of closers.splice(0)) close();
  const refused = await senderFor().post(`http://receiver.test:${port}/`);
  outcomes.push([refused, 'CONNECT ECONNREFUSED', 'dns connect']);
  const secure = await receiverFor({ tls: true });
  const untrusted = await senderFor().post(`https://receiver.test:${secure.port}/`);
  outcomes.push([untrusted, 'TLS DEPTH_ZERO_SELF_SIGNED_CERT', 'dns connect tls']);
  const reset = await receiverFor({ respond: () => ({ reset: true }) });
  outcomes.push([await senderFor().post(reset.url), 'FIRST_BYTE ECONNRESET', 'connect firstByte']);
  const cut = await receiverFor({ respond: () => ({ raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab' }) });
  outcomes.push([await senderFor().post(cut.url), 'BODY CONNECTION_CLOSED', 'connect firstByte body']);
  for (const [outcome, failure, happened] of outcomes) {
    assert.deepEqual([failureOf(outcome), stagesOf(outcome)], [failure, happened]);
  }
});

test('a connection that ends in the handshake is a failure of TLS, and one that is never secured a timeout', async () => {
  const ending = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const outcome = await senderFor(trusting).post(`https://receiver.test:${ending}/`);
  assert.deepEqual([failureOf(outcome), stagesOf(outcome)], ['TLS ECONNRESET', 'dns connect tls']);
  let greeted = (): void => undefined;
  const hello = new Promise<void>((resolve) => {
    greeted = resolve;
  });
  const silent = await listen((socket) => socket.once('data', () => greeted()));
  const { post, clock } = senderFor(trusting);
  const pending = post(`https://receiver.test:${silent}/`);
  await hello;
  clock.expire();
  const late = await pending;
  assert.deepEqual([failureOf(late), stagesOf(late)], ['TIMEOUT TIMEOUT_CONNECT', 'dns connect tls']);
});

test('a receiver that goes away while a large request is written is a failure to write', async () => {
  const body = Buffer.alloc(64 * 1024 * 1024);
  for (const leave of ['reset', 'end'] as const) {
    const port = await listen((socket) =>
      socket.once('data', () => (leave === 'reset' ? socket.resetAndDestroy() : socket.pause().end())),
    );
    const outcome = await senderFor().sender.send({ url: `http://127.0.0.1:${port}/`, headers: {}, body });
    assert.match(failureOf(outcome), /^WRITE (?:EPIPE|ECONNRESET|CONNECTION_CLOSED)$/, leave);
  }
});

test('the stages last as long as they take, and together no longer than the request', async () => {
  const waitMs = 40;
  const later = (run: () => void): void => void setTimeout(run, waitMs);
  const resolve: ResolveName = (name, callback) => later(() => resolveToLoopback(name, callback));
  const port = await listen((socket) => {
    socket.once('data', () =>
      later(() => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na');
        later(() => void socket.end('b'));
      }),
    );
  });
  const { post } = senderFor({ resolve, clock: systemClock });
  const { timing, durationMs } = responseOf(await post(`http://receiver.test:${port}/`));
  const took = { dns: timing.dnsMs ?? 0, firstByte: timing.firstByteMs ?? 0, body: timing.bodyMs ?? 0 };
  // Timers may fire a little early.
  for (const [stage, ms] of Object.entries(took)) assert.ok(ms >= waitMs - 2, `${stage} took ${ms} ms`);
  const sum = took.dns + (timing.connectMs ?? 0) + took.firstByte + took.body;
  assert.ok(sum <= durationMs + 1, `${sum} of ${durationMs} ms`);
});
