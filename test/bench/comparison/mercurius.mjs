// Mercurius with its own subscriptions, as its manual shows them in "Subscriptions".
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { answerBench, typeDefs } from './serve.mjs';

const app = Fastify();
const resolvers = {
  Query: { ready: () => true },
  Subscription: { events: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe('EVENT') } },
};
await app.register(mercurius, { schema: typeDefs, resolvers, subscription: true });

async function listen() {
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  return app.server.address().port;
}

answerBench(listen, (event) => app.graphql.pubsub.publish({ topic: 'EVENT', payload: { events: event } }));
