// What the benches of the embedded store share: a store in its worker thread and a client in this process.
import { join } from 'node:path';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { type EmbeddedMongo, startEmbeddedMongo } from '../../src/embedded-mongo/start.js';

/** A running store with a client. */
export interface StoreStage {
  readonly client: MongoClient;
  collection<T extends Document>(name: string): Collection<T>;
  close(): Promise<void>;
}

/** Starts a store in a folder of the bench's. */
export async function startStore(folder: string, name: string): Promise<StoreStage> {
  const store: EmbeddedMongo = await startEmbeddedMongo({ dataDir: join(folder, name) });
  const client = await new MongoClient(store.uri, { maxPoolSize: 64 }).connect();
  return {
    client,
    collection: (collection) => client.db().collection(collection),
    async close() {
      await client.close();
      await store.close();
    },
  };
}

/** Runs `count` operations, `lanes` at a time, and gives how many were done per second. */
export async function rateOf(count: number, lanes: number, run: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const startedMs = performance.now();
  const lane = async () => {
    for (let i = next++; i < count; i = next++) await run(i);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return (1000 * count) / (performance.now() - startedMs);
}

/** Inserts documents 1,000 at a time. */
export async function fill<T extends Document>(
  collection: Collection<T>,
  count: number,
  make: (n: number) => T,
): Promise<void> {
  const batches = Math.ceil(count / 1000);
  await rateOf(batches, 4, (i) => {
    const documents = Array.from({ length: Math.min(1000, count - i * 1000) }, (_, n) => make(i * 1000 + n));
    return collection.insertMany(documents as never, { ordered: false });
  });
}
