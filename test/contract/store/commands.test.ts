// Commands as they are: what they answer, what they refuse by name, what explain says of them. Source: MongoDB manual, "Database Commands".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Document, Long } from 'mongodb';
import { collectionWith, errorOf, openStore } from './kit.js';

const store = await openStore();

const collection = await collectionWith(
  store.db,
  Array.from({ length: 100 }, (_, n) => ({ _id: n, n, m: n % 10, s: `s${n}` })),
);
await collection.createIndex({ n: 1 });
await collection.createIndex({ m: 1, s: -1 });
const name = collection.collectionName;

/** Commands that answer as they should when the option `unheardOf` is left away. */
const known: readonly Document[] = [
  { ping: 1 },
  { buildInfo: 1 },
  { connectionStatus: 1 },
  { find: name },
  { count: name },
  { distinct: name, key: 'm' },
  { aggregate: name, pipeline: [], cursor: {} },
  { insert: name, documents: [{ n: -1 }] },
  { update: name, updates: [{ q: { n: -1 }, u: { $set: { x: 1 } } }] },
  { delete: name, deletes: [{ q: { n: -1 }, limit: 0 }] },
  { findAndModify: name, query: { n: -1 }, update: { $set: { x: 1 } } },
  { listCollections: 1 },
  { listIndexes: name },
  { createIndexes: name, indexes: [{ key: { x: 1 }, name: 'x' }] },
  { dropIndexes: name, index: 'x' },
  { create: `${name}_made` },
  { drop: `${name}_made` },
  { killCursors: name, cursors: [] },
  { explain: { find: name } },
];

for (const command of known) {
  const [first = ''] = Object.keys(command);
  test(`${first} answers with ok`, async () => {
    assert.equal((await store.db.command(command))['ok'], 1);
  });
  test(`${first} refuses an option it does not know`, async () => {
    const error = await errorOf(store.db.command({ ...command, unheardOf: 1 }));
    assert.ok([40415, 72, 9].includes(Number(error.code)), `${error.code}: ${error.message}`);
    assert.match(error.message, /unheardOf/);
  });
}

for (const [listed, statement] of [
  ['update', { updates: [{ q: {}, u: { $set: { x: 1 } }, unheardOf: 1 }] }],
  ['delete', { deletes: [{ q: {}, limit: 1, unheardOf: 1 }] }],
] as const) {
  test(`a statement of ${listed} with an option it does not know is refused`, async () => {
    const reply = await store.db.command({ [listed]: name, ...statement }).catch((error: unknown) => error as Document);
    assert.match(JSON.stringify(reply), /unheardOf/);
  });
}

const plans: readonly (readonly [sentence: string, command: Document, plan: RegExp])[] = [
  ['a find by a range', { find: name, filter: { n: { $gt: 5 } } }, /IXSCAN.*"indexName":"n_1"/],
  ['a find by the first field of a compound index', { find: name, filter: { m: 3 } }, /"indexName":"m_1_s_-1"/],
  ['a find by both fields', { find: name, filter: { m: 3, s: 's3' } }, /"indexName":"m_1_s_-1"/],
  ['a find by a prefix', { find: name, filter: { m: 3, s: /^s1/ } }, /"indexName":"m_1_s_-1"/],
  ['a find without a useful index', { find: name, filter: { z: 1 } }, /COLLSCAN/],
  ['a sort by an index', { find: name, sort: { n: 1 } }, /"indexName":"n_1"/],
  ['a sort against the index', { find: name, sort: { n: -1 } }, /"indexName":"n_1".*backward/],
  ['a sort behind an equality', { find: name, filter: { m: 1 }, sort: { s: 1 } }, /"m_1_s_-1".*backward/],
  ['a sort without an index', { find: name, sort: { z: 1 } }, /SORT.*COLLSCAN/],
  ['a hint by name', { find: name, filter: { n: 1 }, hint: 'm_1_s_-1' }, /"indexName":"m_1_s_-1"/],
  ['a hint by key', { find: name, filter: { n: 1 }, hint: { m: 1, s: -1 } }, /"indexName":"m_1_s_-1"/],
  ['a count', { count: name, query: { n: { $lt: 5 } } }, /"indexName":"n_1"/],
  ['a distinct', { distinct: name, key: 's', query: { m: 3 } }, /"indexName":"m_1_s_-1"/],
  ['an update', { update: name, updates: [{ q: { n: 1 }, u: { $set: { x: 1 } } }] }, /"indexName":"n_1"/],
  ['a delete', { delete: name, deletes: [{ q: { n: 1 }, limit: 1 }] }, /"indexName":"n_1"/],
  ['a findAndModify', { findAndModify: name, query: { n: 1 }, remove: true }, /"indexName":"n_1"/],
  ['an aggregate', { aggregate: name, pipeline: [{ $match: { n: 1 } }], cursor: {} }, /"indexName":"n_1"/],
  ['an $in', { find: name, filter: { n: { $in: [1, 2, 3] } } }, /"indexName":"n_1"/],
  ['an $and', { find: name, filter: { $and: [{ z: 1 }, { n: 1 }] } }, /"indexName":"n_1"/],
  ['an $or over two indexes', { find: name, filter: { $or: [{ n: 1 }, { m: 2 }] } }, /OR.*"n_1".*"m_1_s_-1"/],
  ['an $or with a branch that has none', { find: name, filter: { $or: [{ n: 1 }, { z: 2 }] } }, /COLLSCAN/],
];

