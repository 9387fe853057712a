// Bench `loop-delay`: for how long 10,000 sockets keep the gateway's event loop from everything else, against the bound of 20 ms;
// and besides, while they connect, and while all of them are closed because their key was revoked.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startGatewaySide } from './live-sides.js';

const sockets = 10_000;
const boundMs = 20;

/** Bench `loop-delay`. */
export const loopDelayBench: Bench = {
  name: 'loop-delay',
  unit: 'ms that the event loop was held up, longest time of a round',
  product: `${sockets} sockets follow one document, events of 1 KB one after the other`,
  baseline: `the bound, ${boundMs} ms`,
  better: 'lower',
  bar: 1,
  goal: 0.5,
  run,
};

const quick = { rounds: 3, withinMs: 6000, events: 5 };
const full = { rounds: 9, withinMs: 120_000, events: 20 };

const delayShape = z.object({ maxMs: z.number(), p99Ms: z.number() });

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const file = join(options.folder, 'delay.json');
  const monitor = new URL('./loop-monitor.js', import.meta.url);
  monitor.searchParams.set('file', file);
  const nodeOptions = [...options.nodeOptions, `--import=${monitor.href}`];
  const gateway = await startGatewaySide({ ...options, nodeOptions }, 'loop-delay');
  const read = (): Promise<z.infer<typeof delayShape>> => readDelay(gateway.pid, file);
  try {
    await read();
    const key = await gateway.createKey();
    await gateway.open(sockets, [{}], key.key);
    const connecting = await read();
    await gateway.show(count.events, sockets);
    await read();
    const measured = await measureRounds(count, async () => {
      const { lastReceiverMs } = await gateway.show(count.events, sockets);
      const { maxMs, p99Ms } = await read();
      return {
        product: maxMs,
        baseline: boundMs,
        costs: { p99Ms: Number(p99Ms.toFixed(1)), lastReceiverMs: Math.round(lastReceiverMs) },
      };
    });
    await gateway.revoke(key.id);
    const revoking = await read();
    const besides = {
      connectingMaxMs: Number(connecting.maxMs.toFixed(1)),
      connectingP99Ms: Number(connecting.p99Ms.toFixed(1)),
      revokingMaxMs: Number(revoking.maxMs.toFixed(1)),
    };
    const costs = measured.costs.map((each) => ({ ...each, ...besides }));
    return { ...measured, costs, settings: { sockets, eventsPerRound: count.events } };
  } finally {
    await gateway.stop();
  }
}

/** What was measured since the last time. */
async function readDelay(pid: number, file: string): Promise<z.infer<typeof delayShape>> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
  return delayShape.parse(JSON.parse(readFileSync(file, 'utf8')));
}
