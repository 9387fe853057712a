// Opens the connections of the HTTP client, only to where the outbound guard allows, and times their making. Requests are
// not known here.
import { isIP, type LookupFunction, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { createForbiddenError, type OutboundGuard } from '../security/outbound-guard.js';
import type { StageWatch } from './stage-timing.js';

/** A connector and the connections it made. */
export interface GuardedConnector {
  /** For undici; calls back with an error of the code `ADDRESS_FORBIDDEN` where the guard does not allow. */
  readonly connect: buildConnector.connector;
  /** Runs `dispatch` and times the connection that it begins, if it begins one: the client asks for it before it returns. */
  timed(watch: StageWatch, dispatch: () => void): void;
  /** True for the error of a connection that broke while a request was being written to it. */
  isUnsent(error: Error): boolean;
  /** How many connections are open now. */
  openCount(): number;
}

/**
 * A connector whose connections take at most `timeoutMs` milliseconds to make. `additional` goes to every TLS connection.
 * Never throws.
 */
export function createGuardedConnector(
  guard: OutboundGuard,
  timeoutMs: number,
  additional: Pick<ConnectionOptions, 'ca'> = {},
): GuardedConnector {
  let openCount = 0;
  let timedBy: StageWatch | null = null;
  const unsent = new WeakSet<Error>();
  // Called before the connector returns, so that the watch is the right one.
  const lookup: LookupFunction = (hostname, options, callback) => {
    const watch = timedBy;
    watch?.enter('dns');
    guard.lookup(hostname, options, (error, ...answer) => {
      if (error === null) watch?.enter('connect');
      callback(error, ...answer);
    });
  };
  const connector = buildConnector({
    ...additional,
    lookup,
    timeout: timeoutMs,
    autoSelectFamily: true,
    // The default of 250 ms gives up on a distant address and leaves all to the last of the list.
    autoSelectFamilyAttemptTimeout: 1000,
  });
  const connect: buildConnector.connector = (target, callback) => {
    // A literal address never comes to the lookup.
    if (isIP(target.hostname) !== 0 && !guard.isAllowed(target.hostname)) {
      queueMicrotask(() => callback(createForbiddenError(), null));
      return;
    }
    if (isIP(target.hostname) !== 0) timedBy?.enter('connect');
    const made: unknown = connector(target, (...result) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      // What was connected to is what counts: nothing is written before this check. Without a peer nothing can be.
      if (socket.remoteAddress !== undefined && !guard.isAllowed(socket.remoteAddress)) {
        socket.destroy();
        return callback(createForbiddenError(), null);
      }
      openCount += 1;
      socket.once('close', () => {
        openCount -= 1;
      });
      // Before the client hears of it: what waits to be written is dropped with the connection.
      socket.prependListener('error', (reason: Error) => {
        if (socket.writableLength > 0) unsent.add(reason);
      });
      callback(null, socket);
    });
    if (timedBy !== null && made instanceof Socket) timeConnecting(made, target.protocol, timedBy);
  };
  return {
    connect,
    timed(watch, dispatch) {
      timedBy = watch;
      try {
        dispatch();
      } finally {
        timedBy = null;
      }
    },
    isUnsent: (error) => unsent.has(error),
    openCount: () => openCount,
  };
}

/** Before the client hears of a connection: it may begin the request at once. */
function timeConnecting(socket: Socket, protocol: string, watch: StageWatch): void {
  socket.prependOnceListener('connect', () => watch.enter(protocol === 'https:' ? 'tls' : null));
  socket.prependOnceListener('secureConnect', () => watch.enter(null));
}
