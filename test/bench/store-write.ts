// Bench `store-write`: durable insertMany of 100 documents through the driver, against plain lmdb puts of the same bytes.
import { join } from 'node:path';
import { serialize } from 'bson';
import { open } from 'lmdb';
import { ObjectId } from 'mongodb';
import { type Bench, type BenchOptions, type Measurement, measureRounds } from './bench.js';
import { rateOf, startStore } from './store-stage.js';

const lanes = 8;
const batchSize = 100;

/** Bench `store-write`. */
export const storeWriteBench: Bench = {
  name: 'store-write',
  unit: 'documents/s',
  product: `durable insertMany of ${batchSize} documents of 250 bytes, ${lanes} in flight`,
  baseline: 'the same bytes put into a plain lmdb table in transactions of as many, each flushed',
  better: 'higher',
  bar: 0.35,
  goal: 0.5,
  run,
};

const pad = 'x'.repeat(200);
const documentOf = (n: number) => ({ _id: new ObjectId(), n, pad });

async function run({ isQuick, folder }: BenchOptions): Promise<Measurement> {
  const stage = await startStore(folder, 'store');
  const plain = open<Buffer, Buffer>({ path: join(folder, 'plain.mdb'), encoding: 'binary', keyEncoding: 'binary' });
  const batches = isQuick ? 150 : 500;
  let round = 0;
  const writeProduct = () => {
    round += 1;
    const collection = stage.collection(`bench${round}`);
    return rateOf(batches, lanes, (i) =>
      collection.insertMany(Array.from({ length: batchSize }, (_, n) => documentOf(i * batchSize + n))),
    );
  };
  const writeBaseline = () =>
    rateOf(batches, lanes, async (i) => {
      await plain.transaction(() => {
        for (let n = 0; n < batchSize; n += 1) {
          const document = documentOf(i * batchSize + n);
          void plain.put(Buffer.from(document._id.id), Buffer.from(serialize(document)));
        }
      });
      await plain.flushed;
    });
  try {
    await writeProduct();
    await writeBaseline();
    const measured = await measureRounds(
      { rounds: isQuick ? 7 : 9, withinMs: isQuick ? 20_000 : 300_000 },
      async () => ({
        product: batchSize * (await writeProduct()),
        baseline: batchSize * (await writeBaseline()),
        costs: {},
      }),
    );
    return { ...measured, settings: { lanes, batchSize, batchesPerRound: batches } };
  } finally {
    await plain.close();
    await stage.close();
  }
}
