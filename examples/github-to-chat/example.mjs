// The story of this example: payloads that GitHub published, signed as GitHub signs, go in through a trigger and come out as
// messages of a chat, which fake-chat.mjs plays.
import { randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { sign } from '@octokit/webhooks-methods';

/** What is said of the events of a type: a message of Slack, made by JSONata. */
const messages = {
  'github.issues': `{
    "text": data.sender.login & " " & data.action & " issue #" & data.issue.number & " in "
      & data.repository.full_name & ": " & data.issue.title
  }`,
  'github.push': `{
    "text": data.pusher.name & " pushed " & $count(data.commits) & " commit(s) to " & data.repository.full_name
      & ": " & data.head_commit.message
  }`,
};

/** @param {import('../stage.mjs').Stage} stage */
export async function run({ startGateway, startProgram, say }) {
  const gateway = await startGateway();
  const chatFile = fileURLToPath(new URL('fake-chat.mjs', import.meta.url));
  const chat = startProgram('fake chat', [process.execPath, chatFile]);
  const chatUrl = await chat.line(/^listening at (\S+)$/);

  for (const [name, jsonata] of Object.entries(messages)) {
    await gateway.ask(
      `mutation ($type: CreateEventTypeInput!, $subscription: CreateWebhookSubscriptionInput!) {
        createEventType(input: $type) { userErrors { code field message } }
        createWebhookSubscription(input: $subscription) { userErrors { code field message } }
      }`,
      { type: { name }, subscription: { url: chatUrl, eventTypes: [name], format: 'SLACK', transform: { jsonata } } },
    );
  }
  const secret = randomBytes(20).toString('hex');
  const url = await createGitHubTrigger(gateway, secret);

  const issue = readWebhook('issues', ({ action }) => action === 'opened');
  const push = readWebhook('push', ({ commits }) => commits.length > 0);
  for (const webhook of [issue, push]) {
    say(`GitHub sends ${webhook.name}: ${await send(url, webhook, await sign(secret, webhook.body))}`);
    await chat.line(/Codertocat/);
  }
  say(`GitHub sends ${push.name} again: ${await send(url, push, await sign(secret, push.body))}`);
  say(`Somebody else sends ${push.name}: ${await send(url, push, await sign('a guess', push.body))}`);
}

/**
 * One address for all of GitHub's events, whose name is in a header. Answers the URL, which GitHub is told with the secret.
 * @param {import('../stage.mjs').Gateway} gateway
 * @param {string} secret
 */
async function createGitHubTrigger(gateway, secret) {
  const { createTrigger } = await gateway.ask(
    `mutation ($input: CreateTriggerInput!) {
      createTrigger(input: $input) {
        trigger { configuration { ... on InboundWebhookConfiguration { path } } }
        userErrors { code field message }
      }
    }`,
    {
      input: {
        name: 'github',
        mapping: { type: '"github." & headers."x-github-event"', subject: 'body.repository.full_name' },
        configuration: { inboundWebhook: { verification: { github: { secret } } } },
      },
    },
  );
  return `${gateway.url}${createTrigger.trigger.configuration.path}`;
}

/**
 * A webhook of GitHub: the first payload published for an event that is as wanted.
 * @param {string} name
 * @param {(payload: any) => boolean} isWanted
 */
function readWebhook(name, isWanted) {
  /** @type {{ name: string, examples: object[] }[]} */
  const published = createRequire(import.meta.url)('@octokit/webhooks-examples');
  const payload = published.find((event) => event.name === name)?.examples.find(isWanted);
  return { name, deliveryId: randomUUID(), body: JSON.stringify(payload) };
}

/**
 * Sends a webhook as GitHub does. Answers the status, and whether it was known already.
 * @param {string} url
 * @param {{ name: string, deliveryId: string, body: string }} webhook
 * @param {string} signature
 */
async function send(url, { name, deliveryId, body }, signature) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': name,
      'x-github-delivery': deliveryId,
      'x-hub-signature-256': signature,
    },
    body,
  });
  const { duplicate } = JSON.parse(await response.text());
  return `${response.status}${duplicate ? ', a duplicate' : ''}`;
}
