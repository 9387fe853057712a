// GraphQL over HTTP: Apollo Server behind Fastify at /graphql, a short way for ordinary requests (short-way.ts), and the SDL at
// /graphql/schema. Who asks is settled before the document is looked at.
import { Readable } from 'node:stream';
import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestListener } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Credentials } from '../application/credentials.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Caller, Rooms } from './context.js';
import { createContext, type RequestContext } from './context.js';
import { type CheckDocument, parseDocument } from './documents.js';
import { showError } from './errors.js';
import { createIntrospection } from './introspection.js';
import { documentLimits, maxTokens } from './limits.js';
import { createSchemaPrinter } from './schema-printer.js';
import { createShortWay } from './short-way.js';
import type { TypedSchemas } from './typed-schemas.js';

/** What GraphQL over HTTP needs. */
export interface GraphQLHttpOptions {
  readonly schemas: TypedSchemas;
  readonly check: CheckDocument;
  readonly rooms: Rooms;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly newErrorId: () => string;
  readonly clock: Clock;
}

/** GraphQL over HTTP, started. */
export interface GraphQLHttp {
  /** Adds the routes to the server. */
  register(server: FastifyInstance): void;
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before the handler of a route that needs a credential. */
    caller: Caller | null;
  }
}

/** Starts Apollo Server. Introspection is open to everybody with a key: GraphiQL is the manual. */
export async function createGraphQLHttp(options: GraphQLHttpOptions): Promise<GraphQLHttp> {
  const { schemas, check, rooms, credentials, log, newErrorId } = options;
  const print = createSchemaPrinter(schemas, options.clock);
  const shortWay = createShortWay({
    check,
    introspect: createIntrospection(options.clock),
    show: (error) => showError(error, log, newErrorId),
  });
  const newApollo = (schema: GraphQLSchema) =>
    new ApolloServer<RequestContext>({
      schema,
      introspection: true,
      csrfPrevention: true,
      includeStacktraceInErrorResponses: false,
      // The server's own signals are handled by main.ts.
      stopOnTerminationSignals: false,
      validationRules: [documentLimits],
      parseOptions: { maxTokens },
      allowBatchedHttpRequests: false,
      formatError: (_formatted, error) => showError(error, log, newErrorId),
      // Cache hints would wrap every resolver and are of no use here.
      plugins: [
        ApolloServerPluginLandingPageDisabled(),
        ApolloServerPluginCacheControlDisabled(),
        createSubscriptionRefusal(),
      ],
    });
  const servers = new WeakMap<GraphQLSchema, Promise<RouteHandlerMethod>>();
  const apollo = newApollo(schemas.base);
  servers.set(schemas.base, startServer(apollo));

  async function startServer(server: ApolloServer<RequestContext>): Promise<RouteHandlerMethod> {
    await server.start();
    return fastifyApolloHandler(server, {
      context: async (request: FastifyRequest) => createContext(callerOf(request), rooms),
    });
  }

  /** Apollo Server has one schema for good: each schema has a server of its own, which goes when it goes. */
  async function serverFor(request: FastifyRequest): Promise<RouteHandlerMethod> {
    const document = parseDocument(sourceOf(request));
    const schema = 'kind' in document ? await schemas.schemaFor(document) : schemas.base;
    const known = servers.get(schema);
    if (known !== undefined) return known;
    const started = startServer(newApollo(schema));
    servers.set(schema, started);
    return started;
  }
  await servers.get(schemas.base);

  async function handler(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    reply.header('cache-control', 'no-store');
    const ordinary = { body: request.body, accept: request.headers.accept };
    const answer = await shortWay(ordinary, createContext(callerOf(request), rooms));
    if (answer === null) {
      const longWay = await serverFor(request);
      return longWay.call(request.server, request, reply);
    }
    return reply.type('application/json; charset=utf-8').send(answer);
  }

  async function authenticate(request: FastifyRequest, _reply: FastifyReply): Promise<void> {
    request.caller = await credentials.authenticate(request.headers.authorization);
  }

  return {
    register(server) {
      server.decorateRequest('caller', null);
      server.route({ method: ['GET', 'POST'], url: '/graphql', onRequest: authenticate, handler });
      server.get('/graphql/schema', { onRequest: authenticate }, async (_request, reply) => {
        const sdl = Readable.from(await print(), { objectMode: false });
        return reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(sdl);
      });
    },
    close: () => apollo.stop(),
  };
}

/** Apollo would execute a subscription as if it were a query. */
function createSubscriptionRefusal(): ApolloServerPlugin<RequestContext> {
  const refusal: GraphQLRequestListener<RequestContext> = {
    async didResolveOperation({ operation }) {
      if (operation?.operation !== 'subscription') return;
      throw new GraphQLError('a subscription runs over a WebSocket (graphql-transport-ws) at this address', {
        extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } },
      });
    },
  };
  return { requestDidStart: async () => refusal };
}

/** The document of a request as far as it can be told; what is no document is Apollo Server's to refuse. */
function sourceOf({ body, query }: FastifyRequest): string {
  for (const from of [body, query])
    if (typeof from === 'object' && from !== null && 'query' in from && typeof from.query === 'string')
      return from.query;
  return '';
}

function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new TypeError('a route without a credential check asked for its caller');
  return caller;
}
