// JSON Schemas as rows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxRows, readSchemaTable } from '../../src/catalog/schema-table.js';

const pathsOf = (schema: unknown): string[] => readSchemaTable(schema).map(({ path }) => path);

test('nested objects, arrays and tuples have a row for each place', () => {
  const schema = {
    type: 'object',
    required: ['customer'],
    properties: {
      customer: { type: 'object', required: ['city'], properties: { city: { type: 'string', minLength: 1 } } },
      items: { type: 'array', items: { type: 'object', properties: { price: { type: 'number', minimum: 0 } } } },
      point: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }] },
    },
  };
  const rows = readSchemaTable(schema);
  assert.deepEqual(
    rows.map(({ path, type, isRequired }) => [path, type, isRequired]),
    [
      ['data', 'object', true],
      ['customer', 'object', true],
      ['customer.city', 'string', true],
      ['items', 'array of object', false],
      ['items[]', 'object', false],
      ['items[].price', 'number', false],
      ['point', 'array', false],
      ['point[0]', 'number', false],
      ['point[1]', 'string', false],
    ],
  );
  assert.deepEqual(rows[2]?.constraints, ['characters at least 1']);
  assert.deepEqual(rows[5]?.constraints, ['at least 0']);
});

test('alternatives are numbered, and allOf is laid side by side', () => {
  const schema = {
    allOf: [{ required: ['pay'] }, { properties: { note: { enum: ['a', 1, null] } } }],
    properties: { pay: { oneOf: [{ type: 'string' }, { properties: { iban: { type: 'string' } } }] } },
  };
  assert.deepEqual(pathsOf(schema), ['data', 'pay', 'pay (1)', 'pay (2)', 'pay (2).iban', 'note']);
  const rows = readSchemaTable(schema);
  assert.equal(rows[1]?.isRequired, true);
  assert.deepEqual(rows[5]?.constraints, ['one of a, 1, null']);
});

test('a reference that leads back is shown once more and not followed', () => {
  const schema = {
    $ref: '#/$defs/node',
    $defs: { node: { type: 'object', properties: { child: { $ref: '#/$defs/node' } } } },
  };
  const rows = readSchemaTable(schema);
  assert.deepEqual(pathsOf(schema), ['data', 'child']);
  assert.deepEqual(rows[1]?.constraints, ['as further up']);
  assert.deepEqual(pathsOf({ $ref: '#' }), ['data']);
  assert.deepEqual(pathsOf({ properties: { gone: { $ref: '#/$defs/gone' } } }), ['data', 'gone']);
});

test('a schema that multiplies is cut off at the bound', () => {
  const level = (depth: number): object => ({
    properties: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { $ref: `#/$defs/l${depth}` }])),
  });
  const $defs = Object.fromEntries(Array.from({ length: 20 }, (_, depth) => [`l${depth}`, level(depth + 1)]));
  const rows = readSchemaTable({ $ref: '#/$defs/l0', $defs });
  assert.equal(rows.length, maxRows);
  assert.equal(rows.at(-1)?.path, '…');
});

test('what many places refer to is read once, and long texts are cut', () => {
  const $defs = {
    big: {
      description: '<'.repeat(100_000),
      enum: Array.from({ length: 20_000 }, (_, index) => index),
      required: Array.from({ length: 20_000 }, (_, index) => `p${index}`),
      $anchor: 'big',
    },
  };
  const properties = Object.fromEntries(
    Array.from({ length: 390 }, (_, index) => [`p${index}`, { allOf: [{ $ref: '#big' }] }]),
  );
  const long = { ['k'.repeat(100_000)]: { pattern: `${'x'.repeat(198)}😀😀` } };
  const rows = readSchemaTable({ $defs, properties: { ...properties, ...long } });
  assert.equal(rows.length, 392);
  assert.ok(JSON.stringify(rows).length < 1_000_000);
  assert.equal(rows[1]?.description.length, 1000);
  assert.match(rows[1]?.constraints[0] ?? '', /^one of 0, 1, .*…$/);
  assert.equal(rows[391]?.path.length, 500);
  assert.deepEqual(rows[391]?.constraints, [`pattern ${'x'.repeat(198)}…`]);
});

test('any JSON has no rows', () => {
  assert.deepEqual(readSchemaTable(null), []);
});
