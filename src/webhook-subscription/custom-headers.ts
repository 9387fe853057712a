// Headers that a user may add to the requests of a webhook subscription. Our own headers are set where requests are built.
import type { HeaderTemplate } from '../payload/render-request.js';
import { parseTextTemplate } from '../payload/text-template.js';
import { Problem } from '../problem.js';

const maxHeaders = 20;
const maxNameLength = 128;
const maxValueLength = 4096;

/** RFC 9110 5.6.2: `token`. */
const tokenShape = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 5.5: visible characters with blanks between, ASCII only: receivers read the rest each in their own way. */
const valueShape = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * What only the gateway may set: the framing of the message and the connection (`host` also decides where it arrives),
 * what describes the body, and what is signed. `accept-encoding` because answers are kept as they come, not decompressed.
 * All else is allowed, `authorization`, `cookie` and `user-agent` included.
 */
const reserved: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const reservedPrefixes = ['proxy-', 'webhook-'];

/**
 * The headers with the paths of their values parsed, such as `{{ subject }}`; null when none has any. Throws `HEADER_INVALID`,
 * which checked headers never do.
 */
export function parseHeaders(headers: readonly CustomHeader[]): readonly HeaderTemplate[] | null {
  if (!headers.some(({ value }) => value.includes('{{'))) return null;
  return headers.map(({ name, value }) => ({ name, value: parseHeaderValue(value, 'headers') }));
}

function parseHeaderValue(value: string, field: string): HeaderTemplate['value'] {
  if (!value.includes('{{')) return value;
  try {
    return parseTextTemplate(value, field);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem('HEADER_INVALID', `A path of the header value is wrong: ${error.message}.`, { field });
  }
}

/** A header as given in the API. */
export interface CustomHeader {
  readonly name: string;
  readonly value: string;
}

/**
 * The headers as a record with lower-case names: at most 20, no name twice (in any case), names of 1 to 128 token
 * characters that are not the gateway's own, values of 1 to 4096 visible ASCII characters, blanks and tabs, without a
 * blank at either end. Throws `HEADER_INVALID` on `field`, `field.N.name` or `field.N.value`; it never repeats a value.
 */
export function checkCustomHeaders(headers: readonly CustomHeader[], field: string): Record<string, string> {
  if (headers.length > maxHeaders) {
    throw new Problem('HEADER_INVALID', `At most ${maxHeaders} headers can be set.`, { field });
  }
  const checked = new Map<string, string>();
  for (const [index, header] of headers.entries()) {
    const name = checkName(header.name, `${field}.${index}.name`);
    if (checked.has(name)) {
      throw new Problem('HEADER_INVALID', 'The header is given twice.', { field: `${field}.${index}.name` });
    }
    if (header.value.length > maxValueLength || !valueShape.test(header.value)) {
      throw new Problem(
        'HEADER_INVALID',
        `A header value is 1 to ${maxValueLength} visible ASCII characters, with blanks only between them.`,
        { field: `${field}.${index}.value` },
      );
    }
    parseHeaderValue(header.value, `${field}.${index}.value`);
    checked.set(name, header.value);
  }
  return Object.fromEntries(checked);
}

function checkName(given: string, field: string): string {
  if (given.length > maxNameLength || !tokenShape.test(given)) {
    throw new Problem(
      'HEADER_INVALID',
      `A header name is 1 to ${maxNameLength} letters, digits and !#$%&'*+-.^_\`|~ characters.`,
      { field },
    );
  }
  const name = given.toLowerCase();
  if (reserved.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))) {
    throw new Problem('HEADER_INVALID', `The header ${name} is set by the gateway.`, { field });
  }
  return name;
}
