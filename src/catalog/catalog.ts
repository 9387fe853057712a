// What the catalogue tells of each event type, whatever it is shown as. Pages are html.ts, markdown.ts and asyncapi.ts.
import { ownEventTypes } from '../event/own-events.js';
import type { EventType } from '../event-type/event-type.js';
import { renderStandard } from '../payload/standard.js';
import { readSchemaTable, type SchemaRow } from './schema-table.js';

/** An event type as receivers see it. */
export interface CatalogEntry {
  readonly name: string;
  /** Empty when there is none. */
  readonly description: string;
  /** JSON Schema of `data`, or null when it may be anything. */
  readonly schema: unknown;
  /** Null for the gateway's own. */
  readonly version: number | null;
  /** An example of `data`, or null. */
  readonly example: unknown;
}

/** A header of every request. */
export interface RequestHeader {
  readonly name: string;
  readonly description: string;
  readonly example: string;
}

const exampleTime = new Date('2026-01-02T03:04:05.678Z');

/** The headers of a request in the format `STANDARD`, after Standard Webhooks. */
export const requestHeaders: readonly RequestHeader[] = [
  { name: 'content-type', description: 'What the body is.', example: 'application/json' },
  {
    name: 'webhook-id',
    description: 'Identifier of the event, the same on every retry: what was seen before can be dropped by it.',
    example: 'evt_019b7c40a1ce3f0e5d7a9b21',
  },
  {
    name: 'webhook-timestamp',
    description: 'When this request was made, in whole seconds since 1970.',
    example: String(Math.floor(exampleTime.getTime() / 1000)),
  },
  {
    name: 'webhook-signature',
    description:
      'One or more signatures, separated by spaces. Each is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, keyed with the secret of the webhook subscription.',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  },
];

/** Active event types in the order of their names, then the gateway's own. Never throws. */
export function readCatalog(eventTypes: Iterable<EventType>): readonly CatalogEntry[] {
  const entries: CatalogEntry[] = [];
  for (const { name, description, schema, version, example, status } of eventTypes)
    if (status === 'ACTIVE') entries.push({ name, description: description ?? '', schema, version, example });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = Object.entries(ownEventTypes).map(([name, description]) => ({
    name,
    description,
    schema: null,
    version: null,
    example: null,
  }));
  return [...entries, ...own];
}

/** Where the AsyncAPI document is. */
export const asyncApiPath = '/catalog/asyncapi.json';
const htmlSuffix = '/html';

/**
 * Where the page of an event type is. A name may itself look like the address of something else (`order.md`,
 * `asyncapi.json`): its page is one step further down, where no name can lead, so that no address depends on which event
 * types there are. Never throws.
 */
export function pathOfHtml(name: string): string {
  return `/catalog/${encodeURIComponent(name)}${isLikeAddress(name) ? htmlSuffix : ''}`;
}

/** Where the same is in Markdown. Never throws. */
export function pathOfMarkdown(name: string): string {
  return `/catalog/${encodeURIComponent(name)}.md`;
}

/** The event type, and as what it is shown, at what follows `/catalog/` in a path. Never throws. */
export function readPath(rest: string): { readonly name: string; readonly isMarkdown: boolean } {
  if (rest.endsWith('.md')) return { name: rest.slice(0, -'.md'.length), isMarkdown: true };
  const before = rest.endsWith(htmlSuffix) ? rest.slice(0, -htmlSuffix.length) : '';
  return { name: isLikeAddress(before) ? before : rest, isMarkdown: false };
}

function isLikeAddress(name: string): boolean {
  return name.endsWith('.md') || `/catalog/${name}` === asyncApiPath;
}

/** The schema of an entry as rows; none when `data` may be anything. Never throws. */
export function rowsOf(entry: CatalogEntry): readonly SchemaRow[] {
  return readSchemaTable(entry.schema);
}

/** The body of a request with the example, as it would be sent; null where there is no example. Never throws. */
export function exampleBodyOf({ name, example }: CatalogEntry): string | null {
  if (example === null) return null;
  const event = { id: '', type: name, source: '', subject: null, time: exampleTime, data: example, sequence: 0 };
  return renderStandard(event).body.toString();
}
