// Benches of the embedded store under other load: `store-reads` (while others write) and `store-jobs` (Agenda's stock lock query
// with jobs that are not due).
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { fill, rateOf, startStore } from './store-stage.js';

const writers = 32;

/** Bench `store-reads`. */
export const storeReadsBench: Bench = {
  name: 'store-reads',
  unit: 'ms, 99th percentile',
  product: `findOne by _id, one at a time, while ${writers} clients write durably without a pause`,
  baseline: 'the same with nobody else',
  better: 'lower',
  bar: 5,
  goal: 3,
  run: runReads,
};

async function runReads({ isQuick, folder }: BenchOptions): Promise<Measurement> {
  const stage = await startStore(folder, 'store');
  const documents = 10_000;
  const reads = isQuick ? 600 : 3000;
  const read = stage.collection<{ _id: number; pad: string }>('read');
  const written = stage.collection<{ n: number; pad: string }>('written');
  await fill(read, documents, (_id) => ({ _id, pad: 'x'.repeat(200) }));
  const measure = async () => {
    const times: number[] = [];
    await rateOf(reads, 1, async (i) => {
      const startedMs = performance.now();
      await read.findOne({ _id: (i * 7919) % documents });
      times.push(performance.now() - startedMs);
    });
    return times.sort((a, b) => a - b)[Math.floor(reads * 0.99)] ?? 0;
  };
  const measureBusy = async () => {
    let isOver = false;
    let writes = 0;
    const write = async () => {
      while (!isOver) await written.insertOne({ n: writes++, pad: 'x'.repeat(200) });
    };
    const writing = Promise.all(Array.from({ length: writers }, write));
    const startedMs = performance.now();
    const p99 = await measure();
    const writesPerSecond = Math.round((1000 * writes) / (performance.now() - startedMs));
    isOver = true;
    await writing;
    return { p99, writesPerSecond };
  };
  try {
    await measure();
    await measureBusy();
    const measured = await measureRounds({ rounds: 9, withinMs: isQuick ? 20_000 : 120_000 }, async () => {
      const baseline = await measure();
      const { p99, writesPerSecond } = await measureBusy();
      return { product: p99, baseline, costs: { writesPerSecond } };
    });
    return { ...measured, settings: { readsPerRound: reads, writers } };
  } finally {
    await stage.close();
  }
}

/** Bench `store-jobs`. */
export const storeJobsBench: Bench = {
  name: 'store-jobs',
  unit: 'jobs locked/s',
  product: "Agenda's stock lock query, 16 in flight, on due jobs beside 100,000 that are due later",
  baseline: 'the same without those',
  better: 'higher',
  bar: 0.8,
  goal: 0.95,
  run: runJobs,
};

interface Job {
  name: string;
  type: string;
  nextRunAt: Date;
  priority: number;
  lockedAt: Date | null;
  disabled?: boolean;
}

async function runJobs({ isQuick, folder }: BenchOptions): Promise<Measurement> {
  const stage = await startStore(folder, 'store');
  const due = isQuick ? 1000 : 3000;
  const later = 100_000;
  const nowMs = Date.now();
  const jobOf = (nextRunMs: number): Job => ({
    name: 'deliver',
    type: 'normal',
    nextRunAt: new Date(nextRunMs),
    priority: 0,
    lockedAt: null,
  });
  const sides = { product: stage.collection<Job>('withLater'), baseline: stage.collection<Job>('dueOnly') };
  for (const jobs of Object.values(sides))
    await jobs.createIndex({ name: 1, nextRunAt: 1, priority: -1, lockedAt: 1, disabled: 1 });
  await fill(sides.product, later, (n) => jobOf(nowMs + 3_600_000 + n));
  const measure = async (side: keyof typeof sides) => {
    const jobs = sides[side];
    await fill(jobs, due, (n) => jobOf(nowMs - 10_000 + n));
    const rate = await rateOf(due, 16, async () => {
      const job = await jobs.findOneAndUpdate(
        {
          name: 'deliver',
          disabled: { $ne: true },
          $or: [
            { lockedAt: null, nextRunAt: { $lte: new Date(nowMs) } },
            { lockedAt: { $lte: new Date(nowMs - 600_000) } },
          ],
        },
        { $set: { lockedAt: new Date() } },
        { sort: { nextRunAt: 1, priority: -1 }, returnDocument: 'after' },
      );
      if (job === null) throw new Error('no job was found');
      // as Agenda does when a job is done and is to be removed
      await jobs.deleteOne({ _id: job._id });
    });
    return rate;
  };
  try {
    await measure('product');
    await measure('baseline');
    const measured = await measureRounds({ rounds: 9, withinMs: isQuick ? 20_000 : 120_000 }, async () => {
      const product = await measure('product');
      return { product, baseline: await measure('baseline'), costs: {} };
    });
    return { ...measured, settings: { duePerRound: due, later } };
  } finally {
    await stage.close();
  }
}
