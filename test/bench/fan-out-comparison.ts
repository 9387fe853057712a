// Benches `fan-out-comparison` and `burst-fan-out`: what one frame to one of 5,000 sockets costs the gateway, against Apollo Server
// with graphql-ws done the usual way; events one after the other, and ten at once.
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { installComparison, startComparisonSide } from './comparison-sides.js';
import { startGatewaySide } from './live-sides.js';

const sockets = 5000;
/** Events in a burst. */
const burst = 10;

const unit = 'frames per CPU second of the main thread';
const baseline = 'the same with Apollo Server, graphql-ws and PubSub as in its manual, without a store';
const quick = { rounds: 4, withinMs: 10_000, events: 6, warmUp: 6 };
const full = { rounds: 9, withinMs: 300_000, events: 30, warmUp: 40 };
const quickBursts = { rounds: 3, withinMs: 10_000, events: 10, warmUp: 10 };
const fullBursts = { rounds: 7, withinMs: 300_000, events: 40, warmUp: 40 };

/** Bench `fan-out-comparison`. */
export const fanOutComparisonBench: Bench = {
  name: 'fan-out-comparison',
  unit,
  product: `${sockets} sockets follow one document, events of 1 KB one after the other`,
  baseline,
  better: 'higher',
  bar: 5,
  goal: 8,
  run: (options) => run(options, options.isQuick ? quick : full, 1),
};

/** Bench `burst-fan-out`. */
export const burstFanOutBench: Bench = {
  name: 'burst-fan-out',
  unit,
  product: `${sockets} sockets follow one document, events of 1 KB, ${burst} published at once`,
  baseline,
  better: 'higher',
  bar: 5,
  goal: 8,
  run: (options) => run(options, options.isQuick ? quickBursts : fullBursts, burst),
};

async function run(options: BenchOptions, count: typeof quick, atOnce: number): Promise<Measurement> {
  installComparison();
  const gateway = await startGatewaySide(options, 'fan-out-comparison');
  const apollo = await startComparisonSide('apollo');
  try {
    for (const side of [gateway, apollo]) {
      await side.open(sockets);
      await side.show(count.warmUp, sockets, atOnce);
    }
    const measured = await measureRounds(count, async () => {
      const product = await gateway.show(count.events, sockets, atOnce);
      const other = await apollo.show(count.events, sockets, atOnce);
      return {
        product: 1_000_000 / product.microsPerFrame,
        baseline: 1_000_000 / other.microsPerFrame,
        costs: {
          microsPerFrame: Number(product.microsPerFrame.toFixed(2)),
          baselineMicrosPerFrame: Number(other.microsPerFrame.toFixed(2)),
          lastReceiverMs: Math.round(product.lastReceiverMs),
          baselineLastReceiverMs: Math.round(other.lastReceiverMs),
        },
      };
    });
    return { ...measured, settings: { sockets, eventsPerRound: count.events, eventsAtOnce: atOnce } };
  } finally {
    await Promise.all([gateway.stop(), apollo.stop()]);
  }
}
