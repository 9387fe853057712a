// The filter language: MongoDB's meaning case by case. What is refused is in filter-refusals.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFilter, type FilterableEvent, isFilterEmpty, maxPatternText } from '../../src/event/filter.js';

const eventWith = (data: unknown): FilterableEvent => ({
  id: 'evt_1',
  type: 'order.created',
  source: '/shop',
  subject: null,
  time: new Date('2026-01-31T12:00:00Z'),
  sequence: 42,
  data,
});
const matches = (filter: unknown, data: unknown = {}) => compileFilter(filter, 'filter').matches(eventWith(data));
const refuses = (filter: unknown, expected: object) => {
  assert.throws(() => compileFilter(filter, 'filter'), { code: 'FILTER_INVALID', ...expected });
};

/** Filter on `data.a`, values of `a` that match, values that do not; `absent` stands for no `a` at all. */
type Case = readonly [operand: unknown, yes: readonly unknown[], no: readonly unknown[]];
const absent = Symbol('absent');

const cases: readonly Case[] = [
  [5, [5, [5], [1, 5], 5.0], ['5', [[5]], null, absent, { a: 5 }, true]],
  ['x', ['x', ['y', 'x']], ['X', '', absent]],
  [true, [true, [true]], [1, 'true', absent]],
  [null, [null, absent, [null]], [0, '', [], [1], false, {}]],
  [
    [1, 2],
    [[1, 2], [[1, 2]]],
    [[2, 1], [1, 2, 3], 1, [1]],
  ],
  [{ b: 1, c: 2 }, [{ b: 1, c: 2 }, [{ b: 1, c: 2 }]], [{ c: 2, b: 1 }, { b: 1 }, { b: 1, c: 2, d: 3 }, {}]],
  [{}, [{}, [{}]], [[], null, absent, { b: 1 }]],
  [{ $eq: 5 }, [5, [5]], [6]],
  [{ $eq: { $odd: 1 } }, [{ $odd: 1 }], [{}]],
  [{ $ne: 5 }, [6, absent, null, [], [6]], [5, [5], [6, 5]]],
  [{ $ne: null }, [0, [], [1], {}], [null, absent, [null], [1, null]]],
  [{ $gt: 5 }, [6, 5.1, [1, 9]], [5, '6', null, absent, [], true, {}]],
  [{ $gte: 5 }, [5, 6, [5]], [4.9, '5', absent]],
  [{ $lt: 5 }, [4, -1, [9, 1]], [5, '4', null, absent]],
  [{ $lte: 5 }, [5, [5, 9]], [6, null]],
  [{ $gt: 1, $lt: 5 }, [3, [0, 9]], [1, 5, [0, 1]]],
  [{ $gt: 'b' }, ['c', 'bb', 'é', ['a', 'c']], ['b', 'a', 'B', 5, null]],
  [{ $gt: '\uffee' }, ['😀'], ['\uffed']],
  [{ $lt: '😀' }, ['\uffee', 'z'], ['😁', '😀']],
  [{ $gt: false }, [true], [false, 1, 'x']],
  [{ $gte: null }, [null, absent, [null]], [0, [], 'x']],
  [{ $lte: null }, [null, absent], [0, 'x']],
  [{ $gt: null }, [], [null, absent, 0, 'x', {}]],
  [{ $lt: null }, [], [null, absent, 0]],
  [{ $gt: [1, 2] }, [[1, 3], [2], [1, 2, 0], [[1, 3]], ['x']], [[1, 2], [1], 9, [0, 9]]],
  [{ $gt: { b: 1 } }, [{ b: 2 }, { c: 1 }, { b: 1, c: 1 }, { b: 'x' }, { a: 'x' }], [{ b: 1 }, { a: 1 }, {}, 5]],
  [{ $in: [1, 'x'] }, [1, 'x', [1], [2, 'x']], [2, absent, [[1]], '1']],
  [{ $in: [null] }, [null, absent, [null]], [0, []]],
  [{ $in: [[1, 2], { b: 1 }] }, [[1, 2], [[1, 2]], { b: 1 }, [{ b: 1 }]], [[2, 1], 1, { b: 2 }]],
  [{ $in: [] }, [], [1, absent, null, []]],
  [{ $nin: [1, 'x'] }, [2, absent, [], [2]], [1, 'x', [2, 1]]],
  [{ $nin: [null] }, [0, []], [null, absent, [null]]],
  [{ $exists: true }, [null, 0, [], {}, false], [absent]],
  [{ $exists: false }, [absent], [null, 0, []]],
  [{ $type: 'number' }, [1, 1.5, [1]], ['1', null, absent, []]],
  [{ $type: 'int' }, [1, -(2 ** 31), 2 ** 31 - 1], [1.5, 2 ** 31, -(2 ** 31) - 1]],
  [{ $type: 'long' }, [2 ** 31, -(2 ** 40)], [1, 2 ** 53, 1.5]],
  [{ $type: 'double' }, [1.5, 2 ** 53], [1]],
  [{ $type: ['string', 10] }, ['', null, [null]], [absent, 1, []]],
  [{ $type: 'array' }, [[], [1], [[]]], [1, {}, absent]],
  [{ $type: 'object' }, [{}, [{}]], [[], null]],
  [{ $type: 8 }, [true, [false]], [1, 'true']],
  [{ $not: { $gt: 5 } }, [5, absent, null, 'x', []], [6, [1, 6]]],
  [{ $not: { $gt: 1, $lt: 5 } }, [1, 5, absent], [3, [0, 9]]],
  [{ $not: { $not: { $gt: 5 } } }, [6], [5, absent]],
  [
    { $all: [1, 2] },
    [
      [1, 2],
      [2, 3, 1],
    ],
    [[1], 1, absent],
  ],
  [{ $all: [1] }, [1, [1]], [2, absent]],
  [{ $all: [] }, [], [[], absent, 1]],
  [
    { $all: [[1, 2]] },
    [
      [1, 2],
      [[1, 2], 3],
    ],
    [[1, 3]],
  ],
  [{ $all: [null] }, [null, absent, [null]], [1]],
  [{ $all: [{ $elemMatch: { $gt: 5 } }, { $elemMatch: { $lt: 0 } }] }, [[9, -9]], [[9], 9, absent]],
  [{ $elemMatch: { $gt: 1, $lt: 5 } }, [[3], [0, 3, 9]], [[0, 9], 3, [], absent, [[3]]]],
  [
    { $elemMatch: { b: 1, c: { $gt: 2 } } },
    [[{ b: 1, c: 3 }], [{}, { c: 3, b: 1 }]],
    [[{ b: 1 }, { c: 3 }], { b: 1, c: 3 }, []],
  ],
  [{ $elemMatch: { $or: [{ b: 1 }, { b: 2 }] } }, [[{ b: 2 }]], [[{ b: 3 }], []]],
  [{ $elemMatch: {} }, [[{}], [{ b: 1 }], [[]]], [[], [1], {}, absent]],
  [{ $elemMatch: { $elemMatch: { $eq: 1 } } }, [[[1]], [[0], [1]]], [[1], [[[1]]]]],
  [{ $elemMatch: { 0: 1 } }, [[[1]]], [[1], [[2, 1]]]],
  [{ $elemMatch: { length: 1 } }, [[{ length: 1 }]], [[[9]]]],
  [{ $elemMatch: { $not: { $eq: 1 } } }, [[1, 2], [[1]]], [[1], []]],
  [
    { $size: 2 },
    [
      [1, 2],
      [[], []],
    ],
    [[1], [], 2, absent, { length: 2 }, [[1, 2]]],
  ],
  [{ $size: 0 }, [[]], [absent, '', [[]]]],
  [{ $mod: [4, 1] }, [1, 5, 5.9, [2, 9], -3 + 8], [4, -3, '5', null, absent, 2 ** 64]],
  [{ $mod: [4, 0] }, [0, -4, 8, 0.5], [1]],
  [{ $mod: [4.9, -1.2] }, [-5, -1], [5]],
  [{ $regex: '^a.c$' }, ['abc', ['x', 'abc']], ['ABC', 'abcd', 5, null, absent, 'a\nc']],
  [{ $regex: 'a', $options: 'i' }, ['A', 'bAb'], ['b']],
  [{ $options: 'ms', $regex: '^b.c$' }, ['a\nb\nc\nd'], ['a\nbc']],
  [{ $not: { $regex: '^a' } }, ['b', 5, absent], ['a', ['b', 'a']]],
];

