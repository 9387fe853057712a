// Bounds of documents: what a person writes passes, what a machine piles up does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';
import {
  documentLimits,
  maxAliasLength,
  maxDepth,
  maxFields,
  maxRecords,
  maxRootFields,
  maxTokens,
  maxValues,
} from '../../src/graphql/limits.js';
import { createSchema } from '../../src/graphql/schema.js';

const tree = buildSchema('type Query { a: Query b: Query leaf: Int } type Mutation { act: Query leaf: Int }');

/** What is wrong with a document by the limits alone; null when nothing is. */
function excessOf(source: string): string | null {
  const [error] = validate(tree, parse(source, { maxTokens }), [documentLimits]);
  return error?.message ?? null;
}
const nest = (levels: number): string => `${'a { '.repeat(levels - 1)}leaf${' }'.repeat(levels - 1)}`;

test('the introspection query of GraphiQL passes with all its options', () => {
  const schema = createSchema();
  for (const flag of [true, false]) {
    const source = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: flag,
      directiveIsRepeatable: flag,
      schemaDescription: flag,
      inputValueDeprecation: flag,
      oneOf: flag,
    });
    assert.deepEqual(validate(schema, parse(source, { maxTokens }), [...specifiedRules, documentLimits]), []);
  }
});

test('a document may be as deep as the bound and not deeper', () => {
  assert.equal(excessOf(`{ ${nest(maxDepth)} }`), null);
  assert.match(excessOf(`{ ${nest(maxDepth + 1)} }`) ?? '', /16 levels deep/);
  assert.match(excessOf(`{ ${nest(30)} }`) ?? '', /30 levels deep/);
});

test('an excess is reported once, with its code', () => {
  const errors = validate(tree, parse(`{ ${nest(30)} }`), [documentLimits]);
  assert.equal(errors.length, 1);
  assert.ok(JSON.stringify([errors[0]?.extensions, errors[0]?.originalError]).includes('DOCUMENT_TOO_COMPLEX'));
});

test('fragments count for their depth where they are spread', () => {
  const fragment = `fragment F on Query { ${nest(10)} }`;
  assert.equal(excessOf(`{ ${'a { '.repeat(5)} ...F ${' }'.repeat(5)} } ${fragment}`), null);
  assert.match(excessOf(`{ ${'a { '.repeat(6)} ...F ${' }'.repeat(6)} } ${fragment}`) ?? '', /16 levels/);
  const chain = Array.from({ length: 20 }, (_, index) => `fragment F${index} on Query { a { ...F${index + 1} } }`);
  assert.match(excessOf(`{ ...F0 } ${chain.join(' ')} fragment F20 on Query { leaf }`) ?? '', /21 levels/);
});

test('inline fragments add nothing and hide nothing', () => {
  const wrap = (levels: number, inner: string): string =>
    levels === 0 ? inner : `... on Query { ... { ${wrap(levels - 1, inner)} } }`;
  assert.equal(excessOf(`{ ${wrap(300, 'leaf')} }`), null);
  assert.match(excessOf(`{ ${wrap(50, nest(16))} }`) ?? '', /16 levels/);
});

test('fragments in a circle end, and the rules of the language refuse them', () => {
  const source = '{ ...A } fragment A on Query { a { ...B } } fragment B on Query { a { ...A } }';
  assert.equal(excessOf(source), null);
  assert.ok(validate(tree, parse(source), [...specifiedRules, documentLimits]).length > 0);
  assert.equal(excessOf('{ ...A } fragment A on Query { ...A }'), null);
});

test('a fragment that does not exist, or is not spread, counts nothing', () => {
  assert.equal(excessOf('{ ...Nobody leaf }'), null);
  assert.equal(excessOf(`{ leaf } fragment F on Query { ${nest(30)} }`), null);
});

