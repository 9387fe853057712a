// Pages of a list: the bounds of `first`, the opaque form of `after`, and the shape of a connection. The cursor of the log
// of events is another thing: see event/cursor.ts.
import { Problem } from './problem.js';

/** Most elements of a page. */
export const maxPageSize = 100;

/** Elements of a page where `first` is left out; the SDL says the same. */
export const defaultPageSize = 20;

/** Which part of a list is asked for. */
export interface PageRequest {
  /** Name of the list; its cursors are good for it alone. */
  readonly list: string;
  /** How many, 1 to 100. */
  readonly first: number;
  /** Sort key behind which to go on, or null for the beginning. */
  readonly after: string | null;
}

/** A part of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly hasNextPage: boolean;
  /** Sort key behind which the next page goes on, where that is further than the last element. */
  readonly lookedUntil?: string | null;
}

/** The Relay shape of a page. */
export interface Connection<T> {
  readonly edges: { readonly cursor: string; readonly node: T }[];
  readonly nodes: T[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** The arguments of a paged field. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** Checks `first`. Throws `INVALID_INPUT` with the limit. */
export function checkFirst(first: number | null | undefined): number {
  const value = first ?? defaultPageSize;
  if (!Number.isInteger(value) || value < 1 || value > maxPageSize) {
    throw new Problem('INVALID_INPUT', `first must be from 1 to ${maxPageSize}, got ${value}`, { field: 'first' });
  }
  return value;
}

/** Reads the arguments of a paged field. Throws `INVALID_INPUT` or `CURSOR_INVALID`. */
export function readPageArguments(args: PageArguments, list: string): PageRequest {
  return { list, first: checkFirst(args.first), after: args.after == null ? null : openCursor(args.after, list) };
}

/** The page from one element more than was asked for. */
export function cutPage<T>(found: readonly T[], first: number): Page<T> {
  return { items: found.slice(0, first), hasNextPage: found.length > first };
}

/** A connection over a page; `keyOf` gives the sort key that `after` continues from. */
export function toConnection<T>(page: Page<T>, request: PageRequest, keyOf: (item: T) => string): Connection<T> {
  const edges = page.items.map((node) => ({ cursor: sealCursor(keyOf(node), request.list), node }));
  const { lookedUntil = null } = page;
  return {
    edges,
    nodes: [...page.items],
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: request.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: lookedUntil === null ? (edges.at(-1)?.cursor ?? null) : sealCursor(lookedUntil, request.list),
    },
  };
}

function sealCursor(key: string, list: string): string {
  return Buffer.from(`${list}:${key}`).toString('base64url');
}

function openCursor(cursor: string, list: string): string {
  const text = cursor.length > 1024 ? '' : Buffer.from(cursor, 'base64url').toString();
  const key = text.slice(list.length + 1);
  if (!text.startsWith(`${list}:`) || sealCursor(key, list) !== cursor) {
    throw new Problem('CURSOR_INVALID', `after is no cursor of the list of ${list}`, { field: 'after' });
  }
  return key;
}
