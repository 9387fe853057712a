// Cursors between their batches: numbering, time limits, killing. What they read is in stream.ts and change-streams.ts.
import { randomBytes } from 'node:crypto';
import { badValue, CommandError } from './errors.js';

/** One batch of a cursor. */
export interface Batch {
  readonly documents: readonly Buffer[];
  readonly isLast: boolean;
  /** change streams: where to go on after this batch */
  readonly resumeToken?: Buffer;
}

/** Where the documents of a cursor come from. */
export interface BatchSource {
  /** At most `size` documents and about 16 MB; waits up to `maxWaitMs` for the first one where the source may wait. */
  nextBatch(size: number, maxWaitMs: number): Promise<Batch>;
  close(): void;
}

/** The open cursors. */
export interface Cursors {
  open(cursor: { namespace: string; source: BatchSource; hasTimeout: boolean; session: string | undefined }): bigint;
  /** The next batch. Throws `CursorNotFound`. */
  next(id: bigint, wish: { namespace: string; size: number; maxWaitMs: number }): Promise<Batch>;
  kill(id: bigint): boolean;
  killSession(session: string): void;
  closeAll(): void;
  /** Closes cursors that nobody asked for in ten minutes. */
  expire(nowMs: number): void;
  readonly count: number;
}

interface OpenCursor {
  readonly namespace: string;
  readonly source: BatchSource;
  readonly hasTimeout: boolean;
  readonly session: string | undefined;
  lastUsedMs: number;
  isBusy: boolean;
}

const idleLimitMs = 600_000;

/** Bytes of documents in one batch; MongoDB's limit for a reply is 16 MB and some. */
export const maxBatchBytes = 16 * 1024 * 1024;

/** An empty set of cursors. */
export function createCursors(): Cursors {
  const cursors = new Map<bigint, OpenCursor>();

  function close(id: bigint): boolean {
    const cursor = cursors.get(id);
    if (!cursor) return false;
    cursors.delete(id);
    cursor.source.close();
    return true;
  }

  return {
    open(cursor) {
      const id = randomBytes(8).readBigInt64BE() & 0x7fffffffffffffffn;
      cursors.set(id, { ...cursor, lastUsedMs: Date.now(), isBusy: false });
      return id;
    },
    async next(id, { namespace, size, maxWaitMs }) {
      const cursor = cursors.get(id);
      if (!cursor) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
      if (cursor.namespace !== namespace) {
        throw new CommandError('CursorNotFound', `cursor id ${id} belongs to ${cursor.namespace}`);
      }
      if (cursor.isBusy) throw badValue(`cursor id ${id} is already in use`);
      cursor.isBusy = true;
      try {
        const batch = await cursor.source.nextBatch(size, maxWaitMs);
        if (!cursors.has(id)) throw new CommandError('CursorKilled', `cursor id ${id} was killed`);
        if (batch.isLast) close(id);
        return batch;
      } catch (error) {
        close(id);
        throw error;
      } finally {
        cursor.isBusy = false;
        cursor.lastUsedMs = Date.now();
      }
    },
    kill: close,
    killSession(session) {
      for (const [id, cursor] of cursors) if (cursor.session === session) close(id);
    },
    closeAll() {
      for (const id of [...cursors.keys()]) close(id);
    },
    expire(nowMs) {
      for (const [id, cursor] of cursors) {
        if (cursor.hasTimeout && !cursor.isBusy && nowMs - cursor.lastUsedMs > idleLimitMs) close(id);
      }
    },
    get count() {
      return cursors.size;
    },
  };
}
