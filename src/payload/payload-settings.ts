// What the owner of a webhook subscription sets about its requests: checked at the door, stored as set, and compiled into what
// render-request.ts works with. What is not set is not stored.
import type { RunJsonata } from '../jsonata/jsonata-pool.js';
import { Problem } from '../problem.js';
import { compileJsonTemplate, type JsonTemplate } from './json-template.js';
import type { PayloadFormat } from './payload-format.js';
import { findPayloadFormat, type PayloadFormatName, payloadFormats } from './payload-formats.js';

/** Methods that a request may have. */
export const methods = ['POST', 'PUT', 'PATCH', 'GET'] as const;

/** The method of a request. */
export type Method = (typeof methods)[number];

/** A transformer as it is set: one of the two. */
export interface TransformInput {
  /** A JSONata expression over the event. */
  readonly jsonata?: string | null | undefined;
  /** Literal JSON with paths. */
  readonly template?: unknown;
}

/** What is set; what is absent has its default. */
export interface PayloadSettings {
  readonly format?: PayloadFormatName;
  readonly transform?: { readonly jsonata: string } | { readonly template: unknown };
  readonly method?: Method;
  readonly contentType?: string;
}

/** Settings as they come from the door: null takes a value back to its default, what is absent stays. */
export interface PayloadSettingsInput {
  readonly format?: PayloadFormatName | null | undefined;
  readonly transform?: TransformInput | null | undefined;
  readonly method?: Method | null | undefined;
  readonly contentType?: string | null | undefined;
}

/** Settings ready for use. */
export interface CompiledPayload {
  readonly format: PayloadFormat;
  readonly transform: { readonly jsonata: string } | { readonly template: JsonTemplate } | null;
  readonly method: Method;
  readonly contentType: string | null;
}

/** Longest JSONata expression, in characters. */
const maxExpressionLength = 16_384;
const maxContentTypeLength = 128;
/** RFC 9110 8.3.1: type, subtype and parameters. */
const contentTypeShape =
  /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(?:; ?[a-z0-9!#$&^_.+-]+=(?:[\w!#$&^.+-]+|"[\w .,:;/+-]*"))*$/i;

/**
 * The settings after an input. Throws `INVALID_INPUT`, `TOO_LARGE` or `TRANSFORM_INVALID` that names the field at fault and its
 * limit. An expression is parsed in a process of its own.
 */
export async function checkPayloadSettings(
  input: PayloadSettingsInput,
  pool: RunJsonata,
  current: PayloadSettings = {},
): Promise<PayloadSettings> {
  const format = input.format === undefined ? current.format : input.format;
  const method = input.method === undefined ? current.method : input.method;
  const contentType = input.contentType === undefined ? current.contentType : input.contentType;
  const transform =
    input.transform === undefined
      ? current.transform
      : input.transform === null
        ? null
        : await checkTransform(input.transform, pool);
  if (contentType != null) checkContentType(contentType, format ?? 'STANDARD', method ?? 'POST');
  return {
    ...(format == null ? {} : { format }),
    ...(transform == null ? {} : { transform }),
    ...(method == null ? {} : { method }),
    ...(contentType == null ? {} : { contentType }),
  };
}

async function checkTransform(
  { jsonata, template }: TransformInput,
  pool: RunJsonata,
): Promise<NonNullable<PayloadSettings['transform']>> {
  if (jsonata == null) {
    if (template == null)
      throw new Problem('INVALID_INPUT', 'transform must have jsonata or template', { field: 'transform' });
    compileJsonTemplate(template, 'transform.template');
    return { template };
  }
  const field = 'transform.jsonata';
  if (jsonata.trim() === '' || jsonata.length > maxExpressionLength) {
    const message = `transform.jsonata must have 1 to ${maxExpressionLength} characters, has ${jsonata.length}`;
    throw new Problem('INVALID_INPUT', message, { field });
  }
  const result = await pool.run(`check ${jsonata}`, jsonata, null);
  if (result.kind === 'done') return { jsonata };
  if (result.code === 'BUSY')
    throw new Problem('OVERLOADED', 'too many expressions are being checked; try again later', { field });
  const place = result.position === null ? '' : ` at character ${result.position}`;
  throw new Problem('TRANSFORM_INVALID', `the expression is wrong${place}: ${result.message}`, { field });
}

function checkContentType(contentType: string, formatName: PayloadFormatName, method: Method): void {
  const field = 'contentType';
  if (contentType.length > maxContentTypeLength || !contentTypeShape.test(contentType)) {
    const message = `contentType must be a media type such as application/vnd.acme+json, at most ${maxContentTypeLength} characters`;
    throw new Problem('INVALID_INPUT', message, { field });
  }
  if (method === 'GET')
    throw new Problem('INVALID_INPUT', 'a GET request has no body and takes no contentType', { field });
  const takers = payloadFormats.filter(({ takesContentType }) => takesContentType).map(({ name }) => name);
  if (takers.every((name) => name !== formatName)) {
    const message = `the format ${formatName} has a content type of its own; contentType is for ${takers.join(', ')}`;
    throw new Problem('INVALID_INPUT', message, { field });
  }
}

/** The settings compiled; null when nothing is set. Throws as `checkPayloadSettings`, which only another version can bring about. */
export function compilePayload(settings: PayloadSettings): CompiledPayload | null {
  if (Object.keys(settings).length === 0) return null;
  const { format: name = 'STANDARD', transform, method = 'POST', contentType = null } = settings;
  const format = findPayloadFormat(name);
  if (format === null) throw new Problem('INVALID_INPUT', `there is no format ${name}`, { field: 'format' });
  return { format, transform: compileTransform(transform), method, contentType };
}

function compileTransform(transform: PayloadSettings['transform']): CompiledPayload['transform'] {
  if (transform === undefined) return null;
  return 'jsonata' in transform
    ? transform
    : { template: compileJsonTemplate(transform.template, 'transform.template') };
}
