// Documents that are kept parsed: the same one again for the same text, within bounds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDocumentCheck } from '../../src/graphql/documents.js';
import { schemasOf } from '../kit/event-type-copy.js';

const schemas = schemasOf();
const longDocument = (number: number): string => `{ viewer { role } } # ${number} ${'x'.repeat(19_000)}`;

test('a document is parsed once', () => {
  const check = createDocumentCheck(schemas);
  assert.equal(check('{ viewer { role } }'), check('{ viewer { role } }'));
});

test('long documents are not kept by the hundred', () => {
  const check = createDocumentCheck(schemas);
  const first = check(longDocument(0));
  for (let number = 1; number < 40; number += 1) void check(longDocument(number));
  assert.equal(check(longDocument(0)), first, 'forty are kept');
  for (let number = 40; number < 80; number += 1) void check(longDocument(number));
  assert.notEqual(check(longDocument(0)), first, 'eighty are too many');
});
