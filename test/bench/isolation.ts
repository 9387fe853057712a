// Bench `isolation`: how long an event takes to its healthy receivers when one in a hundred swallows requests without an
// answer, against all of them answering.
import { z } from 'zod';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import { createSubscription } from '../../src/demo/gateway-requests.js';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { type Child, machineMs, startChild } from './child.js';
import { benchType, startBenchGateway } from './stage.js';
import { rateOf } from './store-stage.js';

const receivers = 1000;
const blackHoles = receivers / 100;
const healthy = receivers - blackHoles;

/** Bench `isolation`. */
export const isolationBench: Bench = {
  name: 'isolation',
  unit: 'ms from publishing to a healthy receiver, 99th percentile',
  product: `${receivers} webhook subscriptions, each told of every event, of which ${blackHoles} never get an answer`,
  baseline: 'the same, all answered',
  better: 'lower',
  bar: 1.5,
  goal: 1.2,
  run,
};

const quick = { rounds: 5, withinMs: 14_000, warmUp: 5, events: 4 };
const full = { rounds: 15, withinMs: 300_000, warmUp: 20, events: 20 };

interface Side {
  readonly gateway: GatewayProcess;
  readonly receiver: Child;
  /** Requests that are answered for each event. */
  readonly answered: number;
}

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const stops: (() => Promise<void>)[] = [];
  try {
    const start = async (name: string, holes: number): Promise<Side> => {
      const receiver = startChild('./arrival-process.js');
      stops.push(() => receiver.stop());
      const gateway = await startBenchGateway(options, name);
      stops.push(() => gateway.stop());
      const { url, holeUrl } = urlsShape.parse(await receiver.ask({ kind: 'listen' }));
      await rateOf(receivers, 20, (n) =>
        createSubscription(gateway, n < holes ? `${holeUrl}/${n}` : `${url}/${n}`, [benchType]),
      );
      return { gateway, receiver, answered: receivers - holes };
    };
    const sides = { product: await start('holes', blackHoles), baseline: await start('healthy', 0) };
    for (const side of [sides.product, sides.baseline]) await tellAll(side, count.warmUp);
    const measured = await measureRounds(count, async () => {
      const product = await tellAll(sides.product, count.events);
      const baseline = await tellAll(sides.baseline, count.events);
      const costs = { medianMs: product.medianMs, baselineMedianMs: baseline.medianMs };
      return { product: product.slowMs, baseline: baseline.slowMs, costs };
    });
    return { ...measured, settings: { receivers, blackHoles, healthy, eventsPerRound: count.events } };
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
}

const urlsShape = z.object({ url: z.string(), holeUrl: z.string() });
const arrivalsShape = z.object({ atMs: z.array(z.number()) });

/** Publishes events one after the other, each when all receivers that answer have got the one before. */
async function tellAll(
  { gateway, receiver, answered }: Side,
  events: number,
): Promise<{ medianMs: number; slowMs: number }> {
  const latencies: number[] = [];
  for (let event = 0; event < events; event += 1) {
    const arriving = receiver.ask({ kind: 'await', requests: answered });
    const startedMs = machineMs();
    await publishSmall(gateway);
    for (const atMs of arrivalsShape.parse(await arriving).atMs) latencies.push(atMs - startedMs);
  }
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? 0;
  return { medianMs: Math.round(at(0.5)), slowMs: at(0.99) };
}

async function publishSmall(gateway: GatewayProcess): Promise<void> {
  const query = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }';
  const shape = z.object({ publishEvent: z.object({ event: z.object({ id: z.string() }) }) });
  const data = { orderId: 'ord_1', amount: 1, currency: 'EUR', customer: { id: 1, email: 'a@example.com' }, lines: [] };
  await gateway.ask(query, { input: { type: benchType, data } }, shape);
}
