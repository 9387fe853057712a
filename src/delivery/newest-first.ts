// Searching a collection newest first at a bounded cost: what an index serves costs what matches; what it does not serve is
// looked for among a bounded number of records, and the next page goes on behind them.
import type { Collection, Document, Filter, ObjectId } from 'mongodb';

/** Most records looked at for one page by conditions that no index serves. */
export const maxLookedAt = 10_000;

type Key = string | ObjectId;

/** Which records of a collection whose `_id` grows with time. */
export interface NewestFirstSearch {
  /** What matches any of these: each is served by an index that ends in `_id`, or leaves so little that it needs none. */
  readonly indexed: readonly Filter<Document>[];
  /** Further conditions that no index serves, or null. */
  readonly rest: Filter<Document> | null;
  /** Before this key, exclusive; null for the newest. */
  readonly before: Key | null;
  /** From this key on, inclusive; null for the oldest. */
  readonly from: Key | null;
  /** How many. */
  readonly first: number;
}

/** A part of what matches. */
export interface NewestFirstPage<T> {
  readonly items: readonly T[];
  readonly hasNextPage: boolean;
  /** The key up to which was looked, where the page is not full and more may follow; else null. */
  readonly lookedUntil: Key | null;
}

interface Part<T> {
  readonly found: readonly T[];
  readonly lookedUntil: Key | null;
}

/** Reads a page. Rejects only when the database does. */
export async function findNewestFirst<T extends { readonly _id: Key }>(
  collection: Collection<Document>,
  search: NewestFirstSearch,
): Promise<NewestFirstPage<T>> {
  const { first } = search;
  const parts = await Promise.all(search.indexed.map((filter) => findPart<T>(collection, filter, search)));
  // One part may have been looked at less far than another: behind that place the page would have holes.
  const [lookedUntil = null] = parts.flatMap((part) => part.lookedUntil ?? []).sort(newer);
  const found = parts
    .flatMap((part) => part.found)
    .filter(({ _id }) => lookedUntil === null || newer(_id, lookedUntil) <= 0)
    .sort((a, b) => newer(a._id, b._id));
  const isFull = found.length > first;
  return {
    items: found.slice(0, first),
    hasNextPage: isFull || lookedUntil !== null,
    lookedUntil: isFull ? null : lookedUntil,
  };
}

function newer(a: Key, b: Key): number {
  const [left, right] = [String(a), String(b)];
  return left === right ? 0 : left < right ? 1 : -1;
}

async function findPart<T extends { readonly _id: Key }>(
  collection: Collection<Document>,
  indexed: Filter<Document>,
  { rest, before, from, first }: NewestFirstSearch,
): Promise<Part<T>> {
  const within = (least: Key | null): Filter<Document> => {
    const range: Document = { ...(before === null ? {} : { $lt: before }), ...(least === null ? {} : { $gte: least }) };
    const filter: Filter<Document> = Object.keys(range).length === 0 ? indexed : { ...indexed, _id: range };
    return filter;
  };
  const read = (filter: Filter<Document>): Promise<T[]> =>
    collection
      .find<T>(filter)
      .sort({ _id: -1 })
      .limit(first + 1)
      .toArray();
  if (rest === null) return { found: await read(within(from)), lookedUntil: null };
  const [last] = await collection
    .find<T>(within(from), { projection: { _id: 1 } })
    .sort({ _id: -1 })
    .skip(maxLookedAt - 1)
    .limit(1)
    .toArray();
  return { found: await read({ ...rest, ...within(last?._id ?? from) }), lookedUntil: last?._id ?? null };
}
