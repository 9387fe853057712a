// The default body, after the recommendation of Standard Webhooks: {"type", "timestamp", "data"}. The event's id is not in
// it: it travels in the `webhook-id` header.
import type { PayloadFormat, RenderableEvent, RenderedPayload } from './payload-format.js';

/** The format `STANDARD`. */
export const standardFormat = { name: 'STANDARD', render: renderStandard } as const satisfies PayloadFormat;

/**
 * One line of JSON with its keys in this order: `type`, `timestamp` (ISO 8601 in UTC with milliseconds, when the event
 * happened), `data`. Never throws for data that is JSON.
 */
export function renderStandard(event: RenderableEvent): RenderedPayload {
  const data = event.dataJson ?? JSON.stringify(event.data) ?? 'null';
  const text = `{"type":${JSON.stringify(event.type)},"timestamp":"${event.time.toISOString()}","data":${data}}`;
  return { contentType: 'application/json', body: Buffer.from(text) };
}
