// How errors look to clients: the user's under userErrors, ours as an id that the log explains.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphQLError, parse, validate } from 'graphql';
import { showError, toGraphQLError, withUserErrors } from '../../src/graphql/errors.js';
import { createSchema } from '../../src/graphql/schema.js';
import { Problem, type ProblemCode, problemKinds } from '../../src/problem.js';
import { createRecordedLog } from '../kit/memory-stores.js';

const show = (error: unknown) => {
  const log = createRecordedLog();
  return { shown: showError(error, log, () => 'id-1'), lines: log.lines };
};
const wrap = (originalError: Error): GraphQLError =>
  new GraphQLError(originalError.message, { originalError, path: ['events', 0] });

test('a mutation that succeeds has no user errors', async () => {
  assert.deepEqual(await withUserErrors({ a: null }, async () => ({ a: 1 })), { a: 1, userErrors: [] });
});

test("a user's problem becomes the empty payload and one error under input", async () => {
  const nothing = { a: null, b: [] };
  const answer = await withUserErrors(nothing, async () => {
    throw new Problem('NAME_TAKEN', 'taken', { field: 'name', cause: new Error('secret inside') });
  });
  assert.deepEqual(answer, { ...nothing, userErrors: [{ code: 'NAME_TAKEN', field: 'input.name', message: 'taken' }] });
  const plain = await withUserErrors({}, async () => {
    throw new Problem('CONFLICT', 'x');
  });
  assert.deepEqual(plain.userErrors, [{ code: 'CONFLICT', field: null, message: 'x' }]);
});

test('whatever is not on the side of the user is thrown on', async () => {
  for (const code of Object.keys(problemKinds) as ProblemCode[]) {
    if (problemKinds[code].side === 'user') continue;
    await assert.rejects(
      withUserErrors({}, async () => Promise.reject(new Problem(code, 'x'))),
      { code },
    );
  }
  await assert.rejects(
    withUserErrors({}, () => Promise.reject(new TypeError('x'))),
    TypeError,
  );
});

test('a problem keeps code, field, message and path, and its HTTP status is not shown', () => {
  const { shown, lines } = show(wrap(new Problem('CURSOR_EXPIRED', 'gone', { field: 'after' })));
  assert.deepEqual(JSON.parse(JSON.stringify(shown)), {
    message: 'gone',
    path: ['events', 0],
    extensions: { code: 'CURSOR_EXPIRED', field: 'after' },
  });
  assert.deepEqual(lines, []);
});

test('the HTTP status of a problem is there for the HTTP door', () => {
  const { extensions } = toGraphQLError(new Problem('UNAUTHENTICATED', 'x'));
  assert.deepEqual(extensions, { code: 'UNAUTHENTICATED', http: { status: 401 } });
});

test('a fault that we know keeps its code, and the log has its cause', () => {
  const problem = new Problem('STORE_UNAVAILABLE', 'later', { cause: new Error('mongodb://user:pass@host') });
  const { shown, lines } = show(wrap(problem));
  assert.equal(shown.extensions?.['code'], 'STORE_UNAVAILABLE');
  assert.equal(JSON.stringify(shown).includes('pass'), false);
  assert.equal(lines[0]?.fields['error'], problem);
});

test('anything else is INTERNAL with an id, and nothing of it is shown', () => {
  for (const error of [
    wrap(new TypeError('secret inside')),
    new TypeError('secret inside'),
    'secret inside',
    null,
    undefined,
  ]) {
    const { shown, lines } = show(error);
    assert.equal(shown.extensions?.['code'], 'INTERNAL', String(error));
    assert.match(shown.message, /id-1/);
    assert.equal(JSON.stringify(shown).includes('secret'), false);
    assert.deepEqual([lines[0]?.level, lines[0]?.fields['errorId']], ['error', 'id-1']);
  }
});

test('a mistake in a document keeps its message and place and gets a code', () => {
  const [error] = validate(createSchema(), parse('{ nonsense }'));
  const { shown, lines } = show(error);
  assert.match(shown.message, /Cannot query field/);
  assert.deepEqual([shown.extensions?.['code'], shown.locations?.length, lines], ['BAD_USER_INPUT', 1, []]);
});

test('a code that an error of the door already has stays, its stack does not', () => {
  const error = new GraphQLError('x', {
    extensions: { code: 'BAD_REQUEST', stacktrace: ['a'], http: { status: 400 } },
  });
  assert.deepEqual(show(error).shown.extensions, { code: 'BAD_REQUEST' });
});

test('a value that a scalar refused is the mistake of the client', () => {
  const refused = new GraphQLError('Variable "$a" got invalid value', {
    originalError: new GraphQLError('no instant'),
  });
  assert.equal(show(refused).shown.extensions?.['code'], 'BAD_USER_INPUT');
});
