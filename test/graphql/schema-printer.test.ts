// The SDL in parts is what printing the schema at once gives, and each schema is printed once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { createSchemaPrinter } from '../../src/graphql/schema-printer.js';
import { eventTypeOf, schemasOf } from '../kit/event-type-copy.js';
import { createFakeClock } from '../kit/fake-clock.js';

const schema = { type: 'object', properties: { amount: { type: 'number' } } };

test('the parts together are the SDL of the whole schema, one blank line between types', async () => {
  const schemas = schemasOf(eventTypeOf('order.created', schema), eventTypeOf('order.paid', schema));
  const text = Buffer.concat(await createSchemaPrinter(schemas, createFakeClock())()).toString();
  const sorted = (of: string): string => printSchema(lexicographicSortSchema(buildSchema(of)));
  assert.equal(sorted(text), sorted(printSchema(await schemas.whole())));
  assert.match(text, /^[^\n]/);
  assert.match(text, /[^\n]\n$/);
  assert.equal(text.includes('\n\n\n'), false);
});

test('a schema is printed once, for all who ask meanwhile and after', async () => {
  const print = createSchemaPrinter(schemasOf(eventTypeOf('order.created', schema)), createFakeClock());
  const [first, second] = await Promise.all([print(), print()]);
  assert.equal(first, second);
  assert.equal(await print(), first);
});
