// The default body, after the recommendation of Standard Webhooks: {"type", "timestamp", "data"}. The event's id is not in
// it: it travels in the `webhook-id` header.
import { dataJsonOf, type PayloadFormat, type RenderableEvent, type RenderedPayload } from './payload-format.js';

/** The format `STANDARD`. */
export const standardFormat = {
  name: 'STANDARD',
  takesContentType: true,
  render: renderStandard,
} as const satisfies PayloadFormat;

/**
 * One line of JSON with its keys in this order: `type`, `timestamp` (ISO 8601 in UTC with milliseconds, when the event
 * happened), `data`. Never throws for data that is JSON.
 */
export function renderStandard(event: RenderableEvent): RenderedPayload {
  const data = dataJsonOf(event);
  const text = `{"type":${JSON.stringify(event.type)},"timestamp":"${event.time.toISOString()}","data":${data}}`;
  return { contentType: 'application/json', body: Buffer.from(text) };
}
