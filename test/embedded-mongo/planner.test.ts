// Reading by any index against a plain scan: random documents, filters, sorts, indexes and updates must give the same answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serialize } from 'bson';
import fc from 'fast-check';
import type { Document } from 'mongodb';
import { compileSort, sortKeyOf } from '../../src/embedded-mongo/sort.js';
import { undecoded, withStore } from './kit.js';

const scalar = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom('a', 'b', null, 2.5, true));
const field = fc.oneof(
  { arbitrary: scalar, weight: 6 },
  { arbitrary: fc.array(scalar, { maxLength: 3 }), weight: 1 },
  { arbitrary: fc.record({ x: scalar }), weight: 1 },
  { arbitrary: fc.array(fc.record({ x: scalar }), { maxLength: 2 }), weight: 1 },
);
const names = ['a', 'b', 'c', 'a.x'] as const;
const document = fc.record({ a: field, b: field, c: field }, { requiredKeys: [] });

const condition: fc.Arbitrary<unknown> = fc.oneof(
  scalar,
  fc.record({ $in: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ $gt: scalar }),
  fc.record({ $gte: scalar, $lt: scalar }),
  fc.record({ $ne: scalar }),
  fc.record({ $lte: scalar }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $nin: fc.array(scalar, { maxLength: 2 }) }),
  fc.record({ $not: fc.record({ $lt: scalar }) }),
  fc.record({ $type: fc.constantFrom('string', 'number', 'null', 'bool') }),
);
const flat = fc.dictionary(fc.constantFrom(...names), condition, { minKeys: 0, maxKeys: 3 });
const filter: fc.Arbitrary<Document> = fc.oneof(
  { arbitrary: flat, weight: 3 },
  {
    arbitrary: fc
      .tuple(flat, fc.array(flat, { minLength: 1, maxLength: 3 }))
      .map(([base, branches]) => ({ ...base, $or: branches })),
    weight: 1,
  },
  { arbitrary: fc.array(flat, { minLength: 1, maxLength: 2 }).map((parts) => ({ $and: parts })), weight: 1 },
  { arbitrary: fc.array(flat, { minLength: 1, maxLength: 2 }).map((parts) => ({ $nor: parts })), weight: 1 },
);
const direction = fc.constantFrom(1 as const, -1 as const);
const pattern = fc.dictionary(fc.constantFrom(...names.slice(0, 3)), direction, { minKeys: 1, maxKeys: 3 });
const sort = fc.oneof(fc.constant({}), pattern);

const root = fc.constantFrom('a', 'b', 'c');
const change: fc.Arbitrary<Document> = fc.oneof(
  fc.tuple(root, scalar).map(([name, value]) => ({ $set: { [name]: value } })),
  fc.tuple(root, scalar).map(([name, value]) => ({ $min: { [name]: value } })),
  root.map((name) => ({ $unset: { [name]: '' } })),
  fc.constantFrom({ $rename: { a: 'b' } }, { $set: { d: 1 } }, { $set: { a: 1, c: 2 } }),
);

const isParallel = (documents: readonly Document[]) =>
  documents.filter((each) => ['a', 'b', 'c'].filter((name) => Array.isArray(each[name])).length < 2);

/** Ties may come in any order, so the whole answer cannot be compared with another one. */
function assertSorted(documents: readonly Document[], by: Document): void {
  const fields = compileSort(undecoded(by));
  if (fields.length === 0) return;
  const keys = documents.map((each) => sortKeyOf(Buffer.from(serialize(each)), fields));
  for (const [i, key] of keys.entries())
    assert.ok(i === 0 || (keys[i - 1] as Buffer).compare(key) <= 0, JSON.stringify(by));
}

test('every index gives what a scan gives, in the order that was asked for', async () => {
  await withStore(async (client) => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(document, { minLength: 5, maxLength: 40 }),
        fc.uniqueArray(fc.tuple(pattern, fc.boolean()), {
          minLength: 1,
          maxLength: 3,
          selector: ([key]) => JSON.stringify(key),
        }),
        fc.array(fc.tuple(filter, sort, change), { minLength: 8, maxLength: 8 }),
        async (given, indexes, questions) => {
          round += 1;
          const documents = isParallel(given).map((each, _id) => ({ ...each, _id }));
          if (documents.length === 0) return;
          const plain = client.db().collection<Document>(`plain${round}`);
          const indexed = client.db().collection<Document>(`indexed${round}`);
          for (const [i, [key, sparse]] of indexes.entries()) await indexed.createIndex(key, { sparse, name: `i${i}` });
          await plain.insertMany(documents.map((each) => ({ ...each })) as never);
          await indexed.insertMany(documents.map((each) => ({ ...each })) as never);
          for (const [asked, by, update] of questions) {
            const order = { ...by, _id: 1 as const };
            const [expected, found] = await Promise.all(
              [plain, indexed].map((each) => each.find(asked).sort(order).toArray()),
            );
            assert.deepEqual(found, expected, JSON.stringify(asked));
            const byIndex = await indexed.find(asked).sort(by).toArray();
            assert.deepEqual(
              new Set(byIndex.map(({ _id }) => _id as unknown)),
              new Set(expected?.map(({ _id }) => _id as unknown)),
            );
            assert.equal(byIndex.length, expected?.length);
            assertSorted(byIndex, by);
            assert.equal(await indexed.countDocuments(asked), expected?.length);
            await plain.updateMany(asked, update);
            await indexed.updateMany(asked, update);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
