// Bench `fan-out`: what one frame to one of 5,000 sockets costs the gateway, against a server that writes ready bytes straight
// to as many sockets.
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startGatewaySide, startRawSide } from './live-sides.js';

const sockets = 5000;
/** Payload of a frame of the gateway for an event of 1 KB, measured. */
export const frameBytes = 1239;

/** Bench `fan-out`. */
export const fanOutBench: Bench = {
  name: 'fan-out',
  unit: 'frames per CPU second of the main thread',
  product: `${sockets} sockets follow one document, events of 1 KB one after the other`,
  baseline: 'the same bytes written straight to as many sockets',
  better: 'higher',
  bar: 0.75,
  goal: 0.9,
  run,
};

const quick = { rounds: 5, withinMs: 12_000, events: 10, warmUp: 10 };
const full = { rounds: 9, withinMs: 300_000, events: 40, warmUp: 60 };

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const gateway = await startGatewaySide(options, 'fan-out');
  const raw = await startRawSide(frameBytes);
  try {
    const setUpMs = await gateway.open(sockets);
    await raw.open(sockets);
    for (const side of [gateway, raw]) await side.show(count.warmUp, sockets);
    const measured = await measureRounds(count, async () => {
      const product = await gateway.show(count.events, sockets);
      const baseline = await raw.show(count.events, sockets);
      return {
        product: 1_000_000 / product.microsPerFrame,
        baseline: 1_000_000 / baseline.microsPerFrame,
        costs: {
          microsPerFrame: Number(product.microsPerFrame.toFixed(2)),
          baselineMicrosPerFrame: Number(baseline.microsPerFrame.toFixed(2)),
          lastReceiverMs: Math.round(product.lastReceiverMs),
          baselineLastReceiverMs: Math.round(baseline.lastReceiverMs),
        },
      };
    });
    return {
      ...measured,
      settings: { sockets, frameBytes, eventsPerRound: count.events, setUpMs: Math.round(setUpMs) },
    };
  } finally {
    await Promise.all([gateway.stop(), raw.stop()]);
  }
}
