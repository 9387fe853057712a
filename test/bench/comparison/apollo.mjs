// Apollo Server with graphql-ws and PubSub, as Apollo's manual shows it in "Subscriptions in Apollo Server".
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import { makeExecutableSchema } from '@graphql-tools/schema';
import cors from 'cors';
import express from 'express';
import { PubSub } from 'graphql-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { answerBench, listenOn, typeDefs } from './serve.mjs';

const pubsub = new PubSub();
const resolvers = {
  Query: { ready: () => true },
  Subscription: { events: { subscribe: () => pubsub.asyncIterableIterator(['EVENT']) } },
};
const schema = makeExecutableSchema({ typeDefs, resolvers });
const app = express();
const httpServer = createServer(app);
const wsServer = new WebSocketServer({ server: httpServer, path: '/graphql' });
const serverCleanup = useServer({ schema }, wsServer);
const server = new ApolloServer({
  schema,
  plugins: [
    ApolloServerPluginDrainHttpServer({ httpServer }),
    { serverWillStart: async () => ({ drainServer: () => serverCleanup.dispose() }) },
  ],
});
await server.start();
app.use('/graphql', cors(), express.json(), expressMiddleware(server));

answerBench(
  () => listenOn(httpServer),
  (event) => pubsub.publish('EVENT', { events: event }),
);
