// The main job done by a person: GraphiQL of the real gateway in a real browser, every example operation run as it stands.
// How the page behaves by itself is in test/console.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../kit/browser.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { type GraphiqlPage, openGraphiqlPage } from '../kit/graphiql-page.js';
import { publish } from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let gateway: Gateway;
let browser: Browser;
let graphiql: GraphiqlPage;

before(async () => {
  [gateway, browser] = await Promise.all([startGateway(), launchBrowser()]);
  const [, consoleUrl] = /^Console: (\S+)$/m.exec(gateway.stdout()) ?? [];
  graphiql = await openGraphiqlPage(browser, consoleUrl ?? assert.fail(gateway.stdout()));
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
});

/** Publishes until the page shows it: nothing tells from outside when its subscription has begun. */
async function publishUntilShown(note: string): Promise<void> {
  const data = { orderId: note, amount: 101, currency: 'EUR' };
  await until({ what: `${note} on the page`, withinMs: 20_000, everyMs: 250 }, async () => {
    await publish(gateway.request, { type: 'order.created', data });
    return (await graphiql.readResponse()).includes(note);
  });
}

test('the printed console URL signs in', async () => {
  await graphiql.page.getByText('Signed in as ADMIN').waitFor();
});

test('the first examples create an event type and ask for its events by HTTP', async () => {
  await graphiql.page.getByRole('tab', { selected: true }).getByText('CreateEventType').waitFor();
  await graphiql.pressRun();
  await graphiql.waitForResponse('"name": "order.created"');
  await graphiql.chooseTab('CreateWebhookSubscription');
  await graphiql.pressRun();
  await graphiql.waitForResponse('"secret": "whsec_');
  assert.equal((await gateway.request('{ eventType(name: "order.created") { version } }')).eventType?.version, 1);
});

test('a subscription that runs on the page shows an event published from elsewhere', async () => {
  await graphiql.chooseTab('LiveEvents');
  await graphiql.pressRun();
  await graphiql.page.getByText('Live connection open').waitFor();
  await publishUntilShown('from the API');
});

test('and one published in a second window', async () => {
  const second = await openGraphiqlPage(browser, `${gateway.url}/#key=${gateway.adminKey}`);
  await second.chooseTab('PublishEvent');
  await second.pressRun();
  await second.waitForResponse('"duplicate": false');
  const { events } = await gateway.request('{ events(first: 1, order: NEWEST_FIRST) { nodes { id } } }');
  await graphiql.waitForResponse(`"id": "${events.nodes[0]?.id}"`);
  await second.chooseTab('SeeDeliveries');
  await second.pressRun();
  await second.waitForResponse('"name": "Large orders"');
  await second.chooseTab('ListEventTypes');
  await second.pressRun();
  await second.waitForResponse('"name": "order.created"');
  assert.deepEqual(second.errors, []);
  await second.close();
});

test('it goes on after the gateway was stopped and started again', async () => {
  assert.equal((await gateway.kill('SIGTERM')).code, 0);
  await graphiql.page.getByText('Live connection lost').waitFor();
  await gateway.restart();
  await graphiql.page.getByText('Live connection open').waitFor();
  await publishUntilShown('after the restart');
});

test('the page asked nobody but the gateway', () => {
  const hosts = new Set(graphiql.requestedUrls.map((url) => new URL(url).host));
  assert.deepEqual([...hosts], [new URL(gateway.url).host]);
});
