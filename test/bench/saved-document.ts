// Benches of saved documents: `saved-document` (deliveries whose data is the result of a document of ten fields) and
// `typed-fan-out` (frames of such a document), each against the plain envelope.
import { z } from 'zod';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import { createSubscription, subscribe } from '../../src/demo/gateway-requests.js';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startChild } from './child.js';
import { measureDeliveries } from './deliveries.js';
import { startGatewaySide } from './live-sides.js';
import { benchType, startBenchGateway } from './stage.js';

/** Ten fields of the bench's event. */
const typedDocument = `subscription {
  orderCreated { id type time payload { orderId amount currency customer { id email } lines { sku quantity } } }
}`;

/** Bench `saved-document`. */
export const savedDocumentBench: Bench = {
  name: 'saved-document',
  unit: 'deliveries/s',
  product: 'as bench deliver, to a webhook subscription with a saved document of ten fields',
  baseline: 'the same with the plain envelope',
  better: 'higher',
  bar: 0.8,
  goal: 0.95,
  run: runDeliveries,
};

const quick = { rounds: 5, withinMs: 12_000, warmUp: 3001, deliveries: 3001 };
const full = { rounds: 9, withinMs: 300_000, warmUp: 10_001, deliveries: 20_001 };

async function runDeliveries(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const receiver = startChild('./receiver-process.js');
  const client = startChild('./load-process.js');
  const gateways: GatewayProcess[] = [];
  try {
    const { url } = z.object({ url: z.string() }).parse(await receiver.ask({ kind: 'listen' }));
    const start = async (name: string) => {
      const gateway = await startBenchGateway(options, name);
      gateways.push(gateway);
      return { gateway, receiver, client };
    };
    const sides = { product: await start('document'), baseline: await start('plain') };
    await subscribe(sides.product.gateway, { url, query: typedDocument });
    await createSubscription(sides.baseline.gateway, url, [benchType]);
    for (const side of [sides.product, sides.baseline]) await measureDeliveries(side, count.warmUp);
    const measured = await measureRounds(count, async () => {
      const product = await measureDeliveries(sides.product, count.deliveries);
      const baseline = await measureDeliveries(sides.baseline, count.deliveries);
      const { mainThreadMicrosPerDelivery = 0 } = baseline.costs;
      const costs = { ...product.costs, baselineMainThreadMicrosPerDelivery: mainThreadMicrosPerDelivery };
      return { product: product.perSecond, baseline: baseline.perSecond, costs };
    });
    return { ...measured, settings: { deliveriesPerRound: count.deliveries } };
  } finally {
    await Promise.all([...gateways.map((gateway) => gateway.stop()), receiver.stop(), client.stop()]);
  }
}

const sockets = 2000;

/** Bench `typed-fan-out`. */
export const typedFanOutBench: Bench = {
  name: 'typed-fan-out',
  unit: 'frames per CPU second of the main thread',
  product: `${sockets} sockets follow a typed document of ten fields, events of 1 KB one after the other`,
  baseline: 'the same with the plain envelope',
  better: 'higher',
  bar: 0.8,
  goal: 0.95,
  run: runFrames,
};

const quickFrames = { rounds: 5, withinMs: 10_000, events: 20, warmUp: 20 };
const fullFrames = { rounds: 9, withinMs: 300_000, events: 100, warmUp: 60 };

async function runFrames(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quickFrames : fullFrames;
  const typed = await startGatewaySide(options, 'typed', typedDocument);
  const plain = await startGatewaySide(options, 'plain');
  try {
    for (const side of [typed, plain]) {
      await side.open(sockets);
      await side.show(count.warmUp, sockets);
    }
    const measured = await measureRounds(count, async () => {
      const product = await typed.show(count.events, sockets);
      const baseline = await plain.show(count.events, sockets);
      return {
        product: 1_000_000 / product.microsPerFrame,
        baseline: 1_000_000 / baseline.microsPerFrame,
        costs: {
          microsPerFrame: Number(product.microsPerFrame.toFixed(2)),
          baselineMicrosPerFrame: Number(baseline.microsPerFrame.toFixed(2)),
        },
      };
    });
    return { ...measured, settings: { sockets, eventsPerRound: count.events } };
  } finally {
    await Promise.all([typed.stop(), plain.stop()]);
  }
}
