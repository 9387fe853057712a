// The one command of all examples: `npm run example -- NAME` runs one; without a name it lists them.
import { onStage } from './stage.mjs';

/** @type {Readonly<Record<string, { about: string, load: () => Promise<{ run: Parameters<typeof onStage>[0] }> }>>} */
const examples = {
  'user-registered': {
    about:
      'a webhook comes in, and a receiver in Python, of its standard library alone, verifies and prints what goes out',
    load: () => import('./user-registered/example.mjs'),
  },
  'data-sync': {
    about: 'what changes in a collection of one database is applied to another, although the receiver is killed',
    load: () => import('./data-sync/example.mjs'),
  },
  'business-flow': {
    about:
      'order, payment and shipment: the receiver of one event publishes the next, and a live client sees all of it',
    load: () => import('./business-flow/example.mjs'),
  },
  'github-to-chat': {
    about: "GitHub's webhooks, signed as GitHub signs them, become messages in a chat",
    load: () => import('./github-to-chat/example.mjs'),
  },
};

/** Exit code after sysexits.h. */
const usageError = 64;

const [name, ...rest] = process.argv.slice(2);
const chosen =
  name === undefined || rest.length > 0 ? undefined : Object.entries(examples).find(([key]) => key === name);
if (chosen === undefined) {
  const rows = Object.entries(examples).map(([key, { about }]) => `  ${key.padEnd(17)}${about}\n`);
  process.stdout.write(`usage: npm run example -- NAME\n${rows.join('')}`);
  process.exit(name === undefined ? 0 : usageError);
}
const { run } = await chosen[1].load();
process.exit(await onStage(run));
