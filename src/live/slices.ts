// Slices: work that never ends is cut into pieces of time, so that the process does something else in between. Knows nothing
// of what the work is.

/** The share of the event loop that one worker takes. */
export interface Slices {
  /** Null while the worker may go on in this turn of the loop, else when it may. */
  pause(): Promise<void> | null;
}

/** Acts on one after the other, as long as the slice lasts; goes on in the next one. */
export async function eachInSlices<T>(all: Iterable<T>, slices: Slices, act: (one: T) => void): Promise<void> {
  for (const one of all) {
    act(one);
    const pause = slices.pause();
    if (pause !== null) await pause;
  }
}

/** Slices of about `sliceMs` in one turn of the event loop. */
export function createSlices(monotonicMs: () => number, sliceMs: number): Slices {
  let startedMs: number | null = null;
  return {
    pause() {
      const nowMs = monotonicMs();
      if (startedMs === null) {
        startedMs = nowMs;
        setImmediate(() => {
          startedMs = null;
        });
      }
      if (nowMs - startedMs < sliceMs) return null;
      return new Promise((resolve) => {
        setImmediate(resolve);
      });
    },
  };
}
