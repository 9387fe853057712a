// One socket at its limits, on a clock that the test moves: the marks of back-pressure, messages that are not taken, pings, the
// rate of messages. The connection is a stand-in whose buffer the test fills; real ones are in test/journey/live-limits.test.ts.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { type OpenSocket, openSocket, type SocketOptions } from '../../src/graphql/socket.js';
import { createBatch } from '../../src/live/frames.js';
import { createFakeClock, settle } from '../kit/fake-clock.js';
import { createRecordedLog } from '../kit/memory-stores.js';

const limits = { messagesPerSecond: 10, softBytes: 1000, hardBytes: 5000, stallMs: 30_000 };

class StandInConnection extends EventEmitter {
  remoteAddress = '192.0.2.1';
  writable = true;
  /** Bytes that wait. */
  writableLength = 0;
  bytesWritten = 0;
  /** True: what is written waits. */
  isStuck = false;

  write(bytes: Buffer): boolean {
    this.bytesWritten += bytes.length;
    if (this.isStuck) this.writableLength += bytes.length;
    return !this.isStuck;
  }
}

class StandInWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  protocol = 'graphql-transport-ws';
  readonly closes: number[] = [];
  pings = 0;
  isTerminated = false;
  /** Messages whose writing is not over. */
  readonly unsent: (() => void)[] = [];

  send(_text: string, done: () => void): void {
    this.unsent.push(done);
  }

  close(code: number): void {
    this.readyState = 2;
    this.closes.push(code);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  ping(): void {
    this.pings += 1;
  }
}

function open() {
  const clock = createFakeClock();
  const connection = new StandInConnection();
  const webSocket = new StandInWebSocket();
  let send: (text: string) => Promise<void> | void = () => undefined;
  let taken = 0;
  const protocol = {
    opened(adapter: Parameters<SocketOptions['protocol']['opened']>[0]) {
      send = (text) => adapter.send(text);
      adapter.onMessage(async () => {
        taken += 1;
      });
      return async () => undefined;
    },
  };
  const socket: OpenSocket = openSocket({
    webSocket: webSocket as unknown as WebSocket,
    request: { socket: connection } as unknown as IncomingMessage,
    id: 'con_1',
    clock,
    log: createRecordedLog(),
    limits,
    protocol,
    refresh: async () => undefined,
    onClose: () => undefined,
  });
  return { clock, connection, webSocket, socket, send: (text: string) => send(text), taken: () => taken };
}

const batch = () => createBatch([{ sequence: 1, payload: 'x'.repeat(600) }], String);

test('over the soft mark nothing more is written, and the socket stays open', () => {
  const { connection, webSocket, socket } = open();
  connection.isStuck = true;
  assert.ok(socket.sink.offer(batch(), '"1"') > 600);
  assert.ok(socket.sink.offer(batch(), '"1"') > 600);
  assert.equal(socket.sink.offer(batch(), '"1"'), -1);
  assert.equal(socket.session.pendingBytes, connection.writableLength);
  assert.ok(connection.writableLength < limits.softBytes + 700, 'one write beyond the mark at most');
  assert.deepEqual(webSocket.closes, []);
});

test('who lags is told when the connection has drained', () => {
  const { connection, socket } = open();
  let drained = 0;
  socket.sink.whenDrained(() => {
    drained += 1;
  });
  connection.emit('drain');
  connection.emit('drain');
  assert.equal(drained, 1);
});

test('over the hard mark the next message closes with 1013, upon which clients come back', () => {
  const { connection, webSocket, send } = open();
  connection.writableLength = limits.hardBytes;
  void send('answer');
  assert.deepEqual(webSocket.closes, []);
  connection.writableLength = limits.hardBytes + 1;
  void send('answer');
  assert.deepEqual(webSocket.closes, [1013]);
});

test('a message that is not taken in time closes with 1013, and one that is does not', async () => {
  const { clock, connection, webSocket, send } = open();
  connection.writableLength = 10;
  void send('first');
  await clock.advance(limits.stallMs - 1);
  webSocket.unsent[0]?.();
  await clock.advance(limits.stallMs);
  assert.deepEqual(webSocket.closes, []);
  void send('second');
  await clock.advance(limits.stallMs - 1);
  assert.deepEqual(webSocket.closes, []);
  await clock.advance(1);
  assert.deepEqual(webSocket.closes, [1013]);
});

test('the hub closes one that lags too long with 1013', () => {
  const { webSocket, socket } = open();
  socket.sink.closeSlow();
  assert.deepEqual(webSocket.closes, [1013]);
});

test('nothing is written behind a close, and a client that does not answer it is cut off after five seconds', async () => {
  const { clock, webSocket, socket } = open();
  socket.session.end('RESTART');
  assert.equal(socket.sink.offer(batch(), '"1"'), 0);
  await clock.advance(4999);
  assert.equal(webSocket.isTerminated, false);
  await clock.advance(1);
  assert.deepEqual([webSocket.closes, webSocket.isTerminated], [[1012], true]);
});

test('each reason has its close code', () => {
  const codes = (['UNAUTHENTICATED', 'ADMINISTRATOR', 'SLOW', 'RESTART'] as const).map((reason) => {
    const { webSocket, socket } = open();
    socket.session.end(reason);
    socket.session.end('ADMINISTRATOR');
    return webSocket.closes;
  });
  assert.deepEqual(codes, [[4403], [1008], [1013], [1012]]);
});

test('an idle socket is pinged each time, and cut off when it has not answered until the next', () => {
  const { webSocket, socket } = open();
  socket.ping();
  webSocket.emit('pong');
  socket.ping();
  assert.deepEqual([webSocket.pings, webSocket.isTerminated], [2, false]);
  socket.ping();
  assert.equal(webSocket.isTerminated, true);
});

test('a socket that is written to is pinged every fourth time', () => {
  const { connection, webSocket, socket } = open();
  for (let time = 0; time < 12; time += 1) {
    connection.bytesWritten += 100;
    socket.ping();
    webSocket.emit('pong');
  }
  assert.equal(webSocket.pings, 3);
});

test('a socket behind which something waits is not taken for dead', () => {
  const { connection, webSocket, socket } = open();
  connection.writableLength = 10;
  socket.ping();
  socket.ping();
  assert.equal(webSocket.isTerminated, false);
});

test('messages within the rate are taken, five seconds of them at once; more close with 1008', async () => {
  const { clock, webSocket, taken } = open();
  const say = (count: number): void => {
    for (let n = 0; n < count; n += 1) webSocket.emit('message', Buffer.from('{}'));
  };
  say(50);
  await settle();
  assert.deepEqual([taken(), webSocket.closes], [50, []]);
  await clock.advance(1000);
  say(10);
  await settle();
  assert.deepEqual([taken(), webSocket.closes], [60, []]);
  say(1);
  await settle();
  assert.deepEqual([taken(), webSocket.closes], [60, [1008]]);
});
