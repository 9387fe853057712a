// Live clients of other makers against the built program: urql and Apollo Client over graphql-ws; and the main promise: 100
// clients with filters of their own follow while their sockets and the gateway itself are killed, and each sees exactly its
// events, once and in order.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApolloClient, gql, InMemoryCache } from '@apollo/client/core';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { subscriptionExchange, Client as UrqlClient } from '@urql/core';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  type Live,
  openLive,
  publish,
  publishAll,
  readHead,
} from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'tick' });
  await publish(gateway.request, { type: 'tick', data: { n: -1 } });
});
after(() => gateway.stop());

const query =
  'subscription ($after: String, $filter: JSON) { events(after: $after, filter: $filter) { id data cursor } }';

function openSocketClient() {
  return createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${gateway.adminKey}` },
  });
}

interface Answer {
  readonly events?: { readonly data?: unknown };
}

test('urql follows', async () => {
  const socket = openSocketClient();
  const urql = new UrqlClient({
    url: `${gateway.url}/graphql`,
    preferGetMethod: false,
    exchanges: [
      subscriptionExchange({
        forwardSubscription: ({ query: document, variables }) => ({
          subscribe: ({ next, error, complete }) => ({
            unsubscribe: socket.subscribe(
              { query: document ?? '', variables: { ...variables } },
              { next: ({ data = null, errors = [] }) => next({ data, errors: [...errors] }), error, complete },
            ),
          }),
        }),
      }),
    ],
  });
  const seen: unknown[] = [];
  const after = await readHead(gateway.request);
  const subscription = urql
    .subscription<Answer>(query, { after })
    .subscribe(({ data }) => void seen.push(data?.events?.data));
  await publish(gateway.request, { type: 'tick', data: 'for urql' });
  await until({ what: 'the event' }, () => seen.length === 1);
  assert.deepEqual(seen, ['for urql']);
  subscription.unsubscribe();
  await socket.dispose();
});

test('Apollo Client follows', async () => {
  const socket = openSocketClient();
  const apollo = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
  const seen: unknown[] = [];
  const after = await readHead(gateway.request);
  const subscription = apollo
    .subscribe<Answer>({ query: gql(query), variables: { after } })
    .subscribe(({ data }) => void seen.push(data?.events?.data));
  await publish(gateway.request, { type: 'tick', data: 'for Apollo' });
  await until({ what: 'the event' }, () => seen.length === 1);
  assert.deepEqual(seen, ['for Apollo']);
  subscription.unsubscribe();
  await socket.dispose();
});

test('two applications that ask for the same see their own events and fields, and never each other', async () => {
  const [one, two] = [await createApplication(gateway.request, 'One'), await createApplication(gateway.request, 'Two')];
  const after = await readHead(gateway.request);
  const documents = [
    'subscription ($after: String) { events(after: $after) { id data application { id name } } }',
    'subscription ($after: String) { events(after: $after) { id data deliveries { nodes { id } } } }',
    'subscription ($after: String) { events(after: $after) { id data } }',
  ];
  const follow = (key: string): Live[] => documents.map((document) => openLive(gateway.url, key, document, { after }));
  const [ones, twos, all] = [follow(one.key), follow(two.key), follow(gateway.adminKey)];
  for (const [data, application] of [
    ['secret of one', one.id],
    ['secret of two', two.id],
    ['for all', undefined],
  ] as const)
    await publish(gateway.request, { type: 'tick', data, ...(application === undefined ? {} : { application }) });
  for (const [lives, own, foreign] of [
    [ones, one.id, two],
    [twos, two.id, one],
  ] as const) {
    for (const live of lives) {
      await live.next(2);
      const text = JSON.stringify(live.results);
      assert.ok(!text.includes(foreign.id) && !text.includes(foreign === two ? 'of two' : 'of one'), text);
      assert.ok(!text.includes('errors'), text);
    }
    assert.deepEqual(
      lives[0]?.results.map(({ data }) => data?.events?.application?.id ?? null),
      [own, null],
    );
  }
  for (const live of all) await live.next(3);
  for (const live of [...ones, ...twos, ...all]) await live.close();
});

/** With LONG_JOURNEY in the environment: as many as the promise names. */
const events = process.env['LONG_JOURNEY'] === undefined ? 1500 : 20_000;
const clients = 100;

/** Numbers that are the same at every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Follower {
  readonly remainder: number;
  readonly seen: number[];
  cursor: string | null;
  isDone: boolean;
  kill(): void;
}

test(`${clients} clients follow ${events} events through killed sockets and a killed gateway`, async (t) => {
  const random = createRandom(7);
  const start = await readHead(gateway.request);
  const isOver = (): boolean => followers.every(({ isDone }) => isDone);
  const followers: Follower[] = Array.from({ length: clients }, (_, index) => ({
    remainder: index % 10,
    seen: [],
    cursor: start,
    isDone: false,
    kill: () => undefined,
  }));
  let breaks = 0;

  async function follow(follower: Follower): Promise<void> {
    const filter = { 'data.n': { $mod: [10, follower.remainder] } };
    const expected = events / 10;
    while (!follower.isDone) {
      const live = openLive(gateway.url, gateway.adminKey, query, { after: follower.cursor, filter });
      follower.kill = () => live.terminate();
      let taken = 0;
      const take = (): void => {
        for (const { data } of live.results.slice(taken)) {
          const event = data?.events;
          if (event === undefined) continue;
          follower.seen.push((event.data as { n: number }).n);
          follower.cursor = event.cursor;
        }
        taken = live.results.length;
        follower.isDone = follower.seen.length >= expected;
      };
      while (
        !follower.isDone &&
        (await Promise.race([live.ended.then(() => false), live.next(taken + 1, 120_000).then(() => true)]))
      )
        take();
      take();
      breaks += follower.isDone ? 0 : 1;
      if (follower.isDone) await live.close();
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function publishEverything(): Promise<void> {
    for (let n = 0; n < events; n += 50) {
      const some = Array.from({ length: 50 }, (_, index) => ({
        type: 'tick',
        data: { n: n + index },
        idempotencyKey: `journey ${n + index}`,
      }));
      // Published again until it is acknowledged: the key makes it one event.
      while (
        !(await publishAll(gateway.request, some).then(
          () => true,
          () => false,
        ))
      )
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function killSockets(): Promise<void> {
    while (!isOver()) {
      followers[Math.floor(random() * clients)]?.kill();
      await new Promise((resolve) => setTimeout(resolve, 30 * random()));
    }
  }

  async function killGateway(): Promise<void> {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await new Promise((resolve) => setTimeout(resolve, 1000 + 500 * random()));
      await gateway.kill(signal);
      await gateway.restart();
    }
  }

  await Promise.all([...followers.map(follow), publishEverything(), killSockets(), killGateway()]);
  for (const { seen, remainder } of followers)
    assert.deepEqual(
      seen,
      Array.from({ length: events / 10 }, (_, n) => n * 10 + remainder),
    );
  t.diagnostic(`${clients} clients, ${events} events, ${breaks} broken connections, the gateway killed twice`);
});
