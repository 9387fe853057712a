// Figures for people: what was counted over a range of time, once or as it goes on. Counting is meter.ts.
import type { Clock } from '../clock.js';
import {
  addCounts,
  type CountedSpan,
  type Counts,
  noCounts,
  type StatsKind,
  type StatsRange,
  spanStart,
  spansOf,
} from './stats.js';
import type { StatsStore } from './stats-store.js';

/** What was counted over a range of time. */
export interface Stats {
  readonly range: StatsRange;
  readonly kind: StatsKind;
  readonly name: string;
  readonly since: Date;
  readonly until: Date;
  readonly counts: Counts;
  /** By span, in the order of time; spans in which nothing was counted are absent. */
  readonly spans: readonly CountedSpan[];
}

/** Reads figures. */
export interface StatsReader {
  /** Of all together, or of one thing. */
  read(range: StatsRange, of: { readonly kind: StatsKind; readonly name: string }): Promise<Stats>;
  /** Of each event type or trigger for which something was counted; at most 100, those with the most events first. */
  list(range: StatsRange, kind: StatsKind): Promise<Stats[]>;
  /** The figures now, and again whenever new ones may be there; `return` ends it at once. */
  follow(range: StatsRange, of: { readonly kind: StatsKind; readonly name: string }): AsyncGenerator<Stats, undefined>;
}

/** How often each process adds what it counted, in milliseconds. */
export const keepEveryMs = 2000;
const maxListed = 100;

/** A reader over a store. */
export function createStatsReader(store: StatsStore, clock: Clock): StatsReader {
  function toStats(range: StatsRange, kind: StatsKind, name: string, spans: readonly CountedSpan[]): Stats {
    const counts = noCounts();
    for (const span of spans) addCounts(counts, span.counts);
    return { range, kind, name, ...boundsOf(range), counts, spans };
  }

  function boundsOf(range: StatsRange): { readonly since: Date; readonly until: Date } {
    const until = clock.now();
    const { rangeSeconds, spanSeconds } = spansOf[range];
    // The span in which the range begins counts whole.
    return { since: spanStart(new Date(until.getTime() - rangeSeconds * 1000), spanSeconds), until };
  }

  const read: StatsReader['read'] = async (range, { kind, name }) => {
    const { spanSeconds } = spansOf[range];
    const spans = await store.read({ spanSeconds, since: boundsOf(range).since, kind, name });
    return toStats(range, kind, name, spans);
  };

  return {
    read,
    async list(range, kind) {
      const { spanSeconds } = spansOf[range];
      const spans = await store.read({ spanSeconds, since: boundsOf(range).since, kind });
      const byName = new Map<string, CountedSpan[]>();
      for (const span of spans) {
        const known = byName.get(span.name);
        if (known === undefined) byName.set(span.name, [span]);
        else known.push(span);
      }
      const all = [...byName].map(([name, own]) => toStats(range, kind, name, own));
      return all.sort((a, b) => b.counts.events - a.counts.events).slice(0, maxListed);
    },
    follow(range, of) {
      let wake: () => void = () => undefined;
      let isEnded = false;
      async function* look(): AsyncGenerator<Stats, undefined> {
        while (!isEnded) {
          yield await read(range, of);
          await new Promise<void>((resolve) => {
            const cancel = clock.after(keepEveryMs, resolve);
            wake = () => {
              cancel();
              resolve();
            };
          });
        }
      }
      const stream = look();
      const end = stream.return.bind(stream);
      return Object.assign(stream, {
        return(value: undefined) {
          isEnded = true;
          wake();
          return end(value);
        },
      });
    },
  };
}
