// A real HTTP receiver for tests, on loopback and a free port: records what comes in and answers, or fails to, as told.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { testCertificate, testPrivateKey } from './tls-certificate.js';

/** A request that came in whole. */
export interface ReceivedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Lower-case names; a repeated header is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly receivedAt: Date;
  /** 1 for the first connection that was made; the same for requests that came over the same one. */
  readonly connection: number;
}

/** How to answer. An empty object is a 200 without a body. */
export interface ReceiverAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: empty. */
  readonly body?: string | Buffer;
  /** Nothing is answered before this settles. */
  readonly delayUntil?: Promise<void>;
  /** Never answers, and keeps the connection. */
  readonly hang?: boolean;
  /** Sends status, headers and `body`, and never ends the answer. */
  readonly hangInBody?: boolean;
  /** Resets the connection instead of answering. */
  readonly reset?: boolean;
  /** Written to the connection as it is, instead of an HTTP answer; then the connection ends. */
  readonly raw?: string;
}

/** How a receiver behaves. */
export interface ReceiverOptions {
  /** Called when a request is in whole; `index` counts from 0. Default: 200 for all. */
  readonly respond?: (request: ReceivedRequest, index: number) => ReceiverAnswer;
  /** Serves https with the certificate of `tls-certificate.ts`. */
  readonly tls?: boolean;
}

/** A receiver that listens. */
export interface Receiver {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** All that came in, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** All requests once at least `count` came in, in total. Rejects after 10 seconds, saying how many there were. */
  next(count: number): Promise<readonly ReceivedRequest[]>;
  /** Stops listening and cuts all connections. */
  close(): Promise<void>;
}

const nextDeadlineMs = 10_000;

/** Starts a receiver. Rejects only when no port can be had. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<() => void>();
  const numbers = new WeakMap<Socket, number>();
  let connections = 0;

  const listener: RequestListener = (incoming, response) => {
    void receive(incoming, numbers.get(incoming.socket) ?? 0).then((request) => {
      if (request === null) return;
      const index = requests.push(request) - 1;
      for (const look of [...waiting]) look();
      void answer(response, options.respond?.(request, index) ?? {});
    });
  };
  const server = options.tls
    ? createSecureServer({ key: testPrivateKey, cert: testCertificate }, listener)
    : createServer(listener);
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections += 1;
    numbers.set(socket, connections);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    next(count) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`${count} requests were awaited, ${requests.length} came in within ${nextDeadlineMs} ms`));
        }, nextDeadlineMs);
        const look = (): void => {
          if (requests.length < count) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(requests);
        };
        waiting.add(look);
        look();
      });
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The whole request, or null when the sender went away before its end. */
async function receive(incoming: IncomingMessage, connection: number): Promise<ReceivedRequest | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  } catch {
    return null;
  }
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(incoming.headersDistinct)) headers[name] = values.join(', ');
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers,
    body: Buffer.concat(chunks),
    receivedAt: new Date(),
    connection,
  };
}

async function answer(response: ServerResponse, how: ReceiverAnswer): Promise<void> {
  if (how.delayUntil !== undefined) await how.delayUntil;
  if (how.hang) return;
  if (how.reset) {
    response.socket?.resetAndDestroy();
  } else if (how.raw !== undefined) {
    response.socket?.end(how.raw);
  } else {
    response.writeHead(how.status ?? 200, how.headers);
    if (how.hangInBody) response.write(how.body ?? ' ');
    else response.end(how.body);
  }
}
