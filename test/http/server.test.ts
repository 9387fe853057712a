// How the server answers what goes wrong below it: problems with their status, everything else with an id and no detail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpServer } from '../../src/http/server.js';
import { createLog } from '../../src/log.js';
import { Problem } from '../../src/problem.js';

function setUp() {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const server = createHttpServer({ log, maxBodyBytes: 100, newErrorId: () => 'id-1' });
  server.post('/echo', (request) => ({ body: request.body }));
  const inject = async (path: string, payload?: string, type = 'application/json') => {
    const { statusCode, body } = await server.inject({
      method: payload === undefined ? 'GET' : 'POST',
      url: path,
      ...(payload === undefined ? {} : { payload, headers: { 'content-type': type } }),
    });
    return [statusCode, JSON.parse(body)];
  };
  return { server, lines, inject };
}

const error = (code: string, message: string, field?: string) => ({
  errors: [{ message, extensions: { code, ...(field === undefined ? {} : { field }) } }],
});

test('a problem is answered with its status, code, message and field', async () => {
  const { server, inject, lines } = setUp();
  server.get('/problem', () => {
    throw new Problem('CURSOR_EXPIRED', 'too old', { field: 'after' });
  });
  assert.deepEqual(await inject('/problem'), [410, error('CURSOR_EXPIRED', 'too old', 'after')]);
  assert.deepEqual(lines, []);
});

test('an error of ours is logged with an id, and only the id is shown', async () => {
  const { server, inject, lines } = setUp();
  server.get('/bug', () => {
    throw new Error('the password is 123');
  });
  server.get('/inner', () => {
    throw new Problem('INTERNAL', 'a detail of ours');
  });
  const shown = error('INTERNAL', 'something went wrong on our side; the log has it as id-1');
  assert.deepEqual(await inject('/bug'), [500, shown]);
  assert.deepEqual(await inject('/inner'), [500, shown]);
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /"errorId":"id-1".*the password is 123/);
});

test('a request that cannot be read says what is wrong with it', async () => {
  const { inject, lines } = setUp();
  assert.deepEqual(await inject('/echo', 'x'.repeat(101)), [
    413,
    error('TOO_LARGE', 'the request body must have at most 100 bytes'),
  ]);
  const [status, body] = await inject('/echo', '{');
  assert.equal(status, 400);
  assert.equal(body.errors[0].extensions.code, 'INVALID_INPUT');
  assert.match(body.errors[0].message, /malformed.*JSON/);
  const [unsupported] = await inject('/echo', 'a=b', 'application/x-www-form-urlencoded');
  assert.equal(unsupported, 400);
  assert.deepEqual(lines, []);
});

test('a path that is not there is named without its query', async () => {
  const { inject } = setUp();
  assert.deepEqual(await inject('/none?key=secret'), [404, error('NOT_FOUND', 'there is nothing at GET /none')]);
  const [status, body] = await inject(`/${'x'.repeat(3000)}`);
  assert.ok(status === 404 || status === 414, String(status));
  assert.ok(JSON.stringify(body).length < 400);
});

test('a body may have keys of any name', async () => {
  const { server } = setUp();
  const payload = '{"__proto__":{"a":1},"constructor":{"prototype":2}}';
  const { body } = await server.inject({
    method: 'POST',
    url: '/echo',
    payload,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(body, `{"body":${payload}}`);
  assert.equal(Reflect.get({}, 'a'), undefined);
});
