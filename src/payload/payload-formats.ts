// The list of body formats: a new one is a file beside this and a line here.
import { cloudEventsBinaryFormat } from './cloudevents-binary.js';
import { cloudEventsStructuredFormat } from './cloudevents-structured.js';
import { discordFormat } from './discord.js';
import { formFormat } from './form.js';
import type { PayloadFormat } from './payload-format.js';
import { rawFormat } from './raw.js';
import { slackFormat } from './slack.js';
import { standardFormat } from './standard.js';
import { teamsFormat } from './teams.js';
import { xmlFormat } from './xml.js';

/** All formats; the first is the default. */
export const payloadFormats = [
  standardFormat,
  cloudEventsStructuredFormat,
  cloudEventsBinaryFormat,
  rawFormat,
  formFormat,
  xmlFormat,
  slackFormat,
  discordFormat,
  teamsFormat,
] as const satisfies readonly PayloadFormat[];

/** The name of a format as in the API. */
export type PayloadFormatName = (typeof payloadFormats)[number]['name'];

/** The format of a name, or null when there is none. Never throws. */
export function findPayloadFormat(name: string): PayloadFormat | null {
  return payloadFormats.find((format) => format.name === name) ?? null;
}
