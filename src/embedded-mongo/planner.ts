// Choosing how to read: which index, which ranges of it, and what can be answered from its keys. Reading is in stream.ts.
import type { Collection, Index } from './catalog.js';
import { badValue } from './errors.js';
import { behind, type Interval, intersect, normalize } from './interval.js';
import { invert, maxKeyBytes } from './key-encoding.js';
import { type KeyFilter, keyFilterOf } from './key-filter.js';
import { idPrefix, type KeyRange, keyOf } from './key-scan.js';
import { conjunctsOf, type Expression } from './match.js';
import { parsePath } from './path.js';
import type { SortField } from './sort.js';

/** One way to read a collection. */
export type Plan = ScanPlan | UnionPlan;

/** Ranges of one index, or of the documents themselves in the order of `_id`. */
export interface ScanPlan {
  readonly kind: 'scan';
  /** undefined: the documents themselves */
  readonly index: Index | undefined;
  readonly ranges: readonly KeyRange[];
  /** the ranges are single documents, to be fetched by key */
  readonly isPoints: boolean;
  readonly isReverse: boolean;
  readonly filter: Expression;
  readonly keyFilter: KeyFilter | undefined;
  readonly isSorted: boolean;
  /** each range is in the order asked for: they are to be merged */
  readonly isMerged: boolean;
  readonly score: number;
}

/** The branches of an `$or`, each read by an index of its own. */
export interface UnionPlan {
  readonly kind: 'union';
  readonly branches: readonly ScanPlan[];
  readonly isSorted: boolean;
  readonly score: number;
}

/** More ranges than this are read as one: of one field, and of several together. */
const maxRanges = { oneField: 50_000, together: 2000 } as const;

/** More ranges than this are not merged: each holds a scan open. */
const maxMergedRanges = 200;

const scores = { point: 10, points: 8, range: 4, halfRange: 3, sorted: 5, keyFilter: 1, unique: 50 } as const;

/** The `_id` order of the documents, seen as an index. */
const idFields = [{ path: parsePath('_id'), isDescending: false }] as const;

/** How to read a collection for a filter and a sort. Throws `BadValue` for a hint that names no index. */
export function plan(
  collection: Collection,
  filter: Expression,
  wish: { sort: readonly SortField[]; hint?: string | undefined },
): Plan {
  const question = { filter, conjuncts: conjunctsOf(filter), sort: wish.sort };
  const documents = scanOf(collection, undefined, question);
  if (wish.hint === '$natural' || wish.hint === '_id_') return documents;
  if (wish.hint !== undefined) return scanOf(collection, hinted(collection, wish.hint, question.conjuncts), question);
  if (documents.isPoints && documents.ranges.length === 1) return documents;
  const usable = collection.indexes.filter((index) => !index.isBuilding && covers(index, question.conjuncts));
  let best: ScanPlan = documents;
  for (const index of usable) {
    const candidate = scanOf(collection, index, question);
    if (candidate.score > best.score) best = candidate;
  }
  return unionOf(collection, question, { usable, best }) ?? best;
}

/** How to read an index for a filter, whether or not it has all documents. */
export function planOnIndex(collection: Collection, index: Index, filter: Expression): ScanPlan {
  return scanOf(collection, index, { filter, conjuncts: conjunctsOf(filter), sort: [] });
}

/** A hint may name a sparse index and get what that has, as in MongoDB. */
function hinted(collection: Collection, name: string, conjuncts: readonly Expression[]): Index {
  const index = collection.indexes.find((candidate) => candidate.name === name && !candidate.isBuilding);
  if (index && (!index.partialFilter || covers(index, conjuncts))) return index;
  throw badValue('error processing query: hint provided does not correspond to an existing index');
}

/** A sparse or partial index may be used only if it has every document that can match. */
function covers(index: Index, conjuncts: readonly Expression[]): boolean {
  if (index.isSparse) {
    const isAsked = index.fields.some(({ path }) =>
      boundsAt(path.text, conjuncts)?.every((interval) => !hasNull(interval)),
    );
    if (!isAsked) return false;
  }
  if (!index.partialFilter) return true;
  return conjunctsOf(index.partialFilter).every((needed) => conjuncts.some((given) => implies(given, needed)));
}