for (const [operand, yes, no] of cases) {
  test(`{"data.a": ${JSON.stringify(operand)}} matches as MongoDB does`, () => {
    const check = (a: unknown, expected: boolean) => {
      const data = a === absent ? {} : { a };
      assert.equal(matches({ 'data.a': operand }, data), expected, JSON.stringify(data));
    };
    for (const value of yes) check(value, true);
    for (const value of no) check(value, false);
  });
}

// From the server's own tests of paths and of null.
const paths: readonly (readonly [path: string, operand: unknown, data: unknown, expected: boolean])[] = [
  ['data.a.b', 5, { a: { b: 5 } }, true],
  ['data.a.b', 5, { a: [{ b: 4 }, { b: 5 }] }, true],
  ['data.a.b', 5, { a: [{ b: [4, 5] }] }, true],
  ['data.a.b', 5, { a: [[{ b: 5 }]] }, false],
  ['data.a.b.c', 5, { a: [{ b: [{ c: 5 }] }] }, true],
  ['data.a.0', 5, { a: [5, 6] }, true],
  ['data.a.1', 5, { a: [5, 6] }, false],
  ['data.a.1', 2, { a: [5, [2, 4], 3] }, false],
  ['data.a.1', [2, 4], { a: [5, [2, 4], 3] }, true],
  ['data.a.1', 4, { a: [5, { 1: 4 }, 3] }, true],
  ['data.a.1', { 1: 4 }, { a: [5, { 1: 4 }, 3] }, true],
  ['data.a.1.b', 4, { a: [5, { b: 4 }, 3] }, true],
  ['data.a.1.b', null, { a: [5, { b: 4 }, 3] }, true],
  ['data.a.1.b', 4, { a: [5, [{ b: 4 }], 3] }, true],
  ['data.a.0.0', 1, { a: [[1]] }, true],
  ['data.a.00', 5, { a: [5] }, false],
  ['data.a.-1', 5, { a: [5] }, false],
  ['data.a.length', 1, { a: [5] }, false],
  ['data.a.0.b', { $size: 1 }, { a: [{ b: [1] }] }, true],
  ['data.a.b', { $size: 1 }, { a: [{ b: [1] }, { b: [1, 2] }] }, true],
  ['data.a.b', { $exists: true }, { a: [{}, { b: null }] }, true],
  ['data.a.b', { $exists: false }, { a: [{}, { b: null }] }, false],
  ['data.a.b', { $exists: true }, { a: [] }, false],
  ['data.a.b', null, {}, true],
  ['data.a.b', null, { a: null }, true],
  ['data.a.b', null, { a: 4 }, true],
  ['data.a.b', null, { a: {} }, true],
  ['data.a.b', null, { a: { b: null } }, true],
  ['data.a.b', null, { a: { b: 1 } }, false],
  ['data.a.b', null, { a: [] }, false],
  ['data.a.b', null, { a: [[]] }, false],
  ['data.a.b', null, { a: [1, 'x', null] }, false],
  ['data.a.b', null, { a: [{ b: 3 }, {}] }, true],
  ['data.a.b', null, { a: [{ b: 1 }, { b: 3 }] }, false],
  ['data.a.b', { $ne: null }, { a: [] }, true],
  ['data.a.b', { $ne: 5 }, { a: [{ b: 4 }, { b: 5 }] }, false],
  ['data', [1, 2], [1, 2], true],
  ['data.0', 1, [1, 2], true],
  ['data', 5, 5, true],
  ['data.a', null, 5, true],
  ['data', { a: 1 }, { a: 1 }, true],
];

