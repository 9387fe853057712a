// Reading: sort, projection, cursors, count, distinct, aggregation, explain. Source: MongoDB manual, "find", "Sort Order", "Project Fields", "getMore".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Document, Double, Long, MaxKey, MinKey, ObjectId } from 'mongodb';
import { collectionWith, errorOf, openStore } from './kit.js';

const store = await openStore();
const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ _id: n as never, n, even: n % 2 === 0 }));

test('a sort orders types as the manual says', async () => {
  const id = new ObjectId();
  const values = [new MinKey(), null, 1, 'a', { a: 1 }, Buffer.from('x'), id, false, new Date(0), /a/, new MaxKey()];
  const shuffled = values.map((v, _id) => ({ _id: _id as never, v })).reverse();
  for (const index of [undefined, { v: 1 as const }, { v: -1 as const }]) {
    const collection = await collectionWith(store.db, shuffled);
    if (index) await collection.createIndex(index);
    const ids = async (direction: 1 | -1) =>
      (await collection.find().sort({ v: direction }).toArray()).map((document) => document._id as unknown);
    assert.deepEqual(
      await ids(1),
      values.map((_, i) => i),
    );
    assert.deepEqual(await ids(-1), values.map((_, i) => i).reverse());
  }
});

test('a sort orders numbers of all types by value', async () => {
  const values = [
    -1,
    0,
    new Double(0.5),
    1,
    Long.fromString('9007199254740992'),
    Long.fromString('9007199254740993'),
    1e300,
  ];
  const collection = await collectionWith(store.db, values.map((v, _id) => ({ _id: _id as never, v })).reverse());
  const found = await collection.find().sort({ v: 1 }).toArray();
  assert.deepEqual(
    found.map(({ _id }) => _id as unknown),
    values.map((_, i) => i),
  );
});

test('an ascending sort takes the least element of an array, a descending one the greatest', async () => {
  const collection = await collectionWith(store.db, [
    { _id: 1 as never, v: [5, 1] },
    { _id: 2 as never, v: 3 },
    { _id: 3 as never, v: [2, 4] },
  ]);
  const ids = async (direction: 1 | -1) =>
    (await collection.find().sort({ v: direction }).toArray()).map(({ _id }) => _id as unknown);
  assert.deepEqual(await ids(1), [1, 3, 2]);
  assert.deepEqual(await ids(-1), [1, 3, 2]);
});

test('a sort by two fields with mixed directions is served with and without an index', async () => {
  const documents = numbers(50).map((each) => ({ ...each, a: each.n % 5 }));
  const expected = [...documents].sort((x, y) => x.a - y.a || y.n - x.n).map(({ n }) => n);
  for (const index of [
    undefined,
    { a: 1 as const, n: -1 as const },
    { a: -1 as const, n: 1 as const },
    { a: 1 as const, n: 1 as const },
  ]) {
    const collection = await collectionWith(store.db, documents);
    if (index) await collection.createIndex(index);
    const found = await collection.find().sort({ a: 1, n: -1 }).toArray();
    assert.deepEqual(
      found.map(({ n }) => n as unknown),
      expected,
    );
  }
});

test('skip and limit cut what is sorted', async () => {
  const collection = await collectionWith(store.db, numbers(20));
  const found = await collection.find().sort({ n: -1 }).skip(5).limit(3).toArray();
  assert.deepEqual(
    found.map(({ n }) => n as unknown),
    [14, 13, 12],
  );
});

test('a cursor gives everything over many batches', async () => {
  const collection = await collectionWith(store.db, numbers(1000));
  assert.equal((await collection.find({}, { batchSize: 7 }).toArray()).length, 1000);
  assert.equal((await collection.find({ even: true }, { batchSize: 7, limit: 100 }).toArray()).length, 100);
});

