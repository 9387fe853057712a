// What a query remembers of the documents it has given is bounded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seen } from '../../src/embedded-mongo/seen.js';

test('a document is new once, and too many of them end the query', () => {
  const seen = new Seen();
  const key = Buffer.alloc(900);
  assert.deepEqual([seen.isNew(key), seen.isNew(key)], [true, false]);
  const addMany = () => {
    for (let i = 1; i < 200_000; i += 1) {
      key.writeUInt32BE(i);
      seen.isNew(key);
    }
  };
  assert.throws(addMany, { code: 292, message: /too many documents/ });
});
