// Change streams. Source: MongoDB manual, "Change Streams", "Change Events".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeStream, ChangeStreamDocument, Document } from 'mongodb';
import { collectionWith, errorOf, openStore } from './kit.js';

const store = await openStore();

/** The next events of a stream. */
async function take(stream: ChangeStream, count: number): Promise<ChangeStreamDocument[]> {
  const events: ChangeStreamDocument[] = [];
  while (events.length < count) events.push(await stream.next());
  return events;
}

/** Short waits: an empty look at the stream takes this long. */
const quick = { maxAwaitTimeMS: 20 };

/** Opens the stream on the server before anything is written. */
async function opened<T extends ChangeStream>(stream: T): Promise<T> {
  await stream.tryNext();
  return stream;
}

const kinds = (events: readonly ChangeStreamDocument[]) => events.map(({ operationType }) => operationType);

test('a stream tells inserts, updates, replacements and deletes in order', async () => {
  const collection = await collectionWith(store.db, [{ _id: 0 as never }]);
  const stream = await opened(collection.watch([], quick));
  await collection.insertOne({ _id: 1 as never, a: 1, b: { c: 1 } });
  await collection.updateOne({ _id: 1 as never }, { $set: { a: 2, 'b.c': 2 }, $unset: { d: 1 } });
  await collection.replaceOne({ _id: 1 as never }, { z: 1 });
  await collection.deleteOne({ _id: 1 as never });
  const events = await take(stream, 4);
  assert.deepEqual(kinds(events), ['insert', 'update', 'replace', 'delete']);
  const [insert, update, replace, remove] = events as unknown as Document[];
  assert.deepEqual(insert?.['fullDocument'], { _id: 1, a: 1, b: { c: 1 } });
  assert.deepEqual(insert?.['ns'], { db: store.db.databaseName, coll: collection.collectionName });
  assert.deepEqual(update?.['updateDescription'], {
    updatedFields: { a: 2, 'b.c': 2 },
    removedFields: [],
    truncatedArrays: [],
  });
  assert.equal(update?.['fullDocument'], undefined);
  assert.deepEqual(replace?.['fullDocument'], { _id: 1, z: 1 });
  assert.deepEqual(remove?.['documentKey'], { _id: 1 });
  await stream.close();
});

test('an update tells appended elements by their index', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, a: [1] }]);
  const stream = await opened(collection.watch([], quick));
  await collection.updateOne({}, { $push: { a: 2 } as never });
  const [event] = (await take(stream, 1)) as unknown as Document[];
  assert.deepEqual(event?.['updateDescription'].updatedFields, { 'a.1': 2 });
  await stream.close();
});

test('an update that changes nothing is not told', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, a: 1 }]);
  const stream = await opened(collection.watch([], quick));
  await collection.updateOne({}, { $set: { a: 1 } });
  await collection.insertOne({ _id: 2 as never });
  assert.deepEqual(kinds(await take(stream, 1)), ['insert']);
  await stream.close();
});

test('updateLookup gives the whole document, or null when it is gone', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, a: 1 }, { _id: 2 as never }]);
  const stream = await opened(collection.watch([], { fullDocument: 'updateLookup', ...quick }));
  await collection.bulkWrite([
    { updateOne: { filter: { _id: 1 as never }, update: { $set: { b: 1 } } } },
    { updateOne: { filter: { _id: 2 as never }, update: { $set: { b: 1 } } } },
    { deleteOne: { filter: { _id: 2 as never } } },
  ]);
  const [first, second] = (await take(stream, 2)) as unknown as Document[];
  assert.deepEqual(first?.['fullDocument'], { _id: 1, a: 1, b: 1 });
  assert.ok(second !== undefined);
  await stream.close();
});

test('a stream with $match and $project tells what they leave', async () => {
  const collection = await collectionWith(store.db, []);
  const pipeline = [{ $match: { 'fullDocument.n': { $gte: 2 } } }, { $project: { 'fullDocument.n': 1 } }];
  const stream = await opened(collection.watch(pipeline, quick));
  await collection.insertMany([{ n: 1 }, { n: 2, m: 1 }, { n: 3 }]);
  const events = (await take(stream, 2)) as unknown as Document[];
  assert.deepEqual(
    events.map(({ fullDocument }) => fullDocument as unknown),
    [{ n: 2 }, { n: 3 }],
  );
  await stream.close();
});