test('a batch size of 0 gives an empty first batch and an open cursor', async () => {
  const collection = await collectionWith(store.db, numbers(3));
  const reply = await store.db.command({ find: collection.collectionName, batchSize: 0 });
  assert.equal(reply['cursor'].firstBatch.length, 0);
  const more = await store.db.command({ getMore: reply['cursor'].id, collection: collection.collectionName });
  assert.equal(more['cursor'].nextBatch.length, 3);
});

test('a cursor goes on while documents before and behind it are changed', async () => {
  const collection = await collectionWith(store.db, numbers(300));
  await collection.createIndex({ n: 1 });
  const seen: unknown[] = [];
  for await (const { n } of collection.find({}, { batchSize: 10 }).sort({ n: 1 })) {
    seen.push(n);
    if (n === 50) await collection.deleteMany({ n: { $gte: 100, $lt: 200 } });
  }
  assert.deepEqual([seen.length, seen.at(-1)], [200, 299]);
});

test('a killed cursor is not found', async () => {
  const collection = await collectionWith(store.db, numbers(10));
  const reply = await store.db.command({ find: collection.collectionName, batchSize: 2 });
  const { id } = reply['cursor'];
  const killed = await store.db.command({ killCursors: collection.collectionName, cursors: [id] });
  assert.equal(killed['cursorsKilled'].length, 1);
  const error = await errorOf(
    store.db.command({ getMore: Long.fromBigInt(BigInt(String(id))), collection: collection.collectionName }),
  );
  assert.equal(error.code, 43);
});

test('results larger than 16 MB come in several batches', async () => {
  const pad = 'x'.repeat(1_000_000);
  const collection = await collectionWith(
    store.db,
    Array.from({ length: 20 }, (_, n) => ({ n, pad })),
  );
  assert.equal((await collection.find({}, { batchSize: 1000 }).toArray()).length, 20);
});

const projections: [name: string, document: Document, projection: Document, expected: Document][] = [
  ['an inclusion gives the fields and _id', { a: 1, b: 2 }, { a: 1 }, { _id: 1, a: 1 }],
  ['an inclusion can leave _id out', { a: 1, b: 2 }, { a: 1, _id: 0 }, { a: 1 }],
  ['an inclusion keeps the order of the document', { a: 1, b: 2, c: 3 }, { c: 1, a: 1 }, { _id: 1, a: 1, c: 3 }],
  ['an inclusion of a path keeps what is around it', { a: { b: 1, c: 2 } }, { 'a.b': 1 }, { _id: 1, a: { b: 1 } }],
  ['an inclusion goes into arrays', { a: [{ b: 1, c: 2 }, { c: 3 }, 5] }, { 'a.b': 1 }, { _id: 1, a: [{ b: 1 }, {}] }],
  ['an exclusion leaves fields out', { a: 1, b: 2 }, { a: 0 }, { _id: 1, b: 2 }],
  ['an exclusion of _id alone gives the rest', { a: 1 }, { _id: 0 }, { a: 1 }],
  ['an exclusion goes into arrays', { a: [{ b: 1, c: 2 }, 5] }, { 'a.b': 0 }, { _id: 1, a: [{ c: 2 }, 5] }],
  ['a nested projection is the same as a dotted one', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, { _id: 1, a: { b: 1 } }],
  ['an inclusion of _id alone gives _id', { a: 1 }, { _id: 1 }, { _id: 1 }],
  ['true means 1', { a: 1, b: 2 }, { a: true }, { _id: 1, a: 1 }],
];

for (const [name, document, projection, expected] of projections) {
  test(name, async () => {
    const collection = await collectionWith(store.db, [{ _id: 1 as never, ...document }]);
    assert.deepEqual(await collection.findOne({}, { projection }), expected);
  });
}

test('a projection that mixes inclusion and exclusion is refused', async () => {
  const collection = await collectionWith(store.db, [{ a: 1 }]);
  const error = await errorOf(collection.findOne({}, { projection: { a: 1, b: 0 } }));
  assert.ok([2, 31254, 31253].includes(Number(error.code)));
});

