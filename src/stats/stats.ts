// What is counted of events, triggers and requests to receivers, and how counts of several moments become one figure. Who
// counts is meter.ts; where it is kept is stats-store.ts.

/** What counts are about: all together, or one event type or trigger by its name. */
export type StatsKind = 'TOTAL' | 'EVENT_TYPE' | 'TRIGGER';

/** Times in milliseconds: how many, their sum, the longest, and how many fell into each class of `classOfMs`. */
export interface Times {
  count: number;
  sumMs: number;
  maxMs: number;
  /** How many by class; those without any are absent. */
  classes: Record<string, number>;
}

/** What was counted in some time. */
export interface Counts {
  /** Events taken into the log. */
  events: number;
  /** Events that were refused since they could not be parsed, had no valid data, or were too large. */
  refused: number;
  /** From being handed over until being in the log. */
  processing: Times;
  /** Requests to receivers that were not answered as they should be. */
  failed: number;
  /** From beginning a request until its answer or its failure. */
  sending: Times;
}

/** Counts of one thing in one span of time. */
export interface CountedSpan {
  readonly kind: StatsKind;
  /** Empty for `TOTAL`. */
  readonly name: string;
  readonly at: Date;
  readonly counts: Counts;
}

/** How far back figures go. */
export const statsRanges = ['MINUTE', 'HOUR', 'DAY', 'MONTH'] as const;

/** How far back figures go. */
export type StatsRange = (typeof statsRanges)[number];

/** Of each range: its length, that of the spans it is told in, and how long such spans are kept, in seconds. */
export const spansOf: Readonly<Record<StatsRange, { rangeSeconds: number; spanSeconds: number; keptSeconds: number }>> =
  {
    MINUTE: { rangeSeconds: 60, spanSeconds: 10, keptSeconds: 600 },
    HOUR: { rangeSeconds: 3600, spanSeconds: 60, keptSeconds: 7200 },
    DAY: { rangeSeconds: 86_400, spanSeconds: 3600, keptSeconds: 172_800 },
    MONTH: { rangeSeconds: 30 * 86_400, spanSeconds: 86_400, keptSeconds: 32 * 86_400 },
  };

/** Counts of nothing. */
export function noCounts(): Counts {
  return { events: 0, refused: 0, processing: noTimes(), failed: 0, sending: noTimes() };
}

function noTimes(): Times {
  return { count: 0, sumMs: 0, maxMs: 0, classes: {} };
}

/** Adds one set of counts to another. */
export function addCounts(into: Counts, more: Counts): void {
  into.events += more.events;
  into.refused += more.refused;
  into.failed += more.failed;
  addTimes(into.processing, more.processing);
  addTimes(into.sending, more.sending);
}

function addTimes(into: Times, more: Times): void {
  into.count += more.count;
  into.sumMs += more.sumMs;
  into.maxMs = Math.max(into.maxMs, more.maxMs);
  for (const [name, count] of Object.entries(more.classes)) into.classes[name] = (into.classes[name] ?? 0) + count;
}

/** Adds a time, `times` times. */
export function addTime(into: Times, ms: number, times = 1): void {
  into.count += times;
  into.sumMs += ms * times;
  into.maxMs = Math.max(into.maxMs, ms);
  const name = classOfMs(ms);
  into.classes[name] = (into.classes[name] ?? 0) + times;
}

/** Times are told apart in steps of a quarter: a class is the least n with ms <= 1.25^n. From 0 to 62. */
export function classOfMs(ms: number): string {
  return String(ms <= 1 ? 0 : Math.min(62, Math.ceil(Math.log(ms) / Math.log(1.25) - 1e-9)));
}

/**
 * The time in milliseconds that a part of all times does not exceed, at most a quarter too long and never longer than the
 * longest; null when there is none.
 */
export function percentile({ count, maxMs, classes }: Times, part: number): number | null {
  if (count === 0) return null;
  let seen = 0;
  for (let step = 0; step <= 62; step += 1) {
    seen += classes[String(step)] ?? 0;
    if (seen >= count * part) return Math.min(maxMs, 1.25 ** step);
  }
  return maxMs;
}

/** The beginning of the span that an instant lies in. */
export function spanStart(at: Date, spanSeconds: number): Date {
  const ms = spanSeconds * 1000;
  return new Date(Math.floor(at.getTime() / ms) * ms);
}
