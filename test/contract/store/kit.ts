// What the store's contract suites share: a store to run against, and tables of cases. The suites themselves are the *.test.ts files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Db, type Document, MongoClient, type MongoClientOptions, MongoServerError } from 'mongodb';
import { startEmbeddedMongo } from '../../../src/embedded-mongo/start.js';

/** A store under test: the embedded one, or with `MONGODB_URI` set the server there. */
export interface StoreUnderTest {
  readonly uri: string;
  readonly client: MongoClient;
  /** A database of this run's own; dropped at the end. */
  readonly db: Db;
  readonly isEmbedded: boolean;
}

/** Opens the store for a test file and closes it after its last test. */
export async function openStore(options: MongoClientOptions = {}): Promise<StoreUnderTest> {
  const given = process.env['MONGODB_URI'];
  const dataDir = given ? undefined : mkdtempSync(join(tmpdir(), 'store-'));
  const embedded = dataDir ? await startEmbeddedMongo({ dataDir }) : undefined;
  const uri = given ?? embedded?.uri ?? '';
  const client = await new MongoClient(uri, options).connect();
  const db = client.db(`contract_${process.pid}_${Date.now()}`);
  after(async () => {
    await db.dropDatabase();
    await client.close();
    await embedded?.close();
    if (dataDir) rmSync(dataDir, { recursive: true, force: true });
  });
  return { uri, client, db, isEmbedded: !given };
}

let collections = 0;

/** A new collection with the documents in it. */
export async function collectionWith(db: Db, documents: readonly Document[]) {
  collections += 1;
  const collection = db.collection<Document>(`c${collections}`);
  if (documents.length > 0) await collection.insertMany(documents.map((document) => ({ ...document })));
  return collection;
}

/** The server's error of something that must fail. */
export async function errorOf(action: Promise<unknown>): Promise<MongoServerError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof MongoServerError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}
