// Bench `set-up`: clients that connect, say who they are and subscribe, against a bare ws server that only accepts them.
import { z } from 'zod';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { startChild } from './child.js';
import { startGatewaySide } from './live-sides.js';

/** Bench `set-up`. */
export const setUpBench: Bench = {
  name: 'set-up',
  unit: 'clients/s',
  product: 'clients connect, are authenticated and subscribe with variables of their own',
  baseline: 'clients connect to a bare ws server and say nothing',
  better: 'higher',
  bar: 0.25,
  goal: 0.5,
  run,
};

const spanShape = z.object({ startedMs: z.number(), endedMs: z.number() });

async function run(options: BenchOptions): Promise<Measurement> {
  // All of them stay, under one key that may have 10,000.
  const count = options.isQuick
    ? { rounds: 5, withinMs: 12_000, clients: 500 }
    : { rounds: 9, withinMs: 120_000, clients: 900 };
  const gateway = await startGatewaySide(options, 'set-up');
  const bare = startChild('./bare-ws-process.js');
  const bareClients = startChild('./socket-clients-process.js');
  try {
    const { url } = z.object({ url: z.string() }).parse(await bare.ask('listen'));
    const perSecond = (ms: number): number => (1000 * count.clients) / ms;
    const variables = Array.from({ length: 100 }, (_, n) => ({ filter: { 'data.amount': { $gt: n } } }));
    const openBare = async (): Promise<number> => {
      const asked = { kind: 'open', url, key: null, count: count.clients, query: '', variables: [{}] };
      const { startedMs, endedMs } = spanShape.parse(await bareClients.ask(asked));
      return endedMs - startedMs;
    };
    await gateway.open(count.clients, variables);
    await openBare();
    const measured = await measureRounds(count, async () => ({
      product: perSecond(await gateway.open(count.clients, variables)),
      baseline: perSecond(await openBare()),
      costs: {},
    }));
    return { ...measured, settings: { clientsPerRound: count.clients } };
  } finally {
    await Promise.all([gateway.stop(), bare.stop(), bareClients.stop()]);
  }
}
