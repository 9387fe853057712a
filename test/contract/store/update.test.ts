// Update operators against the store. Source: MongoDB manual, "Update Operators", "Update Operators Behavior".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal128, type Document, Double, Int32, Long, Timestamp } from 'mongodb';
import { collectionWith, errorOf, openStore } from './kit.js';

const store = await openStore();

type Case = [name: string, before: Document, update: Document, after: Document, options?: Document];

const cases: Case[] = [
  ['$set sets a field', { a: 1 }, { $set: { a: 2 } }, { a: 2 }],
  ['$set adds new fields in the order of their names', { z: 1 }, { $set: { c: 1, b: 1 } }, { z: 1, b: 1, c: 1 }],
  ['$set makes the documents on the way', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
  ['$set of an array index sets the element', { a: [1, 2] }, { $set: { 'a.1': 5 } }, { a: [1, 5] }],
  ['$set behind the end of an array fills up with null', { a: [1] }, { $set: { 'a.3': 5 } }, { a: [1, null, null, 5] }],
  ['$set goes into documents in arrays by index', { a: [{ b: 1 }] }, { $set: { 'a.0.b': 2 } }, { a: [{ b: 2 }] }],
  ['$set of a number makes a document where nothing is', {}, { $set: { 'a.0': 1 } }, { a: { 0: 1 } }],
  ['$unset removes a field', { a: 1, b: 2 }, { $unset: { a: '' } }, { b: 2 }],
  ['$unset of what is not there changes nothing', { a: 1 }, { $unset: { b: '' } }, { a: 1 }],
  ['$unset of an element leaves null', { a: [1, 2] }, { $unset: { 'a.0': '' } }, { a: [null, 2] }],
  ['$unset goes down a path', { a: { b: 1, c: 2 } }, { $unset: { 'a.b': '' } }, { a: { c: 2 } }],
  ['$inc adds', { a: 1 }, { $inc: { a: 2 } }, { a: 3 }],
  ['$inc sets what is missing', {}, { $inc: { a: 2 } }, { a: 2 }],
  ['$inc of a double gives a double', { a: 1 }, { $inc: { a: new Double(1) } }, { a: new Double(2) }],
  ['$inc of a long gives a long', { a: 1 }, { $inc: { a: Long.fromNumber(1) } }, { a: Long.fromNumber(2) }],
  ['$inc beyond 32 bits gives a long', { a: 2147483647 }, { $inc: { a: 1 } }, { a: Long.fromString('2147483648') }],
  [
    '$inc of a long beyond 2^53 is exact',
    { a: Long.fromString('9007199254740993') },
    { $inc: { a: 1 } },
    { a: Long.fromString('9007199254740994') },
  ],
  [
    '$inc of decimals is exact',
    { a: Decimal128.fromString('0.1') },
    { $inc: { a: Decimal128.fromString('0.2') } },
    { a: Decimal128.fromString('0.3') },
  ],
  ['$mul multiplies', { a: 3 }, { $mul: { a: 2 } }, { a: 6 }],
  ['$mul of what is missing gives zero of its type', {}, { $mul: { a: new Double(2) } }, { a: new Double(0) }],
  ['$min takes the lesser', { a: 5 }, { $min: { a: 3 } }, { a: 3 }],
  ['$min keeps the lesser', { a: 2 }, { $min: { a: 3 } }, { a: 2 }],
  ['$max takes the greater', { a: 2 }, { $max: { a: 3 } }, { a: 3 }],
  ['$max compares types in their order', { a: 5 }, { $max: { a: 'a' } }, { a: 'a' }],
  ['$max sets what is missing', {}, { $max: { a: 1 } }, { a: 1 }],
  ['$rename moves a field', { a: 1, b: 2 }, { $rename: { a: 'c' } }, { b: 2, c: 1 }],
  ['$rename replaces what has the new name', { a: 1, b: 2 }, { $rename: { a: 'b' } }, { b: 1 }],
  ['$rename of what is not there changes nothing', { a: 1 }, { $rename: { b: 'c' } }, { a: 1 }],
  ['$rename moves into documents', { a: 1 }, { $rename: { a: 'b.c' } }, { b: { c: 1 } }],
  ['$setOnInsert does nothing to what is there', { a: 1 }, { $setOnInsert: { a: 2 } }, { a: 1 }],
  ['$push appends', { a: [1] }, { $push: { a: 2 } }, { a: [1, 2] }],
  ['$push makes the array', {}, { $push: { a: 2 } }, { a: [2] }],
  ['$push of an array appends it as one element', { a: [1] }, { $push: { a: [2, 3] } }, { a: [1, [2, 3]] }],
  ['$push with $each appends all', { a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  ['$push with $each makes the array', {}, { $push: { a: { $each: [1, 2] } } }, { a: [1, 2] }],
  ['$push with $slice keeps the last', { a: [1, 2] }, { $push: { a: { $each: [3, 4], $slice: -2 } } }, { a: [3, 4] }],
  ['$push with $slice keeps the first', { a: [1, 2] }, { $push: { a: { $each: [3], $slice: 2 } } }, { a: [1, 2] }],
  ['$push with $slice 0 empties', { a: [1] }, { $push: { a: { $each: [], $slice: 0 } } }, { a: [] }],
  [
    '$push with $slice on a missing field makes the array',
    {},
    { $push: { a: { $each: [1, 2, 3], $slice: -2 } } },
    { a: [2, 3] },
  ],
  [
    '$push with $position inserts',
    { a: [1, 4] },
    { $push: { a: { $each: [2, 3], $position: 1 } } },
    { a: [1, 2, 3, 4] },
  ],
  [
    '$push with a negative $position counts from the end',
    { a: [1, 4] },
    { $push: { a: { $each: [3], $position: -1 } } },
    { a: [1, 3, 4] },
  ],
  ['$push with $sort orders', { a: [3, 1] }, { $push: { a: { $each: [2], $sort: 1 } } }, { a: [1, 2, 3] }],
  [
    '$push with $sort by a field orders documents',
    { a: [{ n: 3 }] },
    { $push: { a: { $each: [{ n: 1 }, { n: 2 }], $sort: { n: -1 } } } },
    { a: [{ n: 3 }, { n: 2 }, { n: 1 }] },
  ],
  ['$addToSet adds what is not there', { a: [1] }, { $addToSet: { a: 2 } }, { a: [1, 2] }],
  ['$addToSet leaves what is there', { a: [1] }, { $addToSet: { a: new Double(1) } }, { a: [1] }],
  ['$addToSet with $each adds each once', { a: [1] }, { $addToSet: { a: { $each: [1, 2, 2] } } }, { a: [1, 2] }],
  [
    '$addToSet tells documents by field order',
    { a: [{ x: 1, y: 1 }] },
    { $addToSet: { a: { y: 1, x: 1 } } },
    {
      a: [
        { x: 1, y: 1 },
        { y: 1, x: 1 },
      ],
    },
  ],
  ['$pull removes equal values', { a: [1, 2, 1] }, { $pull: { a: 1 } }, { a: [2] }],
  ['$pull removes by a condition', { a: [1, 5, 9] }, { $pull: { a: { $gt: 4 } } }, { a: [1] }],
  [
    '$pull removes documents by fields',
    { a: [{ n: 1, m: 1 }, { n: 2 }] },
    { $pull: { a: { n: 1 } } },
    { a: [{ n: 2 }] },
  ],
  [
    '$pull removes documents by conditions on fields',
    { a: [{ n: 1 }, { n: 5 }] },
    { $pull: { a: { n: { $gte: 5 } } } },
    { a: [{ n: 1 }] },
  ],
  ['$pull of what is missing changes nothing', {}, { $pull: { a: 1 } }, {}],
  ['$pull with $in removes any of them', { a: ['x', 'y', 'z'] }, { $pull: { a: { $in: ['x', 'z'] } } }, { a: ['y'] }],
  ['$pullAll removes all of them', { a: [1, 2, 3, 1] }, { $pullAll: { a: [1, 3] } }, { a: [2] }],
  ['$pop removes the last', { a: [1, 2] }, { $pop: { a: 1 } }, { a: [1] }],
  ['$pop -1 removes the first', { a: [1, 2] }, { $pop: { a: -1 } }, { a: [2] }],
  ['$bit with and keeps common bits', { a: 13 }, { $bit: { a: { and: 10 } } }, { a: 8 }],
  ['$bit with or sets bits', { a: 3 }, { $bit: { a: { or: 5 } } }, { a: 7 }],
  ['$bit with xor turns bits round', { a: 1 }, { $bit: { a: { xor: 5 } } }, { a: 4 }],
  [
    '$bit of a long keeps its 64 bits',
    { a: Long.fromString('4294967296') },
    { $bit: { a: { or: 1 } } },
    { a: Long.fromString('4294967297') },
  ],
  ['$bit by a long gives a long', { a: 1 }, { $bit: { a: { or: Long.fromNumber(2) } } }, { a: Long.fromNumber(3) }],
  ['$bit takes what is missing for zero', {}, { $bit: { a: { or: 5 } } }, { a: 5 }],
  ['$[] changes every element', { a: [1, 2] }, { $inc: { 'a.$[]': 1 } }, { a: [2, 3] }],
  ['$[] goes on into documents', { a: [{ n: 1 }, { n: 2 }] }, { $set: { 'a.$[].n': 0 } }, { a: [{ n: 0 }, { n: 0 }] }],
  ['nested $[] changes every inner element', { a: [[1, 2], [3]] }, { $inc: { 'a.$[].$[]': 1 } }, { a: [[2, 3], [4]] }],
  [
    'arrayFilters choose elements',
    { a: [1, 5, 9] },
    { $set: { 'a.$[e]': 0 } },
    { a: [1, 0, 0] },
    { arrayFilters: [{ e: { $gte: 5 } }] },
  ],
  [
    'arrayFilters choose by a field',
    { a: [{ n: 1 }, { n: 2 }] },
    { $set: { 'a.$[e].m': 1 } },
    { a: [{ n: 1 }, { n: 2, m: 1 }] },
    { arrayFilters: [{ 'e.n': 2 }] },
  ],
  [
    'several operators apply together',
    { a: 1, b: [1] },
    { $inc: { a: 1 }, $push: { b: 2 }, $set: { c: 1 } },
    { a: 2, b: [1, 2], c: 1 },
  ],
  ['a double that is whole stays a double', { a: new Double(5), b: 1 }, { $set: { b: 2 } }, { a: new Double(5), b: 2 }],
  [
    'other types are kept as they are',
    { a: new Timestamp({ t: 1, i: 2 }), b: new Int32(1), l: Long.fromNumber(3) },
    { $set: { b: new Double(2) } },
    { a: new Timestamp({ t: 1, i: 2 }), b: new Double(2), l: Long.fromNumber(3) },
  ],
];

const exact = { promoteValues: false, promoteLongs: false } as const;

for (const [name, before, update, after, options] of cases) {
  test(name, async () => {
    const collection = await collectionWith(store.db, [{ _id: 1 as never, ...before }]);
    const result = await collection.updateOne({ _id: 1 as never }, update, options);
    assert.equal(result.matchedCount, 1);
    const expected = await collectionWith(store.db, [{ _id: 1 as never, ...after }]);
    const [found] = await collection.find({}, { raw: true }).toArray();
    const [wanted] = await expected.find({}, { raw: true }).toArray();
    const shown = await collection.findOne({}, exact);
    assert.deepEqual(found, wanted, `got ${JSON.stringify(shown)}`);
  });
}

const failing: [name: string, before: Document, update: Document, codes: number[]][] = [
  ['an unknown operator is refused', {}, { $foo: { a: 1 } }, [9]],
  ['$inc of text is refused', { a: 'x' }, { $inc: { a: 1 } }, [14]],
  ['$inc by text is refused', { a: 1 }, { $inc: { a: 'x' } }, [14]],
  ['$bit on a double is refused', { a: 1.5 }, { $bit: { a: { and: 1 } } }, [2]],
  ['$bit by a double is refused', { a: 1 }, { $bit: { a: { and: new Double(1.5) } } }, [2]],
  ['$bit with another word is refused', { a: 1 }, { $bit: { a: { nand: 1 } } }, [2]],
  ['$push on a scalar is refused', { a: 1 }, { $push: { a: 1 } }, [2]],
  ['$pull on a scalar is refused', { a: 1 }, { $pull: { a: 1 } }, [2]],
  ['$pop on a scalar is refused', { a: 1 }, { $pop: { a: 1 } }, [14]],
  ['a change of _id is refused', {}, { $set: { _id: 2 } }, [66]],
  ['two operators on one field are refused', {}, { $set: { a: 1 }, $inc: { a: 1 } }, [40]],
  ['an operator on a field and one below it are refused', {}, { $set: { a: 1, 'a.b': 1 } }, [40]],
  ['a path through a scalar is refused', { a: 1 }, { $set: { 'a.b': 1 } }, [28]],
  ['a name as an array index is refused', { a: [1] }, { $set: { 'a.b': 1 } }, [28]],
  ['$ without an array in the query is refused', { a: [1] }, { $set: { 'a.$': 1 } }, [2]],
  ['an array filter that is not given is refused', { a: [1] }, { $set: { 'a.$[e]': 1 } }, [2]],
  ['an index far behind the end of an array is refused', { a: [] }, { $set: { 'a.2000000': 1 } }, [34]],
  ['a field of an element far behind the end is refused', { a: [] }, { $set: { 'a.2000000.b': 1 } }, [34]],
  ['$rename to itself is refused', { a: 1 }, { $rename: { a: 'a' } }, [2]],
  ['$rename to an empty name is refused', { a: 1 }, { $rename: { a: '' } }, [56]],
  ['$rename to a name with a null byte is refused', { a: 1 }, { $rename: { a: 'b\0c' } }, [2]],
  ['a field below one that comes later in the update is refused', {}, { $set: { 'a.b': 1, a: 1 } }, [40]],
  ['an empty path is refused', {}, { $set: { '': 1 } }, [56, 2]],
];

for (const [name, before, update, codes] of failing) {
  test(name, async () => {
    const collection = await collectionWith(store.db, [{ _id: 1 as never, ...before }]);
    const error = await errorOf(collection.updateOne({ _id: 1 as never }, update));
    assert.ok(codes.includes(Number(error.code)), `${error.code}: ${error.message}`);
    assert.deepEqual(await collection.findOne({}), { _id: 1, ...before }, 'nothing is half-written');
  });
}

test('an update changes one field among many and leaves the others as they are', async () => {
  const fields = { _id: 1 as never, größe: 1, a: [1, { b: 2 }], s: 'x'.repeat(100), e: {}, z: null };
  const collection = await collectionWith(store.db, [fields]);
  await collection.updateOne({ _id: 1 as never }, { $set: { s: 'y', länge: 2 }, $unset: { e: '' } });
  const { e: _, ...others } = fields;
  assert.deepEqual(Object.entries((await collection.findOne({})) ?? {}), [
    ...Object.entries({ ...others, s: 'y', länge: 2 }),
  ]);
});

test('an update by _id changes nothing when the rest of its filter does not match', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, n: 1 }]);
  await collection.createIndex({ n: 1 });
  const update = { $set: { n: 3 } };
  assert.equal((await collection.updateOne({ _id: 1 as never, n: 2 }, update)).matchedCount, 0);
  assert.equal((await collection.updateMany({ _id: 2 as never }, update)).matchedCount, 0);
  assert.equal((await collection.updateMany({ $and: [{ _id: 1 as never }], n: 1 }, update)).modifiedCount, 1);
  assert.equal((await collection.deleteMany({ _id: 1 as never, n: 3 })).deletedCount, 1);
});

