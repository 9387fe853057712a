// An event in words, for chats. How each platform wants them is in the file of its format.
import { toWellFormed } from '../text.js';
import type { RenderableEvent } from './payload-format.js';

/** An event in words. */
export interface Summary {
  /** What happened, such as `order.created: order/42`. */
  readonly title: string;
  /** Facts about it, name and value, the first ones of the data. */
  readonly facts: readonly (readonly [string, string])[];
  readonly time: string;
}

const maxFacts = 10;
const maxNameLength = 60;
const maxValueLength = 200;

/** The event in words: its first ten plain fields, at most two levels deep. Never throws. */
export function summarise(event: RenderableEvent): Summary {
  const title = event.subject === null || event.subject === '' ? event.type : `${event.type}: ${event.subject}`;
  const facts: [string, string][] = [];
  addFacts(facts, '', event.data, 0);
  return { title: oneLine(title), facts, time: event.time.toISOString() };
}

function addFacts(facts: [string, string][], name: string, value: unknown, depth: number): void {
  if (facts.length === maxFacts || value === null || value === undefined) return;
  if (typeof value !== 'object') {
    const text = oneLine(String(value as string | number | boolean)).trim();
    if (text !== '') facts.push([cutText(oneLine(name || 'data'), maxNameLength), cutText(text, maxValueLength)]);
    return;
  }
  if (Array.isArray(value)) {
    if (value.length > 0)
      facts.push([
        cutText(oneLine(name || 'data'), maxNameLength),
        value.length === 1 ? '1 item' : `${value.length} items`,
      ]);
    return;
  }
  if (depth === 2) return;
  for (const key of Object.keys(value)) {
    if (facts.length === maxFacts) return;
    const item = (value as Readonly<Record<string, unknown>>)[key];
    addFacts(facts, name === '' ? key : `${name}.${key}`, item, depth + 1);
  }
}

function oneLine(text: string): string {
  return toWellFormed(text).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/** The first `max` UTF-16 units with an ellipsis for the rest, no character cut through. Never throws. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = text.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}

/** The event's data when it is an object that has one of these keys as its own: a message made for the platform. */
export function ownMessage(
  { data }: RenderableEvent,
  keys: readonly string[],
): Readonly<Record<string, unknown>> | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const record = data as Readonly<Record<string, unknown>>;
  return keys.some((key) => isFilled(Object.hasOwn(record, key) ? record[key] : null)) ? record : null;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : typeof value === 'string' ? value.trim() !== '' : false;
}
