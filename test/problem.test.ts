// Problems and their table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem, type ProblemCode, problemKinds } from '../src/problem.js';

test('every code has a status that fits its side, and one sentence', () => {
  for (const [code, { status, side, meaning }] of Object.entries(problemKinds)) {
    assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    assert.match(meaning, /^[A-Z].*\.$/, code);
    if (side === 'user') assert.ok(status >= 400 && status < 500, code);
    if (side === 'access') assert.ok(status === 401 || status === 403, code);
    if (side === 'fault') assert.ok(status >= 500, code);
  }
});

test('a problem carries code, message, field and cause, and is an Error', () => {
  const cause = new Error('inner');
  const problem = new Problem('NAME_TAKEN', 'taken', { field: 'name', cause });
  assert.ok(problem instanceof Error);
  assert.deepEqual(
    [problem.name, problem.code, problem.message, problem.field, problem.cause],
    ['Problem', 'NAME_TAKEN', 'taken', 'name', cause],
  );
  assert.deepEqual([problem.status, problem.side], [409, 'user']);
});

test('a problem without a field or cause has none', () => {
  const problem = new Problem('INTERNAL', 'x');
  assert.equal(problem.field, null);
  assert.equal('cause' in problem, false);
});

test('under a prefix the field moves along, and all else stays', () => {
  const cause = new Error('inner');
  const moved = new Problem('DATA_INVALID', 'x', { field: 'data.a', cause }).under('events.3');
  assert.deepEqual(
    [moved.code, moved.message, moved.field, moved.cause],
    ['DATA_INVALID', 'x', 'events.3.data.a', cause],
  );
  assert.equal(new Problem('DATA_INVALID', 'x').under('events.3').field, 'events.3');
  assert.equal('cause' in new Problem('DATA_INVALID', 'x').under('a'), false);
});

test('status and side come from the table for every code', () => {
  for (const code of Object.keys(problemKinds) as ProblemCode[]) {
    const problem = new Problem(code, 'x');
    assert.deepEqual([problem.status, problem.side], [problemKinds[code].status, problemKinds[code].side]);
  }
});
