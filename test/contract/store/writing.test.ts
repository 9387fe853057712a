// Inserting, deleting, bulk writes, findAndModify and indexes. Source: MongoDB manual, "insert", "delete", "findAndModify", "createIndexes", "Unique Indexes", "Partial Indexes", "Sparse Indexes".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Document, Double, Long, MongoBulkWriteError, ObjectId } from 'mongodb';
import { collectionWith, errorOf, openStore } from './kit.js';

const store = await openStore();

async function bulkErrorOf(action: Promise<unknown>): Promise<MongoBulkWriteError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof MongoBulkWriteError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}

test('a document without _id gets one, as its first field', async () => {
  const collection = await collectionWith(store.db, []);
  await store.db.command({ insert: collection.collectionName, documents: [{ a: 1 }, { b: 1, _id: 5 }] });
  const found = await collection.find().sort({ a: -1 }).toArray();
  assert.ok(found[0]?._id instanceof ObjectId);
  assert.deepEqual(
    found.map((document) => Object.keys(document)[0]),
    ['_id', '_id'],
  );
});

test('a duplicate _id is told with code, pattern and value', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never }]);
  const error = await errorOf(collection.insertOne({ _id: new Double(1) as never }));
  assert.equal(error.code, 11000);
  assert.match(
    error.message,
    /^E11000 duplicate key error collection: \S+\.c\d+ index: _id_ dup key: \{ _id: 1(\.0)? \}$/,
  );
  assert.deepEqual(error['keyPattern'], { _id: 1 });
  assert.deepEqual(error['keyValue'], { _id: 1 });
});

test('a duplicate in a unique index is told with code, pattern and value', async () => {
  const collection = await collectionWith(store.db, [{ email: 'a@b.c', n: 1 }]);
  await collection.createIndex({ email: 1, n: -1 }, { unique: true });
  const error = await errorOf(collection.insertOne({ email: 'a@b.c', n: 1 }));
  assert.equal(error.code, 11000);
  assert.match(error.message, /index: email_1_n_-1 dup key: \{ email: "a@b\.c", n: 1 \}/);
  assert.deepEqual(error['keyPattern'], { email: 1, n: -1 });
  assert.deepEqual(error['keyValue'], { email: 'a@b.c', n: 1 });
});

test('an ordered insertMany stops at the first error', async () => {
  const collection = await collectionWith(store.db, []);
  const error = await bulkErrorOf(collection.insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }] as never));
  assert.equal(error.insertedCount, 1);
  assert.equal(await collection.countDocuments(), 1);
});

test('an unordered insertMany goes on after errors', async () => {
  const collection = await collectionWith(store.db, []);
  const error = await bulkErrorOf(
    collection.insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }] as never, { ordered: false }),
  );
  assert.equal(error.insertedCount, 2);
  const errors = [error.writeErrors].flat();
  assert.deepEqual(
    errors.map(({ index, code }) => [index, code]),
    [[1, 11000]],
  );
});

for (const [name, id] of [
  ['an array', [1]],
  ['a regular expression', /a/],
] as const) {
  test(`${name} is refused as _id`, async () => {
    const collection = await collectionWith(store.db, []);
    assert.equal((await errorOf(collection.insertOne({ _id: id as never }))).code, 53);
  });
}

test('documents of every size up to 16 MB are kept, larger ones refused', async () => {
  const collection = await collectionWith(store.db, []);
  for (const size of [0, 100, 2000, 5000, 100_000, 16 * 1024 * 1024 - 100])
    await collection.insertOne({ _id: size as never, pad: 'x'.repeat(size) });
  for await (const document of collection.find()) assert.equal(document['pad'].length, document._id as unknown);
  const reply = store.db.command({
    insert: collection.collectionName,
    documents: [{ pad: 'x'.repeat(16 * 1024 * 1024) }],
  });
  await assert.rejects(
    async () => {
      const { writeErrors } = await reply;
      throw Object.assign(new Error(), { code: writeErrors?.[0]?.code });
    },
    (error: { code: number }) => [10334, 2, 17420].includes(error.code),
  );
});

test('deleteOne deletes one, deleteMany all matches', async () => {
  const collection = await collectionWith(store.db, [{ a: 1 }, { a: 1 }, { a: 1 }, { a: 2 }]);
  assert.equal((await collection.deleteOne({ a: 1 })).deletedCount, 1);
  assert.equal((await collection.deleteMany({ a: 1 })).deletedCount, 2);
  assert.equal((await collection.deleteMany({ a: 9 })).deletedCount, 0);
  assert.equal(await collection.countDocuments(), 1);
});

