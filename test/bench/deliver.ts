// Bench `deliver`: from the first publish acknowledged until every event is answered 2xx by its receiver and recorded,
// against an HTTP client alone that POSTs the same bytes to the same receiver.
import { z } from 'zod';
import { createSubscription } from '../../src/demo/gateway-requests.js';
import type { RenderableEvent } from '../../src/payload/payload-format.js';
import { renderStandard } from '../../src/payload/standard.js';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startChild } from './child.js';
import {
  batch,
  batchesInFlight,
  countedShape,
  type DeliveryStage,
  type MeasuredDeliveries,
  measureDeliveries,
} from './deliveries.js';
import { type LoadTask, loadReportShape } from './load-process.js';
import { benchData, benchType, startBenchGateway } from './stage.js';

/** What the gateway allows one webhook subscription. */
const inFlight = 64;

/** Bench `deliver`. */
export const deliverBench: Bench = {
  name: 'deliver',
  unit: 'deliveries/s',
  product: `publishEvents with 1 KB of data, durable, to one webhook subscription, ${inFlight} requests in flight, recorded`,
  baseline: `undici POSTing the same bytes to the same receiver, ${inFlight} in flight`,
  better: 'higher',
  bar: 0.08,
  goal: 0.2,
  run,
};

/** The client publishes on one side and is the baseline on the other. */
interface Stage extends DeliveryStage {
  readonly receiverUrl: string;
}

async function run(options: BenchOptions): Promise<Measurement> {
  const gateway = await startBenchGateway(options, 'deliver');
  const receiver = startChild('./receiver-process.js');
  const client = startChild('./load-process.js');
  try {
    const { url } = z.object({ url: z.string() }).parse(await receiver.ask({ kind: 'listen' }));
    await createSubscription(gateway, url, [benchType]);
    const stage = { gateway, receiver, receiverUrl: url, client };
    const count = options.isQuick ? quick : full;
    await measureDeliveries(stage, count.warmUp);
    await post(stage, count.warmUp * 5);
    const measured = await measureRounds(count, async () => {
      const product = await measureDeliveries(stage, count.product);
      const baseline = await post(stage, count.baseline);
      const costs = { ...product.costs, ...baseline.costs };
      return { product: product.perSecond, baseline: baseline.perSecond, costs };
    });
    const load = { inFlight, eventsPerMutation: batch, mutationsInFlight: batchesInFlight };
    const settings = { ...load, eventsPerRound: count.product, postsPerBaselineRound: count.baseline };
    return { ...measured, settings };
  } finally {
    await Promise.all([gateway.stop(), receiver.stop(), client.stop()]);
  }
}

const quick = { warmUp: 5001, rounds: 5, withinMs: 12_000, product: 4001, baseline: 20_000 };
const full = { warmUp: 10_001, rounds: 9, withinMs: 300_000, product: 20_001, baseline: 100_000 };

const benchEvent: RenderableEvent = {
  id: 'evt_0123456789abcdef01234567',
  type: benchType,
  source: 'carillon',
  subject: null,
  time: new Date(0),
  data: benchData(),
  sequence: 1,
};

async function post({ receiver, receiverUrl, client }: Stage, total: number): Promise<MeasuredDeliveries> {
  const counting = receiver.ask({ kind: 'count', until: total });
  const { body, contentType } = renderStandard(benchEvent);
  const task: LoadTask = {
    url: receiverUrl,
    // As many bytes as the gateway sends.
    headers: {
      'user-agent': 'carillon/0.1.0',
      'content-type': contentType,
      'webhook-id': benchEvent.id,
      'webhook-timestamp': '1700000000',
      'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
    },
    bodies: [body.toString()],
    total,
    inFlight,
    expected: '',
  };
  const report = loadReportShape.parse(await client.ask(task));
  const counted = countedShape.parse(await counting);
  const elapsedMs = report.endedMs - report.startedMs;
  return {
    perSecond: (1000 * total) / elapsedMs,
    costs: {
      baselineClientMicrosPerPost: Math.round((1000 * report.cpuMs) / total),
      baselineReceiverMicrosPerPost: Math.round((1000 * counted.cpuMs) / total),
    },
  };
}
