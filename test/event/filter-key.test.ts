// What is seen of a filter without evaluating it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyReader, filterKeyOf } from '../../src/event/filter-key.js';

test('an equality that must hold is the key of a filter', () => {
  assert.deepEqual(filterKeyOf({ 'data.customer': 17, 'data.amount': { $gt: 5 } }), {
    path: 'data.customer',
    values: [17],
  });
  assert.deepEqual(filterKeyOf({ $and: [{ subject: { $eq: 'x' } }] }), { path: 'subject', values: ['x'] });
});

test('one value says more than a list, and a list more than a truth value', () => {
  const filter = { 'data.paid': true, 'data.country': { $in: ['DE', 'FR', 'DE'] } };
  assert.deepEqual(filterKeyOf(filter), { path: 'data.country', values: ['DE', 'FR'] });
  assert.deepEqual(filterKeyOf({ ...filter, 'data.customer': 'c_1' }), { path: 'data.customer', values: ['c_1'] });
  assert.deepEqual(filterKeyOf({ 'data.paid': true }), { path: 'data.paid', values: [true] });
});

test('nothing is said of what need not hold, of null, of instants, of long lists and of what is no filter', () => {
  const none = [
    null,
    undefined,
    'text',
    [],
    {},
    { $or: [{ subject: 'x' }] },
    { $nor: [{ subject: 'x' }] },
    { subject: { $ne: 'x' } },
    { subject: { $not: { $eq: 'x' } } },
    { subject: null },
    { subject: { $in: ['x', null] } },
    { subject: { $in: [] } },
    { subject: { $in: Array.from({ length: 101 }, (_, n) => n) } },
    { 'data.tags': ['x'] },
    { 'data.address': { city: 'x' } },
    { time: '2026-01-01T00:00:00Z' },
    { type: 'order.paid' },
  ];
  for (const filter of none) assert.equal(filterKeyOf(filter), null, JSON.stringify(filter));
});

test('the values at a path are those a comparison would meet, also in arrays and behind them', () => {
  const read = createKeyReader('data.items.sku');
  assert.deepEqual([...read({ data: { items: [{ sku: 'a' }, { sku: ['b', null] }, 'c', { other: 1 }] } })], ['a', 'b']);
  assert.deepEqual([...read({ data: null })], []);
  assert.deepEqual([...createKeyReader('data.0')({ data: ['a', 'b'] })], ['a']);
});