for (const [path, operand, data, expected] of paths) {
  test(`{"${path}": ${JSON.stringify(operand)}} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(data)}`, () => {
    assert.equal(matches({ [path]: operand }, data), expected);
  });
}

test('conditions beside each other must all hold, and logic puts filters together', () => {
  const data = { a: 1, b: 2 };
  assert.ok(matches({ 'data.a': 1, 'data.b': 2, type: 'order.created' }, data));
  assert.ok(!matches({ 'data.a': 1, 'data.b': 3, type: 'order.created' }, data));
  assert.ok(matches({ $or: [{ 'data.a': 9 }, { 'data.b': 2 }] }, data));
  assert.ok(!matches({ $or: [{ 'data.a': 9 }, { 'data.b': 9 }] }, data));
  assert.ok(!matches({ $and: [{ 'data.a': 1 }, { 'data.b': 9 }] }, data));
  assert.ok(matches({ $nor: [{ 'data.a': 9 }, { 'data.b': 9 }] }, data));
  assert.ok(!matches({ $nor: [{ 'data.a': 9 }, { 'data.b': 2 }] }, data));
  assert.ok(matches({ $or: [{}] }, data));
});

test('every attribute of the event can be looked at', () => {
  const filter = {
    id: 'evt_1',
    type: { $in: ['order.created'] },
    source: '/shop',
    subject: null,
    sequence: { $gt: 41 },
    data: {},
  };
  assert.ok(matches(filter));
  assert.ok(!matches({ ...filter, subject: 'x' }));
});

