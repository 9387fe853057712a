// Pages of lists: bounds, opaque cursors, and that paging through a list shows every element once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkFirst, cutPage, readPageArguments, toConnection } from '../src/paging.js';

test('first is 1 to 100, and 20 when it is left out', () => {
  assert.deepEqual([checkFirst(undefined), checkFirst(null), checkFirst(1), checkFirst(100)], [20, 20, 1, 100]);
  for (const first of [0, -1, 101, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => checkFirst(first), { code: 'INVALID_INPUT', field: 'first' });
});

test('a page is cut from one element more', () => {
  assert.deepEqual(cutPage([1, 2, 3], 2), { items: [1, 2], hasNextPage: true });
  assert.deepEqual(cutPage([1, 2], 2), { items: [1, 2], hasNextPage: false });
  assert.deepEqual(cutPage([], 2), { items: [], hasNextPage: false });
});

test('an empty page has no cursors', () => {
  const request = readPageArguments({}, 'keys');
  const { pageInfo, edges } = toConnection({ items: [], hasNextPage: false }, request, String);
  assert.deepEqual(edges, []);
  assert.deepEqual(pageInfo, { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
});

test('paging through a list shows every element once, whatever the keys', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' })),
      fc.integer({ min: 1, max: 7 }),
      (keys, first) => {
        const sorted = [...keys].sort();
        const seen: string[] = [];
        let after: string | null = null;
        for (;;) {
          const request = readPageArguments({ first, after }, 'keys');
          const behind = sorted.filter((key) => request.after === null || key > request.after);
          const { nodes, edges, pageInfo } = toConnection(
            cutPage(behind.slice(0, first + 1), first),
            request,
            (key) => key,
          );
          seen.push(...nodes);
          assert.equal(pageInfo.hasPreviousPage, after !== null);
          assert.equal(pageInfo.endCursor, edges.at(-1)?.cursor ?? null);
          if (!pageInfo.hasNextPage) break;
          after = pageInfo.endCursor;
        }
        assert.deepEqual(seen, sorted);
      },
    ),
    { numRuns: 200 },
  );
});

test('a text that is no cursor is refused', () => {
  const [edge] = toConnection(
    { items: ['key_1'], hasNextPage: false },
    readPageArguments({}, 'keys'),
    (key) => key,
  ).edges;
  const good = edge?.cursor ?? '';
  assert.equal(readPageArguments({ after: good }, 'keys').after, 'key_1');
  for (const after of ['', 'x', good.slice(1), `${good}=`, `${good} `, good.toUpperCase(), 'A'.repeat(2000)])
    assert.throws(
      () => readPageArguments({ after }, 'keys'),
      { code: 'CURSOR_INVALID', field: 'after' },
      after.slice(0, 50),
    );
  assert.throws(() => readPageArguments({ after: good }, 'applications'), { code: 'CURSOR_INVALID', field: 'after' });
  fc.assert(
    fc.property(fc.base64String({ maxLength: 40 }), (after) => {
      assert.throws(() => readPageArguments({ after }, 'keys'), { code: 'CURSOR_INVALID' });
    }),
  );
});
