import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../src/problem.js';
import { openStore } from '../src/store.js';
import { startStandaloneServer } from './kit/standalone-server.js';

const newLogId = (): string => 'aabbccdd';

test('a standalone server is refused in one line that says what is needed', async (t) => {
  const server = await startStandaloneServer();
  t.after(() => server.close());
  await assert.rejects(openStore(server.uri, newLogId), (error: unknown) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'STORE_UNAVAILABLE');
    assert.match(error.message, /standalone server.*replica set/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
});

test('an address where nobody answers is named, without its password', async () => {
  const uri = 'mongodb://someone:secret@127.0.0.1:1/carillon?serverSelectionTimeoutMS=200';
  await assert.rejects(openStore(uri, newLogId), (error: unknown) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'STORE_UNAVAILABLE');
    assert.match(error.message, /127\.0\.0\.1:1/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});
