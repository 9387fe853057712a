// Opens the connections of the HTTP client, only to where the outbound guard allows. Requests are not known here.
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { createForbiddenError, type OutboundGuard } from '../security/outbound-guard.js';

/** A connector and the connections it made. */
export interface GuardedConnector {
  /** For undici; calls back with an error of the code `ADDRESS_FORBIDDEN` where the guard does not allow. */
  readonly connect: buildConnector.connector;
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
  const connector = buildConnector({
    ...additional,
    lookup: guard.lookup,
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
    connector(target, (...result) => {
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
      callback(null, socket);
    });
  };
  return { connect, openCount: () => openCount };
}
