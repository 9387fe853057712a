// Paths into an event, such as `data.user.name`: their grammar and what they lead to. Where they stand in a text is
// text-template.ts.
import { Problem } from '../problem.js';
import type { RenderableEvent } from './payload-format.js';

/** A path, parsed: the attribute of the event it begins with, and the keys behind it. */
export interface Path {
  readonly root: (typeof roots)[number];
  readonly keys: readonly string[];
}

const roots = ['id', 'type', 'source', 'subject', 'time', 'data', 'sequence'] as const;
const maxKeys = 32;
/** A key is a word, a number of an array, or any text in brackets and quotes. */
const keyShape = /\.([\p{L}\p{N}_$-]{1,128})|\["((?:[^"\\]|\\.){0,128})"\]|\[(\d{1,9})\]/uy;

/** Parses a path. Throws `TRANSFORM_INVALID` on `field`, with the place in the text. */
export function parsePath(text: string, field: string): Path {
  const [word = ''] = /^[a-z]*/.exec(text) ?? [];
  const root = roots.find((name) => name === word);
  if (root === undefined) {
    const message = `a path begins with one of ${roots.join(', ')}, got "${text.slice(0, 40)}"`;
    throw new Problem('TRANSFORM_INVALID', message, { field });
  }
  const keys: string[] = [];
  for (let at = word.length; at < text.length; at = keyShape.lastIndex) {
    keyShape.lastIndex = at;
    const match = keyShape.exec(text);
    if (match === null || keys.length === maxKeys) {
      const message = `a path is at most ${maxKeys} keys such as .name, .0 or ["any name"]; "${text.slice(0, 40)}" is wrong at character ${at + 1}`;
      throw new Problem('TRANSFORM_INVALID', message, { field });
    }
    const [, name, quoted, index] = match;
    keys.push(name ?? index ?? quoted?.replace(/\\(.)/g, '$1') ?? '');
  }
  return { root, keys };
}

/** What a path leads to in an event; undefined when it leads nowhere. Own properties only. Never throws. */
export function follow({ root, keys }: Path, event: RenderableEvent): unknown {
  let value: unknown = root === 'time' ? event.time.toISOString() : event[root];
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    if (Array.isArray(value) && !/^\d+$/.test(key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
