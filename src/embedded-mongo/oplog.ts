// The log of all changes in commit order: one record per command, keyed by time. Turning records into events is in change-events.ts.
import { BsonType, type Value } from './bson-raw.js';
import { firstIn, KeyScan } from './key-scan.js';
import type { Storage } from './storage.js';

/** One change. `document` is the new document, or `{_id}`, or the command; `change` is what an update did. */
export interface Operation {
  readonly kind: 'insert' | 'replace' | 'update' | 'delete' | 'command';
  readonly document: Buffer;
  readonly change?: Buffer | undefined;
}

/** An operation read back. */
export interface LoggedOperation extends Operation {
  readonly at: bigint;
  readonly namespace: string;
  readonly wallTimeMs: number;
}

/** The operation log. Times are BSON timestamps as one number: seconds in the upper, a counter in the lower 32 bits. */
export type Oplog = ReturnType<typeof openOplog>;

/** How much of the log is kept. */
export interface OplogLimits {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** A reader at the end of the log. */
export interface WaitingReader {
  isWanted(namespace: string): boolean;
  /** Called once: something wanted is durable. */
  wake(): void;
  /** All that came up to this time is not wanted. */
  pass(at: bigint): void;
}

const kinds = ['insert', 'replace', 'update', 'delete', 'command'] as const;
const headerBytes = 18;
const nothing = Buffer.alloc(0);
const wholeLog = { start: Buffer.alloc(8), end: Buffer.alloc(9, 0xff) };

/** A BSON timestamp as a time; undefined for any other value. */
export function fromTimestamp(value: Value): bigint | undefined {
  return value.type === BsonType.timestamp ? value.bytes.readBigUInt64LE(value.start) : undefined;
}

function keyOfTime(at: bigint): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeBigUInt64BE(at);
  return key;
}

const forgottenKey = Buffer.from('o/forgotten');
const lastKey = Buffer.from('o/last');
/** Where records are put together: each is copied before the next one comes. */
const scratch = Buffer.alloc(65_536);

