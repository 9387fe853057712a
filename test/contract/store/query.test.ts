// Query operators against the store, each case without an index and with one on every field it names. Sources: MongoDB manual, "Query and Projection Operators", "Query on Arrays", "Comparison/Sort Order".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Binary, Decimal128, type Document, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { collectionWith, errorOf, openStore } from './kit.js';

const store = await openStore();

interface Case {
  readonly name: string;
  readonly values: readonly unknown[];
  /** applied to documents `{_id: <position>, v: <value>}`, or those given as documents */
  readonly filter: Document;
  /** positions that match */
  readonly finds: readonly number[];
}

const id = new ObjectId('0123456789abcdef01234567');
const date = new Date('2020-01-01T00:00:00Z');
const missing = Symbol('missing');
const mixed = [null, missing, 1, 'a', [1, 'a'], { a: 1 }, true, date, id];

const cases: Case[] = [
  {
    name: '$eq finds the same number in every numeric type',
    values: [new Int32(1), new Double(1), Long.fromNumber(1), Decimal128.fromString('1.0'), 2],
    filter: { v: 1 },
    finds: [0, 1, 2, 3],
  },
  {
    name: 'equality with a long beyond double precision is exact',
    values: [Long.fromString('9007199254740993'), Long.fromString('9007199254740992'), new Double(9007199254740992)],
    filter: { v: Long.fromString('9007199254740993') },
    finds: [0],
  },
  { name: '$eq finds a string', values: ['a', 'b', 'A'], filter: { v: 'a' }, finds: [0] },
  { name: '$eq null finds null and missing', values: mixed, filter: { v: null }, finds: [0, 1] },
  { name: '$ne null finds what is there', values: mixed, filter: { v: { $ne: null } }, finds: [2, 3, 4, 5, 6, 7, 8] },
  { name: 'equality finds an element of an array', values: [[1, 2], [3], 2], filter: { v: 2 }, finds: [0, 2] },
  {
    name: 'equality with an array finds the whole array',
    values: [[1, 2], [2, 1], [[1, 2]], 1],
    filter: { v: [1, 2] },
    finds: [0, 2],
  },
  {
    name: 'equality with a document needs the same field order',
    values: [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    filter: { v: { a: 1, b: 2 } },
    finds: [0],
  },
  {
    name: 'equality with a document takes numbers of other types',
    values: [{ a: new Double(1) }, { a: 2 }],
    filter: { v: { a: 1 } },
    finds: [0],
  },
  { name: 'equality finds true only', values: [true, false, 1], filter: { v: true }, finds: [0] },
  { name: 'equality finds an ObjectId', values: [id, new ObjectId(), id.toHexString()], filter: { v: id }, finds: [0] },
  { name: 'equality finds a date', values: [date, new Date(0), date.getTime()], filter: { v: date }, finds: [0] },
  {
    name: 'equality finds binary data of the same subtype',
    values: [new Binary(Buffer.from('ab')), new Binary(Buffer.from('ab'), 5), 'ab'],
    filter: { v: new Binary(Buffer.from('ab')) },
    finds: [0],
  },
  { name: 'equality finds an empty array', values: [[], [[]], null], filter: { v: [] }, finds: [0, 1] },
  { name: 'equality finds an empty document', values: [{}, { a: 1 }], filter: { v: {} }, finds: [0] },
  { name: 'equality finds an empty string', values: ['', null], filter: { v: '' }, finds: [0] },
  { name: 'equality finds NaN', values: [Number.NaN, 1, null], filter: { v: Number.NaN }, finds: [0] },
  { name: 'zero equals negative zero', values: [new Double(-0), 0, 1], filter: { v: 0 }, finds: [0, 1] },
  {
    name: '$gt compares numbers of all types',
    values: [1, new Double(1.5), Long.fromNumber(2), Decimal128.fromString('1.25')],
    filter: { v: { $gt: 1.2 } },
    finds: [1, 2, 3],
  },
  { name: '$gt keeps to the type of its operand', values: mixed, filter: { v: { $gt: 0 } }, finds: [2, 4] },
  { name: '$gte includes its operand', values: [1, 2, 3], filter: { v: { $gte: 2 } }, finds: [1, 2] },
  { name: '$lt compares strings by bytes', values: ['a', 'B', 'b', ''], filter: { v: { $lt: 'b' } }, finds: [0, 1, 3] },
  { name: '$lte includes its operand', values: [1, 2, 3], filter: { v: { $lte: 2 } }, finds: [0, 1] },
  { name: '$lt does not find NaN', values: [Number.NaN, 1], filter: { v: { $lt: 5 } }, finds: [1] },
  { name: '$gte NaN finds NaN', values: [Number.NaN, 1], filter: { v: { $gte: Number.NaN } }, finds: [0] },
  { name: '$gte null finds null and missing', values: mixed, filter: { v: { $gte: null } }, finds: [0, 1] },
  {
    name: '$gt on dates finds later ones',
    values: [new Date(1), new Date(2), 3],
    filter: { v: { $gt: new Date(1) } },
    finds: [1],
  },
  {
    name: '$gt on dates before 1970 orders them',
    values: [new Date(-2), new Date(-1), new Date(1)],
    filter: { v: { $gt: new Date(-2) } },
    finds: [1, 2],
  },
  {
    name: '$lt on ObjectIds orders them',
    values: [id, new ObjectId('ffffffffffffffffffffffff')],
    filter: { v: { $lt: new ObjectId('ffffffffffffffffffffffff') } },
    finds: [0],
  },
  {
    name: '$gt with MinKey finds everything but MinKey',
    values: [new MinKey(), 1, 'a'],
    filter: { v: { $gt: new MinKey() } },
    finds: [1, 2],
  },
  {
    name: '$lt with MaxKey finds everything but MaxKey',
    values: [new MaxKey(), 1, 'a'],
    filter: { v: { $lt: new MaxKey() } },
    finds: [1, 2],
  },
  {
    name: '$gt on booleans orders false before true',
    values: [false, true, 1],
    filter: { v: { $gt: false } },
    finds: [1],
  },
  {
    name: '$gt on documents compares field by field',
    values: [{ a: 1 }, { a: 2 }, { a: 1, b: 0 }],
    filter: { v: { $gt: { a: 1 } } },
    finds: [1, 2],
  },
  {
    name: '$gte on timestamps orders them',
    values: [new Timestamp({ t: 1, i: 1 }), new Timestamp({ t: 1, i: 2 }), new Timestamp({ t: 0, i: 9 })],
    filter: { v: { $gte: new Timestamp({ t: 1, i: 1 }) } },
    finds: [0, 1],
  },
  {
    name: 'a range over an array is met if one element meets each side',
    values: [[1, 10], [5], [11, 12]],
    filter: { v: { $gt: 4, $lt: 6 } },
    finds: [0, 1],
  },
  {
    name: 'two ranges on one scalar field are both needed',
    values: [1, 5, 9],
    filter: { $and: [{ v: { $gt: 2 } }, { v: { $lt: 8 } }] },
    finds: [1],
  },
  { name: '$in finds any of its values', values: [1, 2, 3, [3, 4]], filter: { v: { $in: [1, 3] } }, finds: [0, 2, 3] },
  {
    name: '$in with null finds null and missing',
    values: mixed,
    filter: { v: { $in: [null, 1] } },
    finds: [0, 1, 2, 4],
  },
  {
    name: '$in with a regular expression finds what it matches',
    values: ['abc', 'xbc', 'b'],
    filter: { v: { $in: [/^a/, 'b'] } },
    finds: [0, 2],
  },
  { name: '$in with an empty list finds nothing', values: [1, null], filter: { v: { $in: [] } }, finds: [] },
  { name: '$in with an array finds that array', values: [[1], 1, [[1]]], filter: { v: { $in: [[1]] } }, finds: [0, 2] },
  {
    name: '$nin finds what is none of its values',
    values: [1, 2, [1, 5], missing],
    filter: { v: { $nin: [1] } },
    finds: [1, 3],
  },
  {
    name: '$ne leaves out arrays that have the value',
    values: [[1, 2], [2], 1],
    filter: { v: { $ne: 1 } },
    finds: [1],
  },
  {
    name: '$exists true finds null too',
    values: mixed,
    filter: { v: { $exists: true } },
    finds: [0, 2, 3, 4, 5, 6, 7, 8],
  },
  { name: '$exists false finds only missing', values: mixed, filter: { v: { $exists: false } }, finds: [1] },
  { name: '$exists 0 means false', values: [1, missing], filter: { v: { $exists: 0 } }, finds: [1] },
  {
    name: '$type by name finds that type and arrays of it',
    values: [1, 'a', ['a'], null],
    filter: { v: { $type: 'string' } },
    finds: [1, 2],
  },
  {
    name: '$type number finds all numeric types',
    values: [1, new Double(1), Long.fromNumber(1), Decimal128.fromString('1'), '1'],
    filter: { v: { $type: 'number' } },
    finds: [0, 1, 2, 3],
  },
  { name: '$type by number finds that type', values: [1, 'a', new Double(1)], filter: { v: { $type: 1 } }, finds: [2] },
  { name: '$type array finds arrays', values: [[1], 1, []], filter: { v: { $type: 'array' } }, finds: [0, 2] },
  { name: '$type takes a list', values: [1, 'a', true], filter: { v: { $type: ['string', 'bool'] } }, finds: [1, 2] },
  { name: '$type objectId finds ObjectIds', values: [id, 'a'], filter: { v: { $type: 'objectId' } }, finds: [0] },
  {
    name: '$and needs all of its conditions',
    values: [1, 2, 3],
    filter: { $and: [{ v: { $gt: 1 } }, { v: { $ne: 3 } }] },
    finds: [1],
  },
  { name: '$or needs one of its conditions', values: [1, 2, 3], filter: { $or: [{ v: 1 }, { v: 3 }] }, finds: [0, 2] },
  {
    name: '$or with overlapping branches finds each document once',
    values: [1, 2, 3],
    filter: { $or: [{ v: { $gt: 1 } }, { v: { $gt: 2 } }] },
    finds: [1, 2],
  },
  { name: '$nor needs none of its conditions', values: [1, 2, missing], filter: { $nor: [{ v: 1 }] }, finds: [1, 2] },
  {
    name: '$not turns an operator round and finds missing',
    values: [1, 5, missing, 'a'],
    filter: { v: { $not: { $gt: 3 } } },
    finds: [0, 2, 3],
  },
  { name: '$not takes a regular expression', values: ['ab', 'b'], filter: { v: { $not: /^a/ } }, finds: [1] },
  { name: '$mod finds remainders', values: [4, 5, 6.5, -2, 'a'], filter: { v: { $mod: [2, 0] } }, finds: [0, 2, 3] },
  { name: '$regex finds strings', values: ['abc', 'xabc', 5], filter: { v: { $regex: 'abc' } }, finds: [0, 1] },
  {
    name: '$regex with an anchor finds the prefix',
    values: ['abc', 'xabc', 'ab'],
    filter: { v: { $regex: '^abc' } },
    finds: [0],
  },
  {
    name: '$regex with an anchor and a quantifier finds the shorter prefix',
    values: ['ac', 'abc', 'xbc'],
    filter: { v: { $regex: '^ab?c' } },
    finds: [0, 1],
  },
  {
    name: '$regex with i ignores case',
    values: ['ABC', 'x'],
    filter: { v: { $regex: '^abc', $options: 'i' } },
    finds: [0],
  },
  {
    name: '$regex with m matches at line starts',
    values: ['x\nabc', 'xabc'],
    filter: { v: { $regex: '^abc', $options: 'm' } },
    finds: [0],
  },
  {
    name: '$regex with s lets the dot match a newline',
    values: ['a\nb', 'a-b'],
    filter: { v: { $regex: 'a.b', $options: 's' } },
    finds: [0, 1],
  },
  {
    name: '$regex with x ignores blanks',
    values: ['abc'],
    filter: { v: { $regex: 'a b c # text', $options: 'x' } },
    finds: [0],
  },
  { name: '$regex looks into arrays', values: [['x', 'abc'], ['x']], filter: { v: /abc/ }, finds: [0] },
  {
    name: 'a regular expression as a value finds strings and itself',
    values: ['abc', /abc/, /abd/],
    filter: { v: /abc/ },
    finds: [0, 1],
  },
  { name: '$all needs every value', values: [[1, 2, 3], [1], 1], filter: { v: { $all: [1, 2] } }, finds: [0] },
  { name: '$all with one value finds a scalar', values: [[1], 1, 2], filter: { v: { $all: [1] } }, finds: [0, 1] },
  { name: '$all with an empty list finds nothing', values: [[1], []], filter: { v: { $all: [] } }, finds: [] },
  {
    name: '$all with $elemMatch needs an element for each',
    values: [[{ a: 1 }, { a: 2 }], [{ a: 1 }]],
    filter: { v: { $all: [{ $elemMatch: { a: 1 } }, { $elemMatch: { a: 2 } }] } },
    finds: [0],
  },
  {
    name: '$elemMatch needs one element to meet all',
    values: [[1, 10], [5], 5],
    filter: { v: { $elemMatch: { $gt: 4, $lt: 6 } } },
    finds: [1],
  },
  {
    name: '$elemMatch on documents needs one document to meet all',
    values: [
      [{ a: 1, b: 1 }],
      [
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ],
    ],
    filter: { v: { $elemMatch: { a: 1, b: 1 } } },
    finds: [0],
  },
  {
    name: '$elemMatch takes $or inside',
    values: [[{ a: 1 }], [{ b: 1 }], [{ c: 1 }]],
    filter: { v: { $elemMatch: { $or: [{ a: 1 }, { b: 1 }] } } },
    finds: [0, 1],
  },
  {
    name: '$elemMatch takes $not inside',
    values: [[1, 2], [2]],
    filter: { v: { $elemMatch: { $not: { $gt: 1 } } } },
    finds: [0],
  },
  {
    name: '$elemMatch does not find a scalar',
    values: [1, [1]],
    filter: { v: { $elemMatch: { $eq: 1 } } },
    finds: [1],
  },
  { name: '$size finds arrays of that length', values: [[1, 2], [1], 2, []], filter: { v: { $size: 2 } }, finds: [0] },
  { name: '$size 0 finds empty arrays', values: [[], null, [[]]], filter: { v: { $size: 0 } }, finds: [0] },
  { name: 'a dotted path goes into documents', values: [{ a: 1 }, { a: 2 }, 1], filter: { 'v.a': 1 }, finds: [0] },
  {
    name: 'a dotted path goes into documents in arrays',
    values: [[{ a: 1 }, { a: 2 }], [{ a: 3 }]],
    filter: { 'v.a': 2 },
    finds: [0],
  },
  {
    name: 'a dotted path with an index names an element',
    values: [
      [5, 6],
      [6, 5],
    ],
    filter: { 'v.0': 5 },
    finds: [0],
  },
  {
    name: 'a dotted path with an index goes on into the element',
    values: [[{ a: 1 }], [{ a: 2 }, { a: 1 }]],
    filter: { 'v.0.a': 1 },
    finds: [0],
  },
  {
    name: 'a dotted path with a number may be a field name',
    values: [{ 0: 5 }, [5]],
    filter: { 'v.0': 5 },
    finds: [0, 1],
  },
  {
    name: 'a dotted path equal to null finds what is not there',
    values: [{ b: 1 }, { a: null }, { a: 1 }, 5, missing],
    filter: { 'v.a': null },
    finds: [0, 1, 3, 4],
  },
  {
    name: 'a dotted path equal to null finds an array element without the field',
    values: [[{ a: 1 }, { b: 1 }], [{ a: 1 }]],
    filter: { 'v.a': null },
    finds: [0],
  },
  {
    name: 'a dotted path equal to null does not find an array of scalars',
    values: [[1, 2], []],
    filter: { 'v.a': null },
    finds: [],
  },
  {
    name: '$exists false on a dotted path finds arrays without it',
    values: [[], [{ a: 1 }], { b: 1 }],
    filter: { 'v.a': { $exists: false } },
    finds: [0, 2],
  },
  {
    name: '$ne on a dotted path needs no element to be equal',
    values: [[{ a: 1 }, { a: 2 }], [{ a: 2 }]],
    filter: { 'v.a': { $ne: 1 } },
    finds: [1],
  },
  {
    name: 'a dotted path does not go through arrays in arrays',
    values: [[[{ a: 1 }]], [{ a: 1 }]],
    filter: { 'v.a': 1 },
    finds: [1],
  },
  {
    name: '$expr compares two fields',
    values: [
      { a: 1, b: 2 },
      { a: 2, b: 1 },
    ],
    filter: { $expr: { $lt: ['$v.a', '$v.b'] } },
    finds: [0],
  },
  { name: '$comment changes nothing', values: [1, 2], filter: { v: 1, $comment: 'why' }, finds: [0] },
  {
    name: 'decimals are found by their value',
    values: [Decimal128.fromString('0.1'), 0.1, Decimal128.fromString('0.10')],
    filter: { v: Decimal128.fromString('0.1') },
    finds: [0, 2],
  },
  {
    name: 'infinity is above every number',
    values: [Number.POSITIVE_INFINITY, 1e308, Decimal128.fromString('1E400')],
    filter: { v: { $gt: 1e308 } },
    finds: [0, 2],
  },
  {
    name: 'a long string is found',
    values: ['x'.repeat(3000), `${'x'.repeat(2999)}y`],
    filter: { v: 'x'.repeat(3000) },
    finds: [0],
  },
  {
    name: 'long strings are compared as a whole',
    values: ['x'.repeat(3000), `${'x'.repeat(2999)}y`],
    filter: { v: { $gt: 'x'.repeat(3000) } },
    finds: [1],
  },
  { name: 'text with a zero byte is found', values: ['a\0b', 'a'], filter: { v: 'a\0b' }, finds: [0] },
  { name: 'text beyond ASCII is found', values: ['ä€😀', 'a'], filter: { v: 'ä€😀' }, finds: [0] },
];

for (const { name, values, filter, finds } of cases) {
  test(name, async () => {
    const documents = values.map((v, _id) => (v === missing ? { _id } : { _id, v }));
    const plain = await collectionWith(store.db, documents);
    const idsOf = async (collection: typeof plain) =>
      (await collection.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id as unknown);
    assert.deepEqual(await idsOf(plain), finds, 'without an index');
    const keys = new Set(fieldNames(filter));
    if (keys.size === 0) return;
    const indexed = await collectionWith(store.db, documents);
    for (const key of keys) await indexed.createIndex({ [key]: 1 });
    assert.deepEqual(await idsOf(indexed), finds, 'with an index');
    const descending = await collectionWith(store.db, documents);
    for (const key of keys) await descending.createIndex({ [key]: -1, other: 1 });
    assert.deepEqual(await idsOf(descending), finds, 'with a descending compound index');
    assert.equal(await indexed.countDocuments(filter), finds.length, 'counted');
  });
}

function fieldNames(filter: Document): string[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (!name.startsWith('$')) return [name];
    return Array.isArray(value) ? value.flatMap((each) => fieldNames(each as Document)) : [];
  });
}

