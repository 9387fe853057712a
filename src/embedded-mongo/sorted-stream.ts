// Streams in the order asked for: several that are, merged, and one that is not, sorted in memory.
import { CommandError } from './errors.js';
import { KeyQueue } from './key-queue.js';
import { Seen } from './seen.js';
import { type SortField, sortKeyOf } from './sort.js';
import type { Match, Stream } from './stream.js';

/** Memory a sort without an index may use, as MongoDB's default. */
const maxSortBytes = 100 * 1024 * 1024;

/** Streams that are each in the order asked for, as one stream in that order. */
export class MergedStream implements Stream {
  private readonly sources: readonly Stream[];
  private readonly sort: readonly SortField[];
  /** the next match of each source */
  private readonly heads = new KeyQueue<{ source: Stream; match: Match }>();
  /** sources whose next match is not known yet */
  private readonly asked: Stream[];
  private readonly seen: Seen | undefined;

  constructor(sources: readonly Stream[], sort: readonly SortField[], mayRepeat: boolean) {
    this.sources = sources;
    this.seen = mayRepeat ? new Seen() : undefined;
    this.sort = sort;
    this.asked = [...sources];
  }

  next(): Match | 'more' | 'end' {
    const source = this.asked.at(-1);
    if (source) {
      const match = source.next();
      if (match === 'more') return 'more';
      this.asked.pop();
      if (match !== 'end') this.heads.add(sortKeyOf(match.document, this.sort), { source, match });
      if (this.asked.length > 0) return 'more';
    }
    const head = this.heads.take();
    if (!head) return 'end';
    this.asked.push(head.source);
    return this.seen?.isNew(head.match.recordKey) === false ? 'more' : head.match;
  }

  pause(): void {
    for (const source of this.sources) source.pause();
  }
}

interface Row {
  readonly key: Buffer;
  readonly match: Match;
}

/** Rows sorted at a time: more would hold the thread. */
const runRows = 2000;

/** Sorts in memory: sorted runs, merged while they are read. Of a small limit only the first rows are kept. */
export class SortedStream implements Stream {
  private readonly source: Stream;
  private readonly sort: readonly SortField[];
  private readonly limit: number;
  private rows: Row[] = [];
  private bytes = 0;
  private readonly runs = new KeyQueue<{ rows: Row[]; at: number }>();
  private isRead = false;

  /** `limit`: how many will be read at most; 0 for all */
  constructor(source: Stream, sort: readonly SortField[], limit: number) {
    this.source = source;
    this.sort = sort;
    this.limit = limit > 0 && limit < runRows / 2 ? limit : 0;
  }

  next(): Match | 'more' | 'end' {
    if (!this.isRead) {
      const match = this.source.next();
      if (match === 'end') {
        this.isRead = true;
        this.closeRun();
      } else if (match !== 'more') this.add(match);
      return 'more';
    }
    const run = this.runs.take();
    const row = run?.rows[run.at];
    if (!run || !row) return 'end';
    run.at += 1;
    const following = run.rows[run.at];
    if (following) this.runs.add(following.key, run);
    return row.match;
  }

  private add(match: Match): void {
    this.rows.push({ key: sortKeyOf(match.document, this.sort), match });
    this.bytes += match.document.length + 200;
    if (this.rows.length >= runRows) this.closeRun();
    if (this.bytes > maxSortBytes) {
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `Sort exceeded memory limit of ${maxSortBytes} bytes; an index on the sort fields avoids it`,
      );
    }
  }

  private closeRun(): void {
    this.rows.sort((a, b) => a.key.compare(b.key));
    const [first] = this.rows;
    if (this.limit > 0 && !this.isRead) {
      // what is behind the limit can no longer be asked for
      this.rows.length = this.limit;
      this.bytes = this.rows.reduce((sum, row) => sum + row.match.document.length + 200, 0);
    } else if (first) {
      this.runs.add(first.key, { rows: this.rows, at: 0 });
      this.rows = [];
    }
  }

  pause(): void {
    this.source.pause();
  }
}
