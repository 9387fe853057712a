// Benches of the embedded store's size: `store-index` (findOneAndUpdate) and `store-start`, with a million documents and with few.
import { type Bench, type BenchOptions, type Measurement, measureByTurns, measureRounds } from './bench.js';
import { fill, rateOf, type StoreStage, startStore } from './store-stage.js';

const lanes = 16;
const few = 10_000;

interface Job {
  state: string;
  priority: number;
  pad: string;
}

const jobOf = (n: number): Job => ({ state: n % 2 === 0 ? 'free' : 'taken', priority: n, pad: 'x'.repeat(100) });

/** The quick run has fewer, and says so in its settings. */
const manyOf = (isQuick: boolean) => (isQuick ? 150_000 : 1_000_000);

/** Bench `store-index`. */
export const storeIndexBench: Bench = {
  name: 'store-index',
  unit: 'operations/s',
  product: `findOneAndUpdate by an index with a sort, ${lanes} in flight, among 1,000,000 documents`,
  baseline: `the same among ${few.toLocaleString('en-US')}`,
  better: 'higher',
  bar: 0.9,
  goal: 0.97,
  run: runIndex,
};

async function filled(stage: StoreStage, count: number) {
  const jobs = stage.collection<Job>(`jobs${count}`);
  await jobs.createIndex({ state: 1, priority: 1 });
  await fill(jobs, count, jobOf);
  return jobs;
}

async function runIndex({ isQuick, folder }: BenchOptions): Promise<Measurement> {
  const stage = await startStore(folder, 'store');
  const operations = 1000;
  try {
    const sides = { baseline: await filled(stage, few), product: await filled(stage, manyOf(isQuick)) };
    // takes the first and puts it at the end, so that every round finds as many as the one before
    const measure = (side: keyof typeof sides) =>
      rateOf(operations, lanes, () =>
        sides[side].findOneAndUpdate({ state: 'free' }, { $inc: { priority: 2_000_000 } }, { sort: { priority: 1 } }),
      );
    await measure('product');
    await measure('baseline');
    const measured = await measureByTurns({ rounds: 15, withinMs: isQuick ? 15_000 : 120_000 }, async (side) => ({
      value: await measure(side),
    }));
    return { ...measured, settings: { lanes, operationsPerRound: operations, documents: manyOf(isQuick), few } };
  } finally {
    await stage.close();
  }
}

/** Bench `store-start`. */
export const storeStartBench: Bench = {
  name: 'store-start',
  unit: 'ms',
  product: 'from the call until the first ping is answered, with 1,000,000 documents in the store',
  baseline: 'the same with an empty store',
  better: 'lower',
  bar: 2,
  goal: 1.2,
  run: runStart,
};

async function runStart({ isQuick, folder }: BenchOptions): Promise<Measurement> {
  const first = await startStore(folder, 'many');
  await filled(first, manyOf(isQuick));
  await first.close();
  const measure = async (name: string) => {
    const startedMs = performance.now();
    const stage = await startStore(folder, name);
    await stage.client.db().admin().ping();
    const ms = performance.now() - startedMs;
    await stage.close();
    return ms;
  };
  await measure('few');
  const measured = await measureRounds({ rounds: 11, withinMs: 60_000 }, async () => {
    const product = await measure('many');
    return { product, baseline: await measure('few'), costs: {} };
  });
  return { ...measured, settings: { documents: manyOf(isQuick) } };
}
