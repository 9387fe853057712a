// A message for an incoming webhook of Slack. Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
import type { PayloadFormat, RenderableEvent, RenderedPayload } from './payload-format.js';
import { cutText, ownMessage, summarise } from './summary.js';

/** The format `SLACK`. Data with `text`, `blocks` or `attachments` of its own is the message as it is. */
export const slackFormat = {
  name: 'SLACK',
  takesContentType: false,
  render: renderSlack,
} as const satisfies PayloadFormat;

/** Slack cuts longer texts off. */
const maxTextLength = 40_000;
/** A header block holds 150 characters, a text of a section 3,000. */
const maxHeaderLength = 150;
const maxSectionLength = 3000;

function renderSlack(event: RenderableEvent): RenderedPayload {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(toMessage(event))) };
}

function toMessage(event: RenderableEvent): object {
  const own = ownMessage(event, ['text', 'blocks', 'attachments']);
  if (own !== null)
    return typeof own['text'] === 'string' ? { ...own, text: cutText(own['text'], maxTextLength) } : own;
  const { title, facts, time } = summarise(event);
  const lines = facts.map(([name, value]) => `*${escapeText(name)}:* ${escapeText(value)}`);
  return {
    text: escapeText(cutText(title, maxSectionLength)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cutText(title, maxHeaderLength), emoji: false } },
      ...(lines.length === 0
        ? []
        : [{ type: 'section', text: { type: 'mrkdwn', text: joinLines(lines, maxSectionLength), verbatim: true } }]),
      { type: 'context', elements: [{ type: 'plain_text', text: time, emoji: false }] },
    ],
  };
}

/** As many whole lines as there is room for: an escape that is cut through would show as it is. */
function joinLines(lines: readonly string[], max: number): string {
  let text = '';
  for (const line of lines) if (text.length + line.length < max) text += text === '' ? line : `\n${line}`;
  return text;
}

/** Slack asks to escape these three, which begin links and mentions such as `<!channel>`. */
function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
