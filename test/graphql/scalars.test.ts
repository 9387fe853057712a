// The scalars: what comes in and goes out, as variables and as literals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { astFromValue, GraphQLError, Kind, parseValue, print, valueFromAST } from 'graphql';
import { dateTimeScalar, jsonScalar } from '../../src/graphql/scalars.js';

const good: readonly [string, string][] = [
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.500Z'],
  ['2026-01-31T12:00:00.123456789Z', '2026-01-31T12:00:00.123Z'],
  ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
  ['2024-02-29T00:00:00-05:30', '2024-02-29T05:30:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
];
for (const [text, iso] of good) {
  test(`${text} is an instant, as variable and as literal`, () => {
    assert.equal(dateTimeScalar.parseValue(text).toISOString(), iso);
    assert.equal(dateTimeScalar.parseLiteral({ kind: Kind.STRING, value: text }).toISOString(), iso);
  });
}

const bad = [
  '',
  'now',
  '2026-01-31',
  '2026-01-31T12:00:00',
  '2026-01-31 12:00:00Z',
  '2026-02-30T12:00:00Z',
  '2025-02-29T12:00:00Z',
  '2026-04-31T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-00-01T12:00:00Z',
  '2026-01-00T12:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T25:00:00Z',
  '2026-01-01T12:60:00Z',
  '2026-01-01T12:00:61Z',
  '2026-01-01T12:00:00+24:00',
  '2026-01-01T12:00:00+12:60',
  '0000-01-01T00:00:00Z',
  '+010000-01-01T00:00:00Z',
  '2026-01-31T12:00:00.Z',
  '2026-01-31T12:00:00.1234567890Z',
  ' 2026-01-31T12:00:00Z',
  '2026-01-31T12:00:00Z\n',
];
for (const text of bad) {
  test(`${JSON.stringify(text)} is no instant`, () => {
    assert.throws(() => dateTimeScalar.parseValue(text), GraphQLError);
  });
}

test('a number, a date object or null is no instant', () => {
  for (const value of [0, null, true, {}, [], new Date()])
    assert.throws(() => dateTimeScalar.parseValue(value), GraphQLError);
  assert.throws(() => dateTimeScalar.parseLiteral({ kind: Kind.INT, value: '0' }), GraphQLError);
});

test('every instant that goes out comes in again', () => {
  const dates = fc.date({
    noInvalidDate: true,
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
  });
  fc.assert(
    fc.property(dates, (date) => assert.deepEqual(dateTimeScalar.parseValue(dateTimeScalar.serialize(date)), date)),
  );
});

test('only dates, and instants as a publisher wrote them, are shown as instants', () => {
  assert.equal(dateTimeScalar.serialize('2026-01-31t12:00:00.5+01:00'), '2026-01-31t12:00:00.5+01:00');
  for (const value of ['2026-01-31', 'soon', 0, null])
    assert.throws(() => dateTimeScalar.serialize(value), GraphQLError);
});

test('JSON passes through as variable and as output', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(jsonScalar.parseValue(value), value);
      assert.equal(jsonScalar.serialize(value), value);
    }),
  );
});

function toLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${key}: ${toLiteral(member)}`)
    .join(', ')} }`;
}

test('a literal means what it says', () => {
  const names = fc.stringMatching(/^[_A-Za-z][_0-9A-Za-z]{0,8}$/).filter((name) => name !== '__proto__');
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((number) => number || 0),
      fc.string({ unit: 'grapheme' }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(values, (value) => {
      const read = valueFromAST(parseValue(toLiteral(value)), jsonScalar);
      assert.deepEqual(read, value);
    }),
    { numRuns: 200 },
  );
});

test('a literal may hold variables and names of enums', () => {
  const read = jsonScalar.parseLiteral(parseValue('{ a: [$x, RED], b: { c: $y } }'), { x: 1 });
  assert.deepEqual(read, { a: [1, 'RED'], b: { c: undefined } });
});

test('a key named __proto__ in a literal is a key like any other', () => {
  const read = jsonScalar.parseLiteral(parseValue('{ __proto__: { polluted: 1 } }'), null);
  assert.deepEqual(Object.keys(Object(read)), ['__proto__']);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('JSON that is nested too deep is refused, as variable and as literal, and what is wide is not', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 5000; level += 1) deep = level % 2 === 0 ? [deep] : { a: deep };
  assert.throws(() => jsonScalar.parseValue(deep), /nested/);
  const literal = parseValue(`${'['.repeat(600)}${']'.repeat(600)}`);
  assert.throws(() => jsonScalar.parseLiteral(literal, null), /nested/);
  jsonScalar.parseValue(Array(100_000).fill({ a: [1] }));
});

test('a number that is none in JSON is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, { a: [Number.NEGATIVE_INFINITY] }])
    assert.throws(() => jsonScalar.parseValue(value), GraphQLError);
  assert.throws(() => jsonScalar.parseLiteral(parseValue('{ a: 1e999 }'), null), GraphQLError);
});

test('instants can be default values of the SDL', () => {
  const node = astFromValue(new Date(0), dateTimeScalar);
  assert.equal(node && print(node), '"1970-01-01T00:00:00.000Z"');
});