const refused: [name: string, filter: Document, code: number][] = [
  ['an unknown operator is refused', { v: { $foo: 1 } }, 2],
  ['an unknown top level operator is refused', { $foo: [] }, 2],
  ['$in without an array is refused', { v: { $in: 1 } }, 2],
  ['an empty $or is refused', { $or: [] }, 2],
  ['$and without an array is refused', { $and: {} }, 2],
  ['$mod by zero is refused', { v: { $mod: [0, 1] } }, 2],
  ['$mod with three numbers is refused', { v: { $mod: [1, 2, 3] } }, 2],
  ['a negative $size is refused', { v: { $size: -1 } }, 2],
  ['$elemMatch without a document is refused', { v: { $elemMatch: 1 } }, 2],
  ['$not without an operator is refused', { v: { $not: 1 } }, 2],
  ['an unknown $type is refused', { v: { $type: 'foo' } }, 2],
  ['a broken regular expression is refused', { v: { $regex: '(' } }, 2],
  ['$ne with a regular expression is refused', { v: { $ne: /a/ } }, 2],
];

for (const [name, filter, code] of refused) {
  test(name, async () => {
    const collection = await collectionWith(store.db, [{ v: 1 }]);
    const error = await errorOf(collection.find(filter).toArray());
    if (name.startsWith('a broken')) assert.ok([2, 51091].includes(Number(error.code)));
    else assert.equal(error.code, code);
  });
}
