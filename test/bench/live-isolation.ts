// Bench `live-isolation`: how long an event takes to the last healthy socket when a fifth of the sockets has stopped reading,
// against all of them reading.
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startGatewaySide } from './live-sides.js';

const healthy = 800;
const stalled = 200;

/** Bench `live-isolation`. */
export const liveIsolationBench: Bench = {
  name: 'live-isolation',
  unit: 'ms from publishing to the last healthy receiver, 99th percentile',
  product: `${healthy} sockets that read and ${stalled} that do not`,
  baseline: `${healthy} sockets that read`,
  better: 'lower',
  bar: 1.5,
  goal: 1.2,
  run,
};

const quick = { rounds: 5, withinMs: 8000, events: 20 };
const full = { rounds: 7, withinMs: 300_000, events: 300 };

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const [mixed, plain] = [await startGatewaySide(options, 'stalled'), await startGatewaySide(options, 'healthy')];
  try {
    await mixed.open(healthy);
    await plain.open(healthy);
    await mixed.openStalled(stalled);
    for (const side of [mixed, plain]) await side.show(count.events, healthy);
    const measured = await measureRounds(count, async () => {
      const product = await mixed.show(count.events, healthy);
      const baseline = await plain.show(count.events, healthy);
      return { product: product.slowestMs, baseline: baseline.slowestMs, costs: {} };
    });
    return { ...measured, settings: { healthy, stalled, eventsPerRound: count.events } };
  } finally {
    await Promise.all([mixed.stop(), plain.stop()]);
  }
}
