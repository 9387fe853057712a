// Patterns of event types: what may be written, and what matches.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkEventTypePattern, matchesEventType, patternsThatMatch } from '../../src/event/event-type-pattern.js';

test('names, names with a trailing star and the star alone are patterns', () => {
  for (const text of ['*', 'order', 'order.*', 'order.item.*', 'order.created', 'user_registered', 'carillon.*']) {
    assert.equal(checkEventTypePattern(text, 'input.eventTypes.0'), text);
  }
});

test('anything else is refused, naming the field and the fault', () => {
  for (const text of ['', '.*', '**', 'order*', 'order.*.created', '*.created', 'Order.*', 'order..*', 'a b', '*\n']) {
    assert.throws(() => checkEventTypePattern(text, 'input.eventTypes.0'), {
      code: 'NAME_INVALID',
      field: 'input.eventTypes.0',
    });
  }
  assert.throws(() => checkEventTypePattern('Order.*', 'f'), { message: /has the character "O"/ });
});

test('a trailing star matches every name below, however deep, but not the name itself', () => {
  assert.ok(matchesEventType(['order.*'], 'order.created'));
  assert.ok(matchesEventType(['order.*'], 'order.item.added'));
  assert.ok(!matchesEventType(['order.*'], 'order'));
  assert.ok(!matchesEventType(['order.*'], 'orders.created'));
  assert.ok(!matchesEventType(['order.*'], 'order_created'));
});

test('a name matches itself alone, the star matches all, and no pattern matches nothing', () => {
  assert.ok(matchesEventType(['user', 'order.created'], 'order.created'));
  assert.ok(!matchesEventType(['order.created'], 'order.created.late'));
  assert.ok(matchesEventType(['*'], 'order.created'));
  assert.ok(!matchesEventType([], 'order.created'));
});

test('the patterns listed for a name are just those that match it', () => {
  const words = fc.constantFrom('a', 'b', 'a_b');
  const names = fc.array(words, { minLength: 1, maxLength: 4 }).map((list) => list.join('.'));
  const patterns = fc.oneof(
    names,
    names.map((name) => `${name}.*`),
    fc.constant('*'),
  );
  fc.assert(
    fc.property(names, patterns, (name, pattern) => {
      assert.equal(patternsThatMatch(name).includes(pattern), matchesEventType([pattern], name));
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(patternsThatMatch('order.item.added'), ['order.item.added', 'order.item.*', 'order.*', '*']);
});