for (const [sentence, command, plan] of plans) {
  test(`explain names the plan of ${sentence}, and changes nothing`, async () => {
    const reply = await store.db.command({ explain: command, verbosity: 'queryPlanner' });
    assert.match(JSON.stringify(reply), plan);
    assert.equal(await collection.countDocuments({ x: 1 }), 0);
    assert.equal(await collection.countDocuments({ n: 1 }), 1);
  });
}

const refused: readonly (readonly [sentence: string, command: Document, codes: readonly number[]])[] = [
  ['a command that is unknown', { fly: 1 }, [59]],
  ['a find in no collection', { find: '' }, [73]],
  ['a find with a filter that is no document', { find: name, filter: 1 }, [14, 9]],
  ['a negative skip', { find: name, skip: -1 }, [2, 51024]],
  ['a sort direction that is none', { find: name, sort: { n: 2 } }, [2]],
  ['a sort by an empty name', { find: name, sort: { '': 1 } }, [2, 40352, 15998]],
  ['a getMore of no cursor', { getMore: Long.fromNumber(12345), collection: name }, [43]],
  ['an insert of nothing', { insert: name, documents: [] }, [2, 16]],
  ['an insert of what is no document', { insert: name, documents: [1] }, [14]],
  ['an update without a change', { update: name, updates: [{ q: {} }] }, [9, 40414]],
  ['a delete with a limit of two', { delete: name, deletes: [{ q: {}, limit: 2 }] }, [9, 2]],
  ['a findAndModify with neither change nor removal', { findAndModify: name, query: {} }, [9]],
  ['a findAndModify with both', { findAndModify: name, remove: true, update: { $set: { a: 1 } } }, [9]],
  ['a removal that asks for the new document', { findAndModify: name, remove: true, new: true }, [9]],
  ['a removal that upserts', { findAndModify: name, remove: true, upsert: true }, [9]],
  ['an aggregate without a cursor pipeline', { aggregate: name, pipeline: 1, cursor: {} }, [14, 9]],
  ['a stage with two names', { aggregate: name, pipeline: [{ $match: {}, $limit: 1 }], cursor: {} }, [40323, 40324]],
  ['a limit of zero', { aggregate: name, pipeline: [{ $limit: 0 }], cursor: {} }, [2, 15958]],
  ['a distinct without a key', { distinct: name }, [14, 40414]],
  ['a listing of the indexes of nothing', { listIndexes: 'nowhere' }, [26]],
  ['the dropping of the index on _id', { dropIndexes: name, index: '_id_' }, [72]],
  ['the dropping of no index', { dropIndexes: name, index: 'none' }, [27]],
  ['an index without a name', { createIndexes: name, indexes: [{ key: { q: 1 } }] }, [9, 40414]],
  ['an index without a key', { createIndexes: name, indexes: [{ name: 'q' }] }, [9, 40414]],
  ['no index to make', { createIndexes: name, indexes: [] }, [2]],
];

for (const [sentence, command, codes] of refused) {
  test(`${sentence} is refused with its code`, async () => {
    const reply = await store.db.command(command).catch((error: unknown) => error as Document);
    const code = Number(reply['code'] ?? reply['writeErrors']?.[0]?.code);
    assert.ok(codes.includes(code), `${code}: ${JSON.stringify(reply)}`);
  });
}

test('hello tells of a writable node that knows sessions', async () => {
  const reply = await store.db.admin().command({ hello: 1 });
  assert.equal(reply['isWritablePrimary'], true);
  assert.ok(reply['maxWireVersion'] >= 13);
  assert.ok(reply['logicalSessionTimeoutMinutes'] > 0);
  assert.equal(typeof reply['setName'], 'string');
  assert.equal(reply['maxBsonObjectSize'], 16_777_216);
});

test('isMaster is the old name of hello', async () => {
  assert.equal((await store.db.admin().command({ isMaster: 1 }))['ismaster'], true);
});

test('every answer carries the time of the operation', async () => {
  const reply = await store.db.command({ ping: 1 });
  assert.equal(reply['operationTime']?._bsontype, 'Timestamp');
});
