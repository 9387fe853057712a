// The transformer `template`: literal JSON in which texts with paths are filled. How a text is filled is text-template.ts.

import { maxResultBytes } from '../jsonata/jsonata-limits.js';
import { Problem } from '../problem.js';
import { follow } from './path.js';
import type { RenderableEvent } from './payload-format.js';
import { parseTextTemplate, type TextTemplate, toText } from './text-template.js';

/** A compiled template: gives the new data as JSON text. Throws `TOO_LARGE`. */
export type JsonTemplate = (event: RenderableEvent) => string;

const maxTemplateBytes = 65_536;
const maxTemplateDepth = 32;

/** Text of JSON as it is, a text that is one path and keeps its type, or a text with paths within. */
type Piece = string | { readonly template: TextTemplate; readonly isWhole: boolean };

/**
 * Compiles a template. A text that is nothing but one `{{ path }}` becomes the value it leads to, whatever its type, and null
 * when it leads nowhere; within a longer text values stand as text. Keys of objects are not filled. Throws
 * `TRANSFORM_INVALID` that names the place under `field`, or `TOO_LARGE`.
 */
export function compileJsonTemplate(template: unknown, field: string): JsonTemplate {
  const pieces: Piece[] = [];
  addPieces(pieces, template, field, 0);
  const bytes = Buffer.byteLength(JSON.stringify(template ?? null));
  if (bytes > maxTemplateBytes) {
    throw new Problem('TOO_LARGE', `a template has at most ${maxTemplateBytes} bytes of JSON, has ${bytes}`, { field });
  }
  const merged = mergeTexts(pieces);
  return (event) => fill(merged, event);
}

function addPieces(pieces: Piece[], value: unknown, field: string, depth: number): void {
  if (depth > maxTemplateDepth) {
    throw new Problem('TRANSFORM_INVALID', `a template is nested at most ${maxTemplateDepth} levels deep`, { field });
  }
  if (typeof value === 'string' && value.includes('{{')) {
    const template = parseTextTemplate(value, field);
    pieces.push({ template, isWhole: template.length === 1 && typeof template[0] !== 'string' });
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      pieces.push(index === 0 ? '[' : ',');
      addPieces(pieces, item, `${field}.${index}`, depth + 1);
    }
    pieces.push(value.length === 0 ? '[]' : ']');
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    for (const [index, [key, item]] of entries.entries()) {
      pieces.push(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`);
      addPieces(pieces, item, `${field}.${key}`, depth + 1);
    }
    pieces.push(entries.length === 0 ? '{}' : '}');
  } else pieces.push(JSON.stringify(value ?? null));
}

function mergeTexts(pieces: readonly Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  return merged;
}

function fill(pieces: readonly Piece[], event: RenderableEvent): string {
  let json = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') json += piece;
    else if (piece.isWhole) json += toJson(piece.template, event);
    else json += JSON.stringify(fillBounded(piece.template, event, json.length));
    checkSize(json.length);
  }
  return json;
}

function toJson([path]: TextTemplate, event: RenderableEvent): string {
  if (path === undefined || typeof path === 'string') return JSON.stringify(path ?? '');
  if (path.root === 'data' && path.keys.length === 0 && event.dataJson !== undefined) return event.dataJson;
  return JSON.stringify(follow(path, event)) ?? 'null';
}

/** One text may name the same large value often: it is given up before it is built. */
function fillBounded(template: TextTemplate, event: RenderableEvent, usedBytes: number): string {
  let text = '';
  for (const part of template) {
    text += typeof part === 'string' ? part : toText(follow(part, event));
    checkSize(usedBytes + text.length);
  }
  return text;
}

function checkSize(bytes: number): void {
  if (bytes > maxResultBytes)
    throw new Problem('TOO_LARGE', `the transformer made more than ${maxResultBytes} bytes of JSON`);
}
