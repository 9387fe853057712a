// What happens in a turn of a cohort: who wants which events, what they look like, and the same bytes to all who want the same.
// Whose turn it is is hub.ts.
import type { Event } from '../event/event.js';
import { type Batch, createBatch, type Rendered } from './frames.js';
import {
  type Cohort,
  createKeptResults,
  type Group,
  type Member,
  removeMember,
  render,
  type Selection,
} from './group.js';
import type { Slices } from './slices.js';

/** Results by sequence. */
export type Results = ReadonlyMap<number, Rendered>;

/** The events of a turn that each selection wants. */
export type Wanted = ReadonlyMap<Selection, readonly Event[]>;

/** What was chosen. */
export interface Chosen {
  readonly wanted: Wanted;
  /** What any of them wants. */
  readonly all: ReadonlySet<Event>;
}

/** Writes for cohorts. */
export interface Writer {
  /** What each selection of a cohort wants. */
  choose(cohort: Cohort, events: readonly Event[]): Promise<Chosen>;
  /** The results for events, each executed once; a promise when one of them must be waited for. */
  render(group: Group, events: ReadonlySet<Event>): Results | Promise<Results>;
  /** Writes to every member what it wants; those that lag are taken out of the cohort. */
  write(cohort: Cohort, wanted: Wanted, results: Results): Promise<void>;
  /** Since the start. */
  counts(): { readonly executions: number; readonly frames: number; readonly bytes: number };
}

/** What writing needs. */
export interface WriterOptions {
  readonly slices: Slices;
  readonly cursorOf: (sequence: number) => string;
  /** Takes a member that lags, with the position up to which it has seen everything. */
  readonly lag: (member: Member, position: number) => void;
}

/** Bytes of results kept for those who read an event later. */
const keptBytes = 32 * 1024 * 1024;
/** Writes, and tests of events, between two looks at the clock. */
const writesPerLook = 16;
const testsPerLook = 64;

/** A writer. */
export function createWriter({ slices, cursorOf, lag }: WriterOptions): Writer {
  const kept = createKeptResults(keptBytes);
  let [executions, frames, bytes] = [0, 0, 0];

  function writeTo(member: Member, batch: Batch): void {
    const written = member.sink.offer(batch, member.id);
    if (written >= 0) {
      bytes += written;
      frames += batch.count;
      return;
    }
    const { cohort } = member;
    removeMember(member);
    lag(member, cohort?.position ?? 0);
  }

  return {
    async choose(cohort, events) {
      const wanted = new Map<Selection, readonly Event[]>();
      const all = new Set<Event>();
      let tests = 0;
      for (const selection of cohort.members.keys()) {
        const passed = events.filter(selection.wants);
        if (passed.length > 0) wanted.set(selection, passed);
        if (all.size < events.length) for (const event of passed) all.add(event);
        tests += events.length;
        if (tests < testsPerLook) continue;
        tests = 0;
        const pause = slices.pause();
        if (pause !== null) await pause;
      }
      return { wanted, all };
    },
    render(group, events) {
      const results: (Rendered | Promise<Rendered>)[] = [];
      for (const event of events) {
        if (!group.kept.has(event.sequence)) executions += 1;
        const result = render(group, event);
        if (group.shape.isLasting && !(result instanceof Promise)) kept.keep(group, result);
        results.push(result);
      }
      const settled = results.filter((one): one is Rendered => !(one instanceof Promise));
      if (settled.length === results.length) return bySequence(settled);
      return Promise.all(results.map(async (one) => one)).then(bySequence);
    },
    async write(cohort, wanted, results) {
      const batches = new Map<string, Batch>();
      let writes = 0;
      for (const [selection, events] of wanted) {
        const key = events.map(({ sequence }) => sequence).join();
        const batch = batches.get(key) ?? createBatch(pick(results, events), cursorOf);
        batches.set(key, batch);
        for (const member of cohort.members.get(selection) ?? []) {
          writeTo(member, batch);
          writes += 1;
          if (writes % writesPerLook !== 0) continue;
          const pause = slices.pause();
          if (pause !== null) await pause;
        }
      }
    },
    counts: () => ({ executions, frames, bytes }),
  };
}

function bySequence(all: readonly Rendered[]): Results {
  return new Map(all.map((one) => [one.sequence, one]));
}

function pick(results: Results, events: readonly Event[]): Rendered[] {
  return events.flatMap(({ sequence }) => results.get(sequence) ?? []);
}
