// Reading documents as a plan says: scans and unions that can be paused. Choosing the plan is in planner.ts, sorting in sorted-stream.ts.
import type { Collection } from './catalog.js';
import { KeyScan, keyOf } from './key-scan.js';
import { matchesDocument } from './match.js';
import type { Plan, ScanPlan } from './planner.js';
import { Seen } from './seen.js';
import type { SortField } from './sort.js';
import { merged, sorted } from './sorted-stream.js';
import { DamagedFileError, type Storage } from './storage.js';
import type { Work } from './work.js';

/** A document and its key within the collection. */
export interface Match {
  readonly recordKey: Buffer;
  /** empty if documents were not asked for */
  readonly document: Buffer;
}

/** Gives the matches one by one, and undefined after a bounded piece of work without one. */
export type Steps = Generator<Match | undefined, void>;

/** A source of matches that may be paused between two steps. */
export interface Stream {
  readonly steps: Steps;
  /** Lets go of all snapshots; the next step goes on where it was. */
  pause(): void;
}

/** What is looked at between two chances for others. */
const stepEntries = 64;

const nothing = Buffer.alloc(0);

/** What scans read from, and what they hold open. */
interface Reading {
  readonly storage: Storage;
  readonly collection: Collection;
  readonly needsDocuments: boolean;
  readonly scans: Set<KeyScan>;
}

/** Opens a stream. Without `needsDocuments`, matches that the index alone decides come without their document. */
export function openStream(
  storage: Storage,
  collection: Collection,
  wish: { plan: Plan; needsDocuments?: boolean; sort?: readonly SortField[]; limit?: number },
): Stream {
  const { plan, sort = [], limit = 0 } = wish;
  const scans = new Set<KeyScan>();
  const needsDocuments = (wish.needsDocuments ?? true) || sort.length > 0;
  const reading = { storage, collection, needsDocuments, scans };
  const open = (one: ScanPlan) => {
    if (one.isPoints) return points(reading, one);
    if (!one.isMerged) return scan(reading, one);
    return merged(
      one.ranges.map((range) => scan(reading, { ...one, ranges: [range] })),
      sort,
    );
  };
  const isSorted = sort.length === 0 || plan.isSorted;
  const steps = plan.kind === 'scan' ? open(plan) : union(plan.branches.map(open), isSorted ? sort : []);
  return {
    steps: isSorted ? steps : sorted(steps, sort, limit),
    pause() {
      for (const each of scans) each.pause();
    },
  };
}

/** The matches of all branches, each once; with a sort, the branches are in its order and stay so. */
function* union(branches: readonly Steps[], sort: readonly SortField[]): Steps {
  const seen = new Seen();
  for (const steps of sort.length > 0 ? [merged(branches, sort)] : branches)
    for (const match of steps) yield match && seen.isNew(match.recordKey) ? match : undefined;
}

const inOrder = ({ ranges, isReverse }: ScanPlan) => (isReverse ? [...ranges].reverse() : ranges);

/** Single documents, each by its key. */
function* points(reading: Reading, plan: ScanPlan): Steps {
  for (const [i, range] of inOrder(plan).entries()) {
    const match = fetch(reading, plan, { recordKey: range.start.subarray(4) });
    if (match || i % stepEntries === 0) yield match;
  }
}

function* scan(reading: Reading, plan: ScanPlan): Steps {
  const { storage, scans } = reading;
  const { index, filter } = plan;
  const seen = index?.isMultikey ? new Seen() : undefined;
  const options = { reverse: plan.isReverse, withValues: index === undefined || index.isUnique };
  let looked = 0;
  for (const range of inOrder(plan)) {
    const keys = new KeyScan(index ? storage.indexes : storage.documents, range, options);
    scans.add(keys);
    while (keys.next()) {
      let match: Match | undefined;
      if (index) match = matchOfEntry(reading, plan, { keys, seen });
      else if (matchesDocument(filter, keys.value as Buffer))
        match = { recordKey: keys.key.subarray(4), document: keys.value as Buffer };
      looked += 1;
      if (match || looked % stepEntries === 0) yield match;
    }
    scans.delete(keys);
  }
}

function matchOfEntry(
  reading: Reading,
  plan: ScanPlan,
  { keys, seen }: { keys: KeyScan; seen: Seen | undefined },
): Match | undefined {
  const { key: entry } = keys;
  const answer = plan.keyFilter?.(entry);
  if (answer === false) return undefined;
  const end = entry.length - 2;
  const recordKey = plan.index?.isUnique ? (keys.value as Buffer) : entry.subarray(end - entry.readUInt16BE(end), end);
  if (seen?.isNew(recordKey) === false) return undefined;
  if (answer === true && !reading.needsDocuments) return { recordKey, document: nothing };
  return fetch(reading, plan, { recordKey, entry, isKnownMatch: answer === true });
}

function fetch(
  { storage, collection }: Reading,
  plan: ScanPlan,
  { recordKey, entry, isKnownMatch = false }: { recordKey: Buffer; entry?: Buffer; isKnownMatch?: boolean },
): Match | undefined {
  const key = keyOf(collection.id, recordKey);
  const document = storage.documents.get(key);
  if (document) return isKnownMatch || matchesDocument(plan.filter, document) ? { recordKey, document } : undefined;
  // entries and documents are written together: one may be newer than the scan, but both are then gone
  if (entry && storage.indexes.doesExist(entry) && !storage.documents.doesExist(key))
    throw new DamagedFileError(`the index ${plan.index?.name} of ${collection.namespace} is damaged; restore a backup`);
  return undefined;
}

/** Reads a stream to its end, or until `visit` returns false, pausing it at each yield. */
export function* readAll(stream: Stream, visit: (match: Match) => boolean): Work<void> {
  let steps = 0;
  try {
    for (const match of stream.steps) {
      if (match && !visit(match)) return;
      steps += 1;
      if ((!match || steps % stepEntries === 0) && (yield)) stream.pause();
    }
  } finally {
    stream.pause();
  }
}
