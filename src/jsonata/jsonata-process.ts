// The process that JSONata runs in: takes an expression and its input as JSON, gives JSON. The other side is jsonata-pool.ts, which ends
// this process when it does not answer in time.
import jsonata, { type JsonataOptions } from 'jsonata';
import { maxDepth, maxResultBytes, maxRunMs } from './jsonata-limits.js';

/** What the process is asked; without an input the expression is compiled and no more. */
export interface JsonataQuestion {
  readonly expression: string;
  readonly inputJson: string | null;
}

/** Why an expression gave nothing: it, its limits, or too many others that wait. */
export type JsonataCode = 'FAILED' | 'TIMEOUT' | 'TOO_LARGE' | 'TOO_DEEP' | 'BUSY' | 'SUSPENDED';

/** What it answers; `json` is null when the expression led to nothing. */
export type JsonataAnswer =
  | { readonly kind: 'done'; readonly json: string | null }
  | { readonly kind: 'failed'; readonly code: JsonataCode; readonly message: string; readonly position: number | null };

type Expression = ReturnType<typeof jsonata>;

/** JSONata's own limits end an expression without ending this process; what they do not see, its parent does. */
const guardrails: JsonataOptions = {
  timeout: maxRunMs * 0.8,
  stack: maxDepth,
  sequence: 100_000,
};

/** Codes of ours for JSONata's limits. */
const limitCodes: Readonly<Record<string, JsonataCode>> = {
  D1011: 'TOO_DEEP',
  D1012: 'TIMEOUT',
  D2015: 'TOO_LARGE',
};

const maxCompiled = 200;
const compiled = new Map<string, Expression>();

// One expression must leave nothing behind for the next one, which may be somebody else's.
const shared: readonly object[] = [Object, Array, Function, String, Number, RegExp, Promise, Date];
for (const { prototype } of shared as readonly { readonly prototype: object }[])
  void Object.preventExtensions(prototype);

/** A limit of ours. */
class LimitError extends Error {
  readonly limit: JsonataCode;

  constructor(limit: JsonataCode, message: string) {
    super(message);
    this.limit = limit;
  }
}

function compile(expression: string): Expression {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const fresh = jsonata(expression, guardrails);
  const [oldest] = compiled.keys();
  if (compiled.size === maxCompiled && oldest !== undefined) compiled.delete(oldest);
  compiled.set(expression, fresh);
  return fresh;
}

async function answer({ expression, inputJson }: JsonataQuestion): Promise<JsonataAnswer> {
  const prepared = compile(expression);
  if (inputJson === null) return { kind: 'done', json: null };
  const result: unknown = await prepared.evaluate(JSON.parse(inputJson));
  checkDepth(result, 0);
  const json = JSON.stringify(result) ?? null;
  if (json !== null && Buffer.byteLength(json) > maxResultBytes)
    throw new LimitError('TOO_LARGE', `the expression made more than ${maxResultBytes} bytes of JSON`);
  return { kind: 'done', json };
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxDepth) throw new LimitError('TOO_DEEP', `the result is nested deeper than ${maxDepth} levels`);
  for (const item of Object.values(value)) checkDepth(item, depth + 1);
}

function describe(error: unknown): JsonataAnswer {
  const { code, message, position } = error as { code?: unknown; message?: unknown; position?: unknown };
  const text = typeof message === 'string' ? message : 'the expression failed';
  return {
    kind: 'failed',
    code: error instanceof LimitError ? error.limit : (limitCodes[String(code)] ?? 'FAILED'),
    // JSONata's messages may quote the data at length.
    message: text.replace(/\p{Cc}+/gu, ' ').slice(0, 300),
    position: typeof position === 'number' ? position : null,
  };
}

process.on('message', (question: JsonataQuestion) => {
  answer(question)
    .catch(describe)
    .then((reply) => process.send?.(reply))
    .catch(() => process.disconnect());
});
