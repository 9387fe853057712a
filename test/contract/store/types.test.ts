// Every BSON type: kept byte for byte, found by itself, and in its place in the order. Sources: bsonspec.org, MongoDB manual, "BSON Types", "Comparison/Sort Order".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb';
import { collectionWith, openStore } from './kit.js';

const store = await openStore();

/** Values in MongoDB's order, each greater than the one before. */
const inOrder: readonly (readonly [name: string, value: unknown])[] = [
  ['MinKey', new MinKey()],
  ['null', null],
  ['NaN', new Double(Number.NaN)],
  ['negative infinity', new Double(Number.NEGATIVE_INFINITY)],
  ['a decimal below every double', Decimal128.fromString('-1E+400')],
  ['the least long', Long.MIN_VALUE],
  ['the least int', new Int32(-2_147_483_648)],
  ['a negative double', new Double(-0.5)],
  ['the least positive double', new Double(5e-324)],
  ['a decimal of a tenth', Decimal128.fromString('0.1')],
  ['a double a little above a tenth', new Double(0.1)],
  ['an int', new Int32(1)],
  ['a decimal with trailing zeros', Decimal128.fromString('1.500')],
  ['a whole double', new Double(2)],
  ['a long beyond 2^53', Long.fromString('9007199254740993')],
  ['the greatest long', Long.MAX_VALUE],
  ['a large double', new Double(1.7976931348623157e308)],
  ['a decimal above every double', Decimal128.fromString('9.999999999999999999999999999999999E+6144')],
  ['infinity', new Double(Number.POSITIVE_INFINITY)],
  ['an empty string', ''],
  ['a string with a zero byte', 'a\0b'],
  ['a string', 'ab'],
  ['a symbol', new BSONSymbol('ac')],
  ['a string beyond ASCII', 'ä€😀'],
  ['an empty document', {}],
  ['a document with an int', { a: new Int32(1) }],
  ['a document with a long', { a: Long.fromNumber(2) }],
  ['a reference', new DBRef('things', new ObjectId('0123456789abcdef01234567'))],
  ['a document in a document', { a: { b: [1, { c: null }] } }],
  ['empty binary data', new Binary(Buffer.alloc(0))],
  ['binary data', new Binary(Buffer.from([1, 2, 3]))],
  ['binary data of a subtype of its own', new Binary(Buffer.from([1, 2, 3]), 0x80)],
  ['a UUID', new UUID('00112233-4455-6677-8899-aabbccddeeff')],
  ['an ObjectId', new ObjectId('0123456789abcdef01234567')],
  ['false', false],
  ['true', true],
  ['a date before 1970', new Date(-1)],
  ['a date', new Date(1_600_000_000_000)],
  ['a date far away', new Date(8_640_000_000_000_000)],
  ['a timestamp', new Timestamp({ t: 1, i: 2 })],
  ['the greatest timestamp', new Timestamp({ t: 4_294_967_295, i: 4_294_967_295 })],
  ['a regular expression', new BSONRegExp('^a', 'i')],
  ['another regular expression', new BSONRegExp('^b', '')],
  ['code', new Code('return 1')],
  ['code with a scope', new Code('return x', { x: 1 })],
  ['MaxKey', new MaxKey()],
];

const raw = { raw: true, promoteValues: false } as const;

for (const [position, [name, value]] of inOrder.entries()) {
  test(`${name} is kept byte for byte, and through a change of its neighbour`, async () => {
    const collection = await collectionWith(store.db, [{ _id: 1, before: 1, v: value, list: [value], after: 'x' }]);
    const expected = await collectionWith(store.db, [{ _id: 1, before: 2, v: value, list: [value], after: 'y' }]);
    await collection.updateOne({}, { $inc: { before: 1 }, $set: { after: 'y' } });
    const [found, wanted] = await Promise.all([collection, expected].map((each) => each.findOne({}, raw)));
    assert.deepEqual(found, wanted);
  });

  test(`${name} is found by itself, with an index and without`, async () => {
    const others = [inOrder[position - 1], inOrder[position + 1]].flatMap((other) => (other ? [{ v: other[1] }] : []));
    for (const index of [undefined, { v: 1 as const }, { v: -1 as const }]) {
      const collection = await collectionWith(store.db, [{ v: value, wanted: true }, ...others]);
      if (index) await collection.createIndex(index);
      const found = await collection.find({ v: { $eq: value } }).toArray();
      assert.deepEqual(
        found.map(({ wanted }) => wanted as unknown),
        [true],
      );
    }
  });

  test(`${name} sorts behind what is less and before what is greater`, async () => {
    const documents = inOrder.slice(Math.max(0, position - 1), position + 2).map(([, v], _id) => ({ _id, v }));
    for (const index of [undefined, { v: 1 as const }]) {
      const collection = await collectionWith(store.db, [...documents].reverse());
      if (index) await collection.createIndex(index);
      const up = await collection.find().sort({ v: 1 }).toArray();
      const down = await collection.find().sort({ v: -1 }).toArray();
      const ids = documents.map(({ _id }) => _id);
      assert.deepEqual(
        [up, down].map((found) => found.map(({ _id }) => _id as unknown)),
        [ids, [...ids].reverse()],
      );
    }
  });
}
