// A fake of a chat: takes what an incoming webhook of Slack takes, and prints the message's text.
import { serve } from '../serve.mjs';

serve(async ({ body }) => {
  const { text } = JSON.parse(body);
  if (typeof text !== 'string' || text === '') throw new Error('the message has no text');
  process.stdout.write(`${text}\n`);
});
