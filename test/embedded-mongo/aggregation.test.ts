// Long aggregations and sorts: others are answered meanwhile, memory is bounded, and the store outlives what takes too much.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, MongoClient } from 'mongodb';
import { aggregate } from '../../src/embedded-mongo/commands/aggregate.js';
import { find } from '../../src/embedded-mongo/commands/find.js';
import { insert } from '../../src/embedded-mongo/commands/insert.js';
import type { Engine } from '../../src/embedded-mongo/engine.js';
import { commandOf, withEngine } from './engine-kit.js';
import { withStore } from './kit.js';

async function fill(engine: Engine, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    const documents = Array.from({ length: 1000 }, (_, i) => ({
      n: from + i,
      text: `${(from + i) * 7919}`.padEnd(40),
    }));
    await insert(commandOf({ insert: 'a', documents }), engine);
  }
}

/** How many turns of the loop others got until the work was done. */
async function turnsUntil(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const finished = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    turns += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await finished;
  return turns;
}

const heavy = [
  { $addFields: { list: { $range: [0, 40] } } },
  { $unwind: '$list' },
  { $group: { _id: { $mod: ['$n', 100] }, total: { $sum: '$list' } } },
  { $sort: { total: -1 } },
];

test('while stages run, others get their turns, as many as a second of their work is worth', async () => {
  await withEngine(async (engine) => {
    await fill(engine, 2000);
    await aggregate(commandOf({ aggregate: 'a', pipeline: [{ $count: 'n' }, { $match: {} }], cursor: {} }), engine);
    const turns = await turnsUntil(aggregate(commandOf({ aggregate: 'a', pipeline: heavy, cursor: {} }), engine));
    assert.ok(turns > 1000, String(turns));
  });
});

test('a sort without an index gives others a turn for every few thousand documents', async () => {
  await withEngine(async (engine) => {
    await fill(engine, 40_000);
    const turns = await turnsUntil(find(commandOf({ find: 'a', sort: { text: 1 }, batchSize: 40_000 }), engine));
    assert.ok(turns >= 10, String(turns));
  });
});

const ping = (client: MongoClient) => client.db().admin().ping();

test('clients are served while others aggregate, whose answers come in the end', async () => {
  await withStore(async (client) => {
    const collection = client.db().collection('a');
    await collection.insertMany(Array.from({ length: 1000 }, (_, n) => ({ n })));
    const answered: string[] = [];
    const results = Array.from({ length: 3 }, async () => {
      const found = await collection.aggregate<Document>(heavy).toArray();
      answered.push('aggregate');
      return found.length;
    });
    for (let i = 0; i < 50; i += 1) await ping(client);
    answered.push('pings');
    assert.deepEqual(await Promise.all(results), [100, 100, 100]);
    assert.equal(answered[0], 'pings');
  });
});

test('stages that need too much memory fail with an error, and the next pipeline runs', async () => {
  await withStore(async (client) => {
    const collection = client.db().collection('a');
    await collection.insertOne({ n: 1 });
    const deeper = { $addFields: { list: { $map: { input: '$list', in: { a: '$$this', b: ['$$this'] } } } } };
    const explosions: Document[][] = [
      [{ $addFields: { list: { $range: [0, 50_000_000] } } }],
      [{ $addFields: { list: { $range: [0, 150_000] } } }, deeper, deeper, deeper, deeper],
    ];
    for (const pipeline of explosions)
      await assert.rejects(collection.aggregate(pipeline).toArray(), /memory|out of range/);
    assert.deepEqual(await collection.aggregate([{ $group: { _id: '$n' } }]).toArray(), [{ _id: 1 }]);
  });
});

test('code is not run', async () => {
  await withStore(async (client) => {
    const collection = client.db().collection('a');
    await collection.insertOne({ n: 1 });
    const body = { $function: { body: 'function () { return 1; }', args: [], lang: 'js' } };
    await assert.rejects(collection.aggregate([{ $addFields: { x: body } }]).toArray());
    await assert.rejects(collection.find({ $expr: body }).toArray());
  });
});
