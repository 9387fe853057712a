// A database of its own for tests of stores: the embedded store in a folder that is removed afterwards, or a new database on
// the server of the environment.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { openStore } from '../../src/store.js';
import { createDatabaseUri } from './gateway.js';

/** An empty database. */
export interface TestDatabase {
  readonly connection: Connection;
  /** Drops it. */
  close(): Promise<void>;
}

/** Opens an empty database. */
export async function openDatabase(): Promise<TestDatabase> {
  const uri = createDatabaseUri();
  if (uri !== null) {
    const store = await openStore(uri, () => 'test');
    return {
      connection: store.connection,
      async close() {
        await store.connection.dropDatabase();
        await store.close();
      },
    };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-store-'));
  const embedded = await startEmbeddedMongo({ dataDir });
  const store = await openStore(embedded.uri, () => 'test');
  return {
    connection: store.connection,
    async close() {
      await store.close();
      await embedded.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
