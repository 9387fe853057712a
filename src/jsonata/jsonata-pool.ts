// JSONata in processes of their own: an expression that never ends or needs too much memory ends its process alone. Who asks
// often waits for those who ask seldom, and who was ended is not run again for a while. The processes' side is
// jsonata-process.ts.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.js';
import { maxHeapMb, maxRunMs } from './jsonata-limits.js';
import type { JsonataAnswer, JsonataCode, JsonataQuestion } from './jsonata-process.js';

/** What an expression gave. */
export type JsonataResult = JsonataAnswer;

/** Runs expressions. */
export interface JsonataPool {
  /**
   * The expression over an input as JSON text; without one it is only compiled. `key` is who asks, such as a webhook
   * subscription or a trigger: keys take turns. Never rejects.
   */
  run(key: string, expression: string, inputJson: string | null): Promise<JsonataResult>;
  close(): void;
}

/** Runs expressions for those who need no more. */
export type RunJsonata = Pick<JsonataPool, 'run'>;

interface Job {
  readonly key: string;
  readonly question: JsonataQuestion;
  readonly settle: (result: JsonataResult) => void;
  isSettled: boolean;
}

interface Penalty {
  readonly untilMs: number;
  readonly lastsMs: number;
}

/** Processes at the same time; a key is run in one at a time. */
const maxProcesses = 2;
/** Questions that wait in all, and for one key. */
const maxWaiting = 2000;
const maxWaitingPerKey = 1000;
/** Who waited so long for a turn is answered that there is none, in milliseconds. */
const waitAtMostMs = 10_000;
/** A process that starts is given this much longer, in milliseconds. */
const startWithinMs = 5000;
/** A process that nobody asked for so long is ended, in milliseconds. */
const idleMs = 30_000;
/** How long a key whose expression had to be ended is not run, in milliseconds: first, and at most. */
const firstPenaltyMs = 5000;
const longestPenaltyMs = 600_000;
const maxPenalties = 10_000;

const program = fileURLToPath(new URL('./jsonata-process.js', import.meta.url));

/** Processes are started by the first question. */
export function createJsonataPool(clock: Clock): JsonataPool {
  const waiting = new Map<string, Job[]>();
  const running = new Set<string>();
  const penalties = new Map<string, Penalty>();
  const workers: Worker[] = [];
  let waitingCount = 0;
  let isClosed = false;

  function next(): void {
    for (const [key, jobs] of waiting) {
      if (running.has(key)) continue;
      const worker = workers.find((one) => !one.isBusy) ?? addWorker();
      if (worker === null) return;
      const job = jobs.shift();
      waiting.delete(key);
      if (job === undefined) continue;
      waitingCount -= 1;
      // Behind all others: keys take turns.
      if (jobs.length > 0) waiting.set(key, jobs);
      if (!job.isSettled) start(worker, job);
    }
  }

  function addWorker(): Worker | null {
    if (workers.length === maxProcesses) return null;
    const worker = new Worker(clock);
    workers.push(worker);
    return worker;
  }

  function start(worker: Worker, job: Job): void {
    const penalty = penaltyOf(job.key);
    if (penalty !== null) {
      settle(job, penalty);
      return;
    }
    running.add(job.key);
    worker.ask(job.question, (result, wasEnded) => {
      running.delete(job.key);
      if (wasEnded) punish(job.key);
      settle(job, result);
      if (!isClosed) next();
    });
  }

  function settle(job: Job, result: JsonataResult): void {
    if (job.isSettled) return;
    job.isSettled = true;
    job.settle(result);
  }

  function penaltyOf(key: string): JsonataResult | null {
    const penalty = penalties.get(key);
    if (penalty === undefined || clock.monotonicMs() >= penalty.untilMs) return null;
    return failed('SUSPENDED', 'the expression had to be ended moments ago and is left alone for a while');
  }

  function punish(key: string): void {
    const before = penalties.get(key)?.lastsMs ?? 0;
    const lastsMs = Math.min(longestPenaltyMs, before === 0 ? firstPenaltyMs : before * 4);
    penalties.delete(key);
    const [oldest] = penalties.keys();
    if (penalties.size === maxPenalties && oldest !== undefined) penalties.delete(oldest);
    penalties.set(key, { untilMs: clock.monotonicMs() + lastsMs, lastsMs });
  }

  return {
    run(key, expression, inputJson) {
      const penalty = penaltyOf(key);
      if (penalty !== null) return Promise.resolve(penalty);
      const jobs = waiting.get(key) ?? [];
      if (isClosed || waitingCount === maxWaiting || jobs.length === maxWaitingPerKey)
        return Promise.resolve(failed('BUSY', 'too many expressions wait for their turn'));
      return new Promise((resolve) => {
        const job: Job = { key, question: { expression, inputJson }, isSettled: false, settle: done };
        const cancel = clock.after(waitAtMostMs, () =>
          settle(job, failed('BUSY', 'the expression did not get its turn in time')),
        );
        function done(result: JsonataResult): void {
          cancel();
          resolve(result);
        }
        jobs.push(job);
        waiting.set(key, jobs);
        waitingCount += 1;
        next();
      });
    },
    close() {
      isClosed = true;
      for (const jobs of waiting.values()) for (const job of jobs) settle(job, failed('BUSY', 'the gateway stops'));
      for (const worker of workers) worker.end();
    },
  };
}

function failed(code: JsonataCode, message: string): JsonataResult {
  return { kind: 'failed', code, message, position: null };
}

/** One process and the question it works at. */
class Worker {
  isBusy = false;
  readonly #clock: Clock;
  #child: ChildProcess | null = null;
  #idle: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Settles once; `wasEnded` is true when the question had to be ended with its process. */
  ask(question: JsonataQuestion, settle: (result: JsonataResult, wasEnded: boolean) => void): void {
    this.isBusy = true;
    this.#idle?.();
    const isFresh = this.#child === null;
    const child = this.#child ?? this.#start();
    // Only a question that is worked at keeps this process alive.
    child.ref();
    child.channel?.ref();
    const finish = (result: JsonataResult, wasEnded: boolean): void => {
      cancel();
      child.unref();
      child.channel?.unref();
      child.off('message', hear);
      child.off('exit', exited);
      this.isBusy = false;
      if (!wasEnded) this.#idle = this.#clock.after(idleMs, () => this.end());
      settle(result, wasEnded);
    };
    const hear = (answer: JsonataAnswer): void => finish(answer, false);
    const exited = (): void => {
      finish(failed('TOO_LARGE', `the expression needed more than ${maxHeapMb} MB`), true);
    };
    const cancel = this.#clock.after(maxRunMs + (isFresh ? startWithinMs : 0), () => {
      child.off('exit', exited);
      this.end();
      finish(failed('TIMEOUT', `the expression took longer than ${maxRunMs} ms`), true);
    });
    child.on('message', hear);
    child.on('exit', exited);
    child.send(question, (error) => {
      if (error !== null) this.end();
    });
  }

  end(): void {
    this.#idle?.();
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  #start(): ChildProcess {
    const execArgv = [`--max-old-space-size=${maxHeapMb}`, '--disallow-code-generation-from-strings'];
    const child = fork(program, { execArgv, env: {}, serialization: 'advanced', stdio: 'ignore' });
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    // What could not be sent is told by the exit that caused it.
    child.on('error', () => undefined);
    this.#child = child;
    return child;
  }
}
