// The LMDB file: opening it, the group commit, and scans over keys. What the keys mean is in catalog.ts, records.ts and oplog.ts.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { ABORT, type Database, open, type RootDatabase } from 'lmdb';

/** The named tables of the file. All keys and values are bytes. */
export interface Storage {
  readonly root: RootDatabase<Buffer, Buffer>;
  /** what collections and indexes exist, and counters */
  readonly catalog: Table;
  /** collection id, encoded `_id` -> document */
  readonly documents: Table;
  /** index id, encoded fields, encoded `_id` -> nothing (unique index: encoded `_id`) */
  readonly indexes: Table;
  /** timestamp -> operations of one command */
  readonly oplog: Table;
  /** session id -> the last retryable write and its answer */
  readonly sessions: Table;
}

/** One table of the store. */
export type Table = Database<Buffer, Buffer>;

/** Opens (or makes) the file. Throws if it is damaged, or if it cannot be read and written. */
export function openStorage(path: string): Storage {
  checkFile(path);
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Buffer>({
    path,
    noSubdir: true,
    overlappingSync: true,
    maxDbs: 8,
    // address space, not disk; it spares re-mapping while the file grows
    mapSize: 2 ** 36,
    ...binary,
  });
  const table = (name: string): Table => root.openDB<Buffer, Buffer>(name, binary);
  return {
    root,
    catalog: table('catalog'),
    documents: table('documents'),
    indexes: table('indexes'),
    oplog: table('oplog'),
    sessions: table('sessions'),
  };
}

/** What is wrong with the file, found before LMDB maps it: reading a map beyond the end of a file would kill the process. */
export class DamagedFileError extends Error {}

const lmdbMagic = 0xbeefc0de;
const metaOffsets = { magic: 24, pageSize: 48, lastPage: 144, txnId: 152 } as const;

function checkFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const first = readMeta(file, 0);
    if (first === undefined)
      throw new DamagedFileError(`${path} is not a store of this program, or its first page is damaged`);
    const second = readMeta(file, first.pageSize);
    if (second === undefined) throw new DamagedFileError(`the second page of ${path} is damaged`);
    const newest = second.txnId > first.txnId ? second : first;
    const neededBytes = (newest.lastPage + 1n) * BigInt(first.pageSize);
    if (BigInt(size) < neededBytes) {
      throw new DamagedFileError(`${path} is cut short: ${size} bytes are there, ${neededBytes} are needed`);
    }
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, offset: number): { pageSize: number; lastPage: bigint; txnId: bigint } | undefined {
  const page = Buffer.alloc(168);
  if (readSync(file, page, 0, page.length, offset) < page.length) return undefined;
  if (page.readUInt32LE(metaOffsets.magic) !== lmdbMagic) return undefined;
  return {
    pageSize: page.readUInt32LE(metaOffsets.pageSize),
    lastPage: page.readBigUInt64LE(metaOffsets.lastPage),
    txnId: page.readBigUInt64LE(metaOffsets.txnId),
  };
}

/** A step-wise piece of work: each `yield` is a safe place to stop; it gives true if others ran in between. */
export type Work<T> = Generator<void, T, boolean>;

/** Work that is one step and so has no place to stop. */
// biome-ignore lint/correctness/useYield: it is work of the same kind as the longer ones
export function* atOnce<T>(action: () => T): Work<T> {
  return action();
}

/** Does a part of some work and tells whether others ran in between. `beforeStop` is called at each place where they may. */
export function* notingPauses<T>(work: Work<T>, beforeStop?: () => void): Work<{ value: T; wasPaused: boolean }> {
  let wasPaused = false;
  let step = work.next(false);
  while (!step.done) {
    beforeStop?.();
    const isPaused = yield;
    wasPaused ||= isPaused;
    step = work.next(isPaused);
  }
  return { value: step.value, wasPaused };
}