test('an ordered bulkWrite stops at an error, and reports what was done', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never }]);
  const error = await bulkErrorOf(
    collection.bulkWrite([
      { updateOne: { filter: { _id: 1 as never }, update: { $set: { a: 1 } } } },
      { insertOne: { document: { _id: 1 as never } } },
      { insertOne: { document: { _id: 2 as never } } },
    ]),
  );
  assert.deepEqual([error.code, error.modifiedCount, error.insertedCount], [11000, 1, 0]);
});

test('an unordered bulkWrite does all it can', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, a: 'x' }]);
  const error = await bulkErrorOf(
    collection.bulkWrite(
      [
        { updateOne: { filter: { _id: 1 as never }, update: { $inc: { a: 1 } } } },
        { updateOne: { filter: { _id: 1 as never }, update: { $set: { b: 1 } } } },
        { updateOne: { filter: { _id: 2 as never }, update: { $set: { b: 1 } }, upsert: true } },
        { deleteOne: { filter: { _id: 3 as never } } },
      ],
      { ordered: false },
    ),
  );
  assert.deepEqual([error.modifiedCount, error.upsertedCount], [1, 1]);
  assert.deepEqual(await collection.find().sort({ _id: 1 }).toArray(), [
    { _id: 1, a: 'x', b: 1 },
    { _id: 2, b: 1 },
  ]);
});

test('a bulkWrite of 1,000 updates by _id counts each', async () => {
  const collection = await collectionWith(
    store.db,
    Array.from({ length: 1000 }, (_, n) => ({ _id: n as never })),
  );
  const result = await collection.bulkWrite(
    Array.from({ length: 1000 }, (_, n) => ({ updateOne: { filter: { _id: n as never }, update: { $set: { n } } } })),
    { ordered: false },
  );
  assert.equal(result.modifiedCount, 1000);
});

test('an unacknowledged write is done all the same', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never }]);
  await collection.insertOne({ _id: 2 as never }, { writeConcern: { w: 0 } });
  while ((await collection.countDocuments({ _id: 2 as never })) === 0);
  assert.equal(await collection.countDocuments(), 2);
});

test('concurrent upserts of one _id make one document', async () => {
  const collection = await collectionWith(store.db, []);
  await Promise.all(
    Array.from({ length: 50 }, () => collection.updateOne({ _id: 1 as never }, { $inc: { n: 1 } }, { upsert: true })),
  );
  assert.deepEqual(await collection.find().toArray(), [{ _id: 1, n: 50 }]);
});

test('concurrent inserts of one unique value leave one', async () => {
  const collection = await collectionWith(store.db, []);
  await collection.createIndex({ u: 1 }, { unique: true });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => collection.insertOne({ u: 1 })));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('findOneAndUpdate gives the document before, or after', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, n: 1 }]);
  assert.deepEqual(await collection.findOneAndUpdate({ n: 1 }, { $inc: { n: 1 } }), { _id: 1, n: 1 });
  assert.deepEqual(await collection.findOneAndUpdate({ n: 2 }, { $inc: { n: 1 } }, { returnDocument: 'after' }), {
    _id: 1,
    n: 3,
  });
  assert.equal(await collection.findOneAndUpdate({ n: 9 }, { $inc: { n: 1 } }), null);
});

test('findOneAndUpdate takes the first by its sort, and projects', async () => {
  const collection = await collectionWith(store.db, [
    { _id: 1 as never, n: 5 },
    { _id: 2 as never, n: 3 },
  ]);
  const options = { sort: { n: 1 as const }, projection: { n: 1, _id: 0 } };
  assert.deepEqual(await collection.findOneAndUpdate({}, { $set: { done: true } }, options), { n: 3 });
  assert.deepEqual(await collection.findOne({ done: true }), { _id: 2, n: 3, done: true });
});

test('findOneAndUpdate upserts and tells the new _id', async () => {
  const collection = await collectionWith(store.db, []);
  const result = await collection.findOneAndUpdate(
    { _id: 7 as never },
    { $set: { a: 1 } },
    { upsert: true, includeResultMetadata: true },
  );
  assert.deepEqual(result.lastErrorObject, { n: 1, updatedExisting: false, upserted: 7 });
  assert.equal(result.value, null);
});

test('findOneAndDelete and findOneAndReplace do what they say', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, n: 1 }]);
  assert.deepEqual(await collection.findOneAndReplace({ n: 1 }, { m: 2 }, { returnDocument: 'after' }), {
    _id: 1,
    m: 2,
  });
  assert.deepEqual(await collection.findOneAndDelete({ m: 2 }), { _id: 1, m: 2 });
  assert.equal(await collection.countDocuments(), 0);
});

test('findOneAndUpdate uses arrayFilters', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, a: [1, 5] }]);
  await collection.findOneAndUpdate({}, { $set: { 'a.$[big]': 0 } }, { arrayFilters: [{ big: { $gt: 2 } }] });
  assert.deepEqual(await collection.findOne(), { _id: 1, a: [1, 0] });
});

