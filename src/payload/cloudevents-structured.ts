// CloudEvents 1.0 in structured mode: attributes and data in one JSON object.
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
import { dataJsonOf, type PayloadFormat, type RenderableEvent, type RenderedPayload } from './payload-format.js';

/** The format `CLOUDEVENTS_STRUCTURED`. */
export const cloudEventsStructuredFormat = {
  name: 'CLOUDEVENTS_STRUCTURED',
  takesContentType: false,
  render: renderCloudEvent,
} as const satisfies PayloadFormat;

function renderCloudEvent(event: RenderableEvent): RenderedPayload {
  const attributes = JSON.stringify({
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    ...(event.subject === null || event.subject === '' ? {} : { subject: event.subject }),
    time: event.time.toISOString(),
    datacontenttype: 'application/json',
  });
  const text = `${attributes.slice(0, -1)},"data":${dataJsonOf(event)}}`;
  return { contentType: 'application/cloudevents+json', body: Buffer.from(text) };
}