test('the positional operator changes the element that matched', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, a: [{ n: 1 }, { n: 2 }] }]);
  await collection.updateOne({ 'a.n': 2, _id: 1 as never }, { $set: { 'a.$.m': 1 } });
  assert.deepEqual(await collection.findOne({}), { _id: 1, a: [{ n: 1 }, { n: 2, m: 1 }] });
});

test('the positional operator follows $elemMatch', async () => {
  const collection = await collectionWith(store.db, [
    {
      _id: 1 as never,
      a: [
        { n: 1, m: 1 },
        { n: 2, m: 5 },
      ],
    },
  ]);
  await collection.updateOne({ a: { $elemMatch: { n: 2, m: { $gt: 1 } } } }, { $inc: { 'a.$.m': 1 } });
  assert.deepEqual(await collection.findOne({}), {
    _id: 1,
    a: [
      { n: 1, m: 1 },
      { n: 2, m: 6 },
    ],
  });
});

test('$currentDate sets a date or a timestamp', async () => {
  const collection = await collectionWith(store.db, [{ a: 1 }]);
  await collection.updateOne({}, { $currentDate: { at: true as never, stamp: { $type: 'timestamp' } } });
  const found = await collection.findOne({});
  assert.ok(found?.['at'] instanceof Date && Math.abs(Date.now() - found['at'].getTime()) < 60_000);
  assert.ok(found['stamp'] instanceof Timestamp);
});

