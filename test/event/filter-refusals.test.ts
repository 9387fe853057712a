// What is no filter: unknown operators, wrong operands, and what is over a bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFilter } from '../../src/event/filter.js';

const refuses = (filter: unknown, expected: object) => {
  assert.throws(() => compileFilter(filter, 'filter'), { code: 'FILTER_INVALID', ...expected });
};

const refusals: readonly (readonly [filter: unknown, field: string, message?: RegExp])[] = [
  [[], 'filter'],
  ['x', 'filter'],
  [{ $where: 'true' }, 'filter.$where', /no operator "\$where"/],
  [{ $expr: {} }, 'filter.$expr'],
  [{ $function: {} }, 'filter.$function'],
  [{ $jsonSchema: {} }, 'filter.$jsonSchema'],
  [{ $text: { $search: 'x' } }, 'filter.$text'],
  [{ $comment: 'x' }, 'filter.$comment'],
  [{ 'data.amount': { $foo: 1 } }, 'filter.data.amount.$foo', /"\$foo".*known are \$eq/],
  [{ 'data.a': { $where: 'true' } }, 'filter.data.a.$where'],
  [{ 'data.a': { $near: [1, 2] } }, 'filter.data.a.$near'],
  [{ 'data.a': { $gt: 1, other: 2 } }, 'filter.data.a.other'],
  [{ 'data.a': { $eq: 1, $or: [] } }, 'filter.data.a.$or'],
  [{ $gt: 5 }, 'filter.$gt'],
  [{ amount: 5 }, 'filter.amount', /id, type, source, subject, time, data, sequence/],
  [{ 'database.a': 5 }, 'filter.database.a'],
  [{ '': 5 }, 'filter.'],
  [{ 'data..a': 5 }, 'filter.data..a'],
  [{ 'data.': 5 }, 'filter.data.'],
  [{ 'data.$a': 5 }, 'filter.data.$a'],
  [{ $or: [] }, 'filter.$or', /\$or takes an array/],
  [{ $and: {} }, 'filter.$and'],
  [{ $or: [{ 'data.a': 1 }, 5] }, 'filter.$or.1'],
  [{ $or: [{ 'data.a': 1 }, { 'data.a': { $foo: 1 } }] }, 'filter.$or.1.data.a.$foo'],
  [{ 'data.a': { $not: 5 } }, 'filter.data.a.$not'],
  [{ 'data.a': { $not: {} } }, 'filter.data.a.$not'],
  [{ 'data.a': { $not: { b: 1 } } }, 'filter.data.a.$not.b'],
  [{ 'data.a': { $in: 5 } }, 'filter.data.a.$in'],
  [{ 'data.a': { $in: [{ $gt: 1 }] } }, 'filter.data.a.$in'],
  [{ 'data.a': { $in: Array.from({ length: 1_001 }, () => 1) } }, 'filter.data.a.$in', /more than 1000 values/],
  [{ 'data.a': { $exists: 1 } }, 'filter.data.a.$exists'],
  [{ 'data.a': { $type: 'objectId' } }, 'filter.data.a.$type', /knows no type "objectId"/],
  [{ 'data.a': { $type: [] } }, 'filter.data.a.$type'],
  [{ 'data.a': { $all: 5 } }, 'filter.data.a.$all'],
  [{ 'data.a': { $all: [{ $elemMatch: {} }, 5] } }, 'filter.data.a.$all'],
  [{ 'data.a': { $all: [{ $gt: 5 }] } }, 'filter.data.a.$all'],
  [{ 'data.a': { $elemMatch: 5 } }, 'filter.data.a.$elemMatch'],
  [{ 'data.a': { $elemMatch: { $gt: 5, b: 1 } } }, 'filter.data.a.$elemMatch.b'],
  [{ 'data.a': { $size: -1 } }, 'filter.data.a.$size'],
  [{ 'data.a': { $size: '1' } }, 'filter.data.a.$size'],
  [{ 'data.a': { $mod: [0, 1] } }, 'filter.data.a.$mod'],
  [{ 'data.a': { $mod: [0.5, 1] } }, 'filter.data.a.$mod'],
  [{ 'data.a': { $mod: [4] } }, 'filter.data.a.$mod'],
  [{ 'data.a': { $mod: [4, 1, 1] } }, 'filter.data.a.$mod'],
  [{ 'data.a': { $regex: 5 } }, 'filter.data.a.$regex'],
  [{ 'data.a': { $regex: '(a' } }, 'filter.data.a.$regex', /does not parse/],
  [{ 'data.a': { $regex: '(?=a)' } }, 'filter.data.a.$regex', /lookahead/],
  [{ 'data.a': { $regex: '(a)\\1' } }, 'filter.data.a.$regex', /backreference/],
  [{ 'data.a': { $regex: 'a'.repeat(1_001) } }, 'filter.data.a.$regex', /1000 characters/],
  [{ 'data.a': { $regex: 'a{600}' } }, 'filter.data.a.$regex', /too costly/],
  [{ 'data.a': { $regex: 'a', $options: 'x' } }, 'filter.data.a.$regex', /i, m and s/],
  [{ 'data.a': { $options: 'i' } }, 'filter.data.a.$options', /needs \$regex/],
  [{ 'data.a': /x/ }, 'filter', /plain JSON/],
  [{ 'data.a': new Date(0) }, 'filter', /plain JSON/],
  [{ 'data.a': undefined }, 'filter', /plain JSON/],
  [{ 'data.a': Number.NaN }, 'filter', /plain JSON/],
  [{ 'data.a': 1n }, 'filter', /plain JSON/],
];

