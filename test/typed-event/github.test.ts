// GitHub's published webhook schemas become types, and every published example comes back through a document that selects every
// field: whole when it fits its schema, and without what it breaks when not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertObjectType,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLOutputType,
  GraphQLSchema,
  parse,
  validate,
  validateSchema,
} from 'graphql';
import { createEvent } from '../../src/event/event.js';
import { compileSchema, type SchemaViolation } from '../../src/event-type/json-schema.js';
import { compileDocument } from '../../src/graphql/compiled-document.js';
import { createContext, type Rooms } from '../../src/graphql/context.js';
import { typedNamesOf } from '../../src/typed-event/typed-names.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { cutOutEventSchemas } from '../kit/github-webhooks.js';
import { eventOf } from '../kit/memory-stores.js';
import { type DataPath, placeOfError, selectAll, toData, withoutNulls } from '../kit/select-all.js';

const published = cutOutEventSchemas();
const context = createContext({ role: 'ADMIN', applicationId: null, apiKeyId: null }, {} as Rooms);

test('every schema becomes types, and the whole is a valid schema', async () => {
  const schemas = schemasOf(...published.map(({ name, schema }) => eventTypeOf(name, schema)));
  const whole = await schemas.whole();
  assert.deepEqual(validateSchema(new GraphQLSchema({ ...whole.toConfig(), assumeValid: false })), []);
  const fields = whole.getSubscriptionType()?.getFields() ?? {};
  for (const { name } of published) assert.ok(fields[typedNamesOf(name).fieldName] !== undefined, name);
});

/** A published example with what a document that selects all of it makes of it. */
interface Shown {
  readonly name: string;
  readonly example: unknown;
  readonly violation: SchemaViolation | null;
  readonly payload: GraphQLOutputType;
  readonly result: unknown;
  readonly errors: readonly GraphQLError[];
  /** The result as JSON, and as it is written by the compiled document. */
  readonly executed: string;
  readonly written: string | null;
}

function* showAll(): Generator<Shown> {
  for (const { name, schema: json, examples } of published) {
    if (examples.length === 0) continue;
    const { fieldName, eventTypeName } = typedNamesOf(name);
    const small = schemasOf(eventTypeOf(name, json)).schemaFor(parse(`subscription { ${fieldName} { id } }`));
    assert.ok(!(small instanceof Promise));
    const payload = assertObjectType(small.getType(eventTypeName)).getFields()['payload']?.type ?? assert.fail();
    const document = parse(`subscription { ${fieldName} { payload ${selectAll(payload, 12)} } }`);
    assert.deepEqual(validate(small, document), [], name);
    const check = compileSchema(json, 'schema');
    const write = compileDocument({ schema: small, document }) ?? assert.fail(name);
    for (const example of examples) {
      const event = createEvent({ ...eventOf(1), type: name, dataJson: JSON.stringify(example) }, 1);
      context.renew();
      const done = execute({ schema: small, document, rootValue: event, contextValue: context }) as ExecutionResult;
      const told = done.data?.[fieldName] as Record<string, unknown> | null | undefined;
      const errors = done.errors ?? [];
      const executed = JSON.stringify(done.data);
      context.renew();
      const written = write(event, context);
      const result = told?.['payload'];
      yield { name, example, violation: check.check(example), payload, result, errors, executed, written };
    }
  }
}

let shown: readonly Shown[] | null = null;
/** All examples, executed once. */
const all = (): readonly Shown[] => {
  shown ??= [...showAll()];
  return shown;
};

/** What is at a place of the data; undefined when nothing is. */
const at = (data: unknown, path: DataPath): unknown =>
  path.reduce<unknown>((value, key) => (value === null ? undefined : Object(value)[key]), data);

/** The data without some of its places. */
function without(data: unknown, places: readonly DataPath[]): unknown {
  const copy: unknown = structuredClone(data);
  for (const place of places) {
    const last = place.at(-1);
    if (last === undefined) return null;
    const parent = at(copy, place.slice(0, -1));
    if (typeof parent === 'object' && parent !== null) Object.assign(parent, { [last]: null });
  }
  return copy;
}

test('every example that fits its schema comes back without errors as the data that it is', () => {
  let count = 0;
  for (const { name, example, violation, payload, result, errors } of all()) {
    if (violation !== null) continue;
    assert.deepEqual(errors, [], name);
    assert.deepEqual(withoutNulls(toData(payload, result)), withoutNulls(example), name);
    count += 1;
  }
  assert.equal(count, 275);
});

test('an example that breaks its schema, as an event of an older version may, spoils what it breaks and shows the rest', () => {
  const reasons: Record<string, number> = {};
  const outcomes: Record<string, number> = {};
  const add = (counts: Record<string, number>, key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  for (const { name, example, violation, payload, result, errors } of all()) {
    if (violation === null) continue;
    add(reasons, violation.reason.replace(/ ?['"].*$/, ''));
    const places = errors.map(({ path = [] }) => placeOfError(payload, path.slice(2)));
    for (const [index, { error }] of places.entries()) {
      // Each error names a place where the data has nothing, and the field that must have something.
      assert.equal(at(example, error) ?? null, null, `${name} ${error.join('.')}`);
      assert.match(errors[index]?.message ?? '', /^Cannot return null for non-nullable field \w+\.\w+\.$/);
    }
    const nulled = places.map((place) => place.nulled);
    assert.deepEqual(withoutNulls(toData(payload, result)), withoutNulls(without(example, nulled)), name);
    if (errors.length === 0) add(outcomes, 'whole, since GraphQL does not tell it');
    else add(outcomes, result == null ? 'null and an error' : 'the rest, and an error');
  }
  // All 52 of them, by the first violation and by what is shown.
  assert.deepEqual(reasons, {
    'must have required property': 48,
    'must match format': 2,
    'must be string': 1,
    'must NOT have additional properties:': 1,
  });
  assert.deepEqual(outcomes, {
    'null and an error': 45,
    'the rest, and an error': 3,
    'whole, since GraphQL does not tell it': 4,
  });
});

test('compiled documents write the very bytes that executing them gives, and give up what has errors', () => {
  for (const { name, errors, executed, written } of all())
    assert.equal(written, errors.length === 0 ? executed : null, name);
  assert.ok(all().filter(({ written }) => written !== null).length > 250);
});
