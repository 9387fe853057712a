// From an event to what is sent: its data, transformed, in its format, with headers filled. Signing and sending are elsewhere.
import type { RunJsonata } from '../jsonata/jsonata-pool.js';
import { Problem } from '../problem.js';
import { toWellFormed } from '../text.js';
import { encodeFields, flatten } from './flatten.js';
import type { RenderableEvent, RenderedPayload } from './payload-format.js';
import type { CompiledPayload, Method } from './payload-settings.js';
import { isJsonContentType, renderText } from './raw.js';
import { standardFormat } from './standard.js';
import { fillText, type TextTemplate } from './text-template.js';

/** A request without its address and signature. */
export interface RenderedRequest extends RenderedPayload {
  readonly kind: 'rendered';
  readonly method: Method;
  /** What is put behind the URL's own query; empty but for GET. */
  readonly query: string;
  /** True when the body is that of `STANDARD` over the event as it is in the log: it can be made again at any time. */
  readonly isStandard: boolean;
}

/** Why there is nothing to send. */
export interface RenderFailure {
  readonly kind: 'failed';
  /** Making the body, or the transformer before it. */
  readonly stage: 'RENDER' | 'TRANSFORM';
  /** `SCREAMING`. */
  readonly code: string;
  /** One sentence, at most 400 characters. */
  readonly message: string;
}

/** What a request is made from. */
export interface RenderInput {
  /** Whose it is: those who ask for expressions take turns. */
  readonly key: string;
  /** Null for the defaults. */
  readonly payload: CompiledPayload | null;
  readonly event: RenderableEvent & { readonly dataJson: string };
  /** The data to send, as JSON text: `event.dataJson`, or what stands in its place. */
  readonly dataJson: string;
}

/** Makes requests. Never throws; a promise only where a JSONata expression is run. */
export type RenderRequest = (
  input: RenderInput,
) => RenderedRequest | RenderFailure | Promise<RenderedRequest | RenderFailure>;

/** Longest query of a GET request, in characters. */
const maxQueryLength = 8192;
const maxMessageLength = 400;

/** Requests over a pool for JSONata. The default ones are made once for all who share an event. */
export function createRenderRequest(pool: RunJsonata): RenderRequest {
  /** Bodies by event, as long as anybody holds the event: one for all its webhook subscriptions. */
  const standard = new WeakMap<RenderableEvent, RenderedRequest>();

  function renderStandard(event: RenderInput['event']): RenderedRequest {
    let made = standard.get(event);
    if (made === undefined) {
      // Field by field: this is done for every event.
      const { contentType, body } = standardFormat.render(event);
      made = { kind: 'rendered', method: 'POST', query: '', isStandard: true, contentType, body };
      standard.set(event, made);
    }
    return made;
  }

  async function runJsonata(expression: string, { key, event, dataJson }: RenderInput, payload: CompiledPayload) {
    const result = await pool.run(key, expression, toInputJson(event, dataJson));
    if (result.kind === 'failed') return fail('TRANSFORM', `TRANSFORM_${result.code}`, result.message);
    return attempt(() => format(payload, event, result.json ?? 'null'));
  }

  return (input) => {
    const { payload, event, dataJson } = input;
    if (payload === null && dataJson === event.dataJson) return renderStandard(event);
    const plain = payload ?? standardPayload;
    const { transform } = plain;
    if (transform === null) return attempt(() => format(plain, event, dataJson));
    if ('jsonata' in transform) return runJsonata(transform.jsonata, input, plain);
    const { template } = transform;
    const made = attempt(() => template(withData(event, dataJson)), 'TRANSFORM');
    return typeof made === 'string' ? attempt(() => format(plain, event, made)) : made;
  };
}

const noHeaders: Readonly<Record<string, string>> = {};
const standardPayload: CompiledPayload = { format: standardFormat, transform: null, method: 'POST', contentType: null };

