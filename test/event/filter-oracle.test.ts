// The filter language against mingo, an independent implementation of MongoDB's, on random filters and data.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Query } from 'mingo';
import { compileFilter, type FilterableEvent } from '../../src/event/filter.js';

// Left out where mingo 7.2.7 departs from the server, whose own tests our cases in filter.test.ts follow:
// - null and absent values on paths that lead through arrays (`{"a.b": null}` on `{a: []}`);
// - array indexes in paths, which mingo also applies to the elements of the element;
// - `$type`, `$mod` and `$all` on scalars and on arrays within arrays;
// - the order of keys when objects are equal or compared, and comparisons of arrays with arrays;
// - `$size` on paths that lead through arrays, where mingo counts what it has gathered;
// - `$elemMatch` on arrays within arrays, and its filters on elements that are no objects.
// It also fails on objects without a prototype.
const dictionary = <T>(keys: fc.Arbitrary<string>, values: fc.Arbitrary<T>, minKeys: number, maxKeys: number) =>
  fc.dictionary(keys, values, { minKeys, maxKeys, noNullPrototype: true });
const scalars = fc.constantFrom<unknown>(0, 1, 2, -1, 1.5, '', 'a', 'b', 'ab', true, false);
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: scalars },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.array(scalars, { maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc.array(dictionary(fc.constantFrom('a', 'b'), scalars, 1, 2), { minLength: 1, maxLength: 3 }),
    },
    { weight: 3, arbitrary: dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), 0, 3) },
  ),
}));
const objects = fc.array(dictionary(fc.constantFrom('a', 'b'), scalars, 1, 2), { maxLength: 3 });
const events = fc.tuple(dictionary(fc.constantFrom('a', 'b', 'c'), values, 0, 3), objects).map(
  ([data, list]): FilterableEvent => ({
    id: 'evt_1',
    type: 'order.created',
    source: '/shop',
    subject: null,
    time: new Date(0),
    sequence: 1,
    data: { ...data, objects: list },
  }),
);

const paths = fc.constantFrom('data.a', 'data.b', 'data.a.a', 'data.a.b', 'data.b.a', 'data.a.b.c', 'type', 'sequence');
const topPaths = fc.constantFrom('data.a', 'data.b', 'data.c');
const positive = fc.oneof(
  fc.record({ $eq: scalars }),
  fc.record({ $gt: scalars }),
  fc.record({ $gte: scalars }),
  fc.record({ $lt: scalars }),
  fc.record({ $lte: scalars }),
  fc.record({ $in: fc.array(scalars, { maxLength: 3 }) }),
  fc.record({ $regex: fc.constantFrom('a', '^a', 'b$', '^$'), $options: fc.constantFrom('', 'i') }),
);
const comparisons = fc.oneof(
  { weight: 3, arbitrary: positive },
  fc.record({ $ne: scalars }),
  fc.record({ $nin: fc.array(scalars, { maxLength: 3 }) }),
);
const bothOf = (parts: fc.Arbitrary<object>) => fc.tuple(parts, parts).map(([left, right]) => ({ ...left, ...right }));
const expressions = fc.oneof(
  { weight: 6, arbitrary: comparisons },
  { weight: 3, arbitrary: scalars },
  { weight: 1, arbitrary: fc.record({ $exists: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ $not: comparisons }) },
  { weight: 1, arbitrary: bothOf(comparisons) },
);
const arrayExpressions = fc.oneof(fc.record({ $size: fc.nat(3) }), fc.record({ $elemMatch: bothOf(comparisons) }));
const objectFilters = fc.record({
  'data.objects': fc.record({ $elemMatch: dictionary(fc.constantFrom('a', 'b'), expressions, 1, 2) }),
});
const { filter: anyFilters } = fc.letrec<{ filter: Record<string, unknown> }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: dictionary(paths, expressions, 1, 3) },
    { weight: 2, arbitrary: dictionary(topPaths, arrayExpressions, 1, 2) },
    { weight: 1, arbitrary: objectFilters },
    ...['$and', '$or', '$nor'].map((name) =>
      fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map((list) => ({ [name]: list })),
    ),
  ),
}));

// Half of the patterns that one filter may have, since filters are doubled below.
const filters = anyFilters.filter((filter) => JSON.stringify(filter).split('$regex').length <= 6);

test('random filters match what mingo matches', () => {
  fc.assert(
    fc.property(filters, fc.array(events, { minLength: 1, maxLength: 5 }), (filter, list) => {
      const compiled = compileFilter(filter, 'filter');
      const oracle = new Query(filter);
      for (const event of list)
        assert.equal(compiled.matches(event), oracle.test({ ...event }), JSON.stringify({ filter, data: event.data }));
    }),
    { numRuns: 2_000 },
  );
});

test('a filter and its opposite never agree', () => {
  fc.assert(
    fc.property(filters, events, (filter, event) => {
      const verdict = (whole: unknown) => compileFilter(whole, 'filter').matches(event);
      assert.equal(verdict({ $nor: [filter] }), !verdict(filter));
      assert.equal(verdict({ $and: [filter, filter] }), verdict({ $or: [filter, filter] }));
    }),
    { numRuns: 500 },
  );
});
