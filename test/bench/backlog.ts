// Bench `backlog`: deliveries with a million retries pending for other receivers, against the same with none; and what those
// cost in memory.
import { z } from 'zod';
import { createSubscription } from '../../src/demo/gateway-requests.js';
import { type Bench, type BenchOptions, type Measurement, measureByTurns } from './bench.js';
import { type Child, startChild } from './child.js';
import { type DeliveryStage, measureDeliveries } from './deliveries.js';
import { copyLatest, oldKey, readAnonymousMb, startFilledGateway } from './filled-gateway.js';
import { benchType } from './stage.js';

/** Bench `backlog`. */
export const backlogBench: Bench = {
  name: 'backlog',
  unit: 'deliveries/s',
  product: 'as bench deliver, with 1,000,000 retries pending, due within the next day',
  baseline: 'the same with none',
  better: 'higher',
  bar: 0.9,
  goal: 0.98,
  run,
};

const quick = { pending: 150_000, warmUp: 2001, rounds: 5, withinMs: 9000, deliveries: 3001 };
const full = { pending: 1_000_000, warmUp: 10_001, rounds: 9, withinMs: 300_000, deliveries: 20_001 };

const hourMs = 3_600_000;

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const receiver = startChild('./receiver-process.js');
  const client = startChild('./load-process.js');
  const running: DeliveryStage[] = [];
  try {
    const { url } = z.object({ url: z.string() }).parse(await receiver.ask({ kind: 'listen' }));
    const start = async (name: string, pending: number): Promise<DeliveryStage> => {
      const gateway = await startPending(options, { name, pending, url, receiver, client });
      running.push({ gateway, receiver, client });
      return { gateway, receiver, client };
    };
    const sides = { product: await start('pending', count.pending), baseline: await start('none', 0) };
    const grownMb =
      (await readAnonymousMb(sides.product.gateway.pid)) - (await readAnonymousMb(sides.baseline.gateway.pid));
    for (const side of [sides.product, sides.baseline]) await measureDeliveries(side, count.warmUp);
    const measured = await measureByTurns(count, async (side) => {
      const { perSecond: value, costs } = await measureDeliveries(sides[side], count.deliveries);
      return { value, costs };
    });
    const settings = { pending: count.pending, deliveriesPerRound: count.deliveries, memoryForThePendingMb: grownMb };
    return { ...measured, settings };
  } finally {
    await Promise.all([...running.map(({ gateway }) => gateway.stop()), receiver.stop(), client.stop()]);
  }
}

interface Backlog {
  readonly name: string;
  readonly pending: number;
  readonly url: string;
  readonly receiver: Child;
  readonly client: Child;
}

/** The pending ones belong to a webhook subscription of its own, which is told of no further event. */
function startPending(options: BenchOptions, { name, pending, url, receiver, client }: Backlog) {
  return startFilledGateway(options, name, {
    async prepare(gateway) {
      await createSubscription(gateway, url, ['another.*']);
      await createSubscription(gateway, url, [benchType]);
      await measureDeliveries({ gateway, receiver, client }, 1);
    },
    async fill(store) {
      const subscriptions = store.collection('webhooksubscriptions');
      const other = await subscriptions.findOne({ eventTypes: 'another.*' });
      const nowMs = Date.now();
      await copyLatest(store, 'deliveries', pending, (n) => ({
        _id: oldKey(n),
        event: `evt_pending_${n}`,
        eventType: 'another.type',
        subscription: String(other?._id),
        sequence: 1,
        status: 'RETRYING',
        attemptCount: 3,
        priority: -10,
        nextRunAt: new Date(nowMs + hourMs + (n * 23 * hourMs) / pending),
        finishedAt: null,
      }));
    },
  });
}