test('a replacement keeps the _id and replaces the rest', async () => {
  const collection = await collectionWith(store.db, [{ _id: 1 as never, a: 1 }]);
  await collection.replaceOne({ a: 1 }, { b: 2 });
  assert.deepEqual(await collection.findOne({}), { _id: 1, b: 2 });
});

test('an update that changes nothing counts as matched, not as modified', async () => {
  const collection = await collectionWith(store.db, [{ a: 1 }]);
  const result = await collection.updateOne({}, { $set: { a: 1 } });
  assert.deepEqual([result.matchedCount, result.modifiedCount], [1, 0]);
});

test('updateMany changes every match', async () => {
  const collection = await collectionWith(store.db, [{ a: 1 }, { a: 1 }, { a: 2 }]);
  const result = await collection.updateMany({ a: 1 }, { $set: { b: 1 } });
  assert.deepEqual([result.matchedCount, result.modifiedCount], [2, 2]);
});

test('updateMany that moves documents within the index it reads changes each once', async () => {
  const collection = await collectionWith(
    store.db,
    Array.from({ length: 500 }, (_, n) => ({ n })),
  );
  await collection.createIndex({ n: 1 });
  await collection.updateMany({ n: { $gte: 0 } }, { $inc: { n: 100, times: 1 } });
  assert.equal(await collection.countDocuments({ times: 1 }), 500);
});

test('an upsert inserts what the filter and the update say', async () => {
  const collection = await collectionWith(store.db, []);
  const result = await collection.updateOne(
    { a: 1, 'b.c': { $eq: 2 }, d: { $gt: 5 } },
    { $set: { e: 1 }, $setOnInsert: { f: 1 } },
    { upsert: true },
  );
  assert.equal(result.upsertedCount, 1);
  assert.deepEqual(await collection.findOne({}), { _id: result.upsertedId, a: 1, b: { c: 2 }, e: 1, f: 1 });
});

test('an upsert with an _id in the filter uses it', async () => {
  const collection = await collectionWith(store.db, []);
  await collection.updateOne({ _id: 7 as never }, { $inc: { n: 1 } }, { upsert: true });
  await collection.updateOne({ _id: 7 as never }, { $inc: { n: 1 } }, { upsert: true });
  assert.deepEqual(await collection.find().toArray(), [{ _id: 7, n: 2 }]);
});

test('an upserting replacement inserts it', async () => {
  const collection = await collectionWith(store.db, []);
  await collection.replaceOne({ _id: 7 as never }, { n: 2 }, { upsert: true });
  assert.deepEqual(await collection.find().toArray(), [{ _id: 7, n: 2 }]);
});
