// Keys that begin with an id, and scans over ranges of them that can be paused. Which ranges are scanned is in planner.ts.
import type { Table } from './storage.js';

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
    options: { reverse?: boolean; withValues?: boolean; after?: Buffer | undefined },
  ) {
    this.table = table;
    this.range = range;
    this.isReverse = options.reverse ?? false;
    this.withValues = options.withValues ?? false;
    if (options.after) this.key = options.after;
  }

  /** Moves to the next key; false at the end. */
  next(): boolean {
    if (this.isDone) return false;
    this.iterator ??= this.open();
    const step = this.step(this.iterator);
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

  /** A record that is damaged must not keep its snapshot open: the pages of it could never be used again. */
  private step(iterator: Iterator<Buffer | { key: Buffer; value: Buffer }>): ReturnType<typeof iterator.next> {
    try {
      return iterator.next();
    } catch (error) {
      this.pause();
      throw error;
    }
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

/** The first entry of a range, or the last one if read in reverse. */
export function firstIn(
  table: Table,
  range: KeyRange,
  options: { reverse?: boolean; withValues?: boolean },
): { key: Buffer; value: Buffer | undefined } | undefined {
  const scan = new KeyScan(table, range, options);
  const isFound = scan.next();
  scan.pause();
  return isFound ? { key: scan.key, value: scan.value } : undefined;
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
