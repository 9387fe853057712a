// Requests that offer another protocol than HTTP/1.1: which are taken, and what becomes of the others.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** An upgrade as the server hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** True for an offer of WebSocket; others, such as `h2c`, are for `declineUpgrade`. */
export function isWebSocketOffer({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Answers an upgrade with an HTTP status and ends the connection. */
export function refuseUpgrade({ socket }: Upgrade, status: string, headers: readonly string[] = []): void {
  const lines = [`HTTP/1.1 ${status}`, 'connection: close', 'content-length: 0', ...headers];
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
}

/**
 * Answers a request that offers another protocol as if it did not, as RFC 9110 (7.8) allows: Java's HTTP client and
 * `curl --http2` offer `h2c` with ordinary requests. The server reads the request once more, without the offer.
 */
export function declineUpgrade(server: Server, { request, socket, head }: Upgrade): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!/^(?:upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  if (/\bclose\b/i.test(request.headers.connection ?? '')) lines.push('connection: close');
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
