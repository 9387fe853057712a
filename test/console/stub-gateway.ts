// A gateway for the tests of the page alone: the real page, routes and SDL, over real HTTP and a real WebSocket. Faked are
// the answers (one key, one event, no store), so that these tests say something about the page and nothing else.
import { EventEmitter, on, once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify from 'fastify';
import { buildSchema, type GraphQLSchema, graphql } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { consoleRoutes } from '../../src/console/console-routes.js';

/** The key that the stub accepts. */
export const stubKey = 'crl_stub';

/** A running stub. */
export interface StubGateway {
  /** Such as `http://127.0.0.1:41234`, without a slash at the end. */
  readonly url: string;
  /** The `authorization` header of every request to /graphql, and of every socket's `connection_init`. */
  readonly credentials: readonly unknown[];
  /** What servers write into their logs: address and referrer of every request. */
  readonly addresses: readonly string[];
  /** Shows an event to everyone who is subscribed. */
  publish(event: { id: string; data: unknown }): void;
  /** Comes back once there are `count` live subscriptions; rejects after 15 s. */
  subscribers(count: number): Promise<void>;
  /** Closes all sockets with `code`; with 4403 the key is refused from now on. */
  closeSockets(code: 1012 | 4403): void;
  close(): Promise<void>;
}

/** The schema of `schema/*.graphql`. */
export async function readSchema(): Promise<GraphQLSchema> {
  const names = (await readdir('schema')).filter((name) => name.endsWith('.graphql'));
  const texts = await Promise.all(names.map((name) => readFile(join('schema', name), 'utf8')));
  return buildSchema(texts.join('\n'));
}

/** Starts a stub on a free port of the loopback interface. */
export async function startStubGateway(assetsDir: URL): Promise<StubGateway> {
  const schema = await readSchema();
  const credentials: unknown[] = [];
  const addresses: string[] = [];
  const bus = new EventEmitter();
  let acceptedCredential: string | null = `Bearer ${stubKey}`;
  const rootValue = {
    viewer: { role: 'ADMIN', application: null },
    events: () => liveEvents(bus),
  };

  const app = Fastify();
  app.addHook('onRequest', async (request) => {
    addresses.push(`${request.url} ${request.headers.referer}`);
  });
  await app.register(consoleRoutes({ assetsDir }));
  app.post<{ Body: { query: string; variables?: Record<string, unknown>; operationName?: string } }>(
    '/graphql',
    async (request, reply) => {
      credentials.push(request.headers.authorization);
      if (request.headers.authorization !== acceptedCredential) {
        const error = { message: 'No such key.', extensions: { code: 'UNAUTHENTICATED' } };
        return reply.code(401).send({ errors: [error] });
      }
      const { query, variables, operationName } = request.body;
      return await graphql({ schema, rootValue, source: query, variableValues: variables, operationName });
    },
  );

  const sockets = new WebSocketServer({ server: app.server, path: '/graphql' });
  useServer(
    {
      schema,
      roots: { subscription: rootValue },
      onConnect: ({ connectionParams }) => {
        credentials.push(connectionParams?.['authorization']);
        return connectionParams?.['authorization'] === acceptedCredential;
      },
    },
    sockets,
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    credentials,
    addresses,
    publish: ({ id, data }) =>
      void bus.emit('event', { __typename: 'GenericEvent', id, data, type: 'order.created', cursor: `after-${id}` }),
    async subscribers(count) {
      const signal = AbortSignal.timeout(15_000);
      while (bus.listenerCount('event') !== count) await once(bus, 'subscribers', { signal });
    },
    closeSockets(code) {
      if (code === 4403) acceptedCredential = null;
      for (const socket of sockets.clients) socket.close(code, code === 4403 ? 'Forbidden' : 'Service restart');
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await app.close();
    },
  };
}

/** Every `event` of `bus` as the source of a subscription. No generator: its `return` would wait for the next event. */
function liveEvents(bus: EventEmitter): AsyncIterableIterator<{ events: unknown }> {
  const events = on(bus, 'event');
  bus.emit('subscribers');
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const { done, value } = await events.next();
      return done === true ? { done, value: undefined } : { done: false, value: { events: value[0] } };
    },
    async return() {
      await events.return?.();
      bus.emit('subscribers');
      return { done: true, value: undefined };
    },
  };
}