/** Runs work inside write transactions; its promises settle when all that was written is on disk. */
export interface Writer {
  /** Queues work. Many share one transaction; long work is spread over several, split at its yields. */
  run<T>(work: () => Work<T>): Promise<T>;
  /** Resolves when all that was queued is done and on disk; later calls of `run` are refused. */
  close(): Promise<void>;
}

/** What a writer tells its owner. */
export interface WriterEvents {
  /** inside the transaction, after the work of a group: last chance to write */
  beforeCommit(): void;
  /** what was written is on disk; `mark` is what `beforeCommit` time gave */
  durable(mark: unknown): void;
  /** a value to hand to `durable` */
  mark(): unknown;
  /** the transaction was undone: what is held in memory must be read again */
  undone(error: Error): void;
}

interface Job {
  readonly start: () => Work<unknown>;
  /** undefined until its first step */
  work: Work<unknown> | undefined;
  /** a part of it is already committed: it cannot begin again */
  isCommitted: boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What one transaction did. */
interface Group {
  stepped: Job[];
  /** what to tell when it is on disk */
  settled: (() => void)[];
  mark: unknown;
  failure: { error: Error; culprit: Job | undefined } | undefined;
}

/** How long one transaction may hold the thread before the others get their turn, in milliseconds. */
const groupMs = 12;

/** A writer for the storage. Expected errors must be thrown before the work's first write since its last yield. */
export function createWriter(storage: Storage, events: WriterEvents, isExpected: (error: unknown) => boolean): Writer {
  let queue: Job[] = [];
  let isBusy = false;
  let isClosed = false;
  let unflushed = 0;
  let idle: (() => void) | undefined;

  /** Runs inside the transaction. */
  function execute(group: Group): typeof ABORT | undefined {
    const deadline = performance.now() + groupMs;
    const jobs = queue;
    queue = [];
    for (const [i, job] of jobs.entries()) {
      if (performance.now() > deadline) {
        queue = [...jobs.slice(i), ...queue];
        break;
      }
      group.stepped.push(job);
      try {
        step(job, group, deadline);
      } catch (error) {
        group.failure = { error: error instanceof Error ? error : new Error(String(error)), culprit: job };
        queue = [...jobs.slice(i + 1), ...queue];
        return ABORT;
      }
    }
    events.beforeCommit();
    group.mark = events.mark();
    return undefined;
  }

  function step(job: Job, group: Group, deadline: number): void {
    try {
      let result = job.work?.next(true);
      if (!result) {
        job.work = job.start();
        result = job.work.next(false);
      }
      while (!result.done && performance.now() <= deadline) result = job.work?.next(false) ?? result;
      if (result.done) group.settled.push(() => job.resolve(result.value));
      else queue.push(job);
    } catch (error) {
      if (!isExpected(error)) throw error;
      group.settled.push(() => job.reject(error));
    }
  }

  /** After an undone transaction: what had no part in the failure and can begin again does so, the rest is told. */
  function undo({ stepped, failure }: Group, error: Error): void {
    events.undone(error);
    queue = queue.filter((job) => !stepped.includes(job));
    const again: Job[] = [];
    for (const job of stepped) {
      job.work?.return(undefined);
      const canRepeat = failure?.culprit !== undefined && failure.culprit !== job && !job.isCommitted;
      if (canRepeat) again.push({ ...job, work: undefined });
      else job.reject(error);
    }
    queue = [...again, ...queue];
  }

  function pump(): void {
    if (isBusy || queue.length === 0) return;
    isBusy = true;
    unflushed += 1;
    const group: Group = { stepped: [], settled: [], mark: undefined, failure: undefined };
    const committed = storage.root.childTransaction(() => execute(group));
    // asked for at once: later it would stand for the next transaction too
    const flushed = Promise.resolve(storage.root.flushed);
    flushed.catch(() => undefined);
    finish(group, committed, flushed)
      .catch((error: unknown) => undo(group, error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        unflushed -= 1;
        isBusy = isBusy && unflushed > 0;
        pump();
        if (unflushed === 0 && queue.length === 0) idle?.();
      });
  }

  async function finish(group: Group, committed: Promise<unknown>, flushed: Promise<unknown>): Promise<void> {
    await committed;
    if (group.failure) throw group.failure.error;
    for (const job of group.stepped) job.isCommitted = true;
    isBusy = false;
    pump();
    await flushed;
    events.durable(group.mark);
    for (const settle of group.settled) settle();
  }

  return {
    run: <T>(start: () => Work<T>) =>
      new Promise<T>((resolve, reject) => {
        if (isClosed) return reject(new Error('the store is closing'));
        const settle = resolve as (result: unknown) => void;
        queue.push({ start, work: undefined, isCommitted: false, resolve: settle, reject });
        return pump();
      }),
    close: () => {
      isClosed = true;
      return unflushed === 0 && queue.length === 0 ? Promise.resolve() : new Promise((resolve) => (idle = resolve));
    },
  };
}

/** Runs reading work in slices, letting others run in between; `sliceMs` is how long it may hold the thread. */
export async function runReading<T>(work: Work<T>, sliceMs = 8): Promise<T> {
  let deadline = performance.now() + sliceMs;
  let step = work.next(false);
  while (!step.done) {
    if (performance.now() > deadline) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      deadline = performance.now() + sliceMs;
      step = work.next(true);
    } else {
      step = work.next(false);
    }
  }
  return step.value;
}