const nullKey = Buffer.from([0x08]);

function hasNull({ low, high }: Interval): boolean {
  return low.compare(nullKey) <= 0 && high.compare(nullKey) > 0;
}

function implies(given: Expression, needed: Expression): boolean {
  if (given.kind !== 'field' || needed.kind !== 'field' || given.path.text !== needed.path.text) return false;
  const { bounds } = given.predicate;
  const { predicate } = needed;
  if (!bounds) return false;
  if (predicate.operator === 'exists')
    return bounds.intervals.every((interval) => !hasNull(interval)) || given.predicate.operator === 'exists';
  if (!predicate.bounds?.isExact) return false;
  return bounds.intervals.every((interval) =>
    predicate.bounds?.intervals.some(
      ({ low, high }) => low.compare(interval.low) <= 0 && high.compare(interval.high) >= 0,
    ),
  );
}

/** The intervals that the conditions leave for a path; undefined if they say nothing about it. */
function boundsAt(path: string, conjuncts: readonly Expression[], isMultikey = false): Interval[] | undefined {
  let intervals: Interval[] | undefined;
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== 'field' || conjunct.path.text !== path || !conjunct.predicate.bounds) continue;
    if (conjunct.predicate.operator === 'exists') continue;
    const own = normalize(conjunct.predicate.bounds.intervals);
    if (intervals === undefined) intervals = own;
    // of an array, one element may meet one condition and another the other: keep the narrower
    else if (isMultikey)
      intervals = own.length < intervals.length || own.every(({ isPoint }) => isPoint) ? own : intervals;
    else intervals = intersect(intervals, own);
  }
  return intervals;
}

interface Question {
  readonly filter: Expression;
  readonly conjuncts: readonly Expression[];
  readonly sort: readonly SortField[];
}

function scanOf(collection: Collection, index: Index | undefined, { filter, conjuncts, sort }: Question): ScanPlan {
  const fields = index ? index.fields : idFields;
  const isMultikey = index?.isMultikey ?? false;
  const columns = columnsOf(fields, conjuncts, isMultikey);
  const isPoints = (column: Column | undefined) => column?.every(({ isPoint }) => isPoint) ?? false;
  /** fields with one value in each range, and with one value in all ranges */
  const inEach = fields.map((_field, i) => isPoints(columns[i]));
  const inAll = inEach.map((isFixed, i) => isFixed && (columns[i]?.length ?? 0) <= 1);
  const isAllPoints = inEach.every((isFixed) => isFixed);
  const ranges = rangesOf(index?.id ?? collection.id, columns, index?.descending ?? [false]);
  const plainOrder = orderOf(fields, inAll, sort);
  const order = plainOrder ?? (ranges.length <= maxMergedRanges ? orderOf(fields, inEach, sort) : undefined);
  const isSorted = order !== undefined && !isMultikey;
  const givesOrder = isSorted && sort.length > 0;
  const keyFilter = index && !isMultikey ? keyFilterOf(index, filter) : undefined;
  const isUseful = index === undefined || columns.length > 0 || givesOrder;
  const score =
    columns.reduce((sum, column) => sum + scoreOf(column, isPoints(column)), 0) +
    (isAllPoints && (index === undefined || index.isUnique) ? scores.unique : 0) +
    (givesOrder ? scores.sorted : 0) +
    (keyFilter ? scores.keyFilter : 0);
  return {
    kind: 'scan',
    index,
    ranges,
    isPoints: index === undefined && isAllPoints,
    isReverse: order === 'backward',
    filter,
    keyFilter,
    isSorted,
    isMerged: isSorted && plainOrder === undefined,
    score: isUseful ? score : -1,
  };
}

/** What the conditions leave for one field of an index. */
type Column = readonly Interval[];

