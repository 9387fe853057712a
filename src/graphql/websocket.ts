// GraphQL over WebSockets (graphql-transport-ws) at /graphql: graphql-ws speaks the protocol, this file checks credentials and
// documents and keeps the bounds of all sockets together. What a stream shows is live/.
import type { Server } from 'node:http';
import { GraphQLError } from 'graphql';
import { CloseCode, type Context, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Credentials } from '../application/credentials.js';
import type { Clock, NewId, Random } from '../clock.js';
import { toBytes } from '../live/frames.js';
import type { Sessions } from '../live/sessions.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { createContext, type Rooms } from './context.js';
import type { CheckDocument } from './documents.js';
import { drain } from './drain.js';
import { showError, toGraphQLError } from './errors.js';
import type { LiveArguments, LiveOperations } from './live-operations.js';
import { startPings } from './pings.js';
import {
  closeCodes,
  type InitParameters,
  type OpenSocket,
  openSocket,
  type ProtocolOptions,
  type SocketExtra,
  type SocketLimits,
} from './socket.js';
import { declineUpgrade, isWebSocketOffer, refuseUpgrade } from './upgrade.js';

/** What GraphQL over sockets needs. */
export interface GraphQLWebSocketOptions {
  readonly check: CheckDocument;
  readonly live: LiveOperations;
  readonly rooms: Rooms;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly random: Random;
  readonly newId: NewId;
  readonly log: Log;
  readonly newErrorId: () => string;
  readonly limits: WebSocketLimits;
}

/** Bounds, some for each socket. */
export interface WebSocketLimits extends SocketLimits {
  readonly maxMessageBytes: number;
  readonly maxSubscriptions: number;
  /** Milliseconds in which a socket must send `connection_init`. */
  readonly initWithinMs: number;
  /** Milliseconds between two pings. */
  readonly pingEveryMs: number;
  /** Milliseconds over which a stop spreads the closings. */
  readonly drainMs: number;
}

/** GraphQL over sockets, attached to a server. */
export interface GraphQLWebSocket {
  /** Takes upgrades of `/graphql` on a server. */
  attach(server: Server): void;
  /** Open sockets. */
  readonly socketCount: number;
  /** Sockets closed since the start, by close code. */
  readonly closes: ReadonlyMap<number, number>;
  /** Takes no new sockets and closes the open ones with 1012, upon which clients come back and resume. */
  close(): Promise<void>;
}

type SocketContext = Context<InitParameters, SocketExtra>;

/** Sockets. */
export function createGraphQLWebSocket(options: GraphQLWebSocketOptions): GraphQLWebSocket {
  const { credentials, sessions, clock, limits, log } = options;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });
  const sockets = new Map<WebSocket, OpenSocket>();
  const closes = new Map<number, number>();
  const protocol = makeServer<InitParameters, SocketExtra>(createProtocol(options));
  let isClosing = false;
  const pings = startPings<OpenSocket>({ clock, everyMs: limits.pingEveryMs, ping: (socket) => socket.ping() });

  async function refresh(socket: OpenSocket, authorization: unknown): Promise<void> {
    try {
      sessions.identify(socket.session, await credentials.authenticate(authorization));
      socket.authorization = authorization;
    } catch (error) {
      if (!(error instanceof Problem) || error.side === 'fault') throw error;
      if (error.code === 'OVERLOADED') socket.close(closeCodes.tryAgainLater, error.message);
      else socket.close(CloseCode.Forbidden, error.message);
    }
  }

  return {
    attach(httpServer) {
      httpServer.on('upgrade', (request, socket, head) => {
        const upgrade = { request, socket, head };
        if (!isWebSocketOffer(request) && !isClosing) return declineUpgrade(httpServer, upgrade);
        if (isClosing) return refuseUpgrade(upgrade, '503 Service Unavailable');
        if (request.url?.split('?', 1)[0] !== '/graphql') return refuseUpgrade(upgrade, '404 Not Found');
        if (!sessions.hasRoom) return refuseUpgrade(upgrade, '503 Service Unavailable', ['retry-after: 5']);
        return server.handleUpgrade(request, socket, head, (webSocket) => {
          const id = options.newId('connection');
          const opened = openSocket({ webSocket, request, id, clock, log, limits, protocol, refresh, onClose });
          sockets.set(webSocket, opened);
          pings.add(opened);
          sessions.enter(opened.session);
        });
      });
    },
    get socketCount() {
      return sockets.size;
    },
    closes,
    async close() {
      isClosing = true;
      pings.stop();
      await drain([...sockets.values()], {
        clock,
        random: options.random,
        withinMs: limits.drainMs,
        end: ({ session }) => session.end('RESTART'),
        isEnded: ({ webSocket }) => !sockets.has(webSocket),
        cutOff: ({ webSocket }) => webSocket.terminate(),
      });
    },
  };

  function onClose(socket: OpenSocket, code: number): void {
    sockets.delete(socket.webSocket);
    pings.remove(socket);
    sessions.leave(socket.session);
    closes.set(code, (closes.get(code) ?? 0) + 1);
  }
}

