// What one operation may read and answer in bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSizeBudget, maxOperationBytes } from '../../src/graphql/size-budget.js';
import { Problem } from '../../src/problem.js';
import { startGateway } from '../kit/gateway.js';
import { createEventType, openLive, publish } from '../kit/graphql-client.js';

const isTooLarge = (error: unknown): boolean => error instanceof Problem && error.code === 'TOO_LARGE';
const sizeOf = (bytes: number): number => bytes;

test('an answer may be as large as the bound and not larger', () => {
  const sizes = createSizeBudget(100);
  sizes.spend(60);
  sizes.spend(40);
  assert.throws(() => sizes.spend(1), isTooLarge);
});

test('reads are made one after the other, and none once the bound is passed', async () => {
  const sizes = createSizeBudget(100);
  const begun: number[] = [];
  let running = 0;
  const load = (n: number, bytes: number) => async (): Promise<number[]> => {
    begun.push(n);
    running += 1;
    assert.equal(running, 1);
    await Promise.resolve();
    running -= 1;
    return [bytes];
  };
  const reads = [60, 60, 1, 1].map((bytes, n) => sizes.read(load(n, bytes), sizeOf));
  const outcomes = await Promise.allSettled(reads);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  assert.deepEqual(begun, [0, 1]);
  await assert.rejects(sizes.read(load(4, 1), sizeOf), isTooLarge);
});

test('a read that fails does not stop the next', async () => {
  const sizes = createSizeBudget(100);
  const failing = sizes.read(() => Promise.reject(new Error('gone')), sizeOf);
  const next = sizes.read(async () => [1], sizeOf);
  await assert.rejects(failing, /gone/);
  assert.deepEqual(await next, [1]);
});

test('aliases and pages multiply no large values', async (t) => {
  const gateway = await startGateway();
  t.after(() => gateway.stop());
  await createEventType(gateway.request, { name: 'note.taken' });
  const bytes = 200_000;
  for (let n = 0; n < 20; n += 1) {
    await publish(gateway.request, { type: 'note.taken', data: 'x'.repeat(bytes - 2) });
  }
  const one = await gateway.request('{ events(first: 20) { nodes { data } edges { node { data } } } }');
  assert.equal(one.events.nodes.length, 20);

  const isRefused = async (query: string): Promise<void> => {
    const { text: answer } = await gateway.send(query);
    assert.ok(answer.length < maxOperationBytes * 1.1, `the answer has ${answer.length} characters`);
    assert.match(answer, /"TOO_LARGE"/);
    assert.match(answer, /one operation may read and answer at most 67108864 bytes/);
  };
  const aliases = (count: number, make: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => make(n)).join(' ');
  await isRefused(`{ events(first: 20) { nodes { ${aliases(100, (n) => `a${n}: data`)} } } }`);
  await isRefused(`{ ${aliases(50, (n) => `a${n}: events(first: 20) { nodes { id data } }`)} }`);
  await isRefused(`{ ${aliases(50, (n) => `a${n}: events(first: 20) { nodes { id } }`)} }`);
  await gateway.request(`{ viewer { role } }`);
});

test('aliases multiply no large values of a live result, and each event has a budget of its own', async (t) => {
  const gateway = await startGateway();
  t.after(() => gateway.stop());
  await createEventType(gateway.request, { name: 'note.taken' });
  const bytes = 200_000;
  const first = await publish(gateway.request, { type: 'note.taken', data: 'small' });
  const fields = Array.from({ length: 400 }, (_, n) => `a${n}: data`).join(' ');
  const query = `subscription ($after: String) { events(after: $after) { ${fields} } }`;
  const live = openLive(gateway.url, gateway.adminKey, query, { after: first.cursor });
  for (const data of ['x'.repeat(bytes - 2), 'small again']) {
    await publish(gateway.request, { type: 'note.taken', data });
  }
  await live.next(2, 30_000);
  const [large, small] = live.results;
  const wanted = Math.floor(maxOperationBytes / bytes);
  const values: readonly unknown[] = Object.values(large?.data?.events ?? {});
  assert.equal(values.filter((value) => value !== null).length, wanted);
  const codes = new Set(large?.errors?.map(({ extensions }) => extensions?.code));
  assert.deepEqual([large?.errors?.length, ...codes], [400 - wanted, 'TOO_LARGE']);
  assert.equal(small?.errors, undefined);
  await live.close();
});
