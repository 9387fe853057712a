// Values of all sizes side by side in one transaction: each is put together where the one before was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryDir, withStore } from './kit.js';

/** Documents around the size of the buffer that values are sealed in (64 KiB), long beside short. */
const edge = 65_536;
const lengths = Array.from({ length: 120 }, (_, n) => (n % 3 === 0 ? edge - 90 + n : n % 3 === 1 ? n : 40_000 + n));
const documentOf = (_id: number) => ({ _id, text: String.fromCharCode(97 + (_id % 26)).repeat(lengths[_id] ?? 0) });
const all = lengths.map((_, n) => documentOf(n));

test('documents around 64 KiB, written by many at once, are read back as they were: at once, from the log, after a restart', async () => {
  const dir = temporaryDir();
  await withStore(async (client) => {
    const collection = client.db().collection<{ _id: number; text: string }>('sizes');
    await collection.createIndex({ text: 1 });
    const stream = collection.watch();
    const told: unknown[] = [];
    const isTold = (async () => {
      for await (const change of stream) {
        if (change.operationType === 'insert') told.push(change.fullDocument);
        if (told.length === all.length) return;
      }
    })();
    await stream.tryNext();
    // Some in lists of several, whose record in the log is longer than each of them.
    const lists = Array.from({ length: 40 }, (_, n) => all.slice(n * 3, n * 3 + 3));
    await Promise.all(lists.map((list, n) => (n % 2 === 0 ? collection.insertMany(list) : insertEach(list))));
    async function insertEach(list: typeof all): Promise<void> {
      await Promise.all(list.map((one) => collection.insertOne(one)));
    }
    assert.deepEqual(await collection.find().sort({ _id: 1 }).toArray(), all);
    await isTold;
    await stream.close();
    const byId = (a: unknown, b: unknown): number => (a as { _id: number })._id - (b as { _id: number })._id;
    assert.deepEqual(told.sort(byId), all);
  }, dir.path);
  await withStore(async (client) => {
    assert.deepEqual(await client.db().collection<{ _id: number }>('sizes').find().sort({ _id: 1 }).toArray(), all);
  }, dir.path);
  dir.remove();
});
