// JSON Schemas from outside: what compiles, what is refused, and what is said of data that does not match.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import fc from 'fast-check';
import { compileSchema, compileSchemaWhenNeeded } from '../../src/event-type/json-schema.js';
import { cutOutEventSchemas } from '../kit/github-webhooks.js';

const check = (schema: unknown, data: unknown) => compileSchema(schema, 'input.schema').check(data);
const refusal = (schema: unknown, expected: object) => {
  assert.throws(() => compileSchema(schema, 'input.schema'), { code: 'SCHEMA_INVALID', ...expected });
};
const draft07 = 'http://json-schema.org/draft-07/schema#';

test('data that matches gives null', () => {
  assert.equal(
    check({ type: 'object', required: ['amount'], properties: { amount: { type: 'number' } } }, { amount: 1 }),
    null,
  );
  assert.equal(check({}, null), null);
});

test('a violation names the path and the reason', () => {
  const schema = {
    properties: {
      items: { type: 'array', items: { properties: { price: { type: 'number' } }, required: ['sku'] } },
      status: { enum: ['open', 'closed'] },
      version: { const: 2 },
      'a/b~c': { type: 'string', pattern: '^x+$' },
    },
    propertyNames: { maxLength: 10 },
    additionalProperties: false,
  };
  const violations: readonly [unknown, string, string][] = [
    [{ items: [{ sku: 1, price: '9' }] }, 'data.items.0.price', 'must be number'],
    [{ items: [{ price: 9 }] }, 'data.items.0', "must have required property 'sku'"],
    [{ status: 'ajar' }, 'data.status', 'must be one of ["open","closed"]'],
    [{ version: 1 }, 'data.version', 'must be 2'],
    [{ 'a/b~c': 'y' }, 'data.a/b~c', 'must match pattern "^x+$"'],
    [{ extra: 1 }, 'data', 'must NOT have additional properties: "extra"'],
    [{ 'much too long': 1 }, 'data', 'must not have a property named "much too long"'],
  ];
  for (const [data, path, reason] of violations) assert.deepEqual(check(schema, data), { path, reason });
});

test('of a choice, the branch that got furthest is named', () => {
  const schema = {
    anyOf: [{ type: 'null' }, { type: 'object', properties: { a: { properties: { b: { type: 'string' } } } } }],
  };
  assert.deepEqual(check(schema, { a: { b: 1 } }), { path: 'data.a.b', reason: 'must be string' });
  assert.deepEqual(check(schema, 5), { path: 'data', reason: 'must match a schema in anyOf' });
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  const conditional = { if: { required: ['a'] }, then: { required: ['b'] } };
  assert.deepEqual(check(conditional, { a: 1 }), { path: 'data', reason: "must have required property 'b'" });
});

test('a reason has a bound', () => {
  assert.equal(check({ enum: ['x'.repeat(5_000)] }, 1)?.reason.length, 500);
});

test('draft 2020-12 is the default and draft-07 is known by its name', () => {
  assert.deepEqual(check({ prefixItems: [{ type: 'number' }] }, ['a']), { path: 'data.0', reason: 'must be number' });
  assert.deepEqual(check({ $schema: draft07, items: [{ type: 'number' }] }, ['a']), {
    path: 'data.0',
    reason: 'must be number',
  });
  assert.equal(check({ $schema: 'https://json-schema.org/draft/2020-12/schema' }, 1), null);
  refusal({ items: [{ type: 'number' }] }, { field: 'input.schema.items' });
});

test('other drafts are refused by name', () => {
  refusal(
    { $schema: 'http://json-schema.org/draft-04/schema#' },
    { field: 'input.schema.$schema', message: /draft-04/ },
  );
  refusal({ $schema: 7 }, { field: 'input.schema.$schema' });
});

test('malformed keywords are refused, and unknown keywords and formats are not', () => {
  refusal(
    { properties: { age: { type: 'integr' } } },
    { field: 'input.schema.properties.age.type', message: /malformed/ },
  );
  refusal({ $schema: draft07, required: 'name' }, { field: 'input.schema.required', message: /must be array/ });
  refusal({ minimum: '1' }, { field: 'input.schema.minimum' });
  assert.equal(check({ tsType: 'X', 'x-note': 1, format: 'zip-code' }, 'abc'), null);
});

test('what is no object is refused', () => {
  for (const schema of [null, true, 'x', 1, [], undefined]) refusal(schema, { field: 'input.schema' });
});

