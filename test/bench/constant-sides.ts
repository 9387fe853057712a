// What the benches of single requests share: a gateway against the product's own HTTP server that answers a constant, each
// loaded by the same client. What is sent is said by the benches.
import { z } from 'zod';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import { type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { type Child, readThreadTimes, startChild, toThreadUse } from './child.js';
import { type LoadTask, loadReportShape } from './load-process.js';
import { startBenchGateway } from './stage.js';

/** What is measured, and how many requests at a time. */
export interface ConstantBench {
  readonly name: string;
  readonly inFlight: number;
  /** Told beside it as rates alone: how both sides do with another number of requests at a time. */
  readonly alsoInFlight?: number;
  readonly prepare: (gateway: GatewayProcess) => Promise<BenchRequest>;
}

/** The request of a bench: where it goes on the gateway, and what a right answer holds. */
export interface BenchRequest extends Pick<LoadTask, 'headers' | 'expected'> {
  readonly path: string;
  readonly body: string;
}

/** Measures a request, of which each is an event, against the same one to the other server. */
export async function measureAgainstConstant(
  options: BenchOptions,
  { name, inFlight, alsoInFlight, prepare }: ConstantBench,
): Promise<Measurement> {
  const gateway = await startBenchGateway(options, name);
  const constant = startChild('./constant-process.js');
  const client = startChild('./load-process.js');
  try {
    const { url } = z.object({ url: z.string() }).parse(await constant.ask('listen'));
    const { path, headers, body, expected } = await prepare(gateway);
    const task = { headers, bodies: [body], inFlight };
    const sides = {
      product: { ...task, expected, url: `${gateway.url}${path}`, pid: gateway.pid },
      baseline: { ...task, expected: '"userErrors":[]', url: `${url}/graphql`, pid: constant.pid },
    };
    const count = options.isQuick ? quick : full;
    await measure(client, sides.product, count.warmUp);
    await measure(client, sides.baseline, count.warmUp);
    const measured = await measureRounds(count, async () => {
      const product = await measure(client, sides.product, count.product);
      const baseline = await measure(client, sides.baseline, count.baseline);
      const costs = { ...product.costs, ...baselineCosts(baseline) };
      if (alsoInFlight !== undefined) Object.assign(costs, await measureAlso(client, sides, count, alsoInFlight));
      return { product: product.perSecond, baseline: baseline.perSecond, costs };
    });
    const settings = { inFlight, eventsPerRound: count.product, requestsPerBaselineRound: count.baseline };
    return { ...measured, settings };
  } finally {
    await Promise.all([gateway.stop(), constant.stop(), client.stop()]);
  }
}

async function measureAlso(
  client: Child,
  sides: { readonly product: Side; readonly baseline: Side },
  count: { readonly product: number; readonly baseline: number },
  inFlight: number,
): Promise<Record<string, number>> {
  const product = await measure(client, { ...sides.product, inFlight }, count.product);
  const baseline = await measure(client, { ...sides.baseline, inFlight }, count.baseline);
  return {
    [`perSecondWith${inFlight}InFlight`]: Math.round(product.perSecond),
    [`baselinePerSecondWith${inFlight}InFlight`]: Math.round(baseline.perSecond),
  };
}

const quick = { warmUp: 20_000, rounds: 7, withinMs: 12_000, product: 4000, baseline: 15_000 };
const full = { warmUp: 20_000, rounds: 9, withinMs: 300_000, product: 30_000, baseline: 60_000 };

interface Measured {
  readonly perSecond: number;
  readonly costs: Readonly<Record<string, number>>;
}

type Side = Omit<LoadTask, 'total'> & { readonly pid: number };

async function measure(client: Child, { pid, ...task }: Side, total: number): Promise<Measured> {
  const before = await readThreadTimes(pid);
  const report = loadReportShape.parse(await client.ask({ ...task, total } satisfies LoadTask));
  const server = toThreadUse(before, await readThreadTimes(pid), total);
  return {
    perSecond: (1000 * total) / (report.endedMs - report.startedMs),
    costs: {
      mainThreadMicrosPerEvent: server.main,
      storeThreadMicrosPerEvent: server.busiestOther,
      otherThreadsMicrosPerEvent: server.rest,
      clientMicrosPerEvent: Math.round((1000 * report.cpuMs) / total),
    },
  };
}

/** The other side is one thread but for the compiler and the garbage collector; it has no store. */
function baselineCosts({ costs }: Measured): Record<string, number> {
  const { mainThreadMicrosPerEvent, clientMicrosPerEvent } = costs;
  return {
    baselineMainThreadMicrosPerRequest: mainThreadMicrosPerEvent ?? 0,
    baselineClientMicrosPerRequest: clientMicrosPerEvent ?? 0,
  };
}
