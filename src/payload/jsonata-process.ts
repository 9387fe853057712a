// The process that JSONata runs in: takes an expression and an event, gives JSON. The other side is jsonata-pool.ts, which ends
// this process when it does not answer in time.
import jsonata, { type JsonataOptions } from 'jsonata';
import { maxDepth, maxResultBytes, maxRunMs } from './transform-limits.js';

/** What the process is asked; without an event the expression is compiled and no more. */
export interface JsonataQuestion {
  readonly expression: string;
  /** The event without its data, as JSON. */
  readonly attributesJson: string | null;
  readonly dataJson: string | null;
}

/** What it answers. */
export type JsonataAnswer =
  | { readonly kind: 'done'; readonly json: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly position: number | null };

type Expression = ReturnType<typeof jsonata>;

/** JSONata's own limits end an expression without ending this process; what they do not see, its parent does. */
const guardrails: JsonataOptions = {
  timeout: maxRunMs * 0.8,
  stack: maxDepth,
  sequence: 100_000,
};

/** Codes of ours for JSONata's limits. */
const limitCodes: Readonly<Record<string, string>> = {
  D1011: 'TRANSFORM_TOO_DEEP',
  D1012: 'TRANSFORM_TIMEOUT',
  D2015: 'TRANSFORM_TOO_LARGE',
};

const maxCompiled = 200;
const compiled = new Map<string, Expression>();

// One expression must leave nothing behind for the next one, which may be somebody else's.
const shared: readonly object[] = [Object, Array, Function, String, Number, RegExp, Promise, Date];
for (const { prototype } of shared as readonly { readonly prototype: object }[])
  void Object.preventExtensions(prototype);

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
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

async function answer({ expression, attributesJson, dataJson }: JsonataQuestion): Promise<JsonataAnswer> {
  const prepared = compile(expression);
  if (attributesJson === null) return { kind: 'done', json: 'null' };
  const event = { ...(JSON.parse(attributesJson) as object), data: JSON.parse(dataJson ?? 'null') as unknown };
  const result: unknown = await prepared.evaluate(event);
  checkDepth(result, 0);
  const json = JSON.stringify(result) ?? 'null';
  if (Buffer.byteLength(json) > maxResultBytes) {
    throw failure('TRANSFORM_TOO_LARGE', `the transformer made more than ${maxResultBytes} bytes of JSON`);
  }
  return { kind: 'done', json };
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxDepth) throw failure('TRANSFORM_TOO_DEEP', `the result is nested deeper than ${maxDepth} levels`);
  for (const item of Object.values(value)) checkDepth(item, depth + 1);
}

function describe(error: unknown): JsonataAnswer {
  const { code, message, position } = error as { code?: unknown; message?: unknown; position?: unknown };
  const named = typeof code === 'string' ? code : '';
  const text = typeof message === 'string' ? message : 'the expression failed';
  return {
    kind: 'failed',
    code: named.startsWith('TRANSFORM_') ? named : (limitCodes[named] ?? 'TRANSFORM_FAILED'),
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
