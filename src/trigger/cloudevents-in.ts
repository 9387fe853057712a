// From a CloudEvents 1.0 request to what is published, in the three modes of the HTTP binding. Who may send one is asked before.
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md and formats/json-format.md
import { createHash } from 'node:crypto';
import { parseInstant } from '../instant.js';
import { Problem } from '../problem.js';
import type { PublishInput } from '../publish.js';
import { checkText } from '../text.js';

/** How events lie in a request. */
export type CloudEventsMode = 'structured' | 'batched' | 'binary';

/** A request as it came. */
export interface CloudEventsRequest {
  readonly mode: CloudEventsMode;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** An attribute by its name; undefined when it is not set. Throws `INVALID_INPUT` on it. */
type ReadAttribute = (name: string) => string | undefined;

/** As deep as data that is published by a mutation. */
const maxDepth = 500;
const maxOrderingKey = 256;

/** The mode that a content type stands for; null for one that is not taken, in formats and encodings too. Never throws. */
export function toCloudEventsMode(contentType: string | undefined): CloudEventsMode | null {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((one) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(one)?.[1])
    .find((one) => one != null);
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') return null;
  const name = type.trim();
  if (name === 'application/cloudevents+json') return 'structured';
  if (name === 'application/cloudevents-batch+json') return 'batched';
  if (name.startsWith('application/cloudevents')) return null;
  return contentType === undefined || isJson(name) ? 'binary' : null;
}

/**
 * The events of a request, in its order. Throws `INVALID_INPUT` and `TOO_LARGE` with the attribute as field, in a batch behind
 * `events.n`; `body` when that is no JSON.
 */
export function readCloudEvents({ mode, headers, body }: CloudEventsRequest): PublishInput[] {
  switch (mode) {
    case 'structured':
      return [readStructured(parseJson(body, 'body'))];
    case 'batched':
      return readBatch(parseJson(body, 'body'));
    case 'binary':
      return [
        toInput(
          (name) => readHeader(headers, name),
          () => (body.length === 0 ? null : parseJson(body, 'data')),
        ),
      ];
    default:
      return mode satisfies never;
  }
}

/** A refusal of publishing in the words of CloudEvents: its fields are attributes. Never throws. */
export function toAttributeProblem(problem: Problem): Problem {
  const field = problem.field?.replace(/(^|\.)idempotencyKey$/, '$1id').replace(/(^|\.)deliverAt$/, '$1deliverat');
  const message =
    problem.code === 'IDEMPOTENCY_KEY_REUSED'
      ? 'an event of this source and id was published before with other content'
      : problem.message.replace(/^deliverAt /, 'deliverat ');
  return new Problem(problem.code, message, { ...(field === undefined ? {} : { field }), cause: problem.cause });
}

function readBatch(value: unknown): PublishInput[] {
  if (!Array.isArray(value)) throw new Problem('INVALID_INPUT', 'the body must be a JSON list', { field: 'body' });
  return value.map((one, index) => {
    try {
      return readStructured(one);
    } catch (error) {
      throw error instanceof Problem ? error.under(`events.${index}`) : error;
    }
  });
}

function readStructured(value: unknown): PublishInput {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('INVALID_INPUT', 'a CloudEvent must be a JSON object');
  const members = new Map<string, unknown>(Object.entries(value));
  const read: ReadAttribute = (name) => {
    // "null" is the same as absent (JSON format, section 2.2).
    const member = members.get(name) ?? undefined;
    if (member === undefined || typeof member === 'string') return member;
    throw invalid(name, 'must be a text');
  };
  return toInput(read, () => readData(members, read));
}

function readData(members: ReadonlyMap<string, unknown>, read: ReadAttribute): unknown {
  const encoded = read('data_base64');
  const data = members.get('data');
  if (encoded === undefined && data === undefined) return null;
  const type = read('datacontenttype');
  if (type !== undefined && !isJson(type.toLowerCase().split(';', 1)[0]?.trim() ?? ''))
    throw invalid('datacontenttype', 'must be JSON, such as application/json');
  if (encoded === undefined) return data;
  if (data !== undefined) throw invalid('data_base64', 'must not be there together with data');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded))
    throw invalid('data_base64', 'must be base64');
  return parseJson(Buffer.from(encoded, 'base64'), 'data_base64');
}

function toInput(read: ReadAttribute, readTheData: () => unknown): PublishInput {
  if (requireText(read, 'specversion') !== '1.0') throw invalid('specversion', 'must be 1.0');
  const id = requireText(read, 'id');
  const source = requireText(read, 'source');
  const type = requireText(read, 'type');
  return {
    type,
    source,
    subject: read('subject'),
    time: readInstant(read, 'time'),
    data: readTheData(),
    // "Producers MUST ensure that source + id is unique for each distinct event" (section 3.1.1 of the specification).
    idempotencyKey: `cloudevents ${createHash('sha256')
      .update(JSON.stringify([source, id]))
      .digest('base64url')}`,
    orderingKey: readOrderingKey(read, 'orderingkey') ?? readOrderingKey(read, 'partitionkey'),
    deliverAt: readInstant(read, 'deliverat'),
  };
}

function requireText(read: ReadAttribute, name: string): string {
  const value = read(name) ?? '';
  if (value === '') throw invalid(name, 'must be there and not be empty');
  return value;
}

function readInstant(read: ReadAttribute, name: string): Date | null {
  const text = read(name);
  if (text === undefined) return null;
  const instant = parseInstant(text);
  if (instant === null) throw invalid(name, 'must be an RFC 3339 instant with an offset, such as 2026-01-31T12:00:00Z');
  return instant;
}

function readOrderingKey(read: ReadAttribute, name: string): string | null {
  const key = read(name);
  return key === undefined ? null : checkText(key, name, maxOrderingKey);
}

/** Section 3.1.3.2: a quoted string is unquoted first, then percent-decoded once. */
function readHeader(headers: CloudEventsRequest['headers'], name: string): string | undefined {
  const value = headers[`ce-${name}`];
  if (typeof value !== 'string') return undefined;
  if (!/^[\x20-\x7e]*$/.test(value)) throw invalid(name, 'must be ASCII as a header, other characters percent-encoded');
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1];
  try {
    return decodeURIComponent(quoted === undefined ? value : quoted.replace(/\\(.)/g, '$1'));
  } catch {
    throw invalid(name, 'must be percent-encoded UTF-8 as a header, a percent sign as %25');
  }
}

/** Section 3.1 of the JSON format: the subtype is `json` or ends in `+json`. */
function isJson(mediaType: string): boolean {
  return /^[a-z0-9!#$&^_.-]+\/(?:[a-z0-9!#$&^_.+-]+\+)?json$/.test(mediaType);
}

function parseJson(bytes: Buffer, field: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Problem('INVALID_INPUT', `${field} must be JSON in UTF-8`, { field, cause });
  }
  checkJson(value, field, 0);
  return value;
}

/** Refuses what is nested too deep, and numbers such as 1e999, which would silently become null. */
function checkJson(value: unknown, field: string, depth: number): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw invalid(field, 'must not hold a number beyond 1.8e308');
  if (typeof value !== 'object' || value === null) return;
  if (depth >= maxDepth)
    throw new Problem('TOO_LARGE', `${field} must be nested at most ${maxDepth} levels deep`, { field });
  for (const item of Array.isArray(value) ? value : Object.values(value)) checkJson(item, field, depth + 1);
}

function invalid(name: string, rule: string): Problem {
  return new Problem('INVALID_INPUT', `${name} ${rule}`, { field: name });
}