/** The columns that bound a scan: fields with single values, and behind them one with others. */
function columnsOf(fields: readonly SortField[], conjuncts: readonly Expression[], isMultikey: boolean): Column[] {
  const columns: Column[] = [];
  let count = 1;
  for (const { path } of fields) {
    const intervals = boundsAt(path.text, conjuncts, isMultikey);
    count *= Math.max(intervals?.length ?? 0, 1);
    if (!intervals || count > (columns.length === 0 ? maxRanges.oneField : maxRanges.together)) break;
    columns.push(intervals);
    if (!intervals.every(({ isPoint }) => isPoint)) break;
  }
  return columns;
}

function scoreOf(column: Column, isPoints: boolean): number {
  if (isPoints) return column.length <= 1 ? scores.point : scores.points;
  const isTwoSided = column.every(({ low, high }) => low.length > 1 && high.length > 1);
  return isTwoSided ? scores.range : scores.halfRange;
}

/** The direction in which the index gives the order that was asked for, if it does. */
function orderOf(
  fields: readonly SortField[],
  singles: readonly boolean[],
  sort: readonly SortField[],
): 'forward' | 'backward' | undefined {
  let direction: 'forward' | 'backward' | undefined;
  let wanted = 0;
  for (const [i, field] of fields.entries()) {
    const asked = sort[wanted];
    if (asked === undefined) break;
    if (asked.path.text === field.path.text) {
      const needed = asked.isDescending === field.isDescending ? 'forward' : 'backward';
      if (!singles[i]) {
        if (direction !== undefined && direction !== needed) return undefined;
        direction = needed;
      }
      wanted += 1;
    } else if (!singles[i]) return undefined;
  }
  return wanted === sort.length ? (direction ?? 'forward') : undefined;
}

function rangesOf(id: number, columns: readonly Column[], descending: readonly boolean[]): KeyRange[] {
  if (columns.length === 0) return [{ start: idPrefix(id), end: idPrefix(id + 1) }];
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  const last = columns.length - 1;
  for (let i = 0; i < last; i += 1) {
    const lows = inKeyOrder(columns[i] as Column, descending[i] ?? false).map(({ low }) =>
      descending[i] ? invert(low) : low,
    );
    prefixes = prefixes.flatMap((prefix) => lows.map((low) => Buffer.concat([prefix, low])));
  }
  const tails = inKeyOrder(columns[last] as Column, descending[last] ?? false).map(({ low, high }) =>
    descending[last] ? { low: behind(invert(high)), high: behind(invert(low)) } : { low, high },
  );
  return prefixes.flatMap((prefix) =>
    tails.map(({ low, high }) => ({ start: bound(id, prefix, low), end: bound(id, prefix, high, true) })),
  );
}

function inKeyOrder(intervals: Column, isDescending: boolean): Column {
  return isDescending ? [...intervals].reverse() : intervals;
}

/** Long keys are stored cut, so a long bound is cut to what is left of them. */
function bound(id: number, prefix: Buffer, tail: Buffer, isEnd = false): Buffer {
  const uncut = maxKeyBytes - 32;
  if (prefix.length + tail.length <= uncut) return keyOf(id, prefix, tail);
  const cut = Buffer.concat([prefix, tail]).subarray(0, uncut);
  return keyOf(id, isEnd ? behind(cut) : cut);
}

/** An `$or` whose branches all have an index with bounds, where no single index does as well. */
function unionOf(
  collection: Collection,
  { conjuncts, sort }: Question,
  { usable, best }: { usable: readonly Index[]; best: ScanPlan },
): UnionPlan | undefined {
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== 'or') continue;
    const others = conjuncts.filter((other) => other !== conjunct);
    const branches = conjunct.children.map((child) => {
      const filter: Expression = { kind: 'and', children: [child, ...others] };
      const question = { filter, conjuncts: conjunctsOf(filter), sort };
      const candidates = [undefined, ...usable].map((index) => scanOf(collection, index, question));
      return candidates.reduce((a, b) => (b.score > a.score ? b : a));
    });
    const score = Math.min(...branches.map((branch) => branch.score)) - 1;
    const isBetter = score > best.score || (best.score < scores.halfRange && score > 0);
    if (isBetter) return { kind: 'union', branches, isSorted: branches.every(({ isSorted }) => isSorted), score };
  }
  return undefined;
}
