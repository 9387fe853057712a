// GraphQL over server-sent events at /graphql/stream, after https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md:
// distinct connections, and many operations on a single connection that was reserved before.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { execute, GraphQLError, getOperationAST } from 'graphql';
import type { Credentials, Identity } from '../application/credentials.js';
import type { Clock, NewId, Random, RandomBytes } from '../clock.js';
import { toBytes } from '../live/frames.js';
import type { Sessions } from '../live/sessions.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { createContext, type Rooms } from './context.js';
import type { CheckDocument } from './documents.js';
import { drain } from './drain.js';
import { showError } from './errors.js';
import { createEventStream, type EventStream } from './event-stream.js';
import type { LiveArguments, LiveOperations } from './live-operations.js';
import { startPings } from './pings.js';
import { readStreamRequest, type StreamRequest, streamToken } from './stream-request.js';

/** What GraphQL over server-sent events needs. */
export interface GraphQLEventStreamsOptions {
  readonly check: CheckDocument;
  readonly live: LiveOperations;
  readonly rooms: Rooms;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
  readonly newId: NewId;
  readonly log: Log;
  readonly newErrorId: () => string;
  readonly limits: {
    readonly softBytes: number;
    readonly stallMs: number;
    readonly maxSubscriptions: number;
    readonly pingEveryMs: number;
    readonly drainMs: number;
  };
}

/** GraphQL over server-sent events. */
export interface GraphQLEventStreams {
  /** Adds the routes to the server. */
  register(server: FastifyInstance): void;
  /** Streams that are open or reserved. */
  readonly streamCount: number;
  /** Takes no new streams and breaks the open ones over a window, upon which clients come back and resume. */
  close(): Promise<void>;
}

interface Kept {
  readonly stream: EventStream;
  readonly identity: Identity;
}

/** A reservation that nobody connects to in this time is given up, in milliseconds. */
const connectWithinMs = 30_000;

