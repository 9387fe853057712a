// Draining: live clients are ended over a window, each at a moment of its own, so that they do not all come back at once.
import type { Clock, Random } from '../clock.js';
import { createSlices, eachInSlices } from '../live/slices.js';

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
/** How long clients are cut off in one go, in milliseconds. */
const sliceMs = 4;

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
  const late = all.filter((one) => !isEnded(one));
  await eachInSlices(
    late,
    createSlices(() => clock.monotonicMs(), sliceMs),
    cutOff,
  );
}

/** Fisher and Yates: Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2P. */
function shuffle<T>(all: readonly T[], random: Random): T[] {
  const shuffled = [...all];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
