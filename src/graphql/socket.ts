// One WebSocket: what graphql-ws needs of a socket, and the sink into which the hub writes frames. Limits and closings of the
// single socket are here, those of all together in websocket.ts.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { CloseCode, type makeServer, type ServerOptions } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.js';
import type { Batch } from '../live/frames.js';
import type { EndReason, Session } from '../live/sessions.js';
import type { Sink } from '../live/sink.js';
import type { Log } from '../log.js';

/** Close codes besides those of the protocol (RFC 6455, section 7.4.1, and its registry). */
export const closeCodes = { policyViolation: 1008, serviceRestart: 1012, tryAgainLater: 1013 } as const;

const ends: Readonly<Record<EndReason, { readonly code: number; readonly words: string }>> = {
  UNAUTHENTICATED: { code: CloseCode.Forbidden, words: 'the key is wrong, was revoked or has expired' },
  ADMINISTRATOR: { code: closeCodes.policyViolation, words: 'closed by an administrator' },
  SLOW: { code: closeCodes.tryAgainLater, words: 'too slow: resume with your last cursor' },
  RESTART: { code: closeCodes.serviceRestart, words: 'the gateway restarts; resume with your last cursor' },
};

/** The socket as graphql-ws hands it to its hooks. */
export interface SocketExtra {
  readonly socket: OpenSocket;
}

/** Parameters of `connection_init`. */
export type InitParameters = Record<string, unknown>;

/** A socket that is open. */
export interface OpenSocket {
  readonly webSocket: WebSocket;
  readonly session: Session;
  readonly sink: Sink;
  /** The credential that it was let in with, or has refreshed since. */
  authorization: unknown;
  /** Operations that run on it; kept by graphql-ws. */
  operations: () => number;
  /** Closes with a code and words of at most 123 bytes. */
  close(code: number, words: string): void;
  /** Cuts off a socket that has not answered the last ping, and pings it; seldom one that is written to anyway. */
  ping(): void;
}

/** Bounds of one socket. */
export interface SocketLimits {
  readonly messagesPerSecond: number;
  /** Bytes waiting for the client beyond which it lags, and beyond which it is closed. */
  readonly softBytes: number;
  readonly hardBytes: number;
  /** A message of an operation that is not taken for longer ends the socket, in milliseconds. */
  readonly stallMs: number;
}

/** What a socket needs. */
export interface SocketOptions {
  readonly webSocket: WebSocket;
  readonly request: IncomingMessage;
  readonly id: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: SocketLimits;
  readonly protocol: ReturnType<typeof makeServer<InitParameters, SocketExtra>>;
  /** Takes a new credential while the socket is open. Rejects when it is refused. */
  readonly refresh: (socket: OpenSocket, authorization: unknown) => Promise<void>;
  readonly onClose: (socket: OpenSocket, code: number) => void;
}

/** Options of graphql-ws for these sockets. */
export type ProtocolOptions = ServerOptions<InitParameters, SocketExtra>;

/** How many seconds' worth of messages may come at once. */
const burstSeconds = 5;
/** A socket that is written to is pinged every so many times only: nobody on the way takes it for idle. */
const mostUnpinged = 4;
/** How long a client may take to answer a close, in milliseconds. */
const closeWithinMs = 5000;

/** Writes frames to a connection. A class, since for every frame each receiver is looked at: its fields lie together. */
class SocketSink implements Sink {
  readonly closeSlow: () => void;
  /** True once the close frame was sent, behind which nothing may come. */
  isClosing = false;
  private readonly connection: Socket;
  private readonly softBytes: number;

  constructor(connection: Socket, softBytes: number, closeSlow: () => void) {
    this.connection = connection;
    this.softBytes = softBytes;
    this.closeSlow = closeSlow;
  }

  offer(batch: Batch, operation: string): number {
    const { connection } = this;
    if (connection.writableLength > this.softBytes) return -1;
    // A client's own close ends the connection in the same turn of the loop.
    if (this.isClosing || !connection.writable) return 0;
    const frames = batch.toFrames(operation);
    connection.write(frames);
    // What the system has taken at once may be changed for the next socket.
    if (connection.writableLength > 0) batch.keep();
    return frames.length;
  }

  whenDrained(act: () => void): void {
    this.connection.once('drain', act);
  }
}