test('a stream on a database tells all of its collections', async () => {
  const one = await collectionWith(store.db, [{}]);
  const two = await collectionWith(store.db, [{}]);
  const stream = await opened(store.db.watch([{ $match: { operationType: 'insert' } }], quick));
  await one.insertOne({});
  await two.insertOne({});
  const events = (await take(stream, 2)) as unknown as Document[];
  assert.deepEqual(
    events.map(({ ns }) => ns.coll as unknown),
    [one.collectionName, two.collectionName],
  );
  await stream.close();
});

test('resumeAfter goes on behind the event, startAfter too', async () => {
  const collection = await collectionWith(store.db, []);
  const stream = await opened(collection.watch([], quick));
  await collection.insertMany([1, 2, 3, 4].map((n) => ({ _id: n as never })));
  const [first] = await take(stream, 2);
  await stream.close();
  for (const option of ['resumeAfter', 'startAfter'] as const) {
    const resumed = collection.watch([], { [option]: first?._id });
    const events = (await take(resumed, 3)) as unknown as Document[];
    assert.deepEqual(
      events.map(({ documentKey }) => documentKey._id as unknown),
      [2, 3, 4],
    );
    await resumed.close();
  }
});

test('startAtOperationTime begins at that time', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never }]);
  const { operationTime } = await store.db.command({ ping: 1 });
  await collection.insertOne({ _id: 2 as never });
  const stream = collection.watch([], { startAtOperationTime: operationTime });
  const events = (await take(stream, 1)) as unknown as Document[];
  const ids = events.map(({ documentKey }) => documentKey._id as number);
  assert.ok(ids[0] === 1 || ids[0] === 2);
  await stream.close();
});

test('dropping the collection ends its stream with drop and invalidate', async () => {
  const collection = await collectionWith(store.db, [{}]);
  const stream = await opened(collection.watch([], quick));
  await collection.drop();
  assert.deepEqual(kinds(await take(stream, 2)), ['drop', 'invalidate']);
});

test('a token that is none is refused', async () => {
  const collection = await collectionWith(store.db, [{}]);
  const stream = collection.watch([], { resumeAfter: { _data: 'nonsense' } });
  const error = await errorOf(stream.next());
  assert.ok([260, 9, 50811].includes(Number(error.code)), String(error.code));
});

test('a stage that is not allowed in a stream is refused', async () => {
  const collection = await collectionWith(store.db, [{}]);
  const error = await errorOf(collection.watch([{ $group: { _id: null } }]).next());
  assert.equal(error.code, 20);
});

test('concurrent writers are told in one order, to every stream the same', async () => {
  const collection = await collectionWith(store.db, [{}]);
  const streams = [await opened(collection.watch([], quick)), await opened(collection.watch([], quick))];
  await Promise.all(Array.from({ length: 200 }, (_, n) => collection.insertOne({ _id: n as never })));
  const seen = await Promise.all(streams.map((stream) => take(stream, 200)));
  const [a, b] = seen.map((events) =>
    (events as unknown as Document[]).map(({ documentKey }) => documentKey._id as number),
  );
  assert.deepEqual(a, b);
  assert.equal(new Set(a).size, 200);
  for (const stream of streams) await stream.close();
});

test('what is written to other collections in between is passed over', async () => {
  const collection = await collectionWith(store.db, [{}]);
  const other = await collectionWith(store.db, [{}]);
  const stream = await opened(collection.watch([], quick));
  await Promise.all(Array.from({ length: 700 }, () => other.insertOne({})));
  await collection.insertOne({ n: 1 });
  await other.insertMany([{}, {}]);
  await collection.insertOne({ n: 2 });
  const [first, second] = (await take(stream, 2)) as unknown as Document[];
  assert.deepEqual([first?.['fullDocument'].n, second?.['fullDocument'].n], [1, 2]);
  await stream.close();
  const again = collection.watch([], { ...quick, resumeAfter: first?.['_id'] });
  assert.deepEqual(((await take(again, 1)) as unknown as Document[])[0], second);
  await again.close();
});

test('an event that is waited for comes at once', async () => {
  const collection = await collectionWith(store.db, [{}]);
  const stream = collection.watch([], { maxAwaitTimeMS: 5000 });
  const waiting = stream.next();
  await new Promise((resolve) => stream.once('resumeTokenChanged', resolve));
  const started = performance.now();
  await collection.insertOne({});
  await waiting;
  assert.ok(performance.now() - started < 2000);
  await stream.close();
});
