// One spelling for equal JSON values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../src/event/canonical-json.js';

function shuffle(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffle);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffle(member)]),
  );
}

test('it is JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('the order of keys does not matter', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(canonicalJson(shuffle(value)), canonicalJson(value))));
});

test('different values have different spellings', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, two) => {
      const areEqual =
        JSON.stringify(JSON.parse(canonicalJson(one))) === JSON.stringify(JSON.parse(canonicalJson(two)));
      assert.equal(canonicalJson(one) === canonicalJson(two), areEqual);
    }),
  );
});

test('keys are in code unit order, nothing is blank, and dates are their ISO text', () => {
  const value = { b: [1, { z: 1, a: null }], a: new Date(0), '\u{1F600}': 1, '\uFB33': 2, '': 0, 10: 1, 9: 2 };
  assert.equal(
    canonicalJson(value),
    '{"":0,"10":1,"9":2,"a":"1970-01-01T00:00:00.000Z","b":[1,{"a":null,"z":1}],"\u{1F600}":1,"\uFB33":2}',
  );
});

test('undefined members are left out, in arrays they are null', () => {
  assert.equal(canonicalJson({ a: undefined, b: [undefined] }), '{"b":[null]}');
  assert.equal(canonicalJson(undefined), 'null');
});

test('a key named __proto__ is a key like any other', () => {
  const value: unknown = JSON.parse('{"__proto__":{"a":1},"b":2}');
  assert.equal(canonicalJson(value), '{"__proto__":{"a":1},"b":2}');
});

test('deeper than a thousand levels is an error, not a crash', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 1000; level += 1) deep = [deep];
  assert.equal(canonicalJson(deep).length, 2001);
  assert.throws(() => canonicalJson([deep]), RangeError);
});
