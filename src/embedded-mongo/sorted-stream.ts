// Steps in the order asked for: of several streams that are, merged, and of one that is not, sorted in memory.
import { CommandError } from './errors.js';
import { KeyQueue } from './key-queue.js';
import { type SortField, sortKeyOf } from './sort.js';
import type { Match, Steps } from './stream.js';

/** Streams that are each in the order asked for, as one in that order. */
export function* merged(sources: readonly Steps[], sort: readonly SortField[]): Steps {
  const heads = new KeyQueue<{ source: Steps; match: Match }>();
  /** sources whose next match is not known yet */
  let asked = sources;
  for (;;) {
    for (const source of asked) {
      let step = source.next();
      for (; !step.done && !step.value; step = source.next()) yield undefined;
      if (step.value) heads.add(sortKeyOf(step.value.document, sort), { source, match: step.value });
      if (asked.length > 1) yield undefined;
    }
    const head = heads.take();
    if (!head) return;
    yield head.match;
    asked = [head.source];
  }
}

interface Row {
  readonly key: Buffer;
  readonly match: Match;
  readonly bytes: number;
}

/** Memory a sort without an index may use, as MongoDB's default. */
const maxSortBytes = 100 * 1024 * 1024;

/** Rows sorted at a time: more would hold the thread. */
const runRows = 2000;

const byKey = (a: Row, b: Row) => a.key.compare(b.key);

/** Sorts in memory: sorted runs, merged while they are read. With a small `limit` (0: none) only so many rows are kept. */
export function* sorted(source: Steps, sort: readonly SortField[], limit: number): Steps {
  const runs = new KeyQueue<{ rows: Row[]; at: number }>();
  const addRun = (run: { rows: Row[]; at: number }) => {
    const next = run.rows[run.at];
    if (next) runs.add(next.key, run);
  };
  let rows: Row[] = [];
  let bytes = 0;
  for (const match of source) {
    if (match) {
      rows.push({ key: sortKeyOf(match.document, sort), match, bytes: match.document.length + 200 });
      bytes += match.document.length + 200;
    }
    if (rows.length >= runRows) {
      rows.sort(byKey);
      if (limit > 0 && limit < runRows / 2) {
        // what is behind the limit can no longer be asked for
        rows.length = limit;
        bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      } else {
        addRun({ rows, at: 0 });
        rows = [];
      }
    }
    if (bytes > maxSortBytes) {
      const message = `Sort exceeded memory limit of ${maxSortBytes} bytes; an index on the sort fields avoids it`;
      throw new CommandError('QueryExceededMemoryLimitNoDiskUseAllowed', message);
    }
    if (!match || rows.length % 64 === 0) yield undefined;
  }
  addRun({ rows: rows.sort(byKey), at: 0 });
  for (let run = runs.take(); run; run = runs.take()) {
    const row = run.rows[run.at];
    run.at += 1;
    addRun(run);
    yield row?.match;
  }
}
