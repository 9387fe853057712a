// A process that runs a store under mixed load and prints what was acknowledged, until it is killed. Started by crash.test.ts.
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';

const [dataDir = '', round = '0'] = process.argv.slice(2);
const store = await startEmbeddedMongo({ dataDir });
const client = await new MongoClient(store.uri, { maxPoolSize: 16 }).connect();
const jobs = client.db().collection<{ _id: string; state: string; n: number }>('jobs');
await jobs.createIndex({ state: 1, n: 1 });
await jobs.createIndex({ n: 1 }, { unique: true });
process.stdout.write('ready\n');

let next = Number(round) * 1_000_000;

async function lane(): Promise<never> {
  for (;;) {
    const n = next++;
    const id = `${n}`;
    await jobs.insertOne({ _id: id, state: 'new', n });
    process.stdout.write(`i ${id}\n`);
    if (n % 3 === 0) {
      await jobs.updateOne({ _id: id }, { $set: { state: 'done' } });
      process.stdout.write(`u ${id}\n`);
    }
    if (n % 7 === 0) {
      process.stdout.write(`D ${id}\n`);
      await jobs.deleteOne({ _id: id });
      process.stdout.write(`d ${id}\n`);
    }
  }
}

/** Several documents by one command, which are there together or not at all. */
async function batchLane(): Promise<never> {
  const batches = client.db().collection<{ batch: number; tags: string[] }>('batches');
  await batches.createIndex({ tags: 1, batch: 1 });
  for (;;) {
    const batch = next++;
    await batches.insertMany([1, 2, 3].map((i) => ({ batch, tags: [`a${i}`, `b${batch % 5}`] })));
    process.stdout.write(`b ${batch}\n`);
    await batches.updateMany({ tags: `b${batch % 5}`, batch }, { $addToSet: { tags: 'seen' } });
  }
}

async function counterLane(): Promise<never> {
  const counters = client.db().collection<{ _id: string; n: number }>('counters');
  for (;;) {
    const options = { upsert: true, returnDocument: 'after' } as const;
    const counter = await counters.findOneAndUpdate({ _id: 'c' }, { $inc: { n: 1 } }, options);
    process.stdout.write(`c ${counter?.n}\n`);
  }
}

await Promise.all([...Array.from({ length: 12 }, lane), batchLane(), batchLane(), counterLane(), counterLane()]);
