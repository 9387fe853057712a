// Many occurrences at once: one write where all are good, and each for itself where one is refused. The publisher is a fake that
// refuses what it is told to: what it really refuses is tested with publish.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../src/problem.js';
import type { PublishInput } from '../../src/publish.js';
import { createMeter } from '../../src/stats/meter.js';
import { createFireTriggers } from '../../src/trigger/fire-trigger.js';
import type { Trigger } from '../../src/trigger/trigger.js';
import { createFakeClock } from '../kit/fake-clock.js';

const trigger: Trigger = {
  id: 'trg_1',
  name: 'orders',
  kind: 'CHANGE_STREAM',
  eventType: 'order.changed',
  mapping: {},
  enabled: true,
  applicationId: null,
  settings: {},
  secretsSealed: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

interface Told {
  /** Keys, by what was handed to the publisher together. */
  readonly published: (string | null | undefined)[][];
  /** `fired`, `duplicate` or the code of the problem, in order. */
  readonly counted: string[];
}

function setUp(refusals: Readonly<Record<string, Error>>) {
  const told: Told = { published: [], counted: [] };
  const publishAll = async (inputs: readonly PublishInput[]) => {
    for (const { idempotencyKey } of inputs) {
      const refusal = refusals[idempotencyKey ?? ''];
      if (refusal !== undefined) throw refusal;
    }
    told.published.push(inputs.map(({ idempotencyKey }) => idempotencyKey));
    return inputs.map(() => ({ event: {} as never, duplicate: false }));
  };
  const { fireInOrder } = createFireTriggers({
    publisher: { publishAll, publish: async (input) => (await publishAll([input]))[0] ?? assert.fail() },
    jsonata: { run: async (_owner: unknown, _expression: unknown, input: unknown) => JSON.stringify(input) } as never,
    counts: {
      fired: (_id: string, _at: Date, isDuplicate: boolean) => told.counted.push(isDuplicate ? 'duplicate' : 'fired'),
      refused: (_id: string, _at: Date, { code }: Problem) => told.counted.push(code),
    } as never,
    meter: createMeter(),
    clock: createFakeClock(),
  });
  const fire = (...keys: string[]): Promise<void> =>
    fireInOrder(
      trigger,
      keys.map((deliveryId) => ({ input: { operation: 'insert', eventType: null }, deliveryId })),
    );
  return { told, fire };
}

test('good ones are published by one write', async () => {
  const { told, fire } = setUp({});
  await fire('a', 'b', 'c');
  assert.deepEqual(told.published, [['trg_1 a', 'trg_1 b', 'trg_1 c']]);
  assert.deepEqual(told.counted, ['fired', 'fired', 'fired']);
});

test('one that is refused is counted and left out, and the others keep their order', async () => {
  const { told, fire } = setUp({ 'trg_1 b': new Problem('DATA_INVALID', 'data.amount must be a number') });
  await fire('a', 'b', 'c');
  assert.deepEqual(told.published, [['trg_1 a'], ['trg_1 c']]);
  assert.deepEqual(told.counted, ['fired', 'DATA_INVALID', 'fired']);
});

test('one whose document has changed since it was published is a duplicate', async () => {
  const { told, fire } = setUp({ 'trg_1 a': new Problem('IDEMPOTENCY_KEY_REUSED', 'used before') });
  await fire('a', 'b');
  assert.deepEqual(told.counted, ['duplicate', 'fired']);
});

test('what no user can help is thrown, so that all are tried again', async () => {
  const { told, fire } = setUp({ 'trg_1 b': new Problem('STORE_UNAVAILABLE', 'no database') });
  await assert.rejects(fire('a', 'b'), { code: 'STORE_UNAVAILABLE' });
  assert.deepEqual(told, { published: [], counted: [] });
});