test('count honours filter, skip and limit', async () => {
  const collection = await collectionWith(store.db, numbers(20));
  assert.equal(await collection.countDocuments({ even: true }), 10);
  assert.equal(await collection.countDocuments({ even: true }, { skip: 3, limit: 5 }), 5);
  assert.equal(await collection.estimatedDocumentCount(), 20);
  await collection.deleteMany({ n: { $lt: 5 } });
  assert.equal(await collection.estimatedDocumentCount(), 15);
});

test('distinct unwinds arrays and gives each value once', async () => {
  const collection = await collectionWith(store.db, [
    { v: [1, 2] },
    { v: 2 },
    { v: new Double(1) },
    { w: 1 },
    { v: null },
  ]);
  assert.deepEqual(await collection.distinct('v'), [null, 1, 2]);
  assert.deepEqual(await collection.distinct('v', { v: { $gt: 1 } }), [1, 2]);
});

const pipelines: [name: string, pipeline: Document[], expected: Document[]][] = [
  [
    '$match, $sort and $limit',
    [{ $match: { even: true } }, { $sort: { n: -1 } }, { $limit: 2 }, { $project: { n: 1, _id: 0 } }],
    [{ n: 8 }, { n: 6 }],
  ],
  [
    '$group with $sum',
    [{ $group: { _id: '$even', total: { $sum: '$n' } } }, { $sort: { _id: 1 } }],
    [
      { _id: false, total: 25 },
      { _id: true, total: 20 },
    ],
  ],
  [
    '$group with $min, $max and $avg',
    [{ $group: { _id: null, low: { $min: '$n' }, high: { $max: '$n' }, mean: { $avg: '$n' } } }],
    [{ _id: null, low: 0, high: 9, mean: 4.5 }],
  ],
  ['$count', [{ $match: { n: { $gte: 7 } } }, { $count: 'many' }], [{ many: 3 }]],
  [
    '$skip',
    [{ $sort: { n: 1 } }, { $skip: 8 }, { $project: { n: 1 } }],
    [
      { _id: 8, n: 8 },
      { _id: 9, n: 9 },
    ],
  ],
  [
    '$project with an expression',
    [{ $match: { n: 3 } }, { $project: { _id: 0, twice: { $multiply: ['$n', 2] } } }],
    [{ twice: 6 }],
  ],
  [
    '$addFields',
    [{ $match: { n: 1 } }, { $addFields: { m: { $add: ['$n', 1] } } }],
    [{ _id: 1, n: 1, even: false, m: 2 }],
  ],
  [
    '$unwind',
    [{ $match: { n: 1 } }, { $project: { list: ['$n', '$n'] } }, { $unwind: '$list' }, { $count: 'many' }],
    [{ many: 2 }],
  ],
  [
    '$sortByCount',
    [{ $match: { n: { $lt: 3 } } }, { $sortByCount: '$even' }],
    [
      { _id: true, count: 2 },
      { _id: false, count: 1 },
    ],
  ],
  ['an empty pipeline behind an empty match', [{ $match: { n: 99 } }], []],
];

for (const [name, pipeline, expected] of pipelines) {
  test(`aggregate runs ${name}`, async () => {
    const collection = await collectionWith(store.db, numbers(10));
    assert.deepEqual(await collection.aggregate(pipeline).toArray(), expected);
  });
}

test('aggregate refuses an unknown stage', async () => {
  const collection = await collectionWith(store.db, numbers(1));
  assert.equal((await errorOf(collection.aggregate([{ $foo: {} }]).toArray())).code, 40324);
});

async function winningPlan(
  collection: Awaited<ReturnType<typeof collectionWith>>,
  filter: Document,
  sort?: Document,
): Promise<string> {
  const explained = await collection
    .find(filter)
    .sort((sort ?? {}) as never)
    .explain('queryPlanner');
  return JSON.stringify(explained['queryPlanner'].winningPlan);
}

