// Time for tests: stands still until it is moved, and then everything that was waiting for it happens in order. The system's
// clock is src/clock.ts.
import type { Clock } from '../../src/clock.js';

/** A clock that a test moves. */
export interface FakeClock extends Clock {
  /** Moves on by `ms`: timers that become due run in order, each followed by everything that it sets off. */
  advance(ms: number): Promise<void>;
  /** Timers that wait. */
  readonly timers: number;
}

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A clock that stands at an instant, by default the first of January 2026. */
export function createFakeClock(start = new Date('2026-01-01T00:00:00.000Z')): FakeClock {
  let passedMs = 0;
  const timers = new Set<Timer>();

  function takeDue(untilMs: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of timers) if (timer.dueMs <= untilMs && (next === null || timer.dueMs < next.dueMs)) next = timer;
    if (next !== null) timers.delete(next);
    return next;
  }

  return {
    now: () => new Date(start.getTime() + passedMs),
    monotonicMs: () => passedMs,
    after(delayMs, run) {
      const timer = { dueMs: passedMs + Math.max(0, delayMs), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const untilMs = passedMs + ms;
      await settle();
      for (let timer = takeDue(untilMs); timer !== null; timer = takeDue(untilMs)) {
        passedMs = Math.max(passedMs, timer.dueMs);
        timer.run();
        await settle();
      }
      passedMs = untilMs;
      await settle();
    },
    get timers() {
      return timers.size;
    },
  };
}

/** Resolves when promises and immediates that were ready, and what they set off, are through. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
