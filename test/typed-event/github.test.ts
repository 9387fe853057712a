// GitHub's published webhook schemas become types, and every published example comes back whole through a document that selects
// every field.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertObjectType,
  type ExecutionResult,
  execute,
  GraphQLSchema,
  parse,
  validate,
  validateSchema,
} from 'graphql';
import { createEvent } from '../../src/event/event.js';
import { compileSchema } from '../../src/event-type/json-schema.js';
import { createContext, type Rooms } from '../../src/graphql/context.js';
import { typedNamesOf } from '../../src/typed-event/typed-names.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { cutOutEventSchemas } from '../kit/github-webhooks.js';
import { eventOf } from '../kit/memory-stores.js';
import { selectAll, toData, withoutNulls } from '../kit/select-all.js';

const published = cutOutEventSchemas();
const context = createContext({ role: 'ADMIN', applicationId: null, apiKeyId: null }, {} as Rooms);

test('every schema becomes types, and the whole is a valid schema', async () => {
  const schemas = schemasOf(...published.map(({ name, schema }) => eventTypeOf(name, schema)));
  const whole = await schemas.whole();
  assert.deepEqual(validateSchema(new GraphQLSchema({ ...whole.toConfig(), assumeValid: false })), []);
  const fields = whole.getSubscriptionType()?.getFields() ?? {};
  for (const { name } of published) assert.ok(fields[typedNamesOf(name).fieldName] !== undefined, name);
});

test('every example resolves without errors to the data that it is', () => {
  const count = { valid: 0, invalid: 0 };
  for (const { name, schema: json, examples } of published) {
    if (examples.length === 0) continue;
    const { fieldName, eventTypeName } = typedNamesOf(name);
    const small = schemasOf(eventTypeOf(name, json)).schemaFor(parse(`subscription { ${fieldName} { id } }`));
    assert.ok(!(small instanceof Promise));
    const payload = assertObjectType(small.getType(eventTypeName)).getFields()['payload']?.type ?? assert.fail();
    const document = parse(`subscription { ${fieldName} { payload ${selectAll(payload, 12)} } }`);
    assert.deepEqual(validate(small, document), [], name);
    const check = compileSchema(json, 'schema');
    for (const example of examples) {
      const event = createEvent({ ...eventOf(1), type: name, dataJson: JSON.stringify(example) });
      context.renew();
      const result = execute({ schema: small, document, rootValue: event, contextValue: context }) as ExecutionResult;
      // Some published examples break their published schema, as events of an older version may: they spoil themselves.
      if (check.check(example) !== null) {
        count.invalid += 1;
        continue;
      }
      assert.deepEqual(result.errors ?? [], [], name);
      const shown = (Object(result.data?.[fieldName]) as Record<string, unknown>)['payload'];
      assert.deepEqual(withoutNulls(toData(payload, shown)), withoutNulls(example), name);
      count.valid += 1;
    }
  }
  assert.deepEqual(count, { valid: 275, invalid: 52 });
});
