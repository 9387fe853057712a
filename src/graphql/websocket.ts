// GraphQL over WebSockets (graphql-transport-ws) at /graphql: graphql-ws speaks the protocol, this file checks credentials
// and documents. What a stream shows is live/.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DocumentNode, type ExecutionArgs, GraphQLError, type GraphQLSchema } from 'graphql';
import { CloseCode, type Context } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Credentials } from '../application/credentials.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { createContext, type Rooms } from './context.js';
import type { CheckDocument } from './documents.js';
import { showError, toGraphQLError } from './errors.js';

/** What GraphQL over sockets needs. */
export interface GraphQLWebSocketOptions {
  readonly schema: GraphQLSchema;
  readonly check: CheckDocument;
  readonly rooms: Rooms;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly newErrorId: () => string;
  /** Largest message in bytes. */
  readonly maxMessageBytes: number;
}

/** GraphQL over sockets, attached to a server. */
export interface GraphQLWebSocket {
  /** Takes upgrades of `/graphql` on a server. */
  attach(server: Server): void;
  /** Open sockets. */
  readonly socketCount: number;
  /** Closes the sockets whose key was revoked, by whichever process. Never throws. */
  closeRevoked(): Promise<void>;
  /** Takes no new sockets and closes the open ones with 1012, upon which clients come back and resume. */
  close(): Promise<void>;
}

type SocketContext = Context<Record<string, unknown>, Extra & Partial<Record<PropertyKey, never>>>;

/** Milliseconds in which a socket must send `connection_init`. */
const initWithinMs = 5000;
const pingEveryMs = 15_000;
/** Most operations that run on one socket at the same time. */
const maxSubscriptions = 100;
/** Milliseconds that a client has to answer a close. */
const closeWithinMs = 1000;
/** Close code "service restart": clients reconnect. */
const serviceRestart = 1012;
const revoked = 'the key was revoked';

/** Sockets for a schema. */
export function createGraphQLWebSocket(options: GraphQLWebSocketOptions): GraphQLWebSocket {
  const { schema, check, rooms, credentials, log, newErrorId } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false,
  });
  /** Open sockets with the `authorization` by which they asked to be let in. */
  const authorized = new Map<Extra['socket'], unknown>();
  let isClosing = false;

  const server = useServer<Record<string, unknown>>(
    {
      schema,
      connectionInitWaitTimeout: initWithinMs,
      async onConnect({ connectionParams, extra: { socket } }) {
        const authorization = connectionParams?.['authorization'];
        // Kept before the check, so that a revocation meanwhile finds it.
        authorized.set(socket, authorization);
        try {
          await credentials.authenticate(authorization);
          return true;
        } catch (error) {
          if (error instanceof Problem && error.code === 'UNAUTHENTICATED') return false;
          throw error;
        }
      },
      onClose({ extra: { socket } }) {
        authorized.delete(socket);
      },
      async onSubscribe(context, _id, payload) {
        if (Object.keys(context.subscriptions).length > maxSubscriptions) return [tooMany()];
        const document = check(payload.query);
        if (!('kind' in document)) return document;
        try {
          return await toExecutionArgs(context, payload, document);
        } catch (error) {
          const isRevoked = error instanceof Problem && error.code === 'UNAUTHENTICATED';
          if (isRevoked) context.extra.socket.close(CloseCode.Forbidden, revoked);
          return [new GraphQLError('', { originalError: error instanceof Error ? error : new Error(String(error)) })];
        }
      },
      onNext(_context, _id, _payload, _args, { data, errors }) {
        if (errors === undefined) return undefined;
        return {
          ...(data === undefined ? {} : { data }),
          errors: errors.map((error) => showError(error, log, newErrorId)),
        };
      },
      onError({ extra }, _id, _payload, errors) {
        // Whoever went away is told nothing; that a write to him failed is no fault.
        if (extra.socket.readyState !== extra.socket.OPEN) return errors.map((error) => error.toJSON());
        return errors.map((error) => showError(error, log, newErrorId));
      },
    },
    sockets,
    pingEveryMs,
  );

  async function toExecutionArgs(
    { connectionParams }: SocketContext,
    payload: {
      readonly variables?: Record<string, unknown> | null | undefined;
      readonly operationName?: string | null | undefined;
    },
    document: DocumentNode,
  ): Promise<ExecutionArgs> {
    // Checked again for each operation: the key may have been revoked since.
    const caller = await credentials.authenticate(connectionParams?.['authorization']);
    return {
      schema,
      document,
      operationName: payload.operationName ?? null,
      variableValues: payload.variables ?? null,
      contextValue: createContext(caller, rooms),
    };
  }

  /** Closes the sockets whose key is worthless by now; looks at each key once. */
  async function closeRevoked(): Promise<void> {
    const byKey = new Map<unknown, Extra['socket'][]>();
    for (const [socket, authorization] of authorized) {
      const sharing = byKey.get(authorization);
      if (sharing === undefined) byKey.set(authorization, [socket]);
      else sharing.push(socket);
    }
    await Promise.all(
      [...byKey].map(async ([authorization, sharing]) => {
        const isGood = await credentials.authenticate(authorization).then(isTrue, isNotRefusal);
        if (!isGood) for (const socket of sharing) socket.close(CloseCode.Forbidden, revoked);
      }),
    );
  }
  credentials.onForget(closeRevoked);

  return {
    attach(httpServer) {
      httpServer.on('upgrade', (request, socket, head) => {
        if (request.headers.upgrade?.toLowerCase() !== 'websocket' && !isClosing) {
          return declineUpgrade(httpServer, { request, socket, head });
        }
        const path = request.url?.split('?', 1)[0];
        if (path !== '/graphql' || isClosing) {
          socket.end(
            `HTTP/1.1 ${isClosing ? '503 Service Unavailable' : '404 Not Found'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
          );
          return;
        }
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          sockets.emit('connection', webSocket, request);
          // Broken or oversized frames are the client's doing; ws closes with the code for it. The listener of graphql-ws
          // would write them to the console as a fault of ours.
          webSocket.removeAllListeners('error');
          webSocket.on('error', (error) => log.debug('A socket broke the rules of its protocol.', { error }));
        });
      });
    },
    closeRevoked,
    get socketCount() {
      return sockets.clients.size;
    },
    async close() {
      isClosing = true;
      for (const socket of sockets.clients)
        socket.close(serviceRestart, 'the gateway restarts; resume with your last cursor');
      // Whoever does not answer the close in time is cut off.
      const cutOff = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, closeWithinMs);
      await server.dispose();
      clearTimeout(cutOff);
    },
  };
}

const tooMany = (): GraphQLError =>
  toGraphQLError(new Problem('TOO_LARGE', `a socket may run at most ${maxSubscriptions} operations at the same time`));

const isTrue = (): boolean => true;
/** A database that does not answer is no reason to throw anybody out. */
const isNotRefusal = (error: unknown): boolean => !(error instanceof Problem && error.code === 'UNAUTHENTICATED');

/**
 * Answers a request that offers another protocol as if it did not, as RFC 9110 (7.8) allows: Java's HTTP client and
 * `curl --http2` offer `h2c` with ordinary requests. The server reads the request once more, without the offer.
 */
function declineUpgrade(
  server: Server,
  { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): void {
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
