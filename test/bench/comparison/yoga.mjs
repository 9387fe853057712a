// GraphQL Yoga with graphql-ws and its own PubSub, as Yoga's manual shows it in "Subscriptions", section "graphql-ws".
import { createServer } from 'node:http';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { answerBench, listenOn, typeDefs } from './serve.mjs';

const pubSub = createPubSub();
const resolvers = {
  Query: { ready: () => true },
  Subscription: { events: { subscribe: () => pubSub.subscribe('EVENT'), resolve: (event) => event } },
};
const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });
const httpServer = createServer((request, response) => void yoga(request, response));
const wsServer = new WebSocketServer({ server: httpServer, path: yoga.graphqlEndpoint });
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? errors : args;
    },
  },
  wsServer,
);

answerBench(
  () => listenOn(httpServer),
  (event) => pubSub.publish('EVENT', event),
);
