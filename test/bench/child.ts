// Processes of the benches: started from compiled scripts, asked one question at a time over IPC, and what CPU they used.
import { fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A process that answers questions. */
export interface Child {
  readonly pid: number;
  /** Sends a question and resolves with the answer. One at a time. Rejects when the process ends first. */
  ask(question: Serializable): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a script: a compiled one of this folder, such as `./receiver-process.js`, or any by its `file:` address. */
export function startChild(script: string): Child {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Such as that there are 5,000 listeners of one emitter.
    execArgv: [...process.execArgv, '--no-warnings'],
  });
  let settle: { resolve(answer: unknown): void; reject(reason: Error): void } | null = null;
  child.on('message', (answer) => settle?.resolve(answer));
  child.on('exit', () => settle?.reject(new Error(`${script} ended`)));
  return {
    pid: child.pid ?? 0,
    ask(question) {
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
        child.send(question);
      });
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** In a child: answers each question of the parent with what `answer` gives, and ends with the parent. */
export function answerParent(answer: (question: unknown) => Promise<unknown>): void {
  process.on('message', (question) => {
    void answer(question).then((value) => process.send?.(value));
  });
  process.on('disconnect', () => process.exit());
}

/** Milliseconds of the machine's monotonic clock, the same in every process of it. */
export function machineMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** CPU milliseconds of a process so far, by thread. Empty where the system has no /proc. */
export type ThreadTimes = ReadonlyMap<string, number>;

/** What the kernel counts in: a hundredth of a second. */
const tickMs = 10;

/** Reads the CPU times of a process's threads; the thread `main` is the one that JavaScript starts in. */
export async function readThreadTimes(pid: number): Promise<ThreadTimes> {
  const times = new Map<string, number>();
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  for (const thread of threads) {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => '');
    // Behind the name in brackets; user and system time are the fields 14 and 15 of the line (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    if (stat !== '') times.set(Number(thread) === pid ? 'main' : thread, ticks * tickMs);
  }
  return times;
}

/**
 * CPU microseconds per operation between two readings: of the thread that JavaScript starts in, of the busiest other one
 * (in a gateway: the store), and of all the rest (compiler, garbage collector, disk).
 */
export function toThreadUse(before: ThreadTimes, after: ThreadTimes, operations: number): ThreadUse {
  const spent = (thread: string): number => (after.get(thread) ?? 0) - (before.get(thread) ?? 0);
  const others = [...after.keys()]
    .filter((thread) => thread !== 'main')
    .map(spent)
    .sort((a, b) => b - a);
  const [busiest = 0, ...rest] = others;
  const each = (ms: number): number => Math.round((1000 * ms) / operations);
  return { main: each(spent('main')), busiestOther: each(busiest), rest: each(rest.reduce((sum, ms) => sum + ms, 0)) };
}

/** CPU microseconds per operation. */
export interface ThreadUse {
  readonly main: number;
  readonly busiestOther: number;
  readonly rest: number;
}
