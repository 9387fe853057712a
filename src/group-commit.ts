// Coalescing of concurrent writes: what several callers hand in during one round trip is written together in the next.
// Knows nothing of what is written or where.

import { within } from './deadline.js';

/** What `createGroupCommit` needs. */
export interface GroupCommitOptions<Item, Result> {
  /** Writes items in order and answers one result for each, in order. A rejection goes to every caller of the group. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Most items in one `write`, at least 1. */
  readonly maxItems: number;
  /** Groups being written at the same time; 1 keeps the order of hand-in over groups too. Default 1. */
  readonly maxWrites?: number;
  /**
   * A write that takes longer fails with `STORE_UNAVAILABLE`, so that those behind it get their turn, in milliseconds. For
   * writes that are one command; without it a write may take as long as it has work.
   */
  readonly withinMs?: number;
}

/** A queue whose waiting items are written in groups. */
export interface GroupCommit<Item, Result> {
  /** Resolves with the item's result once its group is written; rejects with the reason when that failed. */
  add(item: Item): Promise<Result>;
  /** Like `add` for several items at once, in order. */
  addAll(items: readonly Item[]): Promise<Result[]>;
  /** Items waiting, without those being written. */
  readonly waiting: number;
  /** Resolves when nothing waits and nothing is being written. Never rejects. */
  idle(): Promise<void>;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Group commit: an item waits for the end of the event loop's current turn, and for the write in progress; no timer adds
 * to its latency. The queue has no bound of its own: every caller awaits its item, so callers bound it.
 */
export function createGroupCommit<Item, Result>(options: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  const { write, maxItems, maxWrites = 1, withinMs } = options;
  let queue: Entry<Item, Result>[] = [];
  let writing = 0;
  let isScheduled = false;
  let idleWaiters: (() => void)[] = [];

  async function writeGroup(group: readonly Entry<Item, Result>[]): Promise<void> {
    try {
      const written = write(group.map((entry) => entry.item));
      const results = await (withinMs === undefined ? written : within(withinMs, written));
      if (results.length !== group.length)
        throw new RangeError(`wrote ${group.length} items, got ${results.length} results`);
      for (const [index, entry] of group.entries()) entry.resolve(results[index] as Result);
    } catch (reason) {
      for (const entry of group) entry.reject(reason);
    }
    writing -= 1;
    next();
  }

  function next(): void {
    while (queue.length > 0 && writing < maxWrites) {
      const group = queue.length <= maxItems ? queue : queue.slice(0, maxItems);
      queue = queue.length <= maxItems ? [] : queue.slice(maxItems);
      writing += 1;
      void writeGroup(group);
    }
    if (queue.length === 0 && writing === 0) {
      for (const done of idleWaiters) done();
      idleWaiters = [];
    }
  }

  function schedule(): void {
    if (isScheduled || writing >= maxWrites) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      next();
    });
  }

  function add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      schedule();
    });
  }

  return {
    add,
    addAll: (items) => Promise.all(items.map(add)),
    get waiting() {
      return queue.length;
    },
    idle: () =>
      queue.length === 0 && writing === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve)),
  };
}
