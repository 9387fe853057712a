// Plain expressions: whatever they answer themselves is what JSONata answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { compilePlain, notPlain } from '../../src/trigger/plain-expression.js';

const names = fc.constantFrom('a', 'b', '`x-y`');
const path = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const literal = fc.oneof(fc.constantFrom('"text"', '""'), fc.nat(1000).map(String));
const value = fc.oneof(path, literal);
const object = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })
  .chain((keys) =>
    fc
      .array(value, { minLength: keys.length, maxLength: keys.length })
      .map((values) => `{ ${keys.map((key, index) => `"${key}": ${values[index]}`).join(', ')} }`),
  );
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 1, '', 'x'),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'x-y'), tie('tree')),
  ),
}));
const input = fc.dictionary(fc.constantFrom('a', 'b', 'x-y'), tree);

const asJson = (made: unknown): string => JSON.stringify(made) ?? 'nothing';

test('a plain expression answers what JSONata answers', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(value, object), input, async (text, given) => {
      const made = compilePlain(text)?.(given);
      assert.notEqual(compilePlain(text), null, text);
      if (made === notPlain) return;
      answered += 1;
      assert.equal(asJson(made), asJson(await jsonata(text).evaluate(given)), text);
    }),
    { numRuns: 1000 },
  );
  assert.ok(answered > 500);
});

test('what is more than names, literals and objects is left to JSONata', () => {
  for (const text of [
    '$sum(a)',
    'a[0]',
    'a + 1',
    'a.*',
    'a ? 1 : 2',
    '{ a: b }',
    '{ "a": $x }',
    'a^(b)',
    '(a; b)',
    'a@$x',
  ])
    assert.equal(compilePlain(text), null, text);
});