/** Connects a socket with graphql-ws. Its events are handled from here on. */
export function openSocket(options: SocketOptions): OpenSocket {
  const { webSocket, request, id, clock, log, limits, protocol, refresh, onClose } = options;
  // Frames of the hub go straight to the connection: ws writes its own there at once, too, since nothing is compressed.
  const connection = request.socket;
  const takeMessage = createRateLimit(clock, limits.messagesPerSecond);
  let isAlive = true;
  /** What had been written at the last ping, and how often none was sent since because more had been. */
  let pingedAtBytes = 0;
  let unpinged = 0;

  function close(code: number, words: string): void {
    if (webSocket.readyState !== webSocket.OPEN) return;
    sink.isClosing = true;
    webSocket.close(code, words);
    clock.after(closeWithinMs, () => webSocket.terminate());
  }

  const sink = new SocketSink(connection, limits.softBytes, () => session.end('SLOW'));
  const session: Session = {
    id,
    transport: 'WEBSOCKET',
    remoteAddress: connection.remoteAddress ?? '',
    openedAt: clock.now(),
    get subscriptions() {
      return socket.operations();
    },
    get pendingBytes() {
      return connection.writableLength;
    },
    end: (reason) => close(ends[reason].code, ends[reason].words),
  };
  const socket: OpenSocket = {
    webSocket,
    session,
    sink,
    authorization: undefined,
    operations: () => 0,
    close,
    ping() {
      // Behind what a slow one has not read yet a ping cannot be answered; how long it may lag is said elsewhere.
      if (!isAlive && connection.writableLength === 0) return webSocket.terminate();
      const isBusy = connection.bytesWritten > pingedAtBytes;
      pingedAtBytes = connection.bytesWritten;
      unpinged = isBusy ? unpinged + 1 : mostUnpinged;
      if (unpinged < mostUnpinged) return;
      unpinged = 0;
      isAlive = false;
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
      pingedAtBytes = connection.bytesWritten;
    },
  };

  function send(text: string): Promise<void> {
    if (webSocket.readyState !== webSocket.OPEN) return Promise.resolve();
    if (connection.writableLength > limits.hardBytes) session.end('SLOW');
    return new Promise((resolve) => {
      let stopWaiting = (): void => undefined;
      webSocket.send(text, () => {
        stopWaiting();
        resolve();
      });
      if (connection.writableLength > 0) stopWaiting = clock.after(limits.stallMs, () => session.end('SLOW'));
    });
  }

  const closed = protocol.opened(
    {
      protocol: webSocket.protocol,
      send,
      close: (code = CloseCode.InternalServerError, words = '') => close(code, words),
      onMessage: (take) => void webSocket.on('message', (data: Buffer) => void receive(take, data.toString())),
      async onPing(payload) {
        const authorization = payload?.['authorization'];
        if (authorization === undefined) return send(toPong(payload));
        await refresh(socket, authorization);
        // Without the credential.
        return send(toPong({ authorized: true }));
      },
    },
    { socket },
  );

  async function receive(take: (text: string) => Promise<void>, text: string): Promise<void> {
    isAlive = true;
    if (!takeMessage()) {
      close(closeCodes.policyViolation, `more than ${limits.messagesPerSecond} messages in a second`);
      return;
    }
    try {
      await take(text);
    } catch (error) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      log.error('A message of a socket could not be handled.', { error });
      close(CloseCode.InternalServerError, 'Internal server error');
    }
  }

  webSocket.on('pong', () => {
    isAlive = true;
  });
  // Frames that break the protocol, messages over the limit, broken connections: ws closes with the fitting code.
  webSocket.on('error', (error) => log.debug('A socket broke.', { error }));
  webSocket.on('close', (code, reason) => {
    onClose(socket, code);
    void closed(code, String(reason));
  });
  return socket;
}

function toPong(payload: Record<string, unknown> | undefined): string {
  return JSON.stringify(payload === undefined ? { type: 'pong' } : { type: 'pong', payload });
}

/** True as long as there are not too many. */
function createRateLimit(clock: Clock, perSecond: number): () => boolean {
  let left = perSecond * burstSeconds;
  let lastMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    left = Math.min(perSecond * burstSeconds, left + ((nowMs - lastMs) * perSecond) / 1000);
    lastMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
