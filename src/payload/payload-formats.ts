// The list of body formats: a new one is a file beside this and a line here.
import type { PayloadFormat } from './payload-format.js';
import { standardFormat } from './standard.js';

/** All formats; the first is the default. */
export const payloadFormats = [standardFormat] as const satisfies readonly PayloadFormat[];

/** The name of a format as in the API. */
export type PayloadFormatName = (typeof payloadFormats)[number]['name'];

/** The format of a name, or null when there is none. Never throws. */
export function findPayloadFormat(name: string): PayloadFormat | null {
  return payloadFormats.find((format) => format.name === name) ?? null;
}
