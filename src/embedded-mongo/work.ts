// Work that can stop and go on, so that long commands do not hold others up. Running it in transactions is in writer.ts.

/** A step-wise piece of work: each `yield` is a safe place to stop; it gives true if others ran in between. */
export type Work<T> = Generator<void, T, boolean>;

/** Work that is one step and so has no place to stop. */
// biome-ignore lint/correctness/useYield: it is work of the same kind as the longer ones
export function* atOnce<T>(action: () => T): Work<T> {
  return action();
}

/** Does a part of some work and tells whether others ran in between. `beforeStop` is called at each place where they may. */
export function* notingPauses<T>(work: Work<T>, beforeStop?: () => void): Work<{ value: T; wasPaused: boolean }> {
  let wasPaused = false;
  let step = work.next(false);
  while (!step.done) {
    beforeStop?.();
    const isPaused = yield;
    wasPaused ||= isPaused;
    step = work.next(isPaused);
  }
  return { value: step.value, wasPaused };
}

/** Runs reading work in slices, letting others run in between; `sliceMs` is how long it may hold the thread. */
export async function runReading<T>(work: Work<T>, sliceMs = 8): Promise<T> {
  let deadline = performance.now() + sliceMs;
  let step = work.next(false);
  while (!step.done) {
    if (performance.now() > deadline) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      deadline = performance.now() + sliceMs;
      step = work.next(true);
    } else {
      step = work.next(false);
    }
  }
  return step.value;
}
