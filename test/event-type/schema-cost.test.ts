import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSchema } from '../../src/event-type/json-schema.js';
import { findSchemaExcess, maxSchemaBranches, maxSchemaMembers } from '../../src/event-type/schema-cost.js';

/** A chain in which each definition uses the next one twice. */
function doubling(levels: number): Record<string, unknown> {
  const twice = (level: number) => ({ allOf: [{ $ref: `#/$defs/d${level}` }, { $ref: `#/$defs/d${level}` }] });
  const defs = Object.fromEntries(Array.from({ length: levels }, (_, level) => [`d${level}`, twice(level + 1)]));
  return { ...twice(0), $defs: { ...defs, [`d${levels}`]: { type: 'object' } } };
}

test('references that double the work at each step are refused before they are compiled', () => {
  assert.equal(findSchemaExcess(doubling(8)), null);
  assert.match(findSchemaExcess(doubling(40)) ?? '', /20000 subschemas/);
  assert.throws(() => compileSchema(doubling(40), 'schema'), { code: 'SCHEMA_INVALID', field: 'schema' });
});

test('a choice with too many branches is refused', () => {
  const branches = (count: number) => ({ anyOf: Array.from({ length: count }, () => ({ type: 'string' })) });
  assert.equal(findSchemaExcess(branches(maxSchemaBranches)), null);
  assert.match(findSchemaExcess({ properties: { a: branches(maxSchemaBranches + 1) } }) ?? '', /branches in one anyOf/);
});

test('an object with too many properties is refused by their number, and one with the most there may be is compiled', () => {
  const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, {}]));
  const fullest = { type: 'object', properties: members(maxSchemaMembers) };
  assert.equal(findSchemaExcess(fullest), null);
  compileSchema(fullest, 'schema').check({ p1: 1 });
  for (const keyword of ['properties', 'patternProperties', 'dependentSchemas']) {
    const crowded = { properties: { a: { [keyword]: members(maxSchemaMembers + 1) } } };
    assert.throws(() => compileSchema(crowded, 'schema'), {
      code: 'SCHEMA_INVALID',
      message: `The schema has ${maxSchemaMembers + 1} members in one ${keyword}; at most ${maxSchemaMembers} are allowed.`,
    });
  }
  // A property of this name is no keyword.
  assert.equal(findSchemaExcess({ properties: { properties: { type: 'string' } } }), null);
});

test('what is too much in several places together is refused without a word about stacks', () => {
  const members = Object.fromEntries(Array.from({ length: maxSchemaMembers }, (_, n) => [`p${n}`, { type: 'string' }]));
  const crowded = { properties: members, patternProperties: members, dependentSchemas: members };
  assert.throws(() => compileSchema(crowded, 'schema'), {
    code: 'SCHEMA_INVALID',
    message: 'The schema cannot be used: it says too much in one place.',
  });
});

test('recursion is no excess, and references that lead nowhere are left to the compiler', () => {
  assert.equal(findSchemaExcess({ properties: { child: { $ref: '#' }, other: { $ref: '#/$defs/gone' } } }), null);
  assert.equal(findSchemaExcess({ $ref: '#/%zz' }), null);
});
