// The log of all changes in commit order: one record per command, keyed by time. Turning records into events is in change-events.ts.
import { BsonType, type Value } from './bson-raw.js';
import { Timestamp } from './bson-write.js';
import { KeyScan } from './key-scan.js';
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
export interface Oplog {
  /** Writes the operations of one command; inside a write transaction. Returns the time of the last one. */
  append(namespace: string, operations: readonly Operation[]): bigint;
  /** The time of the newest operation, on disk or not. */
  readonly last: bigint;
  /** The time of the newest operation that is on disk: readers may go up to here. */
  readonly durable: bigint;
  /** Everything up to this time is gone; 0 if nothing is. */
  readonly forgotten: bigint;
  markDurable(at: bigint): void;
  /** Reads what came after a time, up to what is durable; the generator may be left at any point. */
  read(after: bigint): Generator<LoggedOperation>;
  /** Calls back once, when something newer than `after` is durable. Returns how to stop waiting. */
  wait(after: bigint, wake: () => void): () => void;
  /** True if `prune` would find something. */
  isOver(limits: { maxBytes: number; maxAgeMs: number }, nowMs: number): boolean;
  /** Deletes a bounded number of records that are too old or too many; inside a write transaction. False if none is. */
  prune(limits: { maxBytes: number; maxAgeMs: number; nowMs: number; limit: number }): boolean;
  /** Reads the newest time again, after a transaction was undone. */
  reload(): void;
}

const kinds = ['insert', 'replace', 'update', 'delete', 'command'] as const;
const headerBytes = 18;

/** A time as a BSON timestamp. */
export function toTimestamp(at: bigint): Timestamp {
  return new Timestamp(Number(at >> 32n), Number(at & 0xffffffffn));
}

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

/** The log of a store. */
export function openOplog(storage: Storage): Oplog {
  const table = storage.oplog;
  let last = 0n;
  let durable = 0n;
  let forgotten = 0n;
  let totalBytes = 0;
  const waiting = new Set<{ after: bigint; wake: () => void }>();

  function load(): void {
    const scan = new KeyScan(
      table,
      { start: Buffer.alloc(8), end: Buffer.alloc(9, 0xff) },
      { reverse: true, withValues: true },
    );
    const kept = storage.catalog.get(lastKey);
    last = kept ? kept.readBigUInt64BE() : 0n;
    if (scan.next()) {
      const newest = scan.key.readBigUInt64BE() + BigInt((scan.value as Buffer).readUIntLE(14, 3) - 1);
      if (newest > last) last = newest;
      totalBytes = (scan.value as Buffer).readDoubleLE(0);
    }
    scan.pause();
    forgotten = storage.catalog.get(forgottenKey)?.readBigUInt64BE() ?? 0n;
  }

  function nextTime(): bigint {
    const second = BigInt(Math.floor(Date.now() / 1000)) << 32n;
    return second > last ? second + 1n : last + 1n;
  }

  function append(namespace: string, operations: readonly Operation[]): bigint {
    if (operations.length === 0) return last;
    const at = nextTime();
    const name = Buffer.from(namespace);
    const parts: Buffer[] = [Buffer.alloc(headerBytes), name];
    for (const { kind, document, change } of operations) {
      parts.push(Buffer.from([kinds.indexOf(kind)]), document);
      if (change) parts.push(change);
    }
    const record = Buffer.concat(parts);
    totalBytes += record.length;
    record.writeDoubleLE(totalBytes, 0);
    record.writeUIntLE(Date.now(), 8, 6);
    record.writeUIntLE(operations.length, 14, 3);
    // the namespace is at most 255 bytes long; its length closes the header
    record[headerBytes - 1] = name.length;
    void table.put(keyOfTime(at), record);
    last = at + BigInt(operations.length) - 1n;
    return last;
  }

  function* read(after: bigint): Generator<LoggedOperation> {
    const range = { start: keyOfTime(startOfRecord(after)), end: keyOfTime(durable + 1n) };
    const scan = new KeyScan(table, range, { reverse: false, withValues: true });
    try {
      while (scan.next()) {
        for (const operation of operationsOf(scan.key.readBigUInt64BE(), scan.value as Buffer)) {
          if (operation.at > after && operation.at <= durable) yield operation;
        }
      }
    } finally {
      scan.pause();
    }
  }

  /** A record holds many operations: the one at `at` may lie in a record that begins earlier. */
  function startOfRecord(at: bigint): bigint {
    const scan = new KeyScan(
      table,
      { start: Buffer.alloc(8), end: keyOfTime(at + 1n) },
      { reverse: true, withValues: false },
    );
    const isFound = scan.next();
    scan.pause();
    return isFound ? scan.key.readBigUInt64BE() : at;
  }

  function prune({
    maxBytes,
    maxAgeMs,
    nowMs,
    limit,
  }: {
    maxBytes: number;
    maxAgeMs: number;
    nowMs: number;
    limit: number;
  }): boolean {
    const scan = new KeyScan(
      table,
      { start: Buffer.alloc(8), end: Buffer.alloc(9, 0xff) },
      { reverse: false, withValues: true },
    );
    const doomed: Buffer[] = [];
    let upTo = forgotten;
    while (doomed.length < limit && scan.next()) {
      const record = scan.value as Buffer;
      const isTooMuch = totalBytes - record.readDoubleLE(0) > maxBytes;
      if (!isTooMuch && nowMs - record.readUIntLE(8, 6) <= maxAgeMs) break;
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

  function oldest(): { bytes: number; wallTimeMs: number } | undefined {
    const scan = new KeyScan(
      table,
      { start: Buffer.alloc(8), end: Buffer.alloc(9, 0xff) },
      { reverse: false, withValues: true },
    );
    const isFound = scan.next();
    scan.pause();
    return isFound && scan.value
      ? { bytes: scan.value.readDoubleLE(0), wallTimeMs: scan.value.readUIntLE(8, 6) }
      : undefined;
  }

  load();
  durable = last;
  return {
    append,
    get last() {
      return last;
    },
    get durable() {
      return durable;
    },
    get forgotten() {
      return forgotten;
    },
    markDurable(at) {
      if (at <= durable) return;
      durable = at;
      for (const waiter of waiting) {
        if (waiter.after >= at) continue;
        waiting.delete(waiter);
        waiter.wake();
      }
    },
    read,
    wait(after, wake) {
      const waiter = { after, wake };
      waiting.add(waiter);
      return () => waiting.delete(waiter);
    },
    isOver({ maxBytes, maxAgeMs }, nowMs) {
      const first = oldest();
      return first !== undefined && (totalBytes - first.bytes > maxBytes || nowMs - first.wallTimeMs > maxAgeMs);
    },
    prune,
    reload: load,
  };
}

function* operationsOf(start: bigint, record: Buffer): Generator<LoggedOperation> {
  const wallTimeMs = record.readUIntLE(8, 6);
  const count = record.readUIntLE(14, 3);
  let at = headerBytes + (record[headerBytes - 1] ?? 0);
  const namespace = record.toString('utf8', headerBytes, at);
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