test('explain names the index, and the direction it is read in', async () => {
  const collection = await collectionWith(store.db, numbers(100));
  await collection.createIndex({ n: 1 });
  assert.match(await winningPlan(collection, { n: { $gt: 5 } }), /IXSCAN.*"n_1"/);
  assert.match(await winningPlan(collection, {}, { n: -1 }), /"n_1".*backward/);
  assert.match(await winningPlan(collection, { even: true }), /COLLSCAN/);
  assert.match(await winningPlan(collection, { _id: 5 }), /IDHACK|_id_|EXPRESS/);
  assert.match(await winningPlan(collection, { even: true }, { even: 1 }), /SORT/);
});

test('the planner takes equality fields before ranges, and the order an index gives', async () => {
  const collection = await collectionWith(store.db, numbers(100));
  await collection.createIndex({ n: 1 });
  await collection.createIndex({ even: 1, n: 1 });
  const chosen = await winningPlan(collection, { even: true, n: { $gt: 5 } }, { n: 1 });
  assert.match(chosen, /even_1_n_1/);
  assert.doesNotMatch(chosen, /SORT/);
});

test('each branch of $or uses its own index', async () => {
  const collection = await collectionWith(store.db, numbers(100));
  await collection.createIndex({ n: 1 });
  await collection.createIndex({ m: 1 });
  const chosen = await winningPlan(collection, { $or: [{ n: 5 }, { m: 5 }] });
  assert.match(chosen, /n_1/);
  assert.match(chosen, /m_1/);
});

test('an index behind $in or $or gives the order asked for without a sort', async () => {
  const documents = numbers(300).map((each) => ({ ...each, a: each.n % 7, b: (each.n * 31) % 100 }));
  const collection = await collectionWith(store.db, documents);
  await collection.createIndex({ a: 1, b: 1 });
  await collection.createIndex({ n: 1, b: 1 });
  for (const filter of [{ a: { $in: [5, 1, 3] } }, { $or: [{ a: 2 }, { n: 8 }, { a: 4, n: { $gt: 100 } }] }]) {
    for (const direction of [1, -1] as const) {
      const chosen = await winningPlan(collection, filter, { b: direction });
      assert.doesNotMatch(chosen, /"SORT"/);
      const found = (await collection.find(filter).sort({ b: direction }).toArray()).map(({ b }) => b as number);
      const byHand = (await collection.find(filter).toArray()).map(({ b }) => b as number);
      assert.deepEqual(
        found,
        byHand.sort((x, y) => direction * (x - y)),
      );
    }
  }
});

test('a sort of many documents in memory is complete, and a limited one gives the first', async () => {
  const documents = Array.from({ length: 9000 }, (_, n) => ({ _id: n as never, b: (n * 7919) % 9001 }));
  const collection = await collectionWith(store.db, documents);
  const expected = documents.map(({ b }) => b).sort((x, y) => y - x);
  for (const limit of [0, 3, 999, 1000, 5000]) {
    const found = await collection.find().sort({ b: -1 }).limit(limit).toArray();
    assert.deepEqual(
      found.map(({ b }) => b as number),
      limit > 0 ? expected.slice(0, limit) : expected,
    );
  }
});

test('a hint is followed, and one that names no index is refused', async () => {
  const collection = await collectionWith(store.db, numbers(10));
  await collection.createIndex({ n: 1 }, { name: 'mine' });
  assert.equal((await collection.find({ even: true }).hint('mine').toArray()).length, 5);
  assert.equal((await collection.find({ even: true }).hint({ n: 1 }).toArray()).length, 5);
  assert.equal((await errorOf(collection.find().hint('none').toArray())).code, 2);
});

test('reading a collection that is not there gives nothing', async () => {
  const collection = store.db.collection('nowhere');
  assert.deepEqual(await collection.find({ a: 1 }).toArray(), []);
  assert.equal(await collection.countDocuments(), 0);
  assert.deepEqual(await collection.distinct('a'), []);
});
