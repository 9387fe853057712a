// The example operations against the schema. Whether they show up as tabs is tested in page.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { getOperationAST, getVariableValues, parse, validate } from 'graphql';
import { type Example, examples } from '../../src/console/examples.js';
import { readSchema } from './stub-gateway.js';

for (const { query, variables } of examples) {
  const document = parse(query);
  const operation = getOperationAST(document);
  const name = operation?.name?.value;

  test(`the example ${name} is valid against the schema, and its variables too`, async () => {
    const schema = await readSchema();
    assert.deepEqual(validate(schema, document), []);
    const definitions = operation?.variableDefinitions ?? [];
    assert.deepEqual(getVariableValues(schema, definitions, variables ?? {}).errors ?? [], []);
    const declared = definitions.map((definition) => definition.variable.name.value);
    assert.deepEqual(Object.keys(variables ?? {}), declared);
  });

  test(`the example ${name} has a name for its tab and says in its first line what it does`, () => {
    assert.match(query, /^# \d\. \w.*\n/);
    assert.ok(name);
  });
}

test('the published example matches the event type that the first example creates', () => {
  const [createEventType, , , publishEvent] = examples;
  const matches = new Ajv().compile(Object(inputOf(createEventType, 'schema')));
  assert.ok(matches(inputOf(createEventType, 'example')), 'its own example');
  assert.ok(matches(inputOf(publishEvent, 'data')), 'the published data');
  assert.equal(inputOf(publishEvent, 'type'), inputOf(createEventType, 'name'));
});

function inputOf(example: Example | undefined, field: string): unknown {
  return Reflect.get(Object(example?.variables?.['input']), field);
}
