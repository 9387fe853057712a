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

await Promise.all(Array.from({ length: 16 }, lane));
