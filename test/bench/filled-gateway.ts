// A gateway whose store was filled behind its back, as years of work would have filled it: started once so that its records
// and indexes are there, stopped, filled with copies of its own records, and started again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, ObjectId } from 'mongodb';
import { type GatewayProcess, startGateway } from '../../src/demo/gateway-process.js';
import type { BenchOptions } from './bench.js';
import { startBenchGateway } from './stage.js';
import { rateOf, type StoreStage, startStore } from './store-stage.js';

/** What to do between the two starts. */
export interface Filling {
  /** Makes the records that are copied. */
  readonly prepare: (gateway: GatewayProcess) => Promise<void>;
  readonly fill: (store: StoreStage) => Promise<void>;
}

/** Starts a filled gateway. The caller stops it. */
export async function startFilledGateway(
  options: BenchOptions,
  name: string,
  { prepare, fill }: Filling,
): Promise<GatewayProcess> {
  const first = await startBenchGateway(options, name);
  try {
    await prepare(first);
  } finally {
    await first.stop();
  }
  const store = await startStore(options.folder, name);
  try {
    await fill(store);
  } finally {
    await store.close();
  }
  const { signal } = new AbortController();
  const { nodeOptions } = options;
  return startGateway({ dataDir: join(options.folder, name), signal, nodeOptions, adminKey: first.key });
}

/** Inserts changed copies of the latest record of a collection, and answers that record. */
export async function copyLatest(
  store: StoreStage,
  name: string,
  count: number,
  change: (n: number) => Document,
): Promise<Document> {
  const collection = store.collection<Document>(name);
  const [latest] = await collection
    .find({ _id: { $ne: 'revision' as never } })
    .sort({ _id: -1 })
    .limit(1)
    .toArray();
  if (latest === undefined) throw new Error(`the collection ${name} has no record to copy`);
  await rateOf(Math.ceil(count / 1000), 4, (batch) => {
    const size = Math.min(1000, count - batch * 1000);
    const copies = Array.from({ length: size }, (_, n) => ({ ...latest, ...change(batch * 1000 + n) }));
    return collection.insertMany(copies, { ordered: false });
  });
  return latest;
}

const hoursAgoMs = Date.now() - 3 * 3_600_000;

/** 24 hex digits of an identifier made in the n-th millisecond from three hours ago: before all others, and not yet forgotten. */
export function oldHex(n: number): string {
  return `${(hoursAgoMs + n).toString(16).padStart(12, '0')}000000000000`;
}

/** The same as a key. */
export function oldKey(n: number): ObjectId {
  return ObjectId.createFromHexString(oldHex(n));
}

/** Memory of a process that no file backs, in MB: without the pages of the store, which belong to the system. */
export async function readAnonymousMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}
