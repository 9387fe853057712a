// The record of an attempt in MongoDB, as small as it can be: one is written for each request. Headers are kept as JSON text
// (decision 0003), and what follows from other fields is not kept at all.
import type { Method } from '../payload/payload-settings.js';
import { type AttemptError, type AttemptHeader, classOf, type DeliveryAttempt } from './delivery.js';
import { noTiming, type StageTiming } from './stage-timing.js';

/** A record of the collection `deliveryattempts`. */
export interface AttemptDocument {
  _id: string;
  event: string;
  subscription: string;
  number: number;
  delivery: string;
  eventType: string;
  application: string | null;
  startedAt: Date;
  durationMs: number;
  /** Only the stages that happened. */
  timing: Partial<StageTiming>;
  url: string;
  /** Absent for `POST`. */
  method?: Method;
  /** Absent when the body was the event in the format `STANDARD`. */
  requestBody?: string;
  requestBodyTruncated?: boolean;
  statusCode: number | null;
  /** The class of an attempt that was not answered 2xx; else absent, and the record is in no index of failures. */
  failure?: string;
  error: AttemptError | null;
  /** Without those that `derivedHeaders` gives; absent when no request could be made. */
  requestHeadersJson?: string;
  responseHeadersJson: string;
  responseBody: string | null;
  responseBodyTruncated: boolean;
}

/** The record of an attempt. */
export function toDocument(attempt: DeliveryAttempt): AttemptDocument {
  const { id, eventId, subscriptionId, deliveryId, applicationId, eventType, number, startedAt, error } = attempt;
  const { durationMs, url, statusCode, responseBody, responseBodyTruncated, requestHeaders } = attempt;
  const { method, requestBody, requestBodyTruncated } = attempt;
  const outcome = classOf(statusCode);
  return {
    _id: id,
    event: eventId,
    subscription: subscriptionId,
    number,
    delivery: deliveryId,
    eventType,
    application: applicationId,
    startedAt,
    durationMs,
    timing: withoutNulls(attempt.timing),
    url,
    ...(method === 'POST' ? {} : { method }),
    ...(requestBody === null ? {} : { requestBody, ...(requestBodyTruncated ? { requestBodyTruncated } : {}) }),
    statusCode,
    ...(outcome === 'S2XX' ? {} : { failure: outcome }),
    error,
    ...(requestHeaders.length === 0 ? {} : { requestHeadersJson: packRequestHeaders(attempt) }),
    responseHeadersJson: packHeaders(attempt.responseHeaders),
    responseBody,
    responseBodyTruncated,
  };
}

function withoutNulls(timing: StageTiming): Partial<StageTiming> {
  const taken: Record<string, number> = {};
  let name: keyof StageTiming;
  for (name in timing) {
    const ms = timing[name];
    if (ms !== null) taken[name] = ms;
  }
  return taken;
}

/** The attempt of a record. */
export function toAttempt(found: AttemptDocument): DeliveryAttempt {
  const { _id, event, subscription, delivery, application, eventType, number, startedAt, error } = found;
  const { durationMs, url, statusCode, responseBody, responseBodyTruncated, requestHeadersJson } = found;
  return {
    id: _id,
    deliveryId: delivery,
    eventId: event,
    eventType,
    subscriptionId: subscription,
    applicationId: application,
    number,
    startedAt,
    durationMs,
    timing: { ...noTiming, ...found.timing },
    url,
    method: found.method ?? 'POST',
    requestBody: found.requestBody ?? null,
    requestBodyTruncated: found.requestBodyTruncated ?? false,
    statusCode,
    error,
    requestHeaders:
      requestHeadersJson === undefined
        ? []
        : [...unpackHeaders(requestHeadersJson), ...derivedHeaders(event, startedAt)],
    responseHeaders: unpackHeaders(found.responseHeadersJson),
    responseBody,
    responseBodyTruncated,
  };
}

/** Headers of every request, told by other fields of its record. */
function derivedHeaders(eventId: string, startedAt: Date): readonly AttemptHeader[] {
  return [
    { name: 'webhook-id', value: eventId },
    { name: 'webhook-timestamp', value: String(Math.floor(startedAt.getTime() / 1000)) },
    { name: 'webhook-signature', value: '***' },
  ];
}

function packRequestHeaders({ requestHeaders, eventId, startedAt }: DeliveryAttempt): string {
  const derived = new Set(derivedHeaders(eventId, startedAt).map(({ name }) => name));
  return packHeaders(requestHeaders.filter(({ name }) => !derived.has(name)));
}

function packHeaders(headers: readonly AttemptHeader[]): string {
  return JSON.stringify(headers.map(({ name, value }) => [name, value]));
}

function unpackHeaders(json: string): AttemptHeader[] {
  const pairs = JSON.parse(json) as [string, string][];
  return pairs.map(([name, value]) => ({ name, value }));
}