function format(
  { format: own, method, contentType }: CompiledPayload,
  event: RenderableEvent,
  dataJson: string,
): RenderedRequest {
  const shown = withData(event, dataJson);
  if (method === 'GET') {
    const query = encodeFields(flatten(shown.data));
    if (query.length > maxQueryLength)
      throw new Problem(
        'TOO_LARGE',
        `the query of a GET request has at most ${maxQueryLength} characters, not ${query.length}`,
      );
    return {
      kind: 'rendered',
      method,
      query,
      isStandard: false,
      contentType: '',
      headers: noHeaders,
      body: Buffer.alloc(0),
    };
  }
  const rendered = own.render(shown);
  const isText = contentType !== null && own.name === 'RAW' && !isJsonContentType(contentType);
  // Field by field: this is done for every event.
  return {
    kind: 'rendered',
    method,
    query: '',
    isStandard: false,
    contentType: contentType ?? rendered.contentType,
    headers: rendered.headers ?? noHeaders,
    body: isText ? renderText(shown) : rendered.body,
  };
}

/** What an expression sees: the event's attributes, and its data as the text that is there already. */
function toInputJson({ id, type, source, subject, time, sequence }: RenderableEvent, dataJson: string): string {
  const attributes = JSON.stringify({ id, type, source, subject, time, sequence });
  return `${attributes.slice(0, -1)},"data":${dataJson}}`;
}

/** The event with other data. */
function withData(event: RenderableEvent, dataJson: string): RenderableEvent & { readonly dataJson: string } {
  if (dataJson === event.dataJson) return event as RenderableEvent & { readonly dataJson: string };
  return new EventWithData(event, dataJson);
}

/** Parses its data only if somebody looks at it: most formats take the text as it is. */
class EventWithData implements RenderableEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string | null;
  readonly time: Date;
  readonly sequence: number;
  readonly dataJson: string;
  #data: unknown;

  constructor({ id, type, source, subject, time, sequence }: RenderableEvent, dataJson: string) {
    this.id = id;
    this.type = type;
    this.source = source;
    this.subject = subject;
    this.time = time;
    this.sequence = sequence;
    this.dataJson = dataJson;
  }

  get data(): unknown {
    if (this.#data === undefined) this.#data = JSON.parse(this.dataJson);
    return this.#data;
  }
}

function attempt<T>(make: () => T, stage: RenderFailure['stage'] = 'RENDER'): T | RenderFailure {
  try {
    return make();
  } catch (error) {
    if (error instanceof Problem)
      return fail(stage, stage === 'TRANSFORM' ? `TRANSFORM_${error.code}` : error.code, error.message);
    return fail(stage, 'REQUEST_NOT_MADE', 'The request could not be made from the event.');
  }
}

function fail(stage: RenderFailure['stage'], code: string, message: string): RenderFailure {
  return { kind: 'failed', stage, code, message: message.slice(0, maxMessageLength) };
}

/** A header whose value may name paths. */
export interface HeaderTemplate {
  readonly name: string;
  /** A text as it is, or with paths. */
  readonly value: string | TextTemplate;
}

/**
 * The headers for an event. One that comes out empty is left out; what is no visible ASCII is percent-encoded as UTF-8. A
 * control character, such as a line break, or more than 4,096 characters is a failure.
 */
export function fillHeaders(
  headers: readonly HeaderTemplate[],
  event: RenderableEvent,
): readonly { readonly name: string; readonly value: string }[] | RenderFailure {
  const filled: { name: string; value: string }[] = [];
  for (const { name, value } of headers) {
    if (typeof value === 'string') {
      filled.push({ name, value });
      continue;
    }
    const text = toWellFormed(fillText(value, event)).trim();
    if (/\p{Cc}/u.test(text))
      return fail('RENDER', 'HEADER_INVALID', `The header ${name} would hold a control character.`);
    const encoded = text.replace(/[^\x20-\x7e]/gu, encodeURIComponent);
    if (encoded.length > 4096) return fail('RENDER', 'HEADER_INVALID', `The header ${name} would be longer than 4096.`);
    if (encoded !== '') filled.push({ name, value: encoded });
  }
  return filled;
}
