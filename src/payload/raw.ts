// The data alone, as it was published or as a transformer made it.
import { dataJsonOf, type PayloadFormat, type RenderableEvent, type RenderedPayload } from './payload-format.js';

/** The format `RAW`. */
export const rawFormat = { name: 'RAW', takesContentType: true, render: renderRaw } as const satisfies PayloadFormat;

function renderRaw(event: RenderableEvent): RenderedPayload {
  return { contentType: 'application/json', body: Buffer.from(dataJsonOf(event)) };
}

/** The body of a content type that is not JSON: data that is a text is sent as its characters, any other as JSON. */
export function renderText(event: RenderableEvent): Buffer {
  return Buffer.from(typeof event.data === 'string' ? event.data : dataJsonOf(event));
}

/** True for `application/json`, `text/json` and `…+json`, with or without parameters. */
export function isJsonContentType(contentType: string): boolean {
  return /^[^;]*[/+]json\s*(?:;|$)/i.test(contentType);
}
