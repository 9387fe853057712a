// Aggregation stages over a small collection. Source: MongoDB manual, "Aggregation Stages", "Aggregation Operators".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from 'mongodb';
import { collectionWith, openStore } from './kit.js';

const store = await openStore();

const sales = await collectionWith(store.db, [
  { _id: 1, item: 'pen', price: 2, tags: ['blue', 'red'], by: { name: 'ann' } },
  { _id: 2, item: 'ink', price: 10, tags: [], by: { name: 'bob' } },
  { _id: 3, item: 'pen', price: 3, tags: ['red'], by: { name: 'ann' } },
  { _id: 4, item: 'cap', price: 7, by: { name: 'cid' } },
]);

const byId = { $sort: { _id: 1 as const } };

const cases: readonly (readonly [sentence: string, pipeline: readonly Document[], expected: readonly Document[]])[] = [
  ['an empty pipeline gives everything', [{ $project: { _id: 1 } }], [1, 2, 3, 4].map((_id) => ({ _id }))],
  [
    '$match behind another stage filters',
    [{ $skip: 1 }, { $match: { item: 'pen' } }, { $project: { _id: 1 } }],
    [{ _id: 3 }],
  ],
  [
    '$group by a field sums, counts and averages',
    [{ $group: { _id: '$item', sum: { $sum: '$price' }, n: { $sum: 1 }, mean: { $avg: '$price' } } }, byId],
    [
      { _id: 'cap', sum: 7, n: 1, mean: 7 },
      { _id: 'ink', sum: 10, n: 1, mean: 10 },
      { _id: 'pen', sum: 5, n: 2, mean: 2.5 },
    ],
  ],
  [
    '$group by a document keeps it',
    [{ $match: { item: 'pen' } }, { $group: { _id: { i: '$item', b: '$by.name' }, n: { $sum: 1 } } }],
    [{ _id: { i: 'pen', b: 'ann' }, n: 2 }],
  ],
  [
    '$group with $first and $last follows the order',
    [{ $sort: { price: 1 } }, { $group: { _id: null, low: { $first: '$_id' }, high: { $last: '$_id' } } }],
    [{ _id: null, low: 1, high: 2 }],
  ],
  [
    '$group with $push gathers',
    [byId, { $group: { _id: '$item', ids: { $push: '$_id' } } }, { $match: { _id: 'pen' } }],
    [{ _id: 'pen', ids: [1, 3] }],
  ],
  [
    '$group with $addToSet gathers each once',
    [{ $group: { _id: null, items: { $addToSet: '$by.name' } } }, { $project: { n: { $size: '$items' } } }],
    [{ _id: null, n: 3 }],
  ],
  ['$count counts', [{ $match: { price: { $gt: 2 } } }, { $count: 'n' }], [{ n: 3 }]],
  ['$count of nothing gives nothing', [{ $match: { price: 99 } }, { $count: 'n' }], []],
  [
    '$sort, $skip and $limit cut',
    [{ $sort: { price: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { _id: 1 } }],
    [{ _id: 4 }, { _id: 3 }],
  ],
  [
    '$limit before $sort cuts first',
    [byId, { $limit: 2 }, { $sort: { price: -1 } }, { $project: { _id: 1 } }],
    [{ _id: 2 }, { _id: 1 }],
  ],
  [
    '$unwind gives a document for each element',
    [{ $unwind: '$tags' }, byId, { $project: { tags: 1 } }],
    [
      { _id: 1, tags: 'blue' },
      { _id: 1, tags: 'red' },
      { _id: 3, tags: 'red' },
    ],
  ],
  [
    '$unwind can keep what has none',
    [{ $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } }, { $count: 'n' }],
    [{ n: 5 }],
  ],
  [
    '$unwind can tell the index',
    [
      { $match: { _id: 1 } },
      { $unwind: { path: '$tags', includeArrayIndex: 'at' } },
      { $project: { _id: 0, at: 1, tags: 1 } },
    ],
    [
      { tags: 'blue', at: 0 },
      { tags: 'red', at: 1 },
    ],
  ],
  [
    '$project computes',
    [{ $match: { _id: 1 } }, { $project: { _id: 0, twice: { $multiply: ['$price', 2] } } }],
    [{ twice: 4 }],
  ],
  [
    '$project takes a nested field out',
    [{ $match: { _id: 1 } }, { $project: { _id: 0, who: '$by.name' } }],
    [{ who: 'ann' }],
  ],
  ['$project leaves out', [{ $match: { _id: 4 } }, { $project: { by: 0, price: 0 } }], [{ _id: 4, item: 'cap' }]],
  [
    '$addFields adds',
    [{ $match: { _id: 4 } }, { $addFields: { half: { $divide: ['$price', 2] } } }, { $project: { half: 1 } }],
    [{ _id: 4, half: 3.5 }],
  ],
  [
    '$set is $addFields',
    [{ $match: { _id: 4 } }, { $set: { price: 1 } }, { $project: { price: 1 } }],
    [{ _id: 4, price: 1 }],
  ],
  ['$unset removes', [{ $match: { _id: 4 } }, { $unset: ['by', 'price'] }], [{ _id: 4, item: 'cap' }]],
  [
    '$replaceRoot puts a document in the place',
    [{ $match: { _id: 2 } }, { $replaceRoot: { newRoot: '$by' } }],
    [{ name: 'bob' }],
  ],
  ['$replaceWith too', [{ $match: { _id: 2 } }, { $replaceWith: '$by' }], [{ name: 'bob' }]],
  [
    '$bucket sorts into ranges',
    [{ $bucket: { groupBy: '$price', boundaries: [0, 5, 20], output: { n: { $sum: 1 } } } }],
    [
      { _id: 0, n: 2 },
      { _id: 5, n: 2 },
    ],
  ],
  [
    '$facet runs several pipelines',
    [{ $facet: { count: [{ $count: 'n' }], first: [byId, { $limit: 1 }, { $project: { _id: 1 } }] } }],
    [{ count: [{ n: 4 }], first: [{ _id: 1 }] }],
  ],
  [
    '$count within $facet gives nothing for nothing',
    [{ $facet: { none: [{ $match: { _id: 99 } }, { $count: 'n' }] } }],
    [{ none: [] }],
  ],
  ['$sortByCount orders by how many', [{ $sortByCount: '$item' }, { $limit: 1 }], [{ _id: 'pen', count: 2 }]],
  [
    '$cond chooses',
    [byId, { $project: { dear: { $cond: [{ $gte: ['$price', 7] }, 'yes', 'no'] } } }, { $match: { dear: 'yes' } }],
    [
      { _id: 2, dear: 'yes' },
      { _id: 4, dear: 'yes' },
    ],
  ],
  [
    '$ifNull fills',
    [{ $match: { _id: 4 } }, { $project: { tags: { $ifNull: ['$tags', 'none'] } } }],
    [{ _id: 4, tags: 'none' }],
  ],
  [
    '$concat and $toUpper change text',
    [{ $match: { _id: 1 } }, { $project: { t: { $concat: [{ $toUpper: '$item' }, '!'] } } }],
    [{ _id: 1, t: 'PEN!' }],
  ],
  [
    '$filter chooses elements',
    [{ $match: { _id: 1 } }, { $project: { tags: { $filter: { input: '$tags', cond: { $eq: ['$$this', 'red'] } } } } }],
    [{ _id: 1, tags: ['red'] }],
  ],
  [
    '$map changes elements',
    [{ $match: { _id: 1 } }, { $project: { tags: { $map: { input: '$tags', in: { $toUpper: '$$this' } } } } }],
    [{ _id: 1, tags: ['BLUE', 'RED'] }],
  ],
];

for (const [sentence, pipeline, expected] of cases) {
  test(sentence, async () => {
    assert.deepEqual(await sales.aggregate([...pipeline]).toArray(), expected);
  });
}

test('a pipeline over a collection that is not there gives nothing', async () => {
  assert.deepEqual(
    await store.db
      .collection('nowhere')
      .aggregate([{ $group: { _id: '$a' } }])
      .toArray(),
    [],
  );
});

test('the answers of a pipeline come in batches', async () => {
  const pipeline = [{ $addFields: { list: { $range: [0, 300] } } }, { $unwind: '$list' }];
  assert.equal((await sales.aggregate(pipeline, { batchSize: 7 }).toArray()).length, 1200);
});
