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
export type Cursors = ReturnType<typeof createCursors>;

/** A cursor to be opened. */
export interface NewCursor {
  readonly namespace: string;
  readonly source: BatchSource;
  readonly hasTimeout: boolean;
  readonly session: string | undefined;
}

interface OpenCursor extends NewCursor {
  lastUsedMs: number;
  isBusy: boolean;
}

const idleLimitMs = 600_000;

/** Bytes of documents in one batch; MongoDB's limit for a reply is 16 MB and some. */
export const maxBatchBytes = 16 * 1024 * 1024;

/** An empty set of cursors. */
export function createCursors() {
  const cursors = new Map<bigint, OpenCursor>();

  function close(id: bigint): boolean {
    const cursor = cursors.get(id);
    if (!cursor) return false;
    cursors.delete(id);
    cursor.source.close();
    return true;
  }

  return {
    open(cursor: NewCursor): bigint {
      const id = randomBytes(8).readBigInt64BE() & 0x7fffffffffffffffn;
      cursors.set(id, { ...cursor, lastUsedMs: Date.now(), isBusy: false });
      return id;
    },
    /** The next batch. Throws `CursorNotFound`. */
    async next(id: bigint, wish: { namespace: string; size: number; maxWaitMs: number }): Promise<Batch> {
      const cursor = cursors.get(id);
      if (cursor?.namespace !== wish.namespace) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
      if (cursor.isBusy) throw badValue(`cursor id ${id} is already in use`);
      cursor.isBusy = true;
      try {
        const batch = await cursor.source.nextBatch(wish.size, wish.maxWaitMs);
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
    killSession(session: string): void {
      for (const [id, cursor] of cursors) if (cursor.session === session) close(id);
    },
    closeAll(): void {
      for (const id of [...cursors.keys()]) close(id);
    },
    /** Closes cursors that nobody asked for in ten minutes. */
    expire(nowMs: number): void {
      for (const [id, cursor] of cursors) {
        if (cursor.hasTimeout && !cursor.isBusy && nowMs - cursor.lastUsedMs > idleLimitMs) close(id);
      }
    },
    get count(): number {
      return cursors.size;
    },
  };
}
