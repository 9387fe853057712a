// Bench `history`: publishing and delivering with five million past events in the log, against an empty one.
import { z } from 'zod';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import { createSubscription } from '../../src/demo/gateway-requests.js';
import { type Bench, type BenchOptions, type Measurement, measureByTurns } from './bench.js';
import { startChild } from './child.js';
import { type DeliveryStage, measureDeliveries } from './deliveries.js';
import { copyLatest, oldHex, oldKey, startFilledGateway } from './filled-gateway.js';
import { benchType } from './stage.js';
import type { StoreStage } from './store-stage.js';

/** Bench `history`. */
export const historyBench: Bench = {
  name: 'history',
  unit: 'deliveries/s',
  product: 'as bench deliver, with 5,000,000 past events and a fifth as many past deliveries with their attempts',
  baseline: 'the same with an empty log',
  better: 'higher',
  bar: 0.9,
  goal: 0.98,
  run,
};

const quick = { events: 150_000, warmUp: 2001, rounds: 5, withinMs: 9000, deliveries: 3001 };
const full = { events: 5_000_000, warmUp: 10_001, rounds: 9, withinMs: 300_000, deliveries: 20_001 };

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const receiver = startChild('./receiver-process.js');
  const client = startChild('./load-process.js');
  const gateways: GatewayProcess[] = [];
  try {
    const { url } = z.object({ url: z.string() }).parse(await receiver.ask({ kind: 'listen' }));
    const start = async (name: string, events: number): Promise<DeliveryStage> => {
      const gateway = await startFilledGateway(options, name, {
        async prepare(first) {
          await createSubscription(first, url, [benchType]);
          await measureDeliveries({ gateway: first, receiver, client }, 1);
        },
        fill: (store) => fillHistory(store, events),
      });
      gateways.push(gateway);
      return { gateway, receiver, client };
    };
    const sides = { product: await start('old', count.events), baseline: await start('new', 0) };
    for (const side of [sides.product, sides.baseline]) await measureDeliveries(side, count.warmUp);
    const measured = await measureByTurns(count, async (side) => {
      const { perSecond: value, costs } = await measureDeliveries(sides[side], count.deliveries);
      return { value, costs };
    });
    const settings = { events: count.events, pastDeliveries: count.events / 5, deliveriesPerRound: count.deliveries };
    return { ...measured, settings };
  } finally {
    await Promise.all([...gateways.map((gateway) => gateway.stop()), receiver.stop(), client.stop()]);
  }
}

/** The log goes on behind what is copied, and everything in it is planned. */
async function fillHistory(store: StoreStage, events: number): Promise<void> {
  const dataJson = JSON.stringify({ orderId: 'ord_8f2c51d0', amount: 351, currency: 'EUR' });
  const { sequence: head } = await copyLatest(store, 'events', events, (n) => ({
    _id: `evt_${oldHex(n)}`,
    sequence: 1000 + n,
    dataJson,
  }));
  if (events === 0) return;
  await store
    .collection<{ _id: string }>('events')
    .updateOne({ sequence: head }, { $set: { sequence: 1000 + events } });
  await store
    .collection<{ _id: string }>('meta')
    .updateOne({ _id: 'planned' }, { $set: { sequence: 1000 + events } }, { upsert: true });
  const ofEvent = (n: number) => ({ event: `evt_${oldHex(5 * n)}` });
  await copyLatest(store, 'deliveries', events / 5, (n) => ({ ...ofEvent(n), _id: oldKey(n), sequence: 1000 + 5 * n }));
  await copyLatest(store, 'deliveryattempts', events / 5, (n) => ({
    ...ofEvent(n),
    _id: `att_${oldHex(n)}`,
    delivery: `dlv_${oldHex(n)}`,
  }));
}
