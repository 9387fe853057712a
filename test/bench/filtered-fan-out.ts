// Bench `filtered-fan-out`: 1,000 different filters on one document, against all sockets with the same one.
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startGatewaySide } from './live-sides.js';

const sockets = 2000;
const filters = 1000;

/** Bench `filtered-fan-out`. */
export const filteredFanOutBench: Bench = {
  name: 'filtered-fan-out',
  unit: 'CPU microseconds of the main thread for each frame',
  product: `${sockets} sockets follow one document with ${filters} different filters, all of which match`,
  baseline: 'the same with one filter',
  better: 'lower',
  bar: 1.5,
  goal: 1.1,
  run,
};

const quick = { rounds: 5, withinMs: 12_000, events: 15, warmUp: 20 };
const full = { rounds: 9, withinMs: 300_000, events: 60, warmUp: 60 };

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const filterOf = (n: number) => ({ filter: { 'data.amount': { $gt: -n } } });
  const many = await startGatewaySide(options, 'filtered');
  const one = await startGatewaySide(options, 'unfiltered');
  try {
    await many.open(
      sockets,
      Array.from({ length: filters }, (_, n) => filterOf(n)),
    );
    await one.open(sockets, [filterOf(0)]);
    for (const side of [many, one]) await side.show(count.warmUp, sockets);
    const measured = await measureRounds(count, async () => {
      const product = await many.show(count.events, sockets);
      const baseline = await one.show(count.events, sockets);
      return {
        product: product.microsPerFrame,
        baseline: baseline.microsPerFrame,
        costs: {
          lastReceiverMs: Math.round(product.lastReceiverMs),
          baselineLastReceiverMs: Math.round(baseline.lastReceiverMs),
        },
      };
    });
    return { ...measured, settings: { sockets, filters, eventsPerRound: count.events } };
  } finally {
    await Promise.all([many.stop(), one.stop()]);
  }
}
