// What is kept of one attempt: the request and the answer as they may be shown, secrets hidden. Where it is kept is
// attempt-store.ts, what was sent deliver.ts.
import type { Header } from '../webhook-subscription/webhook-subscription.js';
import type { AttemptError, DeliveryAttempt } from './delivery.js';
import type { PreparedRequest } from './make-request.js';
import type { SendOutcome, SendRequest } from './send.js';
import type { StageTiming } from './stage-timing.js';

/** What came of an attempt: what the sender says, or that there was nothing to send. */
export type AttemptOutcome =
  | SendOutcome
  | ({ readonly kind: 'failure'; readonly durationMs: number; readonly timing: StageTiming } & AttemptError);

type Described = Pick<
  DeliveryAttempt,
  | 'durationMs'
  | 'timing'
  | 'statusCode'
  | 'error'
  | 'method'
  | 'requestHeaders'
  | 'requestBody'
  | 'requestBodyTruncated'
  | 'responseHeaders'
  | 'responseBody'
  | 'responseBodyTruncated'
>;

/** Bytes of a request body that are kept. */
export const maxRequestBodyBytes = 16_384;

/** Stands in the place of a secret. */
const hidden = '***';

/** Headers of ours that hold no secret; every other value is hidden. */
const shownHeaders: ReadonlySet<string> = new Set([
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-request-origin',
]);

/** The parts of a record that tell of an outcome; `sent` is null when no request could be made. Never throws. */
export function describeAttempt(outcome: AttemptOutcome, sent: PreparedRequest | null): Described {
  const { durationMs, timing } = outcome;
  const custom = sent?.custom ?? [];
  // Field by field: this is done for every attempt.
  const method = sent?.request.method ?? 'POST';
  const requestHeaders = sent === null ? [] : maskHeaders(sent.request.headers, custom);
  const { requestBody, requestBodyTruncated } = sent === null || sent.isStandard ? noBody : keepBody(sent.request.body);
  if (outcome.kind === 'failure') {
    const { stage, code, message } = outcome;
    const error = { stage, code, message };
    const none = { statusCode: null, responseHeaders: [], responseBody: null, responseBodyTruncated: false };
    return { durationMs, timing, method, requestHeaders, requestBody, requestBodyTruncated, error, ...none };
  }
  // A receiver may answer with what it got; what is kept must not hold the credentials of our request.
  const hide = (text: string): string => custom.reduce((rest, { value }) => hideValue(rest, value), text);
  return {
    durationMs,
    timing,
    method,
    requestHeaders,
    requestBody,
    requestBodyTruncated,
    error: null,
    statusCode: outcome.statusCode,
    responseHeaders: Object.entries(outcome.headers).map(([name, value]) => ({ name, value: hide(value) })),
    responseBody: hide(outcome.body),
    responseBodyTruncated: outcome.bodyTruncated,
  };
}

const noBody = { requestBody: null, requestBodyTruncated: false };

/** The beginning of a body as text, without the part of a character that the bound cuts through. */
function keepBody(body: Buffer): Pick<DeliveryAttempt, 'requestBody' | 'requestBodyTruncated'> {
  const text = body.subarray(0, maxRequestBodyBytes).toString('utf8');
  const requestBodyTruncated = body.length > maxRequestBodyBytes;
  return { requestBody: requestBodyTruncated ? text.replace(/\ufffd$/, '') : text, requestBodyTruncated };
}

/** The headers of a request as they may be shown: values of custom ones and of those that hold secrets are `***`. */
export function maskHeaders(
  headers: SendRequest['headers'],
  custom: readonly Header[],
): DeliveryAttempt['requestHeaders'] {
  const isShown = (name: string, value: string): boolean =>
    (shownHeaders.has(name) || name.startsWith('ce-')) &&
    !custom.some((own) => own.name === name && own.value === value);
  return Object.entries(headers).map(([name, value]) => ({ name, value: isShown(name, value) ? value : hidden }));
}

/** Hides a header's value and, of a value such as `Bearer abc`, its credential too. Short values would hide ordinary text. */
function hideValue(text: string, value: string): string {
  const parts = [value, value.slice(value.indexOf(' ') + 1)].filter((part) => part.length >= 6);
  return parts.reduce((rest, part) => rest.replaceAll(part, hidden), text);
}
