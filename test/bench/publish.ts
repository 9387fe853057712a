// Bench `publish`: events acknowledged, one to a mutation, against the same HTTP server answering a constant.
import { z } from 'zod';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { type Child, readThreadTimes, startChild, toThreadUse } from './child.js';
import { type LoadTask, loadReportShape } from './load-process.js';
import { benchData, benchType, startBenchGateway } from './stage.js';

const inFlight = 64;

/** Bench `publish`. */
export const publishBench: Bench = {
  name: 'publish',
  unit: 'events/s',
  product: `publishEvent with 1 KB of data, durable, ${inFlight} in flight over kept connections`,
  baseline: 'the same request to the same HTTP server that answers a constant',
  better: 'higher',
  bar: 0.35,
  goal: 0.6,
  run,
};

async function run(options: BenchOptions): Promise<Measurement> {
  const gateway = await startBenchGateway(options, 'publish');
  const constant = startChild('./constant-process.js');
  const client = startChild('./load-process.js');
  try {
    const { url } = z.object({ url: z.string() }).parse(await constant.ask('listen'));
    const task = {
      url: `${gateway.url}/graphql`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
      bodies: [body()],
      inFlight,
      expected: '"userErrors":[]',
    };
    const sides = {
      product: { ...task, pid: gateway.pid },
      baseline: { ...task, url: `${url}/graphql`, pid: constant.pid },
    };
    const count = options.isQuick ? quick : full;
    await measure(client, sides.product, count.warmUp);
    await measure(client, sides.baseline, count.warmUp);
    const measured = await measureRounds(count, async () => {
      const product = await measure(client, sides.product, count.product);
      const baseline = await measure(client, sides.baseline, count.baseline);
      const costs = { ...product.costs, ...baselineCosts(baseline) };
      return { product: product.perSecond, baseline: baseline.perSecond, costs };
    });
    const settings = { inFlight, eventsPerRound: count.product, requestsPerBaselineRound: count.baseline };
    return { ...measured, settings };
  } finally {
    await Promise.all([gateway.stop(), constant.stop(), client.stop()]);
  }
}

const quick = { warmUp: 10_000, rounds: 7, withinMs: 12_000, product: 4000, baseline: 15_000 };
const full = { warmUp: 20_000, rounds: 9, withinMs: 300_000, product: 30_000, baseline: 60_000 };

function body(): string {
  const query = `mutation PublishEvent($input: PublishEventInput!) {
    publishEvent(input: $input) { event { id } userErrors { code field message } }
  }`;
  return JSON.stringify({ query, variables: { input: { type: benchType, data: benchData() } } });
}

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
