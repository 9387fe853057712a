// The built page in a real Chromium against a stub gateway: how it gets its key, what it sends, what it shows. The page
// with the real gateway behind it is a journey.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { examples } from '../../src/console/examples.js';
import { launchBrowser } from '../kit/browser.js';
import { type GraphiqlPage, openGraphiqlPage } from '../kit/graphiql-page.js';
import { type StubGateway, startStubGateway, stubKey } from './stub-gateway.js';

const assetsDir = new URL('../../console/', import.meta.url);

let browser: Browser;
let stub: StubGateway;
let opened: GraphiqlPage[];

before(async () => {
  browser = await launchBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  stub = await startStubGateway(assetsDir);
  opened = [];
});

afterEach(async () => {
  for (const graphiql of opened) await graphiql.close();
  await stub.close();
});

async function open(path: string, colorScheme: 'light' | 'dark' = 'light'): Promise<GraphiqlPage> {
  const graphiql = await openGraphiqlPage(browser, `${stub.url}${path}`, { colorScheme });
  opened.push(graphiql);
  return graphiql;
}

test('the console URL signs in, and the key leaves the address bar and is never part of an address', async () => {
  const { page, errors } = await open(`/#key=${stubKey}`);
  await page.getByText('Signed in as ADMIN').waitFor();
  assert.equal(page.url(), `${stub.url}/graphiql`);
  assert.equal(await page.title(), 'Carillon');
  assert.ok(stub.addresses.includes('/ undefined') && stub.addresses.includes('/graphiql undefined'));
  assert.doesNotMatch(stub.addresses.join(), new RegExp(stubKey));
  assert.ok(stub.credentials.length > 0);
  assert.ok(stub.credentials.every((credential) => credential === `Bearer ${stubKey}`));
  await page.reload();
  await page.getByText('Signed in as ADMIN').waitFor();
  assert.deepEqual(errors, []);
});

test('the page asks no other host for anything and breaks no rule of its security policy', async () => {
  const graphiql = await open(`/graphiql#key=${stubKey}`, 'dark');
  const { page, errors, requestedUrls } = graphiql;
  // Uses what GraphiQL loads late: the reference, the formatter, and the worker that checks documents.
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByText('Root Types').waitFor();
  await graphiql.chooseTab('SeeDeliveries');
  await page.getByRole('button', { name: /^Prettify query/ }).click();
  await page.locator('.graphiql-query-editor .view-line', { hasText: /^\s*url$/ }).click();
  await page.keyboard.type('x');
  await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
  const hosts = new Set(requestedUrls.map((url) => new URL(url).host));
  assert.deepEqual([...hosts], [new URL(stub.url).host]);
  assert.deepEqual(errors, []);
});

test('each example has its tab, in the order of the main job', async () => {
  const { page } = await open('/graphiql');
  const names = examples.map(({ query }) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1]);
  assert.deepEqual(await page.getByRole('tab').allInnerTexts(), names);
  await page.locator('.graphiql-editor-tool').getByText('"order.created"').waitFor();
});

test('a subscription run in GraphiQL shows each event as it is published', async () => {
  const graphiql = await open(`/#key=${stubKey}`);
  await graphiql.chooseTab('LiveEvents');
  await graphiql.pressRun();
  await stub.subscribers(1);
  await graphiql.page.getByText('Live connection open').waitFor();
  stub.publish({ id: 'evt_1', data: { amount: 129.5 } });
  await graphiql.waitForResponse('"id": "evt_1"');
  stub.publish({ id: 'evt_2', data: { amount: 7 } });
  await graphiql.waitForResponse('"id": "evt_2"');
  assert.match(await graphiql.readResponse(), /"amount": 7/);
  await graphiql.pressRun();
  await stub.subscribers(0);
  await graphiql.page.getByText('Live connection').waitFor({ state: 'detached' });
  assert.deepEqual(graphiql.errors, []);
});

test('a subscription goes on after the gateway has closed its socket for a restart', async () => {
  const graphiql = await open(`/#key=${stubKey}`);
  await graphiql.chooseTab('LiveEvents');
  await graphiql.pressRun();
  await stub.subscribers(1);
  stub.closeSockets(1012);
  await stub.subscribers(0);
  await graphiql.page.getByText('Live connection lost').waitFor();
  await stub.subscribers(1);
  await graphiql.page.getByText('Live connection open').waitFor();
  stub.publish({ id: 'evt_3', data: null });
  await graphiql.waitForResponse('"id": "evt_3"');
});

test('a subscription ends with a plain sentence when its key is revoked', async () => {
  const graphiql = await open(`/#key=${stubKey}`);
  await graphiql.chooseTab('LiveEvents');
  await graphiql.pressRun();
  await stub.subscribers(1);
  stub.closeSockets(4403);
  await graphiql.waitForResponse('The live connection ended: 4403 Forbidden');
  assert.doesNotMatch(await graphiql.readResponse(), /stack/);
});

test('without a key the page asks for one and sends nothing to the API', async () => {
  const graphiql = await open('/graphiql');
  const { page } = graphiql;
  await page.getByText('Not signed in').waitFor();
  await graphiql.pressRun();
  await graphiql.waitForResponse('Enter an API key above first.');
  assert.deepEqual(stub.credentials, []);
  await page.getByLabel('API key').fill(` ${stubKey} `);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Signed in as ADMIN').waitFor();
  await page.getByRole('button', { name: 'Change key' }).click();
  await page.getByLabel('API key').waitFor();
  await page.reload();
  await page.getByText('Not signed in').waitFor();
});

test('a wrong key is answered with a sentence, and a console URL pasted later with the right one signs in', async () => {
  const { page } = await open('/#key=crl_wrong');
  await page.getByText('The gateway does not accept this key: it is wrong, expired or revoked (401).').waitFor();
  await page.goto(`${stub.url}/graphiql#key=${stubKey}`);
  await page.getByText('Signed in as ADMIN').waitFor();
  assert.equal(page.url(), `${stub.url}/graphiql`);
});

test('a second window is signed in with the same key', async () => {
  const { page } = await open(`/#key=${stubKey}`);
  await page.getByText('Signed in as ADMIN').waitFor();
  const [second] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'Second window' }).click(),
  ]);
  await second.getByText('Signed in as ADMIN').waitFor();
});

test('a gateway that does not answer is said so, and the key is kept for another try', async () => {
  const { page } = await open('/graphiql');
  await page.route('**/graphql', (route) => route.abort());
  await page.getByLabel('API key').fill(stubKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The key could not be checked: Failed to fetch').waitFor();
  await page.unroute('**/graphql');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Signed in as ADMIN').waitFor();
});
