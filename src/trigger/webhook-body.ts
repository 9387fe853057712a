// The body of an inbound webhook: JSON, form or XML into plain JSON values, within bounds. It was verified before.
import { SaxesParser } from 'saxes';
import { Problem } from '../problem.js';

/** The forms of bodies. */
export type BodyForm = 'json' | 'form' | 'xml';

const maxDepth = 64;
const maxFields = 1000;
const maxElements = 20_000;

/** The form that a content type names; null for one that is not taken. Never throws. */
export function toBodyForm(contentType: string | undefined): BodyForm | null {
  if (contentType === 'application/json') return 'json';
  const [type = ''] = (contentType ?? '').toLowerCase().split(';', 1);
  const name = type.trim();
  if (name === 'application/json' || /^application\/[a-z0-9!#$&^_.+-]+\+json$/.test(name)) return 'json';
  if (name === 'application/x-www-form-urlencoded') return 'form';
  if (name === 'application/xml' || name === 'text/xml' || /^application\/[a-z0-9!#$&^_.+-]+\+xml$/.test(name))
    return 'xml';
  return null;
}

/** Parses a body. Throws `INVALID_INPUT` or `TOO_LARGE` on `body`. */
export function parseBody(body: Buffer, form: BodyForm): unknown {
  const text = body.toString();
  switch (form) {
    case 'json':
      return parseJson(text);
    case 'form':
      return parseForm(text);
    case 'xml':
      return parseXml(text);
    default:
      return form satisfies never;
  }
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem('INVALID_INPUT', 'the body is no JSON', { field: 'body', cause });
  }
  checkDepth(value, 0);
  return value;
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= maxDepth) throw tooDeep();
  for (const item of Array.isArray(value) ? value : Object.values(value)) checkDepth(item, depth + 1);
}

function tooDeep(): Problem {
  return new Problem('TOO_LARGE', `the body is nested deeper than ${maxDepth} levels`, { field: 'body' });
}

function parseForm(text: string): Record<string, unknown> {
  const fields = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > maxFields)
      throw new Problem('TOO_LARGE', `the form has more than ${maxFields} fields`, { field: 'body' });
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

interface Element {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly children: Map<string, unknown[]>;
  text: string;
}

/**
 * The root element under its name. An element without attributes and children is its text; else an object of its children,
 * `@name` for attributes and `#text`; elements of one name become a list. Document types, and with them entities, are refused.
 */
function parseXml(text: string): Record<string, unknown> {
  const root: Element = { name: '', attributes: [], children: new Map(), text: '' };
  const open: Element[] = [root];
  let elements = 0;
  const parser = new SaxesParser();
  const refuse = (cause: unknown): never => {
    throw cause instanceof Problem
      ? cause
      : new Problem('INVALID_INPUT', 'the body is no XML', { field: 'body', cause });
  };
  parser.on('error', refuse);
  parser.on('doctype', () => {
    throw new Problem('INVALID_INPUT', 'the body must not have a document type', { field: 'body' });
  });
  parser.on('opentag', ({ name, attributes }) => {
    elements += 1;
    if (open.length > maxDepth) throw tooDeep();
    if (elements > maxElements)
      throw new Problem('TOO_LARGE', `the body has more than ${maxElements} elements`, { field: 'body' });
    const pairs = Object.entries(attributes).map(([key, value]) => [`@${key}`, String(value)] as const);
    open.push({ name, attributes: pairs, children: new Map(), text: '' });
  });
  const addText = (part: string): void => {
    const current = open.at(-1);
    if (current !== undefined) current.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = open.pop();
    const parent = open.at(-1);
    if (closed === undefined || parent === undefined) return;
    const known = parent.children.get(closed.name);
    if (known === undefined) parent.children.set(closed.name, [toValue(closed)]);
    else known.push(toValue(closed));
  });
  try {
    parser.write(text).close();
  } catch (error) {
    refuse(error);
  }
  return childrenOf(root);
}

function childrenOf({ children }: Element): Record<string, unknown> {
  return Object.fromEntries([...children].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

function toValue(element: Element): unknown {
  const text = element.text.trim();
  if (element.attributes.length === 0 && element.children.size === 0) return text;
  return {
    ...Object.fromEntries(element.attributes),
    ...childrenOf(element),
    ...(text === '' ? {} : { '#text': text }),
  };
}