test('many findOneAndUpdate at once each take another document', async () => {
  const collection = await collectionWith(
    store.db,
    Array.from({ length: 100 }, (_, n) => ({ n, state: 'free' })),
  );
  await collection.createIndex({ state: 1, n: 1 });
  const taken = await Promise.all(
    Array.from({ length: 120 }, () =>
      collection.findOneAndUpdate({ state: 'free' }, { $set: { state: 'taken' } }, { sort: { n: 1 } }),
    ),
  );
  const numbers = taken.filter((each) => each !== null).map((each) => each['n'] as number);
  assert.deepEqual([numbers.length, new Set(numbers).size], [100, 100]);
});

test('indexes are listed as they were made', async () => {
  const collection = await collectionWith(store.db, []);
  await collection.createIndex({ a: 1, b: -1 }, { unique: true, name: 'mine' });
  await collection.createIndex({ c: 1 }, { sparse: true });
  await collection.createIndex({ d: 1 }, { expireAfterSeconds: 60 });
  await collection.createIndex({ e: 1 }, { partialFilterExpression: { e: { $gt: 1 } } });
  const listed: Document[] = await collection.listIndexes().toArray();
  for (const each of listed) delete each['v'];
  assert.deepEqual(listed, [
    { key: { _id: 1 }, name: '_id_' },
    { key: { a: 1, b: -1 }, name: 'mine', unique: true },
    { key: { c: 1 }, name: 'c_1', sparse: true },
    { key: { d: 1 }, name: 'd_1', expireAfterSeconds: 60 },
    { key: { e: 1 }, name: 'e_1', partialFilterExpression: { e: { $gt: 1 } } },
  ]);
});

test('a unique index over documents that break it is refused and leaves nothing', async () => {
  const collection = await collectionWith(store.db, [{ a: 1 }, { a: 1 }]);
  assert.equal((await errorOf(collection.createIndex({ a: 1 }, { unique: true }))).code, 11000);
  assert.equal((await collection.indexes()).length, 1);
  await collection.insertOne({ a: 1 });
});

test('a unique index treats a missing field as null', async () => {
  const collection = await collectionWith(store.db, [{ b: 1 }]);
  await collection.createIndex({ a: 1 }, { unique: true });
  assert.equal((await errorOf(collection.insertOne({ b: 2 }))).code, 11000);
});

test('a sparse unique index leaves documents without the field alone', async () => {
  const collection = await collectionWith(store.db, [{ b: 1 }]);
  await collection.createIndex({ a: 1 }, { unique: true, sparse: true });
  await collection.insertMany([{ b: 2 }, { a: 1 }]);
  assert.equal((await errorOf(collection.insertOne({ a: 1 }))).code, 11000);
  assert.equal((await collection.find().sort({ a: 1 }).toArray()).length, 3);
  assert.equal(await collection.countDocuments({ a: null }), 2);
});

test('a partial unique index looks only at what its filter finds', async () => {
  const collection = await collectionWith(store.db, [{ a: 1, live: false }]);
  await collection.createIndex({ a: 1 }, { unique: true, partialFilterExpression: { live: true } });
  await collection.insertMany([
    { a: 1, live: true },
    { a: 1, live: false },
  ]);
  assert.equal((await errorOf(collection.insertOne({ a: 1, live: true }))).code, 11000);
  assert.equal((await errorOf(collection.updateOne({ live: false }, { $set: { live: true } }))).code, 11000);
  assert.equal(await collection.countDocuments({ a: 1 }), 3);
  assert.equal(await collection.countDocuments({ a: 1, live: true }), 1);
});

test('a unique index over arrays refuses an element another document has', async () => {
  const collection = await collectionWith(store.db, [{ tags: ['a', 'b'] }]);
  await collection.createIndex({ tags: 1 }, { unique: true });
  await collection.insertOne({ tags: ['c', 'c'] });
  assert.equal((await errorOf(collection.insertOne({ tags: ['x', 'b'] }))).code, 11000);
});

test('an update that would break a unique index changes nothing', async () => {
  const collection = await collectionWith(store.db, [
    { _id: 1 as never, a: 1, b: 1 },
    { _id: 2 as never, a: 2, b: 2 },
  ]);
  await collection.createIndex({ a: 1 }, { unique: true });
  await collection.createIndex({ b: 1 });
  assert.equal((await errorOf(collection.updateOne({ _id: 2 as never }, { $set: { a: 1, b: 9 } }))).code, 11000);
  assert.deepEqual(await collection.findOne({ b: 2 }), { _id: 2, a: 2, b: 2 });
  assert.equal(await collection.findOne({ b: 9 }), null);
});

