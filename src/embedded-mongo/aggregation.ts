// Aggregation stages behind what an index serves: run by mingo in a process of their own, one pipeline after the other, so that
// they hold nobody up, and what needs too much memory ends that process alone. The process's side is aggregation-process.ts.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type AggregationAnswer, type AggregationRequest, documentsIn } from './aggregation-process.js';
import type { Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import { badValue, CommandError } from './errors.js';

/** Runs pipelines. */
export type Aggregations = ReturnType<typeof createAggregations>;

/** Reads what goes into a pipeline. */
type ReadInput = (add: (document: Buffer) => void) => Promise<unknown>;

/** Bytes of documents that may go into a pipeline, and come out of it. */
const maxBytes = 100 * 1024 * 1024;

/** What the process may use for what the stages hold, in MB; a pipeline that needs more fails. */
const maxHeapMb = 256;

/** A pipeline that takes longer is given up, in milliseconds. */
const maxRunMs = 60_000;

const chunkBytes = 1024 * 1024;

/** A process that nobody asked for so long is ended, in milliseconds. */
const idleMs = 30_000;

const program = fileURLToPath(new URL('./aggregation-process.js', import.meta.url));

/** The process is started by the first pipeline. */
export function createAggregations() {
  let child: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  function start(): ChildProcess {
    const execArgv = [`--max-old-space-size=${maxHeapMb}`];
    const started = fork(program, { execArgv, env: {}, serialization: 'advanced', stdio: 'ignore' });
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    // what could not be sent is told by the exit that caused it
    started.on('error', () => undefined);
    return started;
  }

  async function runOne(stages: readonly Value[], read: ReadInput): Promise<Buffer[]> {
    clearTimeout(idle);
    child ??= start();
    const running = child;
    const tell = (request: AggregationRequest) => running.send(request);
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let totalBytes = 0;
    const send = () => {
      tell({ kind: 'documents', bytes: Buffer.concat(pending) });
      pending = [];
      pendingBytes = 0;
    };
    try {
      await read((document) => {
        pending.push(document);
        pendingBytes += document.length;
        totalBytes += document.length;
        if (totalBytes > maxBytes) throw tooLarge('a leading $match makes it smaller');
        if (pendingBytes > chunkBytes) send();
      });
    } catch (error) {
      tell({ kind: 'forget' });
      throw error;
    }
    send();
    tell({ kind: 'run', pipeline: writeDocument({ pipeline: stages }), maxResultBytes: maxBytes });
    return resultsOf(running);
  }

  function rest(): void {
    idle = setTimeout(() => child?.kill(), idleMs).unref();
  }

  return {
    /** Gives what the stages make of the documents that `read` adds. Throws `BadValue` with mingo's reason, and when it takes too much. */
    run(stages: readonly Value[], read: ReadInput): Promise<Buffer[]> {
      const result = last.then(() => runOne(stages, read));
      last = result.then(rest, rest);
      return result;
    },
    close(): void {
      clearTimeout(idle);
      child?.kill('SIGKILL');
    },
  };
}

function tooLarge(hint: string): CommandError {
  return new CommandError('QueryExceededMemoryLimitNoDiskUseAllowed', `The aggregation needs too much memory; ${hint}`);
}

function resultsOf(child: ChildProcess): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const results: Buffer[] = [];
    const timer = setTimeout(() => {
      settle(new CommandError('MaxTimeMSExpired', `The aggregation took longer than ${maxRunMs} ms`));
      child.kill('SIGKILL');
    }, maxRunMs);
    const settle = (error?: CommandError) => {
      clearTimeout(timer);
      child.off('message', hear);
      child.off('exit', exited);
      if (error) reject(error);
      else resolve(results);
    };
    const hear = (message: AggregationAnswer) => {
      if (message.kind === 'documents') results.push(...documentsIn(message.bytes));
      else if (message.kind === 'done') settle();
      else settle(message.isTooLarge ? tooLarge(message.message) : badValue(message.message));
    };
    const exited = () => settle(tooLarge(`its stages may hold ${maxHeapMb} MB`));
    child.on('message', hear);
    child.on('exit', exited);
  });
}
