// Turns: what many streams do one after the other is cut into pieces, so that the process does something else in between
// however many they are. Knows nothing of streams.

/** Shares the turns of the event loop. */
export interface Turns {
  /** Null when the caller may go on at once, else when it may. First come, first served. */
  take(): Promise<void> | null;
}

/** Turns of at most `perTurn` steps by all callers together. */
export function createTurns(perTurn: number): Turns {
  let left = perTurn;
  let isScheduled = false;
  let waiting: (() => void)[] = [];

  function next(): void {
    const served = waiting.slice(0, perTurn);
    waiting = waiting.slice(perTurn);
    left = perTurn - served.length;
    isScheduled = waiting.length > 0;
    if (isScheduled) setImmediate(next);
    for (const resolve of served) resolve();
  }

  return {
    take() {
      if (!isScheduled) {
        isScheduled = true;
        setImmediate(next);
      }
      if (left > 0) {
        left -= 1;
        return null;
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