/** A range of keys: `start` is included, `end` is not. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** Walks a range of a table. Between `pause` and the next `next` no snapshot is held, and the table may change. */
export class KeyScan {
  private iterator: Iterator<Buffer | { key: Buffer; value: Buffer }> | undefined;
  private readonly table: Table;
  private readonly range: KeyRange;
  private readonly isReverse: boolean;
  private readonly withValues: boolean;
  private isDone = false;
  key: Buffer = Buffer.alloc(0);
  value: Buffer | undefined;

  constructor(
    table: Table,
    range: KeyRange,
    options: { reverse: boolean; withValues: boolean; after?: Buffer | undefined },
  ) {
    this.table = table;
    this.range = range;
    this.isReverse = options.reverse;
    this.withValues = options.withValues;
    if (options.after) this.key = options.after;
  }

  /** Moves to the next key; false at the end. */
  next(): boolean {
    if (this.isDone) return false;
    this.iterator ??= this.open();
    const step = this.iterator.next();
    if (step.done) {
      this.isDone = true;
      this.iterator = undefined;
      return false;
    }
    if (this.withValues) {
      const entry = step.value as { key: Buffer; value: Buffer };
      this.key = entry.key;
      this.value = entry.value;
    } else {
      this.key = step.value as Buffer;
    }
    return true;
  }

  /** Lets go of the snapshot; the scan goes on behind the last key. */
  pause(): void {
    this.iterator?.return?.();
    this.iterator = undefined;
  }

  private open(): Iterator<Buffer | { key: Buffer; value: Buffer }> {
    const isResumed = this.key.length > 0;
    const options = this.isReverse
      ? {
          start: isResumed ? this.key : this.range.end,
          end: this.range.start,
          reverse: true,
          exclusiveStart: true,
          inclusiveEnd: true,
        }
      : { start: isResumed ? this.key : this.range.start, end: this.range.end, exclusiveStart: isResumed };
    const found = this.withValues ? this.table.getRange(options) : this.table.getKeys(options);
    return found[Symbol.iterator]() as Iterator<Buffer | { key: Buffer; value: Buffer }>;
  }
}

/** All keys that begin with a 4-byte id. */
export function rangeOfId(id: number): KeyRange {
  return { start: idPrefix(id), end: idPrefix(id + 1) };
}

/** A 4-byte id as the beginning of keys. */
export function idPrefix(id: number): Buffer {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(id);
  return prefix;
}

/** An id followed by the parts of a key. */
export function keyOf(id: number, first: Buffer, second?: Buffer): Buffer {
  const key = Buffer.allocUnsafe(4 + first.length + (second?.length ?? 0));
  key.writeUInt32BE(id, 0);
  first.copy(key, 4);
  second?.copy(key, 4 + first.length);
  return key;
}
