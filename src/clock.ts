// Time, randomness and identity: the only place that reads the system's. Everything else takes these as values, so that
// tests can hold them still.
import { randomBytes } from 'node:crypto';

/** Cancels a timer; calling it twice does nothing. */
export type CancelTimer = () => void;

/** The passing of time. */
export interface Clock {
  /** The current instant. */
  now(): Date;
  /** Milliseconds from an arbitrary start, never going back; for durations. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`. `run` must not throw. The timer alone does not keep the process alive. */
  after(delayMs: number, run: () => void): CancelTimer;
}

/** A uniformly distributed number in [0, 1). */
export type Random = () => number;

/** `size` unpredictable bytes, fit for secrets. */
export type RandomBytes = (size: number) => Buffer;

/** Prefixes of the identifiers we make; an identifier tells the kind of its record. */
export const idPrefixes = {
  application: 'app',
  apiKey: 'key',
  eventType: 'ety',
  event: 'evt',
  webhookSubscription: 'sub',
  delivery: 'dlv',
  deliveryAttempt: 'att',
  connection: 'con',
  replay: 'rpl',
  trigger: 'trg',
} as const;

/** The kind of record an identifier belongs to. */
export type IdKind = keyof typeof idPrefixes;

/** Makes a new identifier of a kind: prefix, underscore, 24 lower-case hex digits that grow with time. */
export type NewId = (kind: IdKind) => string;

/** The system's time. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Unpredictable bytes from the operating system. */
export const systemRandomBytes: RandomBytes = (size) => randomBytes(size);

/**
 * Identifiers that sort by the time they were made: 48 bits of milliseconds, then 48 random bits, of which the upper 12
 * are a counter within one millisecond. Sorted keys keep index inserts at the right edge of the tree.
 */
export function createNewId(clock: Clock = systemClock, bytes: RandomBytes = systemRandomBytes): NewId {
  let lastMs = 0;
  let counter = 0;
  let pool = bytes(4096);
  let used = 0;
  return (kind) => {
    const nowMs = Math.max(clock.now().getTime(), lastMs);
    counter = nowMs === lastMs ? counter + 1 : 0;
    lastMs = nowMs;
    if (counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    if (used + 5 > pool.length) {
      pool = bytes(4096);
      used = 0;
    }
    const random = pool.toString('hex', used, used + 5).slice(0, 9);
    used += 5;
    return `${idPrefixes[kind]}_${lastMs.toString(16).padStart(12, '0')}${counter.toString(16).padStart(3, '0')}${random}`;
  };
}

/** The least 24 hex digits of an identifier made at or after an instant, from 1970 on; see `createNewId`. */
export function toHexBound(instant: Date): string {
  return `${Math.max(0, instant.getTime()).toString(16).padStart(12, '0')}000000000000`;
}

/** The kind an identifier's prefix names, or null for one that we did not make (such as a caller's own event id). */
export function kindOfId(id: string): IdKind | null {
  const prefix = /^([a-z]{3})_[0-9a-f]{24}$/.exec(id)?.[1];
  for (const [kind, value] of Object.entries(idPrefixes)) {
    if (value === prefix) return kind as IdKind;
  }
  return null;
}
