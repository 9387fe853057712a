// The grammar of event type names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkEventTypeName, collisionKey, isEventTypeName } from '../../src/event-type/event-type-name.js';

test('dotted and snake names are valid', () => {
  for (const name of [
    'a',
    'order.created',
    'user_registered',
    'pull_request.review_requested',
    'v2.order.3',
    'a'.repeat(128),
  ]) {
    assert.equal(checkEventTypeName(name, 'input.name'), name);
  }
});

const faults: readonly [string, RegExp][] = [
  ['', /is empty/],
  ['a'.repeat(129), /has 129 characters/],
  ['Order.created', /has the character "O"/],
  ['order-created', /has the character "-"/],
  ['order created', /has the character " "/],
  ['órder', /has the character "ó"/],
  ['order😀', /has the character "😀"/],
  ['order.created\n', /has the character "\\n"/],
  ['1order', /does not begin with a letter/],
  ['_order', /does not begin with a letter/],
  ['.order', /does not begin with a letter/],
  ['order.', /two separators in a row or one at the end/],
  ['order..created', /two separators in a row or one at the end/],
  ['order__created', /two separators in a row or one at the end/],
  ['order._created', /two separators in a row or one at the end/],
];

for (const [name, message] of faults) {
  test(`${JSON.stringify(name.slice(0, 20))} is refused, saying the grammar and the fault`, () => {
    assert.throws(() => checkEventTypeName(name, 'input.name'), { code: 'NAME_INVALID', field: 'input.name', message });
    assert.throws(() => checkEventTypeName(name, 'input.name'), { message: /lower-case words .* 1 to 128 characters/ });
  });
}

test('names whose first word is carillon are kept for our own events', () => {
  for (const name of ['carillon', 'carillon.delivery.exhausted', 'carillon_event']) {
    assert.ok(isEventTypeName(name));
    assert.throws(() => checkEventTypeName(name, 'input.name'), { code: 'NAME_INVALID', message: /kept for/ });
  }
  assert.equal(checkEventTypeName('carillons.rung', 'input.name'), 'carillons.rung');
});

test('names that differ by separators only collide, others do not', () => {
  assert.equal(collisionKey('order.created'), 'OrderCreated');
  assert.equal(collisionKey('order_created'), 'OrderCreated');
  assert.notEqual(collisionKey('ordercreated'), 'OrderCreated');
  assert.equal(collisionKey('order.1st'), collisionKey('order1st'));
});

test('the key of a valid name is a GraphQL name in PascalCase', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9]{0,5}([._][a-z0-9]{1,5}){0,3}$/), (name) => {
      assert.ok(isEventTypeName(name));
      assert.match(collisionKey(name), /^[A-Z][A-Za-z0-9]*$/);
    }),
  );
});
