// A process whose files may not grow beyond a limit (setrlimit(2), RLIMIT_FSIZE), as on a full disk: writes until that fails, then
// goes on reading and tries again. Prints what was acknowledged. Started by disk.test.ts.
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';

// without a listener the signal ends the process; with one, the write fails with EFBIG
process.on('SIGXFSZ', () => undefined);

const store = await startEmbeddedMongo({ dataDir: process.argv[2] ?? '' }).catch((error: unknown) => {
  process.stdout.write(`refused ${String(error)}\n`);
  return process.exit();
});
const client = await new MongoClient(store.uri, { retryWrites: false }).connect();
const collection = client.db().collection<{ _id: number; pad: string }>('a');
await collection.createIndex({ pad: 1 });
let next = 0;
let failures = 0;
while (failures < 5 && next < 5000) {
  const documents = Array.from({ length: 10 }, () => ({ _id: next++, pad: 'x'.repeat(300) }));
  try {
    await collection.insertMany(documents);
    for (const { _id } of documents) process.stdout.write(`i ${_id}\n`);
  } catch (error) {
    failures += 1;
    process.stdout.write(`failed ${String(error).split('\n')[0]}\n`);
  }
}
process.stdout.write(`read ${await collection.countDocuments({ pad: { $gt: '' } })}\n`);
await client.close();
await store.close();