test('fragments that double at each step are refused at once', () => {
  const bomb = Array.from(
    { length: 60 },
    (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
  );
  assert.match(excessOf(`{ ...F0 } ${bomb.join(' ')} fragment F60 on Query { leaf }`) ?? '', /fields/);
});

test('aliases count', () => {
  const aliases = (count: number): string => Array.from({ length: count }, (_, index) => `x${index}: leaf`).join(' ');
  assert.equal(excessOf(`{ ${aliases(maxRootFields)} }`), null);
  assert.match(excessOf(`{ ${aliases(maxRootFields + 1)} }`) ?? '', /51 root fields/);
  assert.match(excessOf(`mutation { ${aliases(maxRootFields + 1)} }`) ?? '', /51 root fields/);
  const ten = `a { ${aliases(10)} }`;
  assert.equal(excessOf(`{ ${Array.from({ length: 40 }, (_, index) => `y${index}: ${ten}`).join(' ')} }`), null);
});

test('root fields count where fragments hide them, too', () => {
  const many = Array.from({ length: maxRootFields + 1 }, (_, index) => `x${index}: leaf`).join(' ');
  for (const source of [
    `mutation { ...M } fragment M on Mutation { ${many} }`,
    `mutation { ... on Mutation { ${many} } }`,
    `mutation { ...M ...M } fragment M on Mutation { ${many.slice(0, many.indexOf('x26'))} }`,
  ])
    assert.match(excessOf(source) ?? '', /root fields/);
});

test('fields count with their fragments spread out', () => {
  const fragment = `fragment F on Query { ${Array.from({ length: 100 }, (_, index) => `x${index}: leaf`).join(' ')} }`;
  const spreads = (count: number): string =>
    Array.from({ length: count }, (_, index) => `a${index}: a { ...F }`).join(' ');
  assert.equal(excessOf(`{ ${spreads(19)} } ${fragment}`), null);
  assert.match(excessOf(`{ ${spreads(20)} } ${fragment}`) ?? '', new RegExp(`at most ${maxFields}`));
});

test('each operation of a document is measured by itself', () => {
  assert.match(excessOf(`query A { leaf } query B { ${nest(20)} }`) ?? '', /20 levels/);
});

test('the parser stops at the most tokens', () => {
  assert.throws(() => parse(`{ ${'leaf '.repeat(maxTokens)} }`, { maxTokens }), /tokens/i);
});

test('the largest documents that the parser lets through are measured in little time', () => {
  const deep = `{ ${'... { '.repeat(1600)}leaf${' }'.repeat(1600)} }`;
  const fragments = Array.from(
    { length: 400 },
    (_, index) => `fragment F${index} on Query { ${`...F${index + 1} `.repeat(2)} }`,
  );
  for (const source of [deep, `{ ...F0 } ${fragments.join(' ')} fragment F400 on Query { leaf }`]) {
    const began = performance.now();
    excessOf(source);
    assert.ok(performance.now() - began < 2000);
  }
});

test('pages within pages multiply, and too many records are refused', () => {
  const schema = createSchema();
  const errorsOf = (source: string): readonly string[] =>
    validate(schema, parse(source), [documentLimits]).map(({ message }) => message);
  const page = (first: string, inner: string): string =>
    `{ deliveries${first} { nodes { id event { id deliveries${first} { nodes { ${inner} } } } } } }`;
  assert.deepEqual(errorsOf(page('(first: 50)', 'id')), []);
  assert.match(errorsOf(page('(first: 100)', 'id'))[0] ?? '', new RegExp(`records; at most ${maxRecords}`));
  assert.match(errorsOf(page('', 'attempts(first: 100) { id }'))[0] ?? '', /records/);
  assert.match(errorsOf(`query ($n: Int) ${page('(first: $n)', 'id')}`)[0] ?? '', /records/);
  const fragment = '{ deliveries(first: 100) { ...P } } fragment P on DeliveryConnection { nodes { event { ...E } } }';
  const nested = `${fragment} fragment E on Event { deliveries(first: 100) { nodes { id } } }`;
  assert.match(errorsOf(nested)[0] ?? '', /records/);
  const spread = `{ deliveries(first: 100) { nodes { event { deliveries { ...P } } } } }`;
  const plain = 'fragment P on DeliveryConnection { nodes { event { deliveries { ... { nodes { id } } } } } }';
  assert.match(errorsOf(`${spread} ${plain}`)[0] ?? '', /records/, 'a fragment hides no page');
});

test('records asked for by their identifiers count', () => {
  const schema = createSchema();
  const errorsOf = (source: string): readonly string[] =>
    validate(schema, parse(source), [documentLimits]).map(({ message }) => message);
  const inner = '... on WebhookSubscription { deliveries(first: 100) { nodes { id } } }';
  assert.deepEqual(errorsOf(`{ nodes(ids: ["a", "b"]) { ${inner} } }`), []);
  assert.match(errorsOf(`query ($ids: [ID!]!) { nodes(ids: $ids) { ${inner} } }`)[0] ?? '', /records/);
  const ids = Array.from({ length: 100 }, () => '"a"').join(' ');
  assert.match(errorsOf(`{ nodes(ids: [${ids}]) { ${inner} } }`)[0] ?? '', /records/);
});

test('fields count as often as the records that have them, and an alias has a bound', () => {
  const fields = (count: number): string => Array.from({ length: count }, (_, n) => `f${n}: id`).join(' ');
  assert.equal(excessOf(`{ events(first: 100) { nodes { ${fields(1600)} } } }`), null);
  const nested = `nodes { webhookSubscription { deliveries(first: 50) { nodes { ${fields(100)} } } } }`;
  assert.match(excessOf(`{ deliveries(first: 100) { ${nested} } }`) ?? '', new RegExp(`values; at most ${maxValues}`));
  assert.equal(excessOf(`{ ${'a'.repeat(maxAliasLength)}: leaf }`), null);
  assert.match(excessOf(`{ ${'a'.repeat(maxAliasLength + 1)}: leaf }`) ?? '', /alias of 129 characters/);
});
