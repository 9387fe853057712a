// What triggers did, counted in memory and written now and then, so that counting costs a firing nothing.
import type { Problem } from '../problem.js';
import type { TriggerCounts } from './trigger.js';
import type { TriggerCountStore } from './trigger-count-store.js';

/** Counting. */
export interface CountTriggers {
  fired(id: string, at: Date, isDuplicate: boolean): void;
  /** Notes why an occurrence was refused, with its beginning for the owner. Never throws. */
  refused(id: string, at: Date, problem: Problem, occurrence: unknown): void;
  /** What a trigger did, this node's latest included. */
  read(id: string): Promise<TriggerCounts>;
  /** Writes what was counted since the last time; what could not be written is kept for the next. */
  write(): Promise<void>;
}

/** Before anything happened. */
const nothing: TriggerCounts = { fired: 0, duplicates: 0, refused: 0, lastFiredAt: null, lastError: null };
const maxMessageLength = 500;
const maxSampleLength = 2048;

/** Counting over a store. */
export function countTriggers(store: TriggerCountStore): CountTriggers {
  let counted = new Map<string, TriggerCounts>();
  let writing: Promise<void> = Promise.resolve();

  function change(id: string, merge: (before: TriggerCounts) => TriggerCounts): void {
    counted.set(id, merge(counted.get(id) ?? nothing));
  }

  async function writeCounted(): Promise<void> {
    const now = counted;
    if (now.size === 0) return;
    counted = new Map();
    try {
      await store.add(now);
    } catch (error) {
      for (const [id, counts] of now) change(id, (later) => sum(counts, later));
      throw error;
    }
  }

  function write(): Promise<void> {
    const written = writing.then(writeCounted);
    writing = written.catch(() => undefined);
    return written;
  }

  return {
    fired(id, at, isDuplicate) {
      change(id, (before) =>
        isDuplicate
          ? { ...before, duplicates: before.duplicates + 1 }
          : { ...before, fired: before.fired + 1, lastFiredAt: at },
      );
    },
    refused(id, at, { code, message, field }, occurrence) {
      const shown = message.slice(0, maxMessageLength);
      const sample = toSample(occurrence);
      const lastError = { at, code, message: shown, field, sample };
      change(id, (before) => ({ ...before, refused: before.refused + 1, lastError }));
    },
    async read(id) {
      await write();
      return (await store.get(id)) ?? nothing;
    },
    write,
  };
}

function sum(earlier: TriggerCounts, later: TriggerCounts): TriggerCounts {
  return {
    fired: earlier.fired + later.fired,
    duplicates: earlier.duplicates + later.duplicates,
    refused: earlier.refused + later.refused,
    lastFiredAt: later.lastFiredAt ?? earlier.lastFiredAt,
    lastError: later.lastError ?? earlier.lastError,
  };
}

function toSample(occurrence: unknown): string {
  const text = typeof occurrence === 'string' ? occurrence : (JSON.stringify(occurrence) ?? '');
  return text.slice(0, maxSampleLength);
}
