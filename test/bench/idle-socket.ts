// Bench `idle-socket`: memory of the process for each socket that has subscribed and hears nothing, against bare `ws`.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startChild } from './child.js';
import { startGatewaySide } from './live-sides.js';

const sockets = 5000;

/** Bench `idle-socket`. */
export const idleSocketBench: Bench = {
  name: 'idle-socket',
  unit: 'bytes of resident memory for each socket',
  product: `${sockets} sockets that follow one document and hear nothing`,
  baseline: 'as many sockets of a bare ws server',
  better: 'lower',
  bar: 1.75,
  goal: 1.4,
  run,
};

/** Time for the collector to have its turn, in milliseconds. */
const settleMs = 2000;

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? { rounds: 1, withinMs: 0 } : { rounds: 5, withinMs: 300_000 };
  const measured = await measureRounds(count, async () => {
    const product = await growth(await startGatewaySide(options, `idle-${Date.now()}`));
    const baseline = await growth(await startBareSide());
    return { product, baseline, costs: {} };
  });
  return { ...measured, settings: { sockets } };
}

interface Side {
  readonly pid: number;
  open(count: number): Promise<number>;
  stop(): Promise<void>;
}

async function startBareSide(): Promise<Side> {
  const server = startChild('./bare-ws-process.js');
  const clients = startChild('./socket-clients-process.js');
  const { url } = z.object({ url: z.string() }).parse(await server.ask('listen'));
  return {
    pid: server.pid,
    async open(count) {
      await clients.ask({ kind: 'open', url, key: null, count, query: '', variables: [{}] });
      return 0;
    },
    async stop() {
      await Promise.all([clients.stop(), server.stop()]);
    },
  };
}

/** The first thousand are for what grows once. */
async function growth(side: Side): Promise<number> {
  try {
    await side.open(1000);
    const before = await readResident(side.pid);
    await side.open(sockets);
    return ((await readResident(side.pid)) - before) / sockets;
  } finally {
    await side.stop();
  }
}

async function readResident(pid: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}
