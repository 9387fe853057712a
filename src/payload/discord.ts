// A message for a webhook of Discord. Source: https://discord.com/developers/docs/resources/webhook#execute-webhook
import type { PayloadFormat, RenderableEvent, RenderedPayload } from './payload-format.js';
import { cutText, ownMessage, summarise } from './summary.js';

/** The format `DISCORD`. Data with `content` or `embeds` of its own is the message as it is, `content` cut to 2,000 characters. */
export const discordFormat = {
  name: 'DISCORD',
  takesContentType: false,
  render: renderDiscord,
} as const satisfies PayloadFormat;

const maxContentLength = 2000;
const maxTitleLength = 256;
/** Nobody is pinged by what an event says, whether or not it looks like a mention. */
const nobody = { parse: [] };

function renderDiscord(event: RenderableEvent): RenderedPayload {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(toMessage(event))) };
}

function toMessage(event: RenderableEvent): object {
  const own = ownMessage(event, ['content', 'embeds']);
  if (own !== null) {
    const content = typeof own['content'] === 'string' ? { content: cutText(own['content'], maxContentLength) } : {};
    return { allowed_mentions: nobody, ...own, ...content };
  }
  const { title, facts, time } = summarise(event);
  return {
    allowed_mentions: nobody,
    embeds: [
      {
        title: escapeText(cutText(title, maxTitleLength / 2)),
        fields: facts.map(([name, value]) => ({ name: escapeText(name), value: escapeText(value), inline: true })),
        timestamp: time,
      },
    ],
  };
}

/** Marks of Markdown as they are. At most twice as long as the text. */
function escapeText(text: string): string {
  return text.replace(/[\\*_~`|>[\]#-]/g, '\\$&');
}
