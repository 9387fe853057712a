import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoBulkWriteError } from 'mongodb';
import { Problem } from '../src/problem.js';
import { duplicatesOf, openStore } from '../src/store.js';
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

/** What the driver throws for a bulk, as far as it is looked at. */
function bulkError(codes: readonly number[], hasWriteConcernError: boolean): MongoBulkWriteError {
  const writeErrors = codes.map((code, index) => ({ code, index }));
  const result = { getWriteConcernError: () => (hasWriteConcernError ? { code: 64 } : undefined) };
  return Object.assign(Object.create(MongoBulkWriteError.prototype), { writeErrors, result });
}

test('only a bulk in which nothing but duplicates failed counts as written', () => {
  assert.equal(duplicatesOf(bulkError([11_000, 11_000], false))?.length, 2);
  assert.equal(duplicatesOf(bulkError([11_000, 8000], false)), null);
  assert.equal(duplicatesOf(bulkError([11_000], true)), null);
  assert.equal(duplicatesOf(bulkError([], false)), null);
  assert.equal(duplicatesOf(new Error('E11000')), null);
});
