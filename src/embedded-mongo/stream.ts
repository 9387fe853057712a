// Reading documents as a plan says: scans, unions and sorts that can be paused. Choosing the plan is in planner.ts.
import type { Collection } from './catalog.js';
import { CommandError } from './errors.js';
import { KeyQueue } from './key-queue.js';
import { KeyScan, keyOf } from './key-scan.js';
import { matchesDocument } from './match.js';
import type { Plan, ScanPlan } from './planner.js';
import { type SortField, sortKeyOf } from './sort.js';
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

/** Memory a sort without an index may use, as MongoDB's default. */
const maxSortBytes = 100 * 1024 * 1024;

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
  private readonly seen: Set<string> | undefined;

  constructor(storage: Storage, collection: Collection, wish: { plan: ScanPlan; needsDocuments: boolean }) {
    this.storage = storage;
    this.collection = collection;
    this.plan = wish.plan;
    this.needsDocuments = wish.needsDocuments;
    this.ranges = wish.plan.isReverse ? [...wish.plan.ranges].reverse() : wish.plan.ranges;
    this.seen = wish.plan.index?.isMultikey ? new Set() : undefined;
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
    if (this.seen) {
      const name = recordKey.toString('latin1');
      if (this.seen.has(name)) return undefined;
      this.seen.add(name);
    }
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
  private readonly seen = new Set<string>();

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
    const name = match.recordKey.toString('latin1');
    if (this.seen.has(name)) return 'more';
    this.seen.add(name);
    return match;
  }

  pause(): void {
    for (const branch of this.branches) branch.pause();
  }
}

/** Streams that are each in the order asked for, as one stream in that order. */
class MergedStream implements Stream {
  private readonly sources: readonly Stream[];
  private readonly sort: readonly SortField[];
  /** the next match of each source */
  private readonly heads = new KeyQueue<{ source: Stream; match: Match }>();
  /** sources whose next match is not known yet */
  private readonly asked: Stream[];
  private readonly seen: Set<string> | undefined;

  constructor(sources: readonly Stream[], sort: readonly SortField[], mayRepeat: boolean) {
    this.sources = sources;
    this.seen = mayRepeat ? new Set() : undefined;
    this.sort = sort;
    this.asked = [...sources];
  }

  next(): Match | 'more' | 'end' {
    const source = this.asked.at(-1);
    if (source) {
      const match = source.next();
      if (match === 'more') return 'more';
      this.asked.pop();
      if (match !== 'end') this.heads.add(sortKeyOf(match.document, this.sort), { source, match });
      if (this.asked.length > 0) return 'more';
    }
    const head = this.heads.take();
    if (!head) return 'end';
    this.asked.push(head.source);
    const name = head.match.recordKey.toString('latin1');
    if (this.seen?.has(name)) return 'more';
    this.seen?.add(name);
    return head.match;
  }

  pause(): void {
    for (const source of this.sources) source.pause();
  }
}

interface Row {
  readonly key: Buffer;
  readonly match: Match;
}

/** Rows sorted at a time: more would hold the thread. */
const runRows = 2000;

/** Sorts in memory: sorted runs, merged while they are read. Of a small limit only the first rows are kept. */
class SortedStream implements Stream {
  private readonly source: Stream;
  private readonly sort: readonly SortField[];
  private readonly limit: number;
  private rows: Row[] = [];
  private bytes = 0;
  private readonly runs = new KeyQueue<{ rows: Row[]; at: number }>();
  private isRead = false;

  /** `limit`: how many will be read at most; 0 for all */
  constructor(source: Stream, sort: readonly SortField[], limit: number) {
    this.source = source;
    this.sort = sort;
    this.limit = limit > 0 && limit < runRows / 2 ? limit : 0;
  }

  next(): Match | 'more' | 'end' {
    if (!this.isRead) {
      const match = this.source.next();
      if (match === 'end') {
        this.isRead = true;
        this.closeRun();
      } else if (match !== 'more') this.add(match);
      return 'more';
    }
    const run = this.runs.take();
    const row = run?.rows[run.at];
    if (!run || !row) return 'end';
    run.at += 1;
    const following = run.rows[run.at];
    if (following) this.runs.add(following.key, run);
    return row.match;
  }

  private add(match: Match): void {
    this.rows.push({ key: sortKeyOf(match.document, this.sort), match });
    this.bytes += match.document.length + 200;
    if (this.rows.length >= runRows) this.closeRun();
    if (this.bytes > maxSortBytes) {
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `Sort exceeded memory limit of ${maxSortBytes} bytes; an index on the sort fields avoids it`,
      );
    }
  }

  private closeRun(): void {
    this.rows.sort((a, b) => a.key.compare(b.key));
    const [first] = this.rows;
    if (this.limit > 0 && !this.isRead) {
      // what is behind the limit can no longer be asked for
      this.rows.length = this.limit;
      this.bytes = this.rows.reduce((sum, row) => sum + row.match.document.length + 200, 0);
    } else if (first) {
      this.runs.add(first.key, { rows: this.rows, at: 0 });
      this.rows = [];
    }
  }

  pause(): void {
    this.source.pause();
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
