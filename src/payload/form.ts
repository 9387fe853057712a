// The fields of the data as an HTML form would send them. How nesting becomes names is flatten.ts.
import { encodeFields, flatten } from './flatten.js';
import type { PayloadFormat, RenderableEvent, RenderedPayload } from './payload-format.js';

/** The format `FORM`. */
export const formFormat = {
  name: 'FORM',
  takesContentType: false,
  render: renderForm,
} as const satisfies PayloadFormat;

function renderForm({ data }: RenderableEvent): RenderedPayload {
  return { contentType: 'application/x-www-form-urlencoded', body: Buffer.from(encodeFields(flatten(data))) };
}
