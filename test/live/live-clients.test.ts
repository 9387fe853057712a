// Live clients of all nodes: who is asked, what is answered, and what is said of nodes that do not answer. The nodes of these
// tests share one database; real processes are in test/journey/live-nodes.test.ts.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Identity } from '../../src/application/credentials.js';
import { type LiveClients, openLiveClients } from '../../src/live/live-clients.js';
import { createLiveQuestionStore, type LiveQuestionStore } from '../../src/live/live-question-store.js';
import type { EndReason, OpenSession } from '../../src/live/sessions.js';
import { openDatabase, type TestDatabase } from '../kit/database.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';
import { createRecordedLog } from '../kit/memory-stores.js';
import { until } from '../kit/until.js';

interface Node {
  readonly liveClients: LiveClients;
  readonly ended: [id: string, reason: EndReason][];
}

let database: TestDatabase;
let questions: LiveQuestionStore;
let clock: FakeClock;
let running: LiveClients[];
let questionCount = 0;

beforeEach(async () => {
  database = await openDatabase();
  questions = createLiveQuestionStore(database.connection);
  clock = createFakeClock();
  running = [];
});

afterEach(async () => {
  for (const one of running) await one.close();
  await database.close();
});

const reader: Identity = { role: 'READER', applicationId: null, apiKeyId: 'key_1', expiresAt: null };

/** A node with clients; resolves when the others may ask it. */
async function start(
  nodeId: string,
  ids: readonly string[],
  store: LiveQuestionStore | null = questions,
): Promise<Node> {
  const ended: Node['ended'] = [];
  const open = ids.map((id): OpenSession => {
    const end = (reason: EndReason): void => void ended.push([id, reason]);
    const openedAt = clock.now();
    const facts = { transport: 'WEBSOCKET', remoteAddress: '192.0.2.1', subscriptions: 2, pendingBytes: 7 } as const;
    return { id, session: { id, openedAt, end, ...facts }, identity: reader };
  });
  let isReady = store === null;
  const watched: LiveQuestionStore | null = store && {
    ...store,
    watch: (listener, ready, signal) => {
      const tellReady = (): void => {
        isReady = true;
        ready();
      };
      return store.watch(listener, tellReady, signal);
    },
  };
  const find = (id: string): OpenSession | null => open.find((one) => one.id === id) ?? null;
  const liveClients = openLiveClients({
    sessions: {
      list: () => open,
      get: find,
      end(id, reason) {
        find(id)?.session.end(reason);
        return find(id);
      },
    },
    nodeId,
    questions: watched,
    newQuestionId: () => {
      questionCount += 1;
      return `question-${questionCount}`;
    },
    clock,
    log: createRecordedLog(),
  });
  running.push(liveClients);
  await until({ what: 'the node lives' }, async () => {
    return isReady && (store === null || (await store.living(new Date(0))).includes(nodeId));
  });
  return { liveClients, ended };
}

const idsOf = ({ clients }: Awaited<ReturnType<LiveClients['list']>>): string[] => clients.map(({ id }) => id);

test('a list has the clients of all nodes in the order in which they came, a page at a time', async () => {
  const one = await start('one', ['con_3', 'con_1']);
  const two = await start('two', ['con_2', 'con_4']);
  assert.deepEqual(idsOf(await one.liveClients.list(null, 10)), ['con_1', 'con_2', 'con_3', 'con_4']);
  assert.deepEqual(idsOf(await two.liveClients.list(null, 3)), ['con_1', 'con_2', 'con_3']);
  assert.deepEqual(idsOf(await two.liveClients.list('con_3', 3)), ['con_4']);
});

test('a client is told as its node knows it', async () => {
  const one = await start('one', []);
  await start('two', ['con_2']);
  const expected = {
    id: 'con_2',
    nodeId: 'two',
    transport: 'WEBSOCKET',
    role: 'READER',
    applicationId: null,
    apiKeyId: 'key_1',
    remoteAddress: '192.0.2.1',
    openedAt: clock.now(),
    expiresAt: null,
    subscriptions: 2,
    pendingBytes: 7,
  };
  assert.deepEqual(await one.liveClients.get('con_2'), expected);
  assert.equal(await one.liveClients.get('con_9'), null);
});

test('a client is ended by its own node, whichever was asked', async () => {
  const one = await start('one', ['con_1']);
  const two = await start('two', ['con_2']);
  assert.equal(await one.liveClients.end('con_2'), true);
  assert.equal(await two.liveClients.end('con_2'), true);
  assert.equal(await one.liveClients.end('con_9'), false);
  assert.deepEqual(one.ended, []);
  assert.deepEqual(two.ended, [
    ['con_2', 'ADMINISTRATOR'],
    ['con_2', 'ADMINISTRATOR'],
  ]);
});

test('a node that lives and does not answer is counted, after two seconds', async () => {
  const one = await start('one', ['con_1']);
  await questions.beat('mute', clock.now());
  const timers = clock.timers;
  const listed = one.liveClients.list(null, 10);
  await until({ what: 'it waits' }, () => clock.timers > timers);
  await clock.advance(1900);
  assert.equal(clock.timers > timers, true, 'it still waits');
  await clock.advance(100);
  const { clients, silentNodes } = await listed;
  assert.deepEqual([clients.map(({ id }) => id), silentNodes], [['con_1'], 1]);
  const ended = assert.rejects(one.liveClients.end('con_9'), { code: 'OVERLOADED' });
  await until({ what: 'it waits' }, () => clock.timers > timers);
  await clock.advance(2000);
  await ended;
});

test('a node that has said nothing for ten seconds is not asked', async () => {
  await questions.beat('dead', clock.now());
  await clock.advance(10_001);
  const one = await start('one', ['con_1']);
  assert.deepEqual(await one.liveClients.list(null, 10), {
    clients: [await one.liveClients.get('con_1')],
    silentNodes: 0,
  });
});

test('a question that was put before a node saw it is answered, too', async () => {
  const one = await start('one', []);
  await questions.beat('two', clock.now());
  const timers = clock.timers;
  const listed = one.liveClients.list(null, 10);
  await until({ what: 'it waits' }, () => clock.timers > timers);
  await start('two', ['con_2']);
  assert.deepEqual(idsOf(await listed), ['con_2']);
});

test('nothing of a question is left behind, and what a dead node left goes after a minute', async () => {
  const one = await start('one', []);
  await start('two', ['con_2']);
  await one.liveClients.list(null, 10);
  assert.deepEqual(await questions.open(new Date(0)), []);
  await questions.ask({ id: 'left', by: 'dead', question: { kind: 'GET', id: 'con_1' } }, clock.now());
  await questions.beat('dead', clock.now());
  const started = clock.monotonicMs();
  await until({ what: 'it is forgotten' }, async () => {
    await clock.advance(2000);
    return (await questions.open(new Date(0))).length === 0;
  });
  assert.ok(clock.monotonicMs() - started > 60_000);
  await until({ what: 'the node, too' }, async () => !(await questions.living(new Date(0))).includes('dead'));
});

test('without a shared database nobody is asked', async () => {
  const only = await start('only', ['con_1'], null);
  assert.deepEqual(idsOf(await only.liveClients.list(null, 10)), ['con_1']);
  assert.equal(await only.liveClients.get('con_9'), null);
});
