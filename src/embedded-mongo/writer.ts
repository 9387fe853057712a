// The group commit: work of many commands in one transaction and one fsync. What the work writes is the commands' matter.
import { ABORT } from 'lmdb';
import type { Storage } from './storage.js';
import type { Work } from './work.js';

/** Runs work inside write transactions; its promises settle when all that was written is on disk. */
export interface Writer {
  /** Queues work. Many share one transaction; long work is spread over several, split at its yields. */
  run<T>(work: () => Work<T>): Promise<T>;
  /** Resolves when all that was queued is done and on disk; later calls of `run` are refused. */
  close(): Promise<void>;
}

/** What a writer tells its owner. */
export interface WriterEvents {
  /** inside the transaction, after the work of a group: last chance to write */
  beforeCommit(): void;
  /** what was written is on disk; `mark` is what `beforeCommit` time gave */
  durable(mark: unknown): void;
  /** a value to hand to `durable` */
  mark(): unknown;
  /** the transaction was undone: what is held in memory must be read again */
  undone(error: Error): void;
}

interface Job {
  readonly start: () => Work<unknown>;
  /** undefined until its first step */
  work: Work<unknown> | undefined;
  /** a part of it is already committed: it cannot begin again */
  isCommitted: boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What one transaction did. */
interface Group {
  stepped: Job[];
  /** what to tell when it is on disk */
  settled: (() => void)[];
  mark: unknown;
  failure: { error: Error; culprit: Job | undefined } | undefined;
}

/** How long one transaction may hold the thread before the others get their turn, in milliseconds. */
const groupMs = 12;

/** A writer for the storage. Expected errors must be thrown before the work's first write since its last yield. */
export function createWriter(storage: Storage, events: WriterEvents, isExpected: (error: unknown) => boolean): Writer {
  let queue: Job[] = [];
  let isBusy = false;
  let isClosed = false;
  let unflushed = 0;
  let idle: (() => void) | undefined;

  /** Runs inside the transaction. */
  function execute(group: Group): typeof ABORT | undefined {
    const deadline = performance.now() + groupMs;
    const jobs = queue;
    queue = [];
    for (const [i, job] of jobs.entries()) {
      if (performance.now() > deadline) {
        queue = [...jobs.slice(i), ...queue];
        break;
      }
      group.stepped.push(job);
      try {
        step(job, group, deadline);
      } catch (error) {
        group.failure = { error: error instanceof Error ? error : new Error(String(error)), culprit: job };
        queue = [...jobs.slice(i + 1), ...queue];
        return ABORT;
      }
    }
    events.beforeCommit();
    group.mark = events.mark();
    return undefined;
  }

  function step(job: Job, group: Group, deadline: number): void {
    try {
      let result = job.work?.next(true);
      if (!result) {
        job.work = job.start();
        result = job.work.next(false);
      }
      while (!result.done && performance.now() <= deadline) result = job.work?.next(false) ?? result;
      if (result.done) group.settled.push(() => job.resolve(result.value));
      else queue.push(job);
    } catch (error) {
      if (!isExpected(error)) throw error;
      group.settled.push(() => job.reject(error));
    }
  }

  /** After an undone transaction: what had no part in the failure and can begin again does so, the rest is told. */
  function undo({ stepped, failure }: Group, error: Error): void {
    events.undone(error);
    queue = queue.filter((job) => !stepped.includes(job));
    const again: Job[] = [];
    for (const job of stepped) {
      job.work?.return(undefined);
      const canRepeat = failure?.culprit !== undefined && failure.culprit !== job && !job.isCommitted;
      if (canRepeat) again.push({ ...job, work: undefined });
      else job.reject(error);
    }
    queue = [...again, ...queue];
  }

  function pump(): void {
    if (isBusy || queue.length === 0) return;
    isBusy = true;
    unflushed += 1;
    const group: Group = { stepped: [], settled: [], mark: undefined, failure: undefined };
    const committed = storage.root.childTransaction(() => execute(group));
    // asked for at once: later it would stand for the next transaction too
    const flushed = Promise.resolve(storage.root.flushed);
    flushed.catch(() => undefined);
    finish(group, committed, flushed)
      .catch((error: unknown) => undo(group, error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        unflushed -= 1;
        isBusy = isBusy && unflushed > 0;
        pump();
        if (unflushed === 0 && queue.length === 0) idle?.();
      });
  }

  async function finish(group: Group, committed: Promise<unknown>, flushed: Promise<unknown>): Promise<void> {
    await committed.catch(explainCommit);
    if (group.failure) throw group.failure.error;
    for (const job of group.stepped) job.isCommitted = true;
    isBusy = false;
    pump();
    await flushed;
    events.durable(group.mark);
    for (const settle of group.settled) settle();
  }

  return {
    run: <T>(start: () => Work<T>) =>
      new Promise<T>((resolve, reject) => {
        if (isClosed) return reject(new Error('the store is closing'));
        const settle = resolve as (result: unknown) => void;
        queue.push({ start, work: undefined, isCommitted: false, resolve: settle, reject });
        return pump();
      }),
    close: () => {
      isClosed = true;
      return unflushed === 0 && queue.length === 0 ? Promise.resolve() : new Promise((resolve) => (idle = resolve));
    },
  };
}

/** lmdb tells why a commit failed in a promise of its own, which must not be left unheard. */
async function explainCommit(error: unknown): Promise<never> {
  const reason = (error as { commitError?: Promise<unknown> }).commitError;
  if (reason === undefined) throw error;
  const why = await reason.catch((cause: unknown) => cause);
  throw new Error(`the write could not be committed: ${why instanceof Error ? why.message : String(why)}`, {
    cause: why,
  });
}