test('two arrays in one compound index are refused', async () => {
  const collection = await collectionWith(store.db, []);
  await collection.createIndex({ a: 1, b: 1 });
  assert.equal((await errorOf(collection.insertOne({ a: [1], b: [1] }))).code, 171);
});

test('an index over an existing collection finds what was there before and what comes after', async () => {
  const collection = await collectionWith(
    store.db,
    Array.from({ length: 2000 }, (_, n) => ({ n })),
  );
  await Promise.all([
    collection.createIndex({ n: 1 }),
    collection.insertMany(Array.from({ length: 500 }, (_, n) => ({ n: 2000 + n }))),
  ]);
  assert.equal(await collection.countDocuments({ n: { $gte: 1000 } }), 1500);
});

test('a dropped index is gone and its name is free', async () => {
  const collection = await collectionWith(store.db, [{ a: 1 }]);
  await collection.createIndex({ a: 1 });
  await collection.dropIndex('a_1');
  assert.equal((await collection.indexes()).length, 1);
  await collection.createIndex({ a: 1 });
  assert.equal(await collection.countDocuments({ a: 1 }), 1);
  assert.equal((await errorOf(collection.dropIndex('none'))).code, 27);
  await collection.dropIndexes();
  assert.equal((await collection.indexes()).length, 1);
});

const refusedIndexes: [name: string, key: Document, options: Document, codes: number[]][] = [
  ['a direction of zero', { a: 0 }, {}, [67]],
  ['an empty key', {}, { name: 'x' }, [67]],
  ['an unknown option', { a: 1 }, { foo: 1 }, [197]],
  ['a partial filter with $or', { a: 1 }, { partialFilterExpression: { $nor: [{ a: 1 }] } }, [67]],
  ['a TTL on two fields', { a: 1, b: 1 }, { expireAfterSeconds: 5 }, [67]],
];

for (const [name, key, options, codes] of refusedIndexes) {
  test(`an index with ${name} is refused`, async () => {
    const collection = await collectionWith(store.db, [{ a: 1 }]);
    const error = await errorOf(
      store.db.command({ createIndexes: collection.collectionName, indexes: [{ key, name: 'n', ...options }] }),
    );
    assert.ok(codes.includes(Number(error.code)), `${error.code}: ${error.message}`);
  });
}

test('the same index twice is no error, the same name for another is', async () => {
  const collection = await collectionWith(store.db, []);
  await collection.createIndex({ a: 1 });
  await collection.createIndex({ a: 1 });
  assert.equal((await errorOf(collection.createIndex({ b: 1 }, { name: 'a_1' }))).code, 86);
  assert.equal((await errorOf(collection.createIndex({ a: 1 }, { name: 'other' }))).code, 85);
});

test('collections are created, listed and dropped', async () => {
  const db = store.client.db(`${store.db.databaseName}_more`);
  await db.createCollection('one');
  await db.collection('two').insertOne({});
  assert.deepEqual((await db.listCollections().toArray()).map(({ name }) => name).sort(), ['one', 'two']);
  assert.equal((await db.listCollections({ name: 'two' }).toArray()).length, 1);
  await db.dropCollection('one');
  assert.deepEqual(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
    ['two'],
  );
  await db.dropDatabase();
  assert.deepEqual(await db.listCollections().toArray(), []);
});

test('an unknown command and an unknown option are refused by name', async () => {
  const unknown = await errorOf(store.db.command({ fly: 1 }));
  assert.deepEqual([unknown.code, unknown.codeName], [59, 'CommandNotFound']);
  const option = await errorOf(store.db.command({ find: 'x', wings: 2 }));
  assert.equal(option.code, 40415);
  assert.match(option.message, /find\.wings/);
});

test('a bad namespace is refused', async () => {
  assert.equal((await errorOf(store.db.command({ find: '' }))).code, 73);
  assert.equal((await errorOf(store.db.command({ insert: 'a$b', documents: [{}] }))).code, 73);
});

test('longs keep their value through a round trip', async () => {
  const collection = await collectionWith(store.db, [{ n: Long.fromString('9223372036854775807') }]);
  assert.equal(String((await collection.findOne({}, { promoteLongs: false }))?.['n']), '9223372036854775807');
});

test('a repeated retryable write is done once', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, n: 0 }]);
  const session = store.client.startSession();
  const command = { update: collection.collectionName, updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }] };
  const send = (txnNumber: number) =>
    store.db.command({ ...command, txnNumber: Long.fromNumber(txnNumber) }, { session });
  const replies = [await send(1000), await send(1000)];
  assert.deepEqual(
    replies.map(({ nModified }) => nModified as unknown),
    [1, 1],
  );
  assert.deepEqual(await collection.findOne(), { _id: 1, n: 1 });
  assert.equal((await errorOf(send(999))).code, 225);
  // not ended: its number is far ahead of what the driver would count
});