test('references stay within the schema', () => {
  for (const $ref of [
    'https://example.com/x.json',
    'other.json',
    '#/$defs/missing',
    '#missing',
    'file:///etc/passwd',
  ]) {
    refusal({ properties: { a: { $ref } } }, { field: 'input.schema', message: /can't resolve reference/ });
  }
  refusal({ $dynamicRef: 'https://example.com/x.json' }, { field: 'input.schema' });
  refusal({ $ref: 'https://json-schema.org/draft/2020-12/schema' }, { field: 'input.schema' });
  refusal({ $schema: draft07, $ref: draft07 }, { field: 'input.schema' });
  const inside = {
    $id: 'https://example.com/order.json',
    properties: { a: { $ref: 'item.json' }, b: { $ref: '#money' } },
    $defs: { item: { $id: 'item.json', type: 'string' }, money: { $anchor: 'money', type: 'number' } },
  };
  assert.deepEqual(check(inside, { a: 1 }), { path: 'data.a', reason: 'must be string' });
  assert.deepEqual(check(inside, { b: '' }), { path: 'data.b', reason: 'must be number' });
});

test('two schemas may have the same $id', () => {
  const first = compileSchema({ $id: 'https://example.com/x', type: 'string' }, 'f');
  const second = compileSchema({ $id: 'https://example.com/x', type: 'number' }, 'f');
  assert.deepEqual([first.check('a'), second.check(1)], [null, null]);
});

test('recursive schemas work, and data nested too deep for them is a violation', () => {
  const tree = compileSchema({ properties: { children: { type: 'array', items: { $ref: '#' } } } }, 'f');
  assert.deepEqual(
    tree.check({ children: [{ children: [{ children: 1 }] }] })?.path,
    'data.children.0.children.0.children',
  );
  let deep: unknown = {};
  for (let level = 0; level < 100_000; level += 1) deep = { children: [deep] };
  assert.match(tree.check(deep)?.reason ?? '', /nested too deep/);
});

test('a schema that refers to itself without end matches nothing', () => {
  assert.match(check({ $ref: '#' }, 1)?.reason ?? '', /without going deeper/);
});

test('regular expressions are linear or refused', () => {
  assert.deepEqual(check({ pattern: '^(a|aa)+$' }, `${'a'.repeat(100_000)}!`), {
    path: 'data',
    reason: 'must match pattern "^(a|aa)+$"',
  });
  assert.equal(check({ patternProperties: { '^(a|aa)+$': { type: 'number' } } }, { ['a'.repeat(50_000)]: 1 }), null);
  refusal({ pattern: '^(a+)+$' }, { field: 'input.schema', message: /repeats a repetition, \(a\+\)\+/ });
  refusal({ properties: { a: { pattern: '^(?=.*a)' } } }, { field: 'input.schema', message: /lookahead/ });
  refusal({ patternProperties: { '(a)\\1': {} } }, { field: 'input.schema', message: /backreference/ });
  refusal({ pattern: 'a'.repeat(1_001) }, { message: /1000 characters/ });
  const many = Array.from({ length: 30 }, (_, index) => ({ pattern: `^.{0,900}${index}$` }));
  refusal({ anyOf: many }, { message: /too costly together/ });
});

test('formats are checked, and none of them takes for ever', () => {
  assert.equal(check({ format: 'email' }, 'a@b.example'), null);
  assert.equal(check({ format: 'email' }, 'nobody')?.reason, 'must match format "email"');
  const texts = ['a@', 'a.', 'http://', '/', '::', '1:', '4.1.6.7:155', '%41', '{a}', 'AAAA'].map(
    (part) => `ftp://172.30.3.56${part.repeat(20_000)}\0`,
  );
  for (const format of Object.keys(fullFormats)) {
    const compiled = compileSchema({ format }, 'f');
    for (const text of texts) compiled.check(text);
  }
});

test('unique items are compared by value, in time linear in their number', () => {
  const unique = compileSchema({ uniqueItems: true }, 'f');
  assert.equal(unique.check([1, '1', true, [1], ['1'], { a: 1 }, { a: 1, b: 1 }, null]), null);
  assert.deepEqual(
    unique.check([
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ]),
    { path: 'data', reason: 'must NOT have duplicate items' },
  );
  assert.notEqual(unique.check([0, -0]), null);
  assert.equal(unique.check(Array.from({ length: 50_000 }, (_, number) => ({ number }))), null);
  assert.equal(check({ uniqueItems: false }, [1, 1]), null);
});

test('what objects inherit is not taken for their own', () => {
  assert.deepEqual(check({ required: ['constructor'] }, {})?.reason, "must have required property 'constructor'");
  assert.equal(check({ properties: { toString: { type: 'number' } } }, {}), null);
  const withProto: unknown = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}');
  assert.equal(check({ const: withProto }, withProto), null);
  assert.notEqual(check({ const: withProto }, { a: 1 }), null);
  assert.equal(check(JSON.parse('{"properties": {"__proto__": {"type": "number"}}}'), withProto), null);
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});

test('data is not changed', () => {
  const data = Object.freeze({ count: '1', extra: true });
  const schema = { properties: { count: { type: 'number' }, size: { default: 1 } }, additionalProperties: false };
  assert.notEqual(check(schema, data), null);
  assert.deepEqual(data, { count: '1', extra: true });
});

test('a schema changed after it was compiled makes no difference', () => {
  const schema = { type: 'string' };
  const compiled = compileSchema(schema, 'f');
  schema.type = 'number';
  assert.equal(compiled.check('a'), null);
});

test('an amount in cents is a multiple of 0.01', () => {
  assert.equal(check({ multipleOf: 0.01 }, 19.99), null);
  assert.notEqual(check({ multipleOf: 0.01 }, 19.999), null);
});

test('a schema cannot make checks asynchronous', () => {
  refusal({ $async: true }, { field: 'input.schema.$async' });
  refusal({ $ref: '#/$defs/a', $defs: { a: { $async: true, type: 'string' } } }, { message: /async schema/ });
});

test('schemas have a bound of size and depth', () => {
  assert.throws(() => compileSchema({ description: 'x'.repeat(256 * 1024) }, 'f'), { code: 'TOO_LARGE', field: 'f' });
  let deep: unknown = {};
  for (let level = 0; level < 100_000; level += 1) deep = { not: deep };
  refusal(deep, { message: /64 levels/ });
  const endless: Record<string, unknown> = {};
  endless['not'] = endless;
  refusal(endless, { message: /64 levels/ });
});

test('a schema compiled when needed is compiled once, at the first check', () => {
  let reads = 0;
  const schema = {
    get type() {
      reads += 1;
      return 'string';
    },
  };
  const compiled = compileSchemaWhenNeeded(schema, 'f');
  assert.equal(reads, 0);
  assert.equal(compiled.check('a'), null);
  const readsOnce = reads;
  assert.deepEqual(compiled.check(1), { path: 'data', reason: 'must be string' });
  assert.equal(reads, readsOnce);
});

const leaves = fc.constantFrom<object>(
  ...[
    { type: 'string' },
    { type: ['integer', 'null'] },
    { minimum: 1 },
    { multipleOf: 0.5 },
    { maxLength: 1 },
    { pattern: '^a' },
  ],
  ...[
    { const: { a: 1 } },
    { enum: [1, 'a', null] },
    { uniqueItems: true },
    { minItems: 1 },
    { required: ['a'] },
    { format: 'date' },
  ],
);
const schemasOf = (smallest: fc.Arbitrary<object>) =>
  fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small' },
      smallest,
      fc.record({ properties: fc.record({ a: tie('schema') }), additionalProperties: fc.boolean() }),
      fc.record({ items: tie('schema') }),
      fc.record({ contains: tie('schema') }),
      fc.record({ not: tie('schema') }),
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      fc.record({ if: tie('schema'), then: tie('schema') }),
      ...['anyOf', 'oneOf', 'allOf'].map((key) =>
        fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((list) => ({ [key]: list })),
      ),
    ),
  })).schema;
