// Reading documents as a plan says: scans and unions that can be paused. Choosing the plan is in planner.ts, sorting in sorted-stream.ts.
import type { Collection } from './catalog.js';
import { KeyScan, keyOf } from './key-scan.js';
import { matchesDocument } from './match.js';
import type { Plan, ScanPlan } from './planner.js';
import { Seen } from './seen.js';
import type { SortField } from './sort.js';
import { MergedStream, SortedStream } from './sorted-stream.js';
import { DamagedFileError, type Storage } from './storage.js';
import type { Work } from './work.js';

/** A document and its key within the collection. */
export interface Match {
  readonly recordKey: Buffer;
  /** empty if documents were not asked for */
  readonly document: Buffer;
}

/** A source of matches. `next` does a bounded piece of work; between pieces the stream may be paused. */
export interface Stream {
  next(): Match | 'more' | 'end';
  /** Lets go of all snapshots; `next` goes on where it was. */
  pause(): void;
}

/** What one call of `next` looks at before it gives others a chance. */
const stepEntries = 64;

const nothing = Buffer.alloc(0);

/** Opens a stream. Without `needsDocuments`, matches that the index alone decides come without their document. */
export function openStream(
  storage: Storage,
  collection: Collection,
  wish: { plan: Plan; needsDocuments?: boolean; sort?: readonly SortField[]; limit?: number },
): Stream {
  const needsDocuments = wish.needsDocuments ?? true;
  const isUnsorted = wish.sort !== undefined && wish.sort.length > 0 && !wish.plan.isSorted;
  const sort = wish.sort ?? [];
  const scan = (plan: ScanPlan) =>
    new ScanStream(storage, collection, {
      plan,
      needsDocuments: needsDocuments || sort.length > 0,
    });
  const open = (plan: ScanPlan) =>
    plan.isMerged
      ? new MergedStream(
          plan.ranges.map((range) => scan({ ...plan, ranges: [range] })),
          sort,
          false,
        )
      : scan(plan);
  if (wish.plan.kind === 'scan')
    return isUnsorted ? new SortedStream(open(wish.plan), sort, wish.limit ?? 0) : open(wish.plan);
  const branches = wish.plan.branches.map(open);
  if (isUnsorted) return new SortedStream(new UnionStream(branches), sort, wish.limit ?? 0);
  return sort.length > 0 ? new MergedStream(branches, sort, true) : new UnionStream(branches);
}

class ScanStream implements Stream {
  private readonly storage: Storage;
  private readonly collection: Collection;
  private readonly plan: ScanPlan;
  private readonly needsDocuments: boolean;
  private readonly ranges: readonly ScanPlan['ranges'][number][];
  private rangeIndex = 0;
  private scan: KeyScan | undefined;
  /** documents seen before, where one document has many keys */
  private readonly seen: Seen | undefined;

  constructor(storage: Storage, collection: Collection, wish: { plan: ScanPlan; needsDocuments: boolean }) {
    this.storage = storage;
    this.collection = collection;
    this.plan = wish.plan;
    this.needsDocuments = wish.needsDocuments;
    this.ranges = wish.plan.isReverse ? [...wish.plan.ranges].reverse() : wish.plan.ranges;
    this.seen = wish.plan.index?.isMultikey ? new Seen() : undefined;
  }

  next(): Match | 'more' | 'end' {
    for (let i = 0; i < stepEntries; i += 1) {
      const range = this.ranges[this.rangeIndex];
      if (range === undefined) return 'end';
      if (this.plan.isPoints) {
        this.rangeIndex += 1;
        const match = this.fetch(range.start.subarray(4));
        if (match) return match;
        continue;
      }
      const withValues = this.plan.index === undefined || this.plan.index.isUnique;
      const table = this.plan.index ? this.storage.indexes : this.storage.documents;
      this.scan ??= new KeyScan(table, range, { reverse: this.plan.isReverse, withValues });
      if (!this.scan.next()) {
        this.scan = undefined;
        this.rangeIndex += 1;
        continue;
      }
      const match = this.plan.index ? this.matchOfEntry(this.scan) : this.matchOfDocument(this.scan);
      if (match) return match;
    }
    return 'more';
  }

  private matchOfDocument(scan: KeyScan): Match | undefined {
    const document = scan.value as Buffer;
    return matchesDocument(this.plan.filter, document) ? { recordKey: scan.key.subarray(4), document } : undefined;
  }

  private matchOfEntry(scan: KeyScan): Match | undefined {
    const { key } = scan;
    const answer = this.plan.keyFilter?.(key);
    if (answer === false) return undefined;
    const recordKey = this.plan.index?.isUnique
      ? (scan.value as Buffer)
      : key.subarray(key.length - 2 - key.readUInt16BE(key.length - 2), key.length - 2);
    if (this.seen?.isNew(recordKey) === false) return undefined;
    if (answer === true && !this.needsDocuments) return { recordKey, document: nothing };
    return this.fetch(recordKey, { isKnownMatch: answer === true, entry: key });
  }

  private fetch(
    recordKey: Buffer,
    { isKnownMatch = false, entry }: { isKnownMatch?: boolean; entry?: Buffer } = {},
  ): Match | undefined {
    const document = this.storage.documents.get(keyOf(this.collection.id, recordKey));
    if (document === undefined) {
      // entries and documents are written together: one may be newer than the scan, but both are then gone
      if (
        entry &&
        this.storage.indexes.doesExist(entry) &&
        !this.storage.documents.doesExist(keyOf(this.collection.id, recordKey))
      )
        throw new DamagedFileError(
          `the index ${this.plan.index?.name} of ${this.collection.namespace} is damaged; restore a backup`,
        );
      return undefined;
    }
    return isKnownMatch || matchesDocument(this.plan.filter, document) ? { recordKey, document } : undefined;
  }

  pause(): void {
    this.scan?.pause();
  }
}

class UnionStream implements Stream {
  private readonly branches: readonly Stream[];
  private current = 0;
  private readonly seen = new Seen();

  constructor(branches: readonly Stream[]) {
    this.branches = branches;
  }

  next(): Match | 'more' | 'end' {
    const branch = this.branches[this.current];
    if (branch === undefined) return 'end';
    const match = branch.next();
    if (match === 'more') return 'more';
    if (match === 'end') {
      this.current += 1;
      return 'more';
    }
    return this.seen.isNew(match.recordKey) ? match : 'more';
  }

  pause(): void {
    for (const branch of this.branches) branch.pause();
  }
}

/** Reads a stream to its end, or until `visit` returns false, pausing it at each yield. */
export function* readAll(stream: Stream, visit: (match: Match) => boolean): Work<void> {
  let sinceYield = 0;
  for (;;) {
    const match = stream.next();
    if (match === 'end') break;
    if (match !== 'more' && !visit(match)) break;
    sinceYield += 1;
    if (match === 'more' || sinceYield >= stepEntries) {
      sinceYield = 0;
      if (yield) stream.pause();
    }
  }
  stream.pause();
}
