// Bench `stalled-memory`: resident memory that a socket costs which has stopped reading while events flow, against the bound that
// the soft mark sets; and what is left when the stalled sockets were closed.
import { readFile } from 'node:fs/promises';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startGatewaySide } from './live-sides.js';

const stalled = 1000;
/** Data of an event: large, so that what the system buffers for each socket is full soon. */
const dataBytes = 60_000;
/** The default of CARILLON_SOCKET_SOFT_BYTES, and the most that one turn adds to it. */
const boundBytes = 262_144 + 65_536;
/** The default of CARILLON_SOCKET_STALL_SECONDS, and some time for what follows. */
const closedAfterMs = 40_000;

/** Bench `stalled-memory`. */
export const stalledMemoryBench: Bench = {
  name: 'stalled-memory',
  unit: 'bytes of resident memory for each socket that does not read, at the peak',
  product: `${stalled} sockets stop reading while events of 60 KB flow to them and to others`,
  baseline: 'the bound: the soft mark and one turn of the hub',
  better: 'lower',
  bar: 1.25,
  goal: 1,
  run,
};

const quick = { healthy: 100, events: 60 };
const full = { healthy: 4000, events: 150 };

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const gateway = await startGatewaySide(options, 'stalled-memory');
  try {
    await gateway.open(count.healthy);
    await gateway.show(5, count.healthy, 1, dataBytes);
    await gateway.openStalled(stalled);
    const before = await readResident(gateway.pid);
    const measured = await measureRounds({ rounds: 1, withinMs: 0 }, async () => {
      let peak = 0;
      for (let event = 0; event < count.events; event += 1) {
        await gateway.show(1, count.healthy, 1, dataBytes);
        peak = Math.max(peak, await readResident(gateway.pid));
      }
      if (!options.isQuick) await new Promise((resolve) => setTimeout(resolve, closedAfterMs));
      const after = await readResident(gateway.pid);
      const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
      const costs = { beforeMb: megabytes(before), peakMb: megabytes(peak), afterMb: megabytes(after) };
      return { product: (peak - before) / stalled, baseline: boundBytes, costs };
    });
    return { ...measured, settings: { stalled, ...count, dataBytes } };
  } finally {
    await gateway.stop();
  }
}

async function readResident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}
