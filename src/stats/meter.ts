// Counts what happens in this process, in plain numbers in memory. Nothing here waits for anything; keep-stats.ts takes what
// was counted away.
import { addCounts, addTime, type Counts, noCounts, type StatsKind } from './stats.js';

/** Counts. No method throws. */
export interface Meter {
  /** `count` events of a type are in the log, `ms` after they were handed over. */
  published(eventType: string, ms: number, count?: number): void;
  /** An event was refused; `eventType` is null when there is no such type. */
  refused(eventType: string | null): void;
  /** A trigger fired, and its event is in the log after `ms`. */
  fired(trigger: string, ms: number): void;
  /** What a trigger was given could not become an event. */
  misfired(trigger: string): void;
  /** A request to a receiver ended after `ms`. */
  sent(eventType: string, ms: number, hasFailed: boolean): void;
  /** What was counted since the last call. */
  drain(): readonly Counted[];
  /** What was counted since the start. */
  totals(kind: StatsKind): ReadonlyMap<string, Counts>;
}

/** Counts of one thing. */
export interface Counted {
  readonly kind: StatsKind;
  /** Empty for `TOTAL`. */
  readonly name: string;
  readonly counts: Counts;
}

/** More event types and triggers than these are counted in the total alone. */
const maxNames = 2000;

type ByName = Map<string, Counts>;
type ByKind = Readonly<Record<StatsKind, ByName>>;

/** A meter that has counted nothing. */
export function createMeter(): Meter {
  let current = createByKind();
  const since = createByKind();

  function count(kind: StatsKind, name: string, add: (counts: Counts) => void): void {
    add(of(current.TOTAL, ''));
    const names = current[kind];
    if (names.has(name) || (names.size < maxNames && (since[kind].has(name) || since[kind].size < maxNames)))
      add(of(names, name));
  }

  function collect(): readonly Counted[] {
    const drained = current;
    current = createByKind();
    const counted: Counted[] = [];
    for (const kind of ['TOTAL', 'EVENT_TYPE', 'TRIGGER'] as const) {
      for (const [name, counts] of drained[kind]) {
        addCounts(of(since[kind], name), counts);
        counted.push({ kind, name, counts });
      }
    }
    return counted;
  }

  return {
    published: (eventType, ms, events = 1) =>
      count('EVENT_TYPE', eventType, (counts) => {
        counts.events += events;
        addTime(counts.processing, ms, events);
      }),
    refused(eventType) {
      if (eventType === null) of(current.TOTAL, '').refused += 1;
      else
        count('EVENT_TYPE', eventType, (counts) => {
          counts.refused += 1;
        });
    },
    fired(trigger, ms) {
      // In the total, its event counts as one of its type.
      const counts = ofTrigger(trigger);
      if (counts === null) return;
      counts.events += 1;
      addTime(counts.processing, ms);
    },
    misfired(trigger) {
      const counts = ofTrigger(trigger);
      if (counts !== null) counts.refused += 1;
    },
    sent: (eventType, ms, hasFailed) =>
      count('EVENT_TYPE', eventType, (counts) => {
        addTime(counts.sending, ms);
        if (hasFailed) counts.failed += 1;
      }),
    drain: collect,
    totals(kind) {
      const merged: ByName = new Map();
      for (const names of [since[kind], current[kind]])
        for (const [name, counts] of names) addCounts(of(merged, name), counts);
      return merged;
    },
  };

  function ofTrigger(name: string): Counts | null {
    const names = current.TRIGGER;
    const hasRoom = names.size < maxNames && (since.TRIGGER.has(name) || since.TRIGGER.size < maxNames);
    return names.has(name) || hasRoom ? of(names, name) : null;
  }
}

function createByKind(): ByKind {
  return { TOTAL: new Map(), EVENT_TYPE: new Map(), TRIGGER: new Map() };
}

function of(names: ByName, name: string): Counts {
  const known = names.get(name);
  if (known !== undefined) return known;
  const counts = noCounts();
  names.set(name, counts);
  return counts;
}
