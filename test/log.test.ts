// Log lines: their shape, and what must never be in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../src/log.js';
import { Problem } from '../src/problem.js';

function record(level: Parameters<typeof createLog>[0] = 'trace') {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  return { log, lines, fields: (index = 0): Record<string, unknown> => JSON.parse(lines[index] ?? 'null') };
}

test('a line is one JSON object with level, time, sentence, room and fields', () => {
  const { log, lines, fields } = record();
  log.room('delivery').warn('It rains.', { cups: 2 });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith('\n') && !lines[0].slice(0, -1).includes('\n'));
  const { time, ...rest } = fields();
  assert.deepEqual(rest, { level: 'warn', message: 'It rains.', room: 'delivery', cups: 2 });
  assert.equal(new Date(String(time)).toISOString(), time);
});

test('lines below the level are not written, and silent writes nothing', () => {
  const warn = record('warn');
  for (const level of ['debug', 'info', 'warn', 'error'] as const) warn.log[level]('x');
  assert.equal(warn.lines.length, 2);
  const silent = record('silent');
  silent.log.error('x');
  assert.equal(silent.lines.length, 0);
});

test('secrets are masked by the names of their fields, in the first two levels', () => {
  const { log, lines } = record();
  const secrets = Object.fromEntries(
    ['authorization', 'secret', 'key', 'password', 'token', 'cookie'].map((name) => [name, 'hush']),
  );
  log.info('x', { ...secrets, request: secrets });
  log.room('r').info('x', { headers: secrets });
  assert.equal(lines.join('').includes('hush'), false);
});

test('an error is written with its message, stack, code and causes', () => {
  const { log, fields } = record();
  const cause = Object.assign(new Error('inner'), { code: 'ECONNRESET' });
  log.error('x', { error: new Problem('STORE_UNAVAILABLE', 'outer', { cause }) });
  const text = JSON.stringify(fields()['error']);
  for (const part of ['outer', 'inner', 'ECONNRESET', 'STORE_UNAVAILABLE', 'log.test'])
    assert.ok(text.includes(part), part);
});

test('what else an error carries is not written: the driver puts whole documents there', () => {
  const { log, lines } = record();
  const error = Object.assign(new Error('E11000 duplicate key'), {
    code: 11_000,
    op: { dataJson: '{"card":"4111"}' },
    writeErrors: [{ err: { op: { dataJson: '{"card":"4111"}' } } }],
    errorResponse: { card: '4111' },
  });
  log.error('x', { error });
  log.error('x', { error: new Error('outer', { cause: error }) });
  log.error('x', { error: new AggregateError([error], 'all') });
  assert.equal(lines.length, 3);
  assert.equal(lines.join('').includes('4111'), false);
});

test('fields that cannot be written as JSON do not throw', () => {
  const { log, lines } = record();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  log.info('x', { circle, big: 1n, error: 'no error', error2: undefined });
  log.info('x', { error: null });
  log.info('x', { error: { code: 1 } });
  assert.equal(lines.length, 3);
  for (const line of lines) JSON.parse(line);
});
