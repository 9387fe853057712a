// Change streams: what is refused by the name of its field, and that none watches what the gateway itself writes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../../src/problem.js';
import { changeStream, ownCollections } from '../../src/trigger/change-stream.js';
import type { Watch } from '../../src/trigger/change-stream-store.js';
import type { Occurrence } from '../../src/trigger/fire-trigger.js';
import type { RunTools } from '../../src/trigger/trigger-kind.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { projectRoot } from '../kit/project-root.js';

test('every collection that the sources open is one that nobody may watch', () => {
  const src = join(projectRoot, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const opened = files
    .filter((path) => !path.startsWith('embedded-mongo'))
    .flatMap((path) => [
      ...readFileSync(join(src, path), 'utf8').matchAll(/connection\.(?:model\('\w+', \w+, |collection\()'(\w+)'/g),
    ])
    .map((match) => match[1] ?? '');
  assert.ok(opened.length > 15);
  assert.deepEqual([...new Set(opened)].sort(), [...ownCollections].sort());
});

test('what is no change stream is refused by the name of its field', () => {
  const refused: readonly (readonly [object, string])[] = [
    [{ collection: 'events' }, 'collection'],
    [{ collection: '' }, 'collection'],
    [{ collection: '$cmd' }, 'collection'],
    [{ collection: 'x'.repeat(256) }, 'collection'],
    [{ collection: 'orders', uri: 'http://example.com', database: 'shop' }, 'uri'],
    [{ collection: 'orders', uri: `mongodb://${'x'.repeat(2048)}`, database: 'shop' }, 'uri'],
    [{ collection: 'orders', uri: 'mongodb://example.com' }, 'database'],
    [{ collection: 'orders', pipeline: {} }, 'pipeline'],
    [{ collection: 'orders', pipeline: [{ $out: 'events' }] }, 'pipeline'],
    [{ collection: 'orders', pipeline: [{ $match: {}, $out: 'events' }] }, 'pipeline'],
    [{ collection: 'orders', pipeline: Array.from({ length: 21 }, () => ({ $match: {} })) }, 'pipeline'],
    [{ collection: 'orders', pipeline: [{ $match: { a: 'x'.repeat(20_000) } }] }, 'pipeline'],
  ];
  for (const [input, field] of refused) {
    assert.throws(
      () => changeStream.check(input, new Date(0)),
      (error) => error instanceof Problem && error.field === field,
      JSON.stringify(input).slice(0, 100),
    );
  }
});

test('a connection string is a secret and no setting', () => {
  const uri = 'mongodb://user:password@example.com/';
  const { settings, secrets } = changeStream.check({ uri, database: 'shop', collection: 'events' }, new Date(0));
  assert.deepEqual(secrets, { uri });
  assert.ok(!JSON.stringify(settings).includes('password'));
});

interface Watched {
  /** Has something changed; the text is the key, and the token too. */
  change(key: string, bytes?: number): Promise<void>;
  pass(token: string): void;
  /** Loses sight of the collection. */
  lose(error?: Error): void;
  /** The tokens that were gone on behind, or when it began. */
  readonly from: unknown[];
}

interface Running {
  readonly clock: FakeClock;
  readonly watched: Watched;
  /** Keys, by what was published together. */
  readonly fired: string[][];
  readonly positions: unknown[];
  /** What `fire` waits for, and gives. */
  publish: () => Promise<boolean>;
  stop(): Promise<void>;
}

const updatedAt = new Date(Date.UTC(2026, 0, 1));

function run(position?: string, secrets: object | null = null): Running {
  const clock = createFakeClock();
  const stop = new AbortController();
  const from: unknown[] = [];
  let watch: Watch | null = null;
  let lose: Watched['lose'] = () => undefined;
  const tools = {
    trigger: { settings: changeStream.check({ collection: 'orders' }, new Date(0)).settings, updatedAt },
    secrets,
    position,
    savePosition: (at: unknown) => void running.positions.push(at),
    async fire(occurrences: readonly Occurrence[]) {
      if (stop.signal.aborted || !(await running.publish())) return false;
      running.fired.push(occurrences.map(({ deliveryId }) => deliveryId ?? ''));
      return true;
    },
    async watchChanges(asked: Watch) {
      watch = asked;
      from.push(asked.resumeAfter ?? asked.startAt);
      await new Promise<void>((resolve, reject) => {
        asked.signal.addEventListener('abort', () => resolve());
        lose = (error = new Error('no database')) => reject(error);
      });
    },
    report: () => undefined,
    clock,
    signal: stop.signal,
  };
  const change = (key: string, bytes = 100): Promise<void> =>
    watch?.changed({
      operation: 'insert',
      documentKey: null,
      document: null,
      update: null,
      at: null,
      key,
      token: key,
      bytes,
    }) ?? assert.fail();
  const running: Running = {
    clock,
    watched: { change, pass: (token) => watch?.passed(token), lose: (error) => lose(error), from },
    fired: [],
    positions: [],
    publish: async () => true,
    async stop() {
      stop.abort();
      await settle();
      await clock.advance(2000);
      await ended;
    },
  };
  const ended = changeStream.run?.(tools as unknown as RunTools);
  return running;
}

/** A publish that waits until it is let go. */
function holdUp(running: Running): (isPublished: boolean) => Promise<void> {
  let letGo = (_isPublished: boolean): void => undefined;
  running.publish = () => new Promise((resolve) => (letGo = resolve));
  return async (isPublished) => {
    letGo(isPublished);
    await settle();
  };
}

test('changes are published in order, those that come meanwhile together, and only what is published is noted', async () => {
  const running = run();
  const letGo = holdUp(running);
  for (const key of ['a', 'b']) await running.watched.change(key);
  await settle();
  for (const key of ['c', 'd']) await running.watched.change(key);
  running.watched.pass('d');
  assert.deepEqual([running.fired, running.positions], [[], []]);
  await letGo(true);
  assert.deepEqual([running.fired, running.positions], [[['a', 'b']], ['b']]);
  await letGo(true);
  assert.deepEqual(running.fired, [
    ['a', 'b'],
    ['c', 'd'],
  ]);
  running.watched.pass('e');
  assert.deepEqual(running.positions, ['b', 'd', 'e']);
  await running.stop();
});

test('what could not be published is tried again, before what came after it', async () => {
  const running = run();
  const letGo = holdUp(running);
  await running.watched.change('a');
  await settle();
  await running.watched.change('b');
  await letGo(false);
  assert.deepEqual(running.positions, []);
  await running.clock.advance(1000);
  await letGo(true);
  await letGo(true);
  assert.deepEqual(
    [running.fired, running.positions],
    [
      [['a'], ['b']],
      ['a', 'b'],
    ],
  );
  await running.stop();
});

test('whoever lost sight goes on behind what was published, once nothing is being published any more', async () => {
  const running = run('before');
  const letGo = holdUp(running);
  await running.watched.change('a');
  await settle();
  running.watched.lose();
  await settle();
  await running.clock.advance(5000);
  assert.deepEqual(running.watched.from, ['before']);
  await letGo(true);
  await running.clock.advance(1000);
  assert.deepEqual(running.watched.from, ['before', 'a']);
  await running.stop();
});

test('a stop publishes and notes nothing more', async () => {
  const running = run();
  const letGo = holdUp(running);
  await running.watched.change('a');
  await settle();
  await running.watched.change('b');
  const stopped = running.stop();
  await letGo(true);
  await stopped;
  assert.deepEqual([running.fired, running.positions], [[['a']], ['a']]);
});

for (const [what, count, bytes] of [
  ['a hundred changes', 100, 10],
  ['8 MiB', 4, 2 * 1024 * 1024],
] as const) {
  test(`no more is read while ${what} wait to be published`, async () => {
    const running = run();
    const letGo = holdUp(running);
    await running.watched.change('first', 1);
    await settle();
    for (let index = 1; index < count; index += 1) await running.watched.change(String(index), bytes);
    let isRead = false;
    const last = running.watched.change('last', bytes).then(() => {
      isRead = true;
    });
    await settle();
    assert.equal(isRead, false);
    await letGo(true);
    await letGo(true);
    await last;
    assert.equal(running.fired[1]?.length, count);
    await running.stop();
  });
}

test('the first run tells what has changed since the trigger was made or changed, and of another database what changes from then on', async () => {
  const own = run();
  assert.deepEqual(own.watched.from, [updatedAt]);
  own.watched.lose(new Problem('CURSOR_EXPIRED', 'gone'));
  await settle();
  await own.clock.advance(1000);
  assert.deepEqual(own.watched.from, [updatedAt, null]);
  await own.stop();
  const other = run(undefined, { uri: 'mongodb://example.com' });
  assert.deepEqual(other.watched.from, [null]);
  await other.stop();
});
