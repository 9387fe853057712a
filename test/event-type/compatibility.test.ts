// What a change of a schema keeps, and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Compatibility, compareSchemas } from '../../src/event-type/compatibility.js';

const object = (properties: Record<string, unknown>, required: readonly string[] = [], more = {}) => ({
  type: 'object',
  properties,
  required,
  ...more,
});
const a = { type: 'number' };
const closed = { additionalProperties: false };

const cases: readonly [string, unknown, unknown, Compatibility, string | null][] = [
  ['nothing changes', object({ a }), object({ a }), 'FULL', null],
  ['words change', object({ a }), object({ a: { ...a, description: 'x' } }), 'FULL', null],
  ['a property comes that may be left out', object({ a }), object({ a, b: a }), 'FULL', 'data.b'],
  [
    'one comes where no others were allowed',
    object({ a }, [], closed),
    object({ a, b: a }, [], closed),
    'BACKWARD',
    'data.b',
  ],
  ['one comes that must be there', object({ a }), object({ a, b: a }, ['b']), 'FORWARD', 'data.b'],
  ['one that must be there goes', object({ a, b: a }, ['b']), object({ a }), 'BACKWARD', 'data.b'],
  ['one becomes required', object({ a }), object({ a }, ['a']), 'FORWARD', 'data.a'],
  ['a type changes', object({ a }), object({ a: { type: 'string' } }), 'BREAKING', 'data.a'],
  ['a type widens', object({ a: { type: 'integer' } }), object({ a }), 'BACKWARD', 'data.a'],
  ['null is allowed', object({ a }), object({ a: { type: ['number', 'null'] } }), 'BACKWARD', 'data.a'],
  ['a value is added', object({ a: { enum: ['x'] } }), object({ a: { enum: ['x', 'y'] } }), 'BACKWARD', 'data.a'],
  ['a value is taken away', object({ a: { enum: ['x', 'y'] } }), object({ a: { enum: ['x'] } }), 'FORWARD', 'data.a'],
  ['items change', { type: 'array', items: a }, { type: 'array', items: { type: 'string' } }, 'BREAKING', 'data.[]'],
  ['a bound changes', object({ a }), object({ a: { ...a, minimum: 1 } }), 'BREAKING', 'data.a'],
  ['a schema comes', null, object({ a }), 'FORWARD', 'data'],
  ['a schema goes', object({ a }), null, 'BACKWARD', 'data'],
];

for (const [name, before, after, compatibility, path] of cases)
  test(`${name}: ${compatibility}`, () => {
    const compared = compareSchemas(before, after);
    assert.equal(compared.compatibility, compatibility, JSON.stringify(compared.changes));
    assert.equal(compared.changes.at(0)?.path ?? null, path);
    for (const { reason } of compared.changes) assert.notEqual(reason, '');
  });

test('a long list of changes is cut', () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`p${n}`, a]));
  assert.equal(compareSchemas(object({}), object(many)).changes.length, 100);
});
