// Draining: live clients are ended over a window, each at a moment of its own, so that they do not all come back at once.
import type { Clock, Random } from '../clock.js';

/** How to drain. */
export interface DrainOptions<T> {
  readonly clock: Clock;
  readonly random: Random;
  /** The window, in milliseconds. */
  readonly withinMs: number;
  readonly end: (one: T) => void;
  readonly isEnded: (one: T) => boolean;
  /** For those that do not end in time. */
  readonly cutOff: (one: T) => void;
}

/** How long a client has to answer after the window, in milliseconds. */
const answerWithinMs = 1000;
const lookEveryMs = 20;

/** Ends all of them; resolves when they have ended, at the latest a second after the window. */
export async function drain<T>(all: readonly T[], options: DrainOptions<T>): Promise<void> {
  const { clock, random, withinMs, end, isEnded, cutOff } = options;
  for (const [index, one] of shuffle(all, random).entries()) {
    const atMs = ((index + random()) / all.length) * withinMs;
    clock.after(atMs, () => end(one));
  }
  const deadlineMs = clock.monotonicMs() + withinMs + answerWithinMs;
  while (!all.every(isEnded) && clock.monotonicMs() < deadlineMs)
    await new Promise<void>((resolve) => {
      clock.after(lookEveryMs, resolve);
    });
  for (const one of all) if (!isEnded(one)) cutOff(one);
}

function shuffle<T>(all: readonly T[], random: Random): T[] {
  return all
    .map((one) => ({ one, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ one }) => one);
}
