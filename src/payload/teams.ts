// A message for a webhook of Microsoft Teams (Workflows): an Adaptive Card.
// Source: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
import type { PayloadFormat, RenderableEvent, RenderedPayload } from './payload-format.js';
import { cutText, ownMessage, summarise } from './summary.js';

/** The format `TEAMS`. Data with `attachments` of its own is the message as it is; `text` is the text of a card. */
export const teamsFormat = {
  name: 'TEAMS',
  takesContentType: false,
  render: renderTeams,
} as const satisfies PayloadFormat;

/** A message has at most 28 KB. */
const maxTextLength = 4000;

function renderTeams(event: RenderableEvent): RenderedPayload {
  const message = ownMessage(event, ['attachments']) ?? toCard(toElements(event));
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(message)) };
}

function toElements(event: RenderableEvent): readonly object[] {
  const text = ownMessage(event, ['text'])?.['text'];
  if (typeof text === 'string') return [{ type: 'TextBlock', text: cutText(text, maxTextLength), wrap: true }];
  const { title, facts, time } = summarise(event);
  return [
    { type: 'TextBlock', text: escapeText(cutText(title, 500)), weight: 'Bolder', size: 'Medium', wrap: true },
    ...(facts.length === 0
      ? []
      : [
          {
            type: 'FactSet',
            facts: facts.map(([name, value]) => ({ title: escapeText(name), value: escapeText(value) })),
          },
        ]),
    { type: 'TextBlock', text: time, isSubtle: true, size: 'Small' },
  ];
}

function toCard(body: readonly object[]): object {
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body,
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card };
  return { type: 'message', attachments: [attachment] };
}

/** Marks of Markdown that cards read, as they are. */
function escapeText(text: string): string {
  return text.replace(/[\\*_[\]]/g, '\\$&');
}
