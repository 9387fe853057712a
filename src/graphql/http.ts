// GraphQL over HTTP: Apollo Server behind Fastify at /graphql, and a short way for ordinary requests (short-way.ts). Who asks
// is settled before the document is looked at.
import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestListener } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Credentials } from '../application/credentials.js';
import type { Log } from '../log.js';
import type { Caller, Rooms } from './context.js';
import { createContext, type RequestContext } from './context.js';
import type { CheckDocument } from './documents.js';
import { showError } from './errors.js';
import { documentLimits, maxTokens } from './limits.js';
import { createShortWay } from './short-way.js';

/** What GraphQL over HTTP needs. */
export interface GraphQLHttpOptions {
  readonly schema: GraphQLSchema;
  readonly check: CheckDocument;
  readonly rooms: Rooms;
  readonly credentials: Credentials;
  readonly log: Log;
  readonly newErrorId: () => string;
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
  const { schema, check, rooms, credentials, log, newErrorId } = options;
  const shortWay = createShortWay({ schema, check, show: (error) => showError(error, log, newErrorId) });
  const apollo = new ApolloServer<RequestContext>({
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
  await apollo.start();
  const longWay = fastifyApolloHandler(apollo, {
    context: async (request: FastifyRequest) => createContext(callerOf(request), rooms),
  });

  async function handler(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    reply.header('cache-control', 'no-store');
    const ordinary = { body: request.body, accept: request.headers.accept };
    const answer = await shortWay(ordinary, createContext(callerOf(request), rooms));
    if (answer === null) return longWay.call(request.server, request, reply);
    return reply.type('application/json; charset=utf-8').send(answer);
  }

  async function authenticate(request: FastifyRequest, _reply: FastifyReply): Promise<void> {
    request.caller = await credentials.authenticate(request.headers.authorization);
  }

  return {
    register(server) {
      server.decorateRequest('caller', null);
      server.route({ method: ['GET', 'POST'], url: '/graphql', onRequest: authenticate, handler });
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

function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new TypeError('a route without a credential check asked for its caller');
  return caller;
}
