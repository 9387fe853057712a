// Everything a command may use, put together once. It starts the store's housekeeping and stops it.
import { type Aggregations, createAggregations } from './aggregation.js';
import { type Catalog, openCatalog } from './catalog.js';
import { type Cursors, createCursors } from './cursor.js';
import { CommandError } from './errors.js';
import { type Oplog, openOplog } from './oplog.js';
import { openRecords, type Records } from './records.js';
import { openSessions, type Sessions } from './sessions.js';
import { openStorage, type Storage } from './storage.js';
import { createWriter, type Writer } from './writer.js';

/** The parts of a running store. */
export interface Engine {
  readonly storage: Storage;
  readonly catalog: Catalog;
  readonly records: Records;
  readonly oplog: Oplog;
  readonly sessions: Sessions;
  readonly writer: Writer;
  readonly cursors: Cursors;
  readonly aggregations: Aggregations;
  /** `host:port` as `hello` tells it */
  readonly host: string;
  readonly startedAt: Date;
  /** Copies one snapshot to a file that is not there yet, while all goes on. Rejects with `CommandError`. */
  copy(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store in a file. `warn` gets one sentence when something went wrong that no client is told about. */
export function openEngine(path: string, warn: (message: string) => void): Engine {
  const storage = openStorage(path);
  const catalog = openCatalog(storage);
  const oplog = openOplog(storage);
  const writer = createWriter(
    storage,
    {
      beforeCommit: () => catalog.saveCounts(),
      mark: () => oplog.last,
      durable: (mark) => oplog.markDurable(mark as bigint),
      undone: (error) => {
        warn(`a write transaction was undone: ${error.message}`);
        catalog.reload();
        oplog.reload();
      },
    },
    (error) => error instanceof CommandError,
  );
  const cursors = createCursors();
  const aggregations = createAggregations();
  const copying = new Set<Promise<unknown>>();
  return {
    storage,
    catalog,
    records: openRecords(storage, catalog),
    oplog,
    sessions: openSessions(storage),
    writer,
    cursors,
    aggregations,
    host: 'localhost:27017',
    startedAt: new Date(),
    async copy(path) {
      const copied = new Promise<void>((resolve) => resolve(storage.root.backup(path, true)));
      copying.add(copied);
      try {
        await copied;
      } catch (error) {
        throw new CommandError('InternalError', `the store could not be copied: ${String(error)}`);
      } finally {
        copying.delete(copied);
      }
    },
    async close() {
      cursors.closeAll();
      aggregations.close();
      await writer.close();
      await Promise.allSettled(copying);
      await storage.root.close();
    },
  };
}
