// Throughput of the embedded store through the unmodified driver, client in this process, server in its worker thread.
// A script: `node build/test/embedded-mongo/store.bench.js [rounds]`. Not a test; figures go to the commit that changes them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Collection, MongoClient, type ObjectId } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';

const rounds = Number(process.argv[2] ?? 2);
const only = process.argv[3];
const pad = 'x'.repeat(200);

async function concurrently(count: number, concurrency: number, run: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const started = performance.now();
  const lanes = Array.from({ length: concurrency }, async () => {
    for (let i = next++; i < count; i = next++) await run(i);
  });
  await Promise.all(lanes);
  return count / ((performance.now() - started) / 1000);
}

const dataDir = mkdtempSync(join(tmpdir(), 'store-bench-'));
const started = performance.now();
const store = await startEmbeddedMongo({ dataDir });
console.log(`start ${(performance.now() - started).toFixed(0)} ms, node ${process.version}`);
const client = await new MongoClient(store.uri, { maxPoolSize: 64 }).connect();

type Job = { n: number; pad: string; nextRunAt?: Date; name?: string; lockedAt?: Date | null; state?: string };
function idAt(ids: Readonly<Record<number, ObjectId>>, index: number): ObjectId {
  const id = ids[index];
  if (!id) throw new Error(`no document ${index}`);
  return id;
}

const benches: Record<string, (jobs: Collection<Job>) => Promise<number>> = {
  'insertOne x64': (jobs) => concurrently(20_000, 64, (n) => jobs.insertOne({ n, pad })),
  'insertMany(100) docs/s': async (jobs) => {
    const batch = (i: number) => Array.from({ length: 100 }, (_, j) => ({ n: i * 100 + j, pad }));
    return 100 * (await concurrently(500, 8, (i) => jobs.insertMany(batch(i))));
  },
  'findOne by _id x64': async (jobs) => {
    const { insertedIds } = await jobs.insertMany(Array.from({ length: 1000 }, (_, n) => ({ n, pad })));
    return concurrently(20_000, 64, (i) => jobs.findOne({ _id: idAt(insertedIds, i % 1000) }));
  },
  'findOneAndUpdate sorted x64': async (jobs) => {
    await jobs.createIndex({ name: 1, lockedAt: 1, nextRunAt: 1 });
    for (let i = 0; i < 20; i += 1) {
      await jobs.insertMany(
        Array.from({ length: 1000 }, (_, n) => ({ n, pad, name: 'a', lockedAt: null, nextRunAt: new Date(n) })),
      );
    }
    const filter = { name: 'a', lockedAt: null, nextRunAt: { $lte: new Date() } };
    return concurrently(10_000, 64, () =>
      jobs.findOneAndUpdate(filter, { $set: { lockedAt: new Date() } }, { sort: { nextRunAt: 1 } }),
    );
  },
  'bulkWrite(100 updateOne) ops/s': async (jobs) => {
    const { insertedIds } = await jobs.insertMany(Array.from({ length: 10_000 }, (_, n) => ({ n, pad })));
    const batch = (i: number) =>
      Array.from({ length: 100 }, (_, j) => ({
        updateOne: { filter: { _id: idAt(insertedIds, (i * 100 + j) % 10_000) }, update: { $set: { state: `s${i}` } } },
      }));
    return 100 * (await concurrently(200, 8, (i) => jobs.bulkWrite(batch(i), { ordered: false })));
  },
  'updateMany 200 ids, docs/s': async (jobs) => {
    const { insertedIds } = await jobs.insertMany(
      Array.from({ length: 10_000 }, (_, n) => ({ n, pad, nextRunAt: new Date(n) })),
    );
    await jobs.createIndex({ nextRunAt: 1 });
    const ids = (i: number) => Array.from({ length: 200 }, (_, j) => idAt(insertedIds, (i * 200 + j) % 10_000));
    const update = (i: number) => ({ $set: { lockedAt: new Date(i) } });
    return (
      200 *
      (await concurrently(150, 4, (i) =>
        jobs.updateMany({ _id: { $in: ids(i) }, nextRunAt: { $lte: new Date() } }, update(i)),
      ))
    );
  },
};

for (const [name, bench] of Object.entries(benches)) {
  if (only && !name.includes(only)) continue;
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const collection = client.db().collection<Job>(`bench_${round}_${name.replace(/\W/g, '')}`);
    rates.push(await bench(collection));
  }
  console.log(`${name.padEnd(32)} ${rates.map((rate) => Math.round(rate)).join('  ')} per second`);
}

await client.close();
await store.close();
rmSync(dataDir, { recursive: true, force: true });
