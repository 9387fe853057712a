// The part of JSONata that needs no evaluator: names and paths of names, literals, and objects made of these. Everything else
// is left to src/jsonata. Cheap enough for every request.
import jsonata from 'jsonata';

/** Evaluates a plain expression; `notPlain` when this input needs the whole language. Never throws. */
export type PlainExpression = (input: unknown) => unknown;

/** JSONata goes through arrays in its own way: such an input is left to it. */
export const notPlain = Symbol('not plain');

interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly lhs?: unknown;
}

/** Null when the expression is not plain. Throws what the parser throws. */
export function compilePlain(text: string): PlainExpression | null {
  return compile(jsonata(text).ast() as unknown as Node);
}

function compile(node: Node): PlainExpression | null {
  const { type, value } = node;
  if (hasOnly(node, ['value']) && (type === 'string' || type === 'number')) return () => value;
  if (type === 'path' && hasOnly(node, ['steps'])) return compilePath(node.steps ?? []);
  if (type === 'unary' && value === '{' && hasOnly(node, ['value', 'lhs'])) return compileObject(node.lhs);
  return null;
}

/** Anything else, such as a predicate or an order, would change the meaning. */
function hasOnly(node: Node, names: readonly string[]): boolean {
  return Object.keys(node).every((name) => name === 'type' || name === 'position' || names.includes(name));
}

function compilePath(steps: readonly Node[]): PlainExpression | null {
  const names: string[] = [];
  for (const step of steps) {
    if (step.type !== 'name' || typeof step.value !== 'string' || !hasOnly(step, ['value'])) return null;
    names.push(step.value);
  }
  return (input) => {
    let current = input;
    for (const name of names) {
      if (Array.isArray(current)) return notPlain;
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined;
      current = (current as Readonly<Record<string, unknown>>)[name];
    }
    return current;
  };
}

function compileObject(pairs: unknown): PlainExpression | null {
  if (!Array.isArray(pairs)) return null;
  const parts: { readonly key: string; readonly value: PlainExpression }[] = [];
  for (const [key, value] of pairs as [Node, Node][]) {
    const compiled = key.type === 'string' && typeof key.value === 'string' ? compile(value) : null;
    // A key twice is an error that the evaluator tells.
    if (compiled === null || parts.some((part) => part.key === key.value)) return null;
    parts.push({ key: String(key.value), value: compiled });
  }
  return (input) => {
    const made: [string, unknown][] = [];
    for (const { key, value } of parts) {
      const part = value(input);
      if (part === notPlain) return notPlain;
      if (part !== undefined) made.push([key, part]);
    }
    return Object.fromEntries(made);
  };
}