for (const [filter, field, message = /./] of refusals) {
  test(`a filter that is wrong at ${field} is refused: ${Object.prototype.toString.call(filter)} ${message.source}`, () => {
    refuses(filter, { field, message });
  });
}

const nest = (levels: number, wrap: (inner: unknown) => unknown, core: unknown) => {
  let filter = core;
  for (let level = 0; level < levels; level += 1) filter = wrap(filter);
  return filter;
};

test('a filter nested 16 deep is taken and one nested deeper is refused, however deep', () => {
  const wrap = (inner: unknown) => ({ $and: [inner] });
  assert.ok(compileFilter(nest(14, wrap, { 'data.a': { $gt: 0 } }), 'filter'));
  for (const levels of [16, 100, 50_000]) {
    refuses(nest(levels, wrap, { 'data.a': 1 }), { message: /nested at most 16 deep/ });
  }
  refuses({ 'data.a': nest(100, (inner) => ({ $not: inner }), { $gt: 1 }) }, { message: /nested at most 16 deep/ });
  refuses(
    { 'data.a': nest(100, (inner) => ({ $elemMatch: inner }), { $gt: 1 }) },
    { message: /nested at most 16 deep/ },
  );
  refuses({ 'data.a': nest(100, (inner) => [inner], 1) }, { message: /nested at most 16 deep/ });
  const endless: Record<string, unknown> = {};
  endless['$and'] = [endless];
  refuses(endless, { message: /nested at most 16 deep/ });
});

test('a filter has bounds of conditions, bytes, patterns and path length', () => {
  const many = (count: number) => ({ $or: Array.from({ length: count }, (_, number) => ({ 'data.a': number })) });
  assert.ok(compileFilter(many(199), 'filter'));
  refuses(many(200), { field: 'filter.$or.199.data.a', message: /at most 200 conditions/ });
  assert.throws(() => compileFilter({ 'data.a': 'x'.repeat(16 * 1024) }, 'filter'), {
    code: 'TOO_LARGE',
    field: 'filter',
  });
  refuses(
    { $or: Array.from({ length: 11 }, () => ({ 'data.a': { $regex: 'a' } })) },
    { message: /at most 10 regular/ },
  );
  refuses({ [`data${'.a'.repeat(32)}`]: 1 }, { message: /at most 32 names/ });
  refuses({ [`data${'.0'.repeat(9)}`]: 1 }, { message: /8 are array indexes/ });
});