/** The log of a store. */
export function openOplog(storage: Storage) {
  const table = storage.oplog;
  let last = 0n;
  let durable = 0n;
  let forgotten = 0n;
  let totalBytes = 0;
  const waiting = new Set<WaitingReader>();
  /** what was logged since `durable`, oldest first */
  let recent: { last: bigint; namespace: string }[] = [];

  function load(): void {
    const kept = storage.catalog.get(lastKey);
    last = kept ? kept.readBigUInt64BE() : 0n;
    const newest = firstIn(table, wholeLog, { reverse: true, withValues: true });
    if (newest?.value) {
      const at = newest.key.readBigUInt64BE() + BigInt(newest.value.readUIntLE(14, 3) - 1);
      if (at > last) last = at;
      totalBytes = newest.value.readDoubleLE(0);
    }
    recent = recent.filter((record) => record.last <= last);
    forgotten = storage.catalog.get(forgottenKey)?.readBigUInt64BE() ?? 0n;
  }

  function nextTime(): bigint {
    const second = BigInt(Math.floor(Date.now() / 1000)) << 32n;
    return second > last ? second + 1n : last + 1n;
  }

  /** Writes the operations of one command; inside a write transaction. */
  function append(namespace: string, operations: readonly Operation[]): void {
    if (operations.length === 0) return;
    const at = nextTime();
    const name = Buffer.from(namespace);
    let length = headerBytes + name.length;
    for (const { document, change } of operations) length += 1 + document.length + (change?.length ?? 0);
    const record = length <= scratch.length ? scratch.subarray(0, length) : Buffer.allocUnsafe(length);
    let end = headerBytes + name.copy(record, headerBytes);
    for (const { kind, document, change } of operations) {
      record[end] = kinds.indexOf(kind);
      end += 1 + document.copy(record, end + 1);
      if (change) end += change.copy(record, end);
    }
    totalBytes += record.length;
    record.writeDoubleLE(totalBytes, 0);
    record.writeUIntLE(Date.now(), 8, 6);
    record.writeUIntLE(operations.length, 14, 3);
    // the namespace is at most 255 bytes long; its length closes the header
    record[headerBytes - 1] = name.length;
    void table.put(keyOfTime(at), record);
    last = at + BigInt(operations.length) - 1n;
    recent.push({ last, namespace });
  }

  /**
   * Reads what came after a time, up to what is durable; the generator may be left at any point. Of a record in a namespace
   * that is not wanted it gives only the last operation, without its document.
   */
  function* read(after: bigint, isWanted = (_namespace: string) => true): Generator<LoggedOperation> {
    const range = { start: keyOfTime(startOfRecord(after)), end: keyOfTime(durable + 1n) };
    const scan = new KeyScan(table, range, { withValues: true });
    try {
      while (scan.next()) {
        for (const operation of operationsOf(scan.key.readBigUInt64BE(), scan.value as Buffer, isWanted)) {
          if (operation.at > after && operation.at <= durable) yield operation;
        }
      }
    } finally {
      scan.pause();
    }
  }

  /** A record holds many operations: the one at `at` may lie in a record that begins earlier. */
  function startOfRecord(at: bigint): bigint {
    const range = { start: wholeLog.start, end: keyOfTime(at + 1n) };
    return firstIn(table, range, { reverse: true })?.key.readBigUInt64BE() ?? at;
  }

  const isOld = (record: Buffer, { maxBytes, maxAgeMs }: OplogLimits, nowMs: number) =>
    totalBytes - record.readDoubleLE(0) > maxBytes || nowMs - record.readUIntLE(8, 6) > maxAgeMs;

  /** Deletes a bounded number of records that are too old or too many; inside a write transaction. False if none is. */
  function prune({ nowMs, limit, ...limits }: OplogLimits & { nowMs: number; limit: number }): boolean {
    const scan = new KeyScan(table, wholeLog, { withValues: true });
    const doomed: Buffer[] = [];
    let upTo = forgotten;
    while (doomed.length < limit && scan.next()) {
      const record = scan.value as Buffer;
      if (!isOld(record, limits, nowMs)) break;
      doomed.push(scan.key);
      upTo = scan.key.readBigUInt64BE() + BigInt(record.readUIntLE(14, 3) - 1);
    }
    scan.pause();
    if (doomed.length === 0) return false;
    for (const key of doomed) void table.remove(key);
    forgotten = upTo;
    void storage.catalog.put(forgottenKey, keyOfTime(upTo));
    void storage.catalog.put(lastKey, keyOfTime(last));
    return true;
  }

  load();
  durable = last;
  return {
    append,
    /** The time of the newest operation, on disk or not. */
    get last(): bigint {
      return last;
    },
    /** The time of the newest operation that is on disk: readers may go up to here. */
    get durable(): bigint {
      return durable;
    },
    /** Everything up to this time is gone; 0 if nothing is. */
    get forgotten(): bigint {
      return forgotten;
    },
    markDurable(at: bigint): void {
      if (at <= durable) return;
      durable = at;
      const namespaces = new Set(recent.filter((record) => record.last <= at).map((record) => record.namespace));
      recent = recent.filter((record) => record.last > at);
      for (const reader of waiting) {
        if (![...namespaces].some((namespace) => reader.isWanted(namespace))) reader.pass(at);
        else if (waiting.delete(reader)) reader.wake();
      }
    },
    read,
    /** Tells a reader that has read all there is how it goes on, until it is woken. Returns how to stop. */
    wait(reader: WaitingReader): () => void {
      waiting.add(reader);
      return () => waiting.delete(reader);
    },
    /** True if `prune` would find something. */
    isOver(limits: OplogLimits, nowMs: number): boolean {
      const first = firstIn(table, wholeLog, { withValues: true })?.value;
      return first !== undefined && isOld(first, limits, nowMs);
    },
    prune,
    /** Reads the newest time again, after a transaction was undone. */
    reload: load,
  };
}

function* operationsOf(
  start: bigint,
  record: Buffer,
  isWanted: (namespace: string) => boolean,
): Generator<LoggedOperation> {
  const wallTimeMs = record.readUIntLE(8, 6);
  const count = record.readUIntLE(14, 3);
  let at = headerBytes + (record[headerBytes - 1] ?? 0);
  const namespace = record.toString('utf8', headerBytes, at);
  if (!isWanted(namespace)) {
    yield { kind: 'command', document: nothing, at: start + BigInt(count - 1), namespace, wallTimeMs };
    return;
  }
  for (let i = 0; i < count; i += 1) {
    const kind = kinds[record[at] ?? 0] ?? 'command';
    at += 1;
    const documentEnd = at + record.readInt32LE(at);
    const document = record.subarray(at, documentEnd);
    at = documentEnd;
    let change: Buffer | undefined;
    if (kind === 'update') {
      change = record.subarray(at, at + record.readInt32LE(at));
      at += change.length;
    }
    yield { kind, document, change, at: start + BigInt(i), namespace, wallTimeMs };
  }
}
