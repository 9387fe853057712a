// Rate limits and most requests at once, for a process that is alone. How several share one limit is shared-permits.ts.
import type { RateLimit } from '../webhook-subscription/delivery-policy.js';
import { createTokenBucket, type TokenBucket } from './token-bucket.js';

/** What webhook subscriptions with limits may do now. Times are monotonic milliseconds. No method throws. */
export interface Permits {
  /** True when a request may begin now: it is counted. */
  take(id: string, limit: RateLimit, nowMs: number): boolean;
  /** Milliseconds after which to ask again, at least 1; asked after `take` was false. */
  waitMs(id: string, limit: RateLimit, nowMs: number): number;
  /** About how many requests may begin within some milliseconds from now. */
  within(id: string, limit: RateLimit, span: { readonly nowMs: number; readonly ms: number }): number;
  /** How many requests this process may have at once, of `max` over all processes. */
  maxRunning(id: string, max: number): number;
}

interface Entry {
  readonly bucket: TokenBucket;
  limit: RateLimit;
  usedMs: number;
}

/** A bucket that was not used for this long is full, whatever its limit. */
const forgetAfterMs = 3_600_000;

/** Permits of a process that is alone. */
export function createLocalPermits(): Permits {
  const entries = new Map<string, Entry>();
  let forgottenMs = 0;

  function entryOf(id: string, limit: RateLimit, nowMs: number): Entry {
    let entry = entries.get(id);
    if (entry === undefined) {
      entry = { bucket: createTokenBucket(limit), limit, usedMs: nowMs };
      entries.set(id, entry);
    }
    if (entry.limit.perSecond !== limit.perSecond || entry.limit.burst !== limit.burst) {
      entry.bucket.change(limit, nowMs);
      entry.limit = limit;
    }
    entry.usedMs = nowMs;
    return entry;
  }

  function forget(nowMs: number): void {
    if (nowMs - forgottenMs < forgetAfterMs) return;
    forgottenMs = nowMs;
    for (const [id, { usedMs }] of entries) if (nowMs - usedMs >= forgetAfterMs) entries.delete(id);
  }

  return {
    take(id, limit, nowMs) {
      forget(nowMs);
      return entryOf(id, limit, nowMs).bucket.take(nowMs);
    },
    waitMs: (id, limit, nowMs) => Math.max(1, entryOf(id, limit, nowMs).bucket.waitMs(nowMs)),
    within: (id, limit, { nowMs, ms }) => entryOf(id, limit, nowMs).bucket.within(nowMs, ms),
    maxRunning: (_id, max) => max,
  };
}
