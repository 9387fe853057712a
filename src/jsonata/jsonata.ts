// JSONata off the main thread: an expression that never ends or needs too much memory ends its thread alone, and a new one
// goes on with those that wait. What expressions are for is their rooms' business; the thread's side is jsonata-worker.ts.
import { Worker } from 'node:worker_threads';
import jsonata from 'jsonata';
import type { Clock } from '../clock.js';
import { Problem } from '../problem.js';
import type { JsonataAnswer, JsonataQuestion } from './jsonata-worker.js';

/** Runs expressions. */
export interface Jsonata {
  /**
   * What the expression makes of an input; undefined when it leads to nothing. Throws `INVALID_INPUT` when it fails or is
   * over a limit, and `OVERLOADED` when too many wait.
   */
  evaluate(expression: string, inputJson: string): Promise<unknown>;
  close(): Promise<void>;
}

interface Job {
  readonly question: JsonataQuestion;
  readonly settle: (answer: JsonataAnswer) => void;
}

/** An expression that takes longer is given up, in milliseconds. */
const maxRunMs = 1000;
/** A thread that starts is given this much longer, in milliseconds. */
const startWithinMs = 5000;
const maxWaiting = 1000;
const maxResultLength = 1_048_576;
const maxExpressionLength = 4096;
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/** Throws `INVALID_INPUT` on `field` when the text is no JSONata expression of at most 4,096 characters. */
export function checkExpression(text: string, field: string): string {
  if (text.length < 1 || text.length > maxExpressionLength) {
    const message = `${field} must have 1 to ${maxExpressionLength} characters, has ${text.length}`;
    throw new Problem('INVALID_INPUT', message, { field });
  }
  try {
    jsonata(text);
    return text;
  } catch (cause) {
    const { message, position } = cause as { message?: unknown; position?: unknown };
    const place = typeof position === 'number' ? ` at character ${position}` : '';
    const reason = typeof message === 'string' ? message.slice(0, 200) : 'it does not compile';
    throw new Problem('INVALID_INPUT', `${field} is no JSONata expression${place}: ${reason}`, { field, cause });
  }
}

/** The thread is started by the first expression. */
export function createJsonata(clock: Clock): Jsonata {
  const waiting: Job[] = [];
  let worker: Worker | null = null;
  let isBusy = false;
  let isClosed = false;

  function startWorker(): Worker {
    const fresh = new Worker(new URL('./jsonata-worker.js', import.meta.url), { resourceLimits, env: {} });
    fresh.unref();
    // What failed is told by the exit that follows.
    fresh.on('error', () => undefined);
    fresh.on('exit', () => {
      if (worker === fresh) worker = null;
    });
    return fresh;
  }

  function next(): void {
    if (isBusy || isClosed) return;
    const job = waiting.shift();
    if (job === undefined) return;
    isBusy = true;
    const isFresh = worker === null;
    const current = worker ?? startWorker();
    worker = current;
    const finish = (answer: JsonataAnswer): void => {
      cancel();
      current.off('message', finish);
      current.off('exit', exited);
      isBusy = false;
      job.settle(answer);
      next();
    };
    const exited = (): void => finish(failed('the expression needed too much memory'));
    const cancel = clock.after(maxRunMs + (isFresh ? startWithinMs : 0), () => {
      worker = null;
      void current.terminate();
      finish(failed(`the expression took longer than ${maxRunMs} ms`));
    });
    current.on('message', finish);
    current.on('exit', exited);
    current.postMessage(job.question);
  }

  return {
    async evaluate(expression, inputJson) {
      if (isClosed || waiting.length >= maxWaiting)
        throw new Problem('OVERLOADED', 'too many expressions wait for their turn');
      const answer = await new Promise<JsonataAnswer>((settle) => {
        waiting.push({ question: { expression, inputJson }, settle });
        next();
      });
      if (answer.kind === 'failed')
        throw new Problem('INVALID_INPUT', `the expression failed: ${answer.message.slice(0, 300)}`);
      if (answer.json === null) return undefined;
      if (answer.json.length > maxResultLength)
        throw new Problem('TOO_LARGE', `the expression made more than ${maxResultLength} characters of JSON`);
      return JSON.parse(answer.json) as unknown;
    },
    async close() {
      isClosed = true;
      for (const job of waiting.splice(0)) job.settle(failed('the gateway stops'));
      await worker?.terminate();
    },
  };
}

function failed(message: string): JsonataAnswer {
  return { kind: 'failed', message };
}
