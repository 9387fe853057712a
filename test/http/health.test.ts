// The health routes over a store that answers, fails or hangs. With the whole program behind them they are in the journeys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify from 'fastify';
import { type HealthOptions, registerHealth } from '../../src/http/health.js';

async function ask(path: string, options: Partial<HealthOptions>): Promise<[status: number, body: unknown]> {
  const server = fastify();
  registerHealth(server, { checkStore: async () => undefined, isStopping: () => false, ...options });
  const { statusCode, body } = await server.inject(path);
  return [statusCode, JSON.parse(body)];
}

test('the process is live whatever happens to its database', async () => {
  const checkStore = () => Promise.reject(new Error('gone'));
  assert.deepEqual(await ask('/health/live', { checkStore }), [200, { status: 'live' }]);
  assert.deepEqual(await ask('/health/live', { isStopping: () => true }), [200, { status: 'live' }]);
});

test('it is ready while the database answers', async () => {
  assert.deepEqual(await ask('/health/ready', {}), [200, { status: 'ready' }]);
});

test('it is not ready when the database fails, and says no more than that', async () => {
  const checkStore = () => Promise.reject(new Error('mongodb://user:password@host failed'));
  assert.deepEqual(await ask('/health/ready', { checkStore }), [503, { status: 'the database cannot be written to' }]);
});

test('it is not ready from the moment it stops, without asking the database', async () => {
  const checkStore = () => assert.fail('the database was asked');
  assert.deepEqual(await ask('/health/ready', { checkStore, isStopping: () => true }), [503, { status: 'stopping' }]);
});

test('a database that hangs is waited for two seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let ping: () => void = () => undefined;
  const pinged = new Promise<void>((resolve) => {
    ping = resolve;
  });
  const answer = ask('/health/ready', {
    checkStore() {
      ping();
      return new Promise(() => undefined);
    },
  });
  await pinged;
  t.mock.timers.tick(2000);
  assert.deepEqual(await answer, [503, { status: 'the database cannot be written to' }]);
});