/** Streams. */
export function createGraphQLEventStreams(options: GraphQLEventStreamsOptions): GraphQLEventStreams {
  const { check, live, rooms, credentials, sessions, clock, limits, log, newErrorId } = options;
  const show = (error: unknown) => showError(error, log, newErrorId);
  const streams = new Set<EventStream>();
  const reserved = new Map<string, Kept>();
  let isClosing = false;
  const pings = startPings<EventStream>({ clock, everyMs: limits.pingEveryMs, ping: (stream) => stream.ping() });

  function makeStream(request: FastifyRequest, identity: Identity, token: string | null): EventStream {
    if (isClosing || !sessions.hasRoom) throw new Problem('OVERLOADED', 'this gateway takes no more live clients');
    const stream = createEventStream({
      id: options.newId('connection'),
      remoteAddress: request.ip,
      openedAt: clock.now(),
      isSingleConnection: token !== null,
      softBytes: limits.softBytes,
      stallMs: limits.stallMs,
      clock,
      show,
      onEnd() {
        streams.delete(stream);
        pings.remove(stream);
        sessions.leave(stream.session);
        if (token !== null) reserved.delete(token);
      },
    });
    sessions.enter(stream.session);
    try {
      sessions.identify(stream.session, identity);
    } catch (error) {
      sessions.leave(stream.session);
      throw error;
    }
    streams.add(stream);
    pings.add(stream);
    if (token !== null) reserved.set(token, { stream, identity });
    return stream;
  }

  /** The arguments of an operation; throws what is wrong with the request as a whole. */
  async function toArguments(
    asked: StreamRequest,
    identity: Identity,
  ): Promise<LiveArguments | readonly GraphQLError[]> {
    const checked = await check(asked.query);
    if (!('document' in checked)) return checked;
    const { schema, document } = checked;
    const { operationName, variables, lastEventId } = asked;
    const operation = getOperationAST(document, operationName);
    if (operation == null)
      return [new GraphQLError('the operation cannot be told: operationName names none of the document')];
    if (operation.operation === 'mutation' && asked.method === 'GET')
      throw new Problem('INVALID_INPUT', 'a mutation must not be sent by GET');
    const contextValue = createContext(identity, rooms, lastEventId);
    return { schema, document, operationName, variableValues: variables, contextValue };
  }

  async function start(stream: EventStream, id: string | null, args: LiveArguments): Promise<void> {
    const isLive = getOperationAST(args.document, args.operationName)?.operation === 'subscription';
    const target = { sink: stream.sink, id: id === null ? '' : toBytes(JSON.stringify(id)) };
    await stream.run(id, isLive ? await live.begin(args, target) : await execute(args));
  }

  /** A connection of its own for one operation. */
  async function distinct(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const identity = await credentials.authenticate(request.headers.authorization);
    const asked = readStreamRequest(request);
    const args = await toArguments(asked, identity);
    const stream = makeStream(request, identity, null);
    stream.reserve('');
    reply.hijack();
    stream.open(reply.raw);
    if (isErrors(args)) await stream.run(null, { errors: args });
    else await start(stream, null, args);
    stream.finish();
  }

  async function reserve(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const identity = await credentials.authenticate(request.headers.authorization);
    const token = options.randomBytes(24).toString('hex');
    const stream = makeStream(request, identity, token);
    clock.after(connectWithinMs, () => {
      if (!stream.isOpen) stream.finish();
    });
    return reply.code(201).type('text/plain; charset=utf-8').send(token);
  }

  async function findReserved(request: FastifyRequest): Promise<Kept> {
    const kept = reserved.get(streamToken(request) ?? '');
    if (kept === undefined) throw new Problem('NOT_FOUND', 'there is no stream with this token');
    const { authorization } = request.headers;
    // A browser's EventSource cannot say who it is: the token, which only the one who reserved it was told, is enough to listen.
    if (request.method === 'GET' && authorization === undefined) return kept;
    const { role, applicationId } = await credentials.authenticate(authorization);
    if (role === kept.identity.role && applicationId === kept.identity.applicationId) return kept;
    throw new Problem('NOT_FOUND', 'there is no stream with this token');
  }

  async function connect(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { stream } = await findReserved(request);
    if (stream.isOpen) throw new Problem('CONFLICT', 'the stream with this token is open already');
    reply.hijack();
    stream.open(reply.raw);
  }

  async function operate(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { stream, identity } = await findReserved(request);
    const asked = readStreamRequest(request);
    const id = asked.operationId;
    if (id === null) throw new Problem('INVALID_INPUT', 'extensions.operationId is missing', { field: 'extensions' });
    const args = await toArguments(asked, identity);
    if (stream.session.subscriptions >= limits.maxSubscriptions)
      throw new Problem('TOO_LARGE', `a stream may run at most ${limits.maxSubscriptions} operations at the same time`);
    if (isErrors(args)) return reply.code(400).send({ errors: args.map(show) });
    if (!stream.reserve(id)) throw new Problem('CONFLICT', 'an operation with this id runs already');
    start(stream, id, args).catch((error: unknown) => log.error('An operation of a stream failed.', { error }));
    return reply.code(202).send();
  }

  async function complete(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { stream } = await findReserved(request);
    const id = new URL(request.url, 'http://localhost').searchParams.get('operationId');
    if (id === null) throw new Problem('INVALID_INPUT', 'operationId is missing', { field: 'operationId' });
    stream.complete(id);
    return reply.code(200).send();
  }

  function handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    reply.header('cache-control', 'no-store');
    if (request.method === 'PUT') return reserve(request, reply);
    if (request.method === 'DELETE') return complete(request, reply);
    const isStream = request.headers.accept?.includes('text/event-stream') === true;
    if (streamToken(request) !== null) return isStream ? connect(request, reply) : operate(request, reply);
    if (isStream) return distinct(request, reply);
    throw new Problem('INVALID_INPUT', 'accept text/event-stream, or send the token of a reserved stream');
  }

  return {
    register(server) {
      server.route({ method: ['GET', 'POST', 'PUT', 'DELETE'], url: '/graphql/stream', handler: handle });
    },
    get streamCount() {
      return streams.size;
    },
    async close() {
      isClosing = true;
      pings.stop();
      const end = ({ session }: EventStream): void => session.end('RESTART');
      const isEnded = (stream: EventStream): boolean => stream.isEnded;
      await drain([...streams], { clock, random: options.random, withinMs: limits.drainMs, end, isEnded, cutOff: end });
    },
  };
}

function isErrors(args: LiveArguments | readonly GraphQLError[]): args is readonly GraphQLError[] {
  return Array.isArray(args);
}
