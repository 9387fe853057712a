// Bench `last-receiver`: from publishing an event to the last of 5,000 receivers, against a server that writes ready bytes straight
// to as many sockets; and the same for other servers, one after the other.
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import {
  type ComparisonServer,
  comparisonServers,
  installComparison,
  startComparisonSide,
} from './comparison-sides.js';
import { frameBytes } from './fan-out.js';
import { type LiveCost, startGatewaySide, startRawSide } from './live-sides.js';

const sockets = 5000;

/** Bench `last-receiver`. */
export const lastReceiverBench: Bench = {
  name: 'last-receiver',
  unit: `ms from publishing an event to the last of ${sockets} receivers, median`,
  product: 'events of 1 KB one after the other, each in the log on disk before it is shown',
  baseline: 'the same bytes written straight to as many sockets, without a log',
  better: 'lower',
  bar: 2,
  goal: 1.3,
  run,
};

/** Quick runs leave the other ones out. */
const quickServers: readonly ComparisonServer[] = ['apollo'];
const quick = { rounds: 3, withinMs: 4000, events: 5, warmUp: 3 };
const full = { rounds: 9, withinMs: 300_000, events: 30, warmUp: 30 };

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  installComparison();
  const measured = await measureProduct(options, count);
  const others: Record<string, number> = {};
  for (const name of options.isQuick ? quickServers : comparisonServers) {
    const { lastReceiverMs, slowestMs, microsPerFrame } = await measureOther(name, count);
    others[`${name}LastReceiverMs`] = Math.round(lastReceiverMs);
    others[`${name}SlowestMs`] = Math.round(slowestMs);
    others[`${name}MicrosPerFrame`] = Number(microsPerFrame.toFixed(2));
  }
  // Measured once; the median of equal figures is the figure.
  const costs = measured.costs.map((each) => ({ ...each, ...others }));
  return { ...measured, costs, settings: { sockets, frameBytes, eventsPerRound: count.events } };
}

async function measureProduct(options: BenchOptions, count: typeof quick): Promise<Omit<Measurement, 'settings'>> {
  const gateway = await startGatewaySide(options, 'last-receiver');
  const raw = await startRawSide(frameBytes);
  try {
    for (const side of [gateway, raw]) {
      await side.open(sockets);
      await side.show(count.warmUp, sockets);
    }
    return await measureRounds(count, async () => {
      const product = await gateway.show(count.events, sockets);
      const baseline = await raw.show(count.events, sockets);
      return {
        product: product.lastReceiverMs,
        baseline: baseline.lastReceiverMs,
        costs: {
          slowestMs: Math.round(product.slowestMs),
          microsPerFrame: Number(product.microsPerFrame.toFixed(2)),
          baselineSlowestMs: Math.round(baseline.slowestMs),
          baselineMicrosPerFrame: Number(baseline.microsPerFrame.toFixed(2)),
        },
      };
    });
  } finally {
    await Promise.all([gateway.stop(), raw.stop()]);
  }
}

async function measureOther(name: ComparisonServer, count: typeof quick): Promise<LiveCost> {
  const side = await startComparisonSide(name);
  try {
    await side.open(sockets);
    await side.show(count.warmUp, sockets);
    return await side.show(count.events * 2, sockets);
  } finally {
    await side.stop();
  }
}
