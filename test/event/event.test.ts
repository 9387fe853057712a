// Events over their parts: the payload is parsed when it is looked at.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { eventOf } from '../kit/memory-stores.js';

test('a payload is parsed once for a turn of the event loop, and not kept beyond it', async () => {
  const event = eventOf(1, { dataJson: '{"amount":1}' });
  const { data } = event;
  assert.deepEqual(data, { amount: 1 });
  assert.equal(event.data, data);
  await turn();
  assert.notEqual(event.data, data);
  assert.deepEqual(event.data, data);
});
