// A process that reads all of a store two ways and prints what it got, as LMDB may end the process when its pages make no sense.
// Started by damage.test.ts.
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';

const store = await startEmbeddedMongo({ dataDir: process.argv[2] ?? '' });
const client = await new MongoClient(store.uri, { serverSelectionTimeoutMS: 2000 }).connect();
const answers: unknown[] = [];
for (const hint of [{ $natural: 1 }, { n: 1 }]) {
  const read = client.db().collection('a').find().hint(hint).toArray();
  answers.push(await read.catch((error: unknown) => String(error)));
}
process.stdout.write(JSON.stringify(answers), () => process.exit());
