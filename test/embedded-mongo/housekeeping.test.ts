// What the store does on its own: expiring, forgetting, cleaning up. Called directly, with the time given.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregate } from '../../src/embedded-mongo/commands/aggregate.js';
import { drop } from '../../src/embedded-mongo/commands/collections.js';
import { createIndexes } from '../../src/embedded-mongo/commands/indexes.js';
import { insert } from '../../src/embedded-mongo/commands/insert.js';
import type { Engine } from '../../src/embedded-mongo/engine.js';
import { expireDocuments } from '../../src/embedded-mongo/housekeeping.js';
import { atOnce } from '../../src/embedded-mongo/work.js';
import { commandOf, withEngine } from './engine-kit.js';

const countOf = (engine: Engine) => engine.catalog.find('test.a')?.documentCount;
const index = (key: object, options: object) =>
  commandOf({ createIndexes: 'a', indexes: [{ key, name: 'i', ...options }] });

test('a TTL index lets documents go when their time is over', async () => {
  await withEngine(async (engine) => {
    await createIndexes(index({ at: 1 }, { expireAfterSeconds: 60 }), engine);
    const documents = [
      { at: new Date(0) },
      { at: new Date(100_000) },
      { at: 'never' },
      { other: 1 },
      { at: [new Date(0)] },
    ];
    await insert(commandOf({ insert: 'a', documents }), engine);
    await expireDocuments(engine, 59_000, () => false);
    assert.equal(countOf(engine), 5);
    await expireDocuments(engine, 61_000, () => false);
    assert.equal(countOf(engine), 3);
  });
});

test('a partial TTL index lets go only what it has', async () => {
  await withEngine(async (engine) => {
    const options = { expireAfterSeconds: 0, partialFilterExpression: { done: true } };
    await createIndexes(index({ at: 1 }, options), engine);
    const documents = Array.from({ length: 1200 }, (_, n) => ({ at: new Date(n), done: n % 2 === 0 }));
    await insert(commandOf({ insert: 'a', documents }), engine);
    await expireDocuments(engine, 5000, () => false);
    assert.equal(countOf(engine), 600);
  });
});

test('the oplog forgets what is too old or too much, and streams that want it are told', async () => {
  await withEngine(async (engine) => {
    await insert(commandOf({ insert: 'a', documents: [{ n: 1 }] }), engine);
    const start = engine.oplog.durable;
    for (let n = 0; n < 20; n += 1)
      await insert(commandOf({ insert: 'a', documents: [{ n, pad: 'x'.repeat(1000) }] }), engine);
    const prune = (maxBytes: number, nowMs: number) =>
      engine.writer.run(() => atOnce(() => engine.oplog.prune({ maxBytes, maxAgeMs: 60_000, nowMs, limit: 100 })));
    assert.equal(await prune(1_000_000, Date.now()), false);
    assert.equal(await prune(5000, Date.now()), true);
    const kept = [...engine.oplog.read(start)].length;
    assert.ok(kept > 1 && kept < 10, String(kept));
    const token = { _data: `82${start.toString(16).padStart(16, '0')}00` };
    const pipeline = [{ $changeStream: { resumeAfter: token } }];
    const watch = async () => aggregate(commandOf({ aggregate: 'a', pipeline, cursor: {} }), engine);
    await assert.rejects(watch, { code: 286 });
    assert.equal(await prune(1_000_000, Date.now() + 120_000), true);
    assert.equal([...engine.oplog.read(start)].length, 0);
    assert.ok(engine.oplog.last > start);
  });
});

test('a reader at the end of the log is woken by what it wants and moved past the rest', async () => {
  await withEngine(async (engine) => {
    const { oplog } = engine;
    const told: string[] = [];
    const isWanted = (namespace: string) => namespace === 'test.a';
    oplog.wait({
      isWanted,
      wake: () => told.push('wake'),
      pass: (at) => told.push(at === oplog.durable ? 'pass' : 'pass to another time'),
    });
    const documents = [{ n: 1 }, { n: 2 }];
    await insert(commandOf({ insert: 'b', documents }), engine);
    await insert(commandOf({ insert: 'a', documents }), engine);
    await insert(commandOf({ insert: 'a', documents }), engine);
    assert.deepEqual(told, ['pass', 'wake']);
    const inB = [...oplog.read(0n, isWanted)].filter(({ namespace }) => namespace === 'test.b');
    assert.deepEqual(
      inB.map(({ document }) => document.length),
      [0],
    );
  });
});

test('what a dropped collection leaves behind is deleted bit by bit', async () => {
  await withEngine(async (engine) => {
    await createIndexes(index({ n: 1 }, {}), engine);
    await insert(commandOf({ insert: 'a', documents: Array.from({ length: 250 }, (_, n) => ({ n })) }), engine);
    await drop(commandOf({ drop: 'a' }), engine);
    let rounds = 0;
    while (await engine.writer.run(() => atOnce(() => engine.catalog.sweep(100)))) rounds += 1;
    assert.ok(rounds >= 6);
    const { documents, indexes } = engine.storage;
    assert.deepEqual([documents.getKeysCount(), indexes.getKeysCount()], [0, 0]);
  });
});

test('sessions that were not used for long are forgotten', async () => {
  await withEngine(async (engine) => {
    const { Long, UUID } = await import('mongodb');
    const documents = [{ n: 1 }];
    await insert(
      commandOf({ insert: 'a', documents, lsid: { id: new UUID() }, txnNumber: Long.fromNumber(1) }),
      engine,
    );
    const prune = (nowMs: number) =>
      engine.writer.run(() => atOnce(() => engine.sessions.prune({ maxAgeMs: 1000, nowMs, limit: 10 })));
    await prune(Date.now());
    assert.equal(engine.storage.sessions.getKeysCount(), 1);
    await prune(Date.now() + 5000);
    assert.equal(engine.storage.sessions.getKeysCount(), 0);
  });
});