const schemas = fc
  .tuple(schemasOf(fc.oneof(leaves, fc.constant({ $ref: '#/$defs/x' }))), schemasOf(leaves))
  .map(([schema, x]) => ({ ...schema, $defs: { x } }));
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(0, 1, 1.5, 'a', 'ab', '2026-01-31', true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2, noNullPrototype: true }),
  ),
}));

test('the verdict is that of plain Ajv', () => {
  fc.assert(
    fc.property(schemas, fc.array(values, { minLength: 1, maxLength: 5 }), (schema, list) => {
      const compiled = compileSchema(schema, 'f');
      const plain = new Ajv2020({ strict: false, formats: fullFormats }).compile(schema);
      for (const value of list)
        assert.equal(compiled.check(value) === null, plain(value), JSON.stringify({ schema, value }));
    }),
    { numRuns: 80 },
  );
});

test("GitHub's published event schemas compile, and their published payloads match unless they are older than the schema", () => {
  const plain = new Ajv2020({ strict: false, logger: false, validateSchema: false, formats: fullFormats });
  const events = cutOutEventSchemas();
  let outdated = 0;
  let matches = 0;
  for (const { name, schema, examples } of events) {
    const compiled = compileSchema(schema, 'schema');
    for (const example of examples) {
      const violation = compiled.check(example);
      if (violation === null) matches += 1;
      else {
        // Not our opinion: Ajv by itself says so too.
        assert.equal(plain.compile(schema)(example), false, `${name}: ${violation.path} ${violation.reason}`);
        outdated += 1;
      }
    }
  }
  assert.deepEqual({ events: events.length, matches, outdated }, { events: 224, matches: 275, outdated: 52 });
});
