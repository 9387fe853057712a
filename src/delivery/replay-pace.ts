// How fast replays go: how many events a page reads, by how large the last ones were, and when one that waits for its
// deliveries to end is looked at again. Knows nothing of the database.

/** The pace of the replays that this process works on. */
export interface ReplayPace {
  /** How many events the next page of a replay may read. */
  pageSize(id: string): number;
  /** Takes note of how many bytes of data the last page had. */
  read(id: string, bytes: number): void;
  /** False while a replay need not be looked at, since none of what it waits for was ending. */
  isTime(id: string, nowMs: number): boolean;
  /** Takes note that there was no room for a page, with so many deliveries unfinished. */
  full(id: string, unfinished: number, nowMs: number): void;
  /** Forgets a replay. */
  forget(id: string): void;
}

/** Most events that one page reads, and so the most deliveries that it makes due. */
export const maxPageSize = 200;
const minPageSize = 25;
/** A page of less than a quarter of this may be followed by a larger one, one of more by a smaller one. */
const pageBytes = 8 * 1024 * 1024;
const maxRestMs = 30_000;

interface Gait {
  pageSize: number;
  unfinished: number;
  restMs: number;
  untilMs: number;
}

/** A pace that begins with small pages. */
export function createReplayPace(): ReplayPace {
  const gaits = new Map<string, Gait>();

  function gaitOf(id: string): Gait {
    let gait = gaits.get(id);
    if (gait === undefined) {
      gait = { pageSize: minPageSize * 2, unfinished: -1, restMs: 0, untilMs: Number.NEGATIVE_INFINITY };
      gaits.set(id, gait);
    }
    return gait;
  }

  return {
    pageSize: (id) => gaitOf(id).pageSize,
    read(id, bytes) {
      const gait = gaitOf(id);
      if (bytes > pageBytes) gait.pageSize = Math.max(minPageSize, Math.floor(gait.pageSize / 2));
      else if (bytes < pageBytes / 4) gait.pageSize = Math.min(maxPageSize, gait.pageSize * 2);
      gait.restMs = 0;
    },
    isTime: (id, nowMs) => nowMs >= gaitOf(id).untilMs,
    full(id, unfinished, nowMs) {
      const gait = gaitOf(id);
      // As when its webhook subscription is paused: looking again and again would be for nothing.
      gait.restMs = unfinished === gait.unfinished ? Math.min(maxRestMs, Math.max(1000, gait.restMs * 2)) : 0;
      gait.unfinished = unfinished;
      gait.untilMs = nowMs + gait.restMs;
    },
    forget: (id) => void gaits.delete(id),
  };
}