/** The hooks of graphql-ws. */
function createProtocol(options: GraphQLWebSocketOptions): ProtocolOptions {
  const { check, live, rooms, credentials, sessions, log, newErrorId, limits } = options;
  const show = (error: unknown) => showError(error, log, newErrorId);

  async function toArguments(
    { extra: { socket } }: SocketContext,
    id: string,
    payload: Parameters<NonNullable<ProtocolOptions['onSubscribe']>>[2],
  ): Promise<SocketArguments | readonly GraphQLError[]> {
    const checked = await check(payload.query);
    if (!('document' in checked)) return checked;
    // Checked again for each operation: the key may have been revoked since.
    const caller = await credentials.authenticate(socket.authorization);
    return {
      schema: checked.schema,
      document: checked.document,
      operationName: payload.operationName ?? null,
      variableValues: payload.variables ?? null,
      contextValue: createContext(caller, rooms),
      target: { sink: socket.sink, id: toBytes(JSON.stringify(id)) },
    };
  }

  return {
    connectionInitWaitTimeout: limits.initWithinMs,
    async onConnect({ connectionParams, extra: { socket } }) {
      const authorization = connectionParams?.['authorization'];
      try {
        sessions.identify(socket.session, await credentials.authenticate(authorization));
        socket.authorization = authorization;
        return true;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.code === 'UNAUTHENTICATED') return false;
        if (error.code !== 'OVERLOADED') throw error;
        socket.close(closeCodes.tryAgainLater, error.message);
        return true;
      }
    },
    async onSubscribe(context, id, payload) {
      const { socket } = context.extra;
      socket.operations = () => Object.keys(context.subscriptions).length;
      if (socket.operations() > limits.maxSubscriptions) return [tooMany(limits.maxSubscriptions)];
      try {
        const found = await toArguments(context, id, payload);
        return 'schema' in found ? found : [...found];
      } catch (error) {
        if (error instanceof Problem && error.code === 'UNAUTHENTICATED') socket.session.end('UNAUTHENTICATED');
        return [new GraphQLError('', { originalError: error instanceof Error ? error : new Error(String(error)) })];
      }
    },
    subscribe: (args) => live.begin(args as SocketArguments, (args as SocketArguments).target),
    onNext(_context, _id, _payload, _args, { data, errors }) {
      if (errors === undefined) return undefined;
      return { ...(data === undefined ? {} : { data }), errors: errors.map(show) };
    },
    onError({ extra: { socket } }, _id, _payload, errors) {
      // Whoever went away is told nothing; that a write to him failed is no fault.
      if (socket.webSocket.readyState !== socket.webSocket.OPEN) return errors.map((error) => error.toJSON());
      return errors.map(show);
    },
  };
}

/** Arguments made by `onSubscribe`, which graphql-ws hands on as they are. */
interface SocketArguments extends LiveArguments {
  readonly target: Parameters<LiveOperations['begin']>[1];
}

const tooMany = (most: number): GraphQLError =>
  toGraphQLError(new Problem('TOO_LARGE', `a socket may run at most ${most} operations at the same time`));
