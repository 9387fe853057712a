// CloudEvents 1.0 in binary mode: attributes are headers, the body is the data alone.
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
import { toWellFormed } from '../text.js';
import { dataJsonOf, type PayloadFormat, type RenderableEvent, type RenderedPayload } from './payload-format.js';

/** The format `CLOUDEVENTS_BINARY`. */
export const cloudEventsBinaryFormat = {
  name: 'CLOUDEVENTS_BINARY',
  takesContentType: false,
  render: renderCloudEvent,
} as const satisfies PayloadFormat;

function renderCloudEvent(event: RenderableEvent): RenderedPayload {
  const { id, source, type, subject, time } = event;
  return {
    contentType: 'application/json',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': encodeAttribute(id),
      'ce-source': encodeAttribute(source),
      'ce-type': encodeAttribute(type),
      ...(subject === null || subject === '' ? {} : { 'ce-subject': encodeAttribute(subject) }),
      'ce-time': time.toISOString(),
    },
    body: Buffer.from(dataJsonOf(event)),
  };
}

/** Section 3.1.3.2: a blank, `"`, `%` and all that is no visible ASCII is percent-encoded as UTF-8. */
function encodeAttribute(value: string): string {
  return toWellFormed(value).replace(/[^\x21\x23\x24\x26-\x7e]/gu, encodeURIComponent);
}
