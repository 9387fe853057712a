// When each live client is pinged: again and again after a time of its own, so that no turn of the event loop has many to ping.
import type { Clock } from '../clock.js';

/** The clients that are pinged. */
export interface Pings<T> {
  /** Pings one from now on; for the first time after the time between two pings. */
  add(one: T): void;
  remove(one: T): void;
  /** Pings nobody any more. */
  stop(): void;
}

/** How to ping. */
export interface PingOptions<T> {
  readonly clock: Clock;
  /** Between two pings of one client, in milliseconds. */
  readonly everyMs: number;
  readonly ping: (one: T) => void;
}

/** Those who came within so many milliseconds are pinged together. */
const tickMs = 50;

/** Pings until `stop`. */
export function startPings<T>({ clock, everyMs, ping }: PingOptions<T>): Pings<T> {
  const ticks = Math.max(1, Math.round(everyMs / tickMs));
  const rounds = Array.from({ length: ticks }, () => new Set<T>());
  const roundOf = new Map<T, Set<T>>();
  let current = rounds[0] ?? new Set<T>();
  let tick = 0;
  let cancel = clock.after(everyMs / ticks, next);

  function next(): void {
    tick = (tick + 1) % ticks;
    current = rounds[tick] ?? current;
    for (const one of current) ping(one);
    cancel = clock.after(everyMs / ticks, next);
  }

  return {
    add(one) {
      current.add(one);
      roundOf.set(one, current);
    },
    remove(one) {
      roundOf.get(one)?.delete(one);
      roundOf.delete(one);
    },
    stop: () => cancel(),
  };
}
