// The thread in which JSONata runs: takes an expression and JSON, gives JSON. The other side is jsonata.ts, which ends this
// thread when it does not answer in time.
import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';

/** What the thread is asked. */
export interface JsonataQuestion {
  readonly expression: string;
  readonly inputJson: string;
}

/** What it answers; `json` is null when the expression led to nothing. */
export type JsonataAnswer =
  | { readonly kind: 'done'; readonly json: string | null }
  | { readonly kind: 'failed'; readonly message: string };

// One expression must leave nothing behind for the next one, which may be somebody else's.
for (const shared of [Object, Array, Function, String, Number, RegExp, Promise, Date, Map, Set])
  Object.freeze(shared.prototype);

async function answer({ expression, inputJson }: JsonataQuestion): Promise<JsonataAnswer> {
  try {
    const result: unknown = await jsonata(expression).evaluate(JSON.parse(inputJson));
    return { kind: 'done', json: JSON.stringify(result) ?? null };
  } catch (error) {
    const message = (error as { message?: unknown }).message;
    return { kind: 'failed', message: typeof message === 'string' ? message : 'the expression failed' };
  }
}

parentPort?.on('message', (question: JsonataQuestion) => {
  void answer(question).then((reply) => parentPort?.postMessage(reply));
});