test('the time of the event compares with RFC 3339 strings, as instants', () => {
  assert.ok(matches({ time: { $gte: '2026-01-31T13:00:00+01:00', $lt: '2026-02-01' } }));
  assert.ok(matches({ time: '2026-01-31t12:00:00.000z' }));
  assert.ok(matches({ time: { $in: ['2026-01-31T12:00:00Z'] } }));
  assert.ok(matches({ time: { $type: 'date' } }));
  assert.ok(!matches({ time: { $gt: '2026-01-31T12:00:00Z' } }));
  assert.ok(!matches({ time: { $gt: 5 } }));
  assert.ok(matches({ time: { $ne: null } }));
  assert.ok(matches({ 'data.at': { $gt: 'any text' } }, { at: 'b' }));
  refuses({ time: { $gt: 'yesterday' } }, { field: 'filter.time.$gt', message: /is no time/ });
  refuses({ time: { $lt: '2026-02-31T99:00:00Z' } }, { field: 'filter.time.$lt' });
});

test('only what data itself has is looked at', () => {
  assert.ok(!matches({ 'data.constructor': { $exists: true } }));
  assert.ok(!matches({ 'data.__proto__': { $exists: true } }));
  assert.ok(!matches({ 'data.__proto__.toString': { $exists: true } }));
  assert.ok(matches({ 'data.__proto__.a': 1 }, JSON.parse('{"__proto__": {"a": 1}}')));
  assert.ok(matches({ data: JSON.parse('{"__proto__": {"a": 1}}') }, JSON.parse('{"__proto__": {"a": 1}}')));
  assert.ok(matches({ 'data.constructor': 1 }, { constructor: 1 }));
});

test('a pattern that backtracks for ever elsewhere answers at once', () => {
  assert.ok(!matches({ 'data.a': { $regex: '^(a+)+$' } }, { a: `${'a'.repeat(100_000)}!` }));
});

test('the regular expressions of a filter share one budget of states', () => {
  const pattern = { $regex: 'a[ab]{200}[cd]' };
  assert.ok(!matches({ 'data.a': pattern, 'data.b': pattern }, {}));
  const three = { 'data.a': pattern, 'data.b': pattern, 'data.c': pattern };
  assert.throws(() => compileFilter(three, 'filter'), { code: 'FILTER_INVALID', field: 'filter.data.c.$regex' });
});

test('a string that is too long matches no regular expression', () => {
  const ofLength = (length: number) => matches({ 'data.a': { $regex: '^a' } }, { a: 'a'.repeat(length) });
  assert.ok(ofLength(maxPatternText));
  assert.ok(!ofLength(maxPatternText + 1));
});

test('a filter changed after it was compiled makes no difference', () => {
  const filter = { 'data.a': { $in: [1] } };
  const compiled = compileFilter(filter, 'filter');
  filter['data.a'].$in.push(2);
  assert.ok(!compiled.matches(eventWith({ a: 2 })));
});

test('an object without a prototype is read like any other', () => {
  assert.ok(
    matches(Object.assign(Object.create(null), { 'data.a': Object.assign(Object.create(null), { $gt: 1 }) }), { a: 2 }),
  );
});

test('an absent filter, null and an empty one let everything pass', () => {
  for (const filter of [undefined, null, {}]) {
    assert.ok(isFilterEmpty(filter));
    assert.ok(matches(filter));
  }
  assert.ok(!isFilterEmpty({ type: 'a' }));
  assert.ok(!isFilterEmpty([]));
});
