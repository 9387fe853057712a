// Texts with paths in double braces, such as `Order {{ data.id }}`: parsed once, filled for each event. Templates of whole
// JSON values are json-template.ts.
import { Problem } from '../problem.js';
import { follow, type Path, parsePath } from './path.js';
import type { RenderableEvent } from './payload-format.js';

/** A parsed text: literal parts and paths in turn. */
export type TextTemplate = readonly (string | Path)[];

const placeholder = /\{\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}\}/g;

/**
 * Parses a text. `{{ path }}` is a path, `{{ "text" }}` a text as it is, so that `{{ "{{" }}` gives two braces. Throws
 * `TRANSFORM_INVALID` on `field`, with the place.
 */
export function parseTextTemplate(text: string, field: string): TextTemplate {
  const parts: (string | Path)[] = [];
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    addLiteral(parts, text.slice(end, match.index), end, field);
    parts.push(parseInside((match[1] ?? '').trim(), match.index, field));
    end = match.index + match[0].length;
  }
  addLiteral(parts, text.slice(end), end, field);
  return parts;
}

function addLiteral(parts: (string | Path)[], text: string, at: number, field: string): void {
  const open = text.indexOf('{{');
  if (open >= 0) {
    throw new Problem('TRANSFORM_INVALID', `the braces at character ${at + open + 1} are not closed`, { field });
  }
  if (text !== '') parts.push(text);
}

function parseInside(inside: string, at: number, field: string): string | Path {
  if (!inside.startsWith('"')) return parsePath(inside, field);
  try {
    const parsed: unknown = JSON.parse(inside);
    if (typeof parsed === 'string') return parsed;
  } catch {
    // Told below.
  }
  throw new Problem('TRANSFORM_INVALID', `the text in the braces at character ${at + 1} is no JSON string`, { field });
}

/** The text for an event: what leads nowhere or to null is empty, objects and arrays are JSON. Never throws. */
export function fillText(template: TextTemplate, event: RenderableEvent): string {
  let text = '';
  for (const part of template) text += typeof part === 'string' ? part : toText(follow(part, event));
  return text;
}

/** A value within a text. */
export function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
