// The catalogue of a real gateway: what is in it, who may read it, and what is asked for again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType } from '../kit/graphql-client.js';

const longName = `a${'.bcdefghi'.repeat(14)}`;
let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  const schema = { type: 'object', required: ['total'], properties: { total: { type: 'number', minimum: 0 } } };
  await createEventType(gateway.request, {
    name: 'order.created',
    description: 'Somebody <b>ordered</b>.',
    schema,
    example: { total: 12.5 },
  });
  await createEventType(gateway.request, { name: longName });
  await createEventType(gateway.request, { name: 'order.old' });
  await gateway.request('mutation { archiveEventType(input: { name: "order.old" }) { userErrors { code } } }');
});
after(() => gateway.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { headers });

test('the list and each page are there in HTML, the same in Markdown', async () => {
  const list = await (await get('/catalog')).text();
  assert.match(list, /href="\/catalog\/order\.created"/);
  assert.match(list, /carillon\.delivery\.exhausted/);
  assert.doesNotMatch(list, /order\.old/);
  for (const [, link = ''] of list.matchAll(/href="([^"]+)"/g)) assert.equal((await get(link)).status, 200, link);
  const page = await get('/catalog/order.created');
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.match(await page.text(), /Somebody &lt;b&gt;ordered[\s\S]*<code>total<\/code>[\s\S]*at least 0/);
  const markdown = await get('/catalog/order.created.md');
  assert.equal(markdown.headers.get('content-type'), 'text/markdown; charset=utf-8');
  assert.match(await markdown.text(), /^# order\\\.created/);
  assert.equal((await get('/catalog.md')).status, 200);
  assert.equal((await get(`/catalog/${longName}.md`)).status, 200);
});

test('the AsyncAPI document holds the event types', async () => {
  const document = (await (await get('/catalog/asyncapi.json')).json()) as { channels: object };
  assert.ok(Object.keys(document.channels).includes('order.created'));
  assert.ok(!Object.keys(document.channels).includes('order.old'));
});

test('what is archived or unknown is not found', async () => {
  for (const name of ['order.old', 'order.old.md', 'nothing', '..%2fgraphql', '%3Cscript%3E'])
    assert.equal((await get(`/catalog/${name}`)).status, 404, name);
});

test('a name that looks like another address has its own, and takes none away', async () => {
  for (const name of ['order', 'order.md', 'asyncapi.json', 'asyncapi', 'html'])
    await createEventType(gateway.request, { name, description: `It is ${name}!` });
  const list = await (await get('/catalog')).text();
  const links = [...list.matchAll(/href="([^"]+)"><code>([^<]+)/g)];
  assert.ok(links.length > 5);
  for (const [, link = '', name = ''] of links) {
    const page = await (await get(link)).text();
    assert.ok(page.includes(`<title>${name}</title>`), name);
    const described = /href="([^"]+)">Markdown/.exec(page)?.[1] ?? assert.fail(name);
    const shown = await (await get(described)).text();
    assert.equal(shown.split('\n', 1)[0]?.replaceAll('\\', ''), `# ${name}`);
  }
  assert.match(await (await get('/catalog/order.md')).text(), /It is order\\!/);
  assert.match(await (await get('/catalog/order.md/html')).text(), /It is order\.md!/);
  assert.equal((await get('/catalog/order/html')).status, 404);
  assert.equal((await get('/catalog/asyncapi.json')).headers.get('content-type'), 'application/json; charset=utf-8');
});

test('who looks at pages is told by a page that there is none', async () => {
  const missing = await get('/catalog/nothing', { accept: 'text/html,*/*;q=0.8' });
  assert.equal(missing.status, 404);
  assert.match(await missing.text(), /<h1>Not found<\/h1>/);
  const told = await get('/catalog/nothing');
  assert.match(await told.text(), /"code":"NOT_FOUND"/);
});

test('HEAD tells what GET would, and nothing else is answered', async () => {
  const url = `${gateway.url}/catalog/order.created`;
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const page = await fetch(url);
  assert.equal(head.headers.get('etag'), page.headers.get('etag'));
  assert.equal(Number(head.headers.get('content-length')), Buffer.byteLength(await page.text()));
  for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await fetch(url, { method })).status, 404, method);
});

test('an unchanged page is not sent again, a changed one is', async () => {
  const etag = (await get('/catalog/order.created')).headers.get('etag') ?? assert.fail();
  assert.equal((await get('/catalog/order.created', { 'if-none-match': etag })).status, 304);
  const change =
    'mutation { updateEventType(input: { name: "order.created", description: "Now" }) { userErrors { code } } }';
  await gateway.request(change);
  assert.equal((await get('/catalog/order.created', { 'if-none-match': etag })).status, 200);
});

test('with the setting key any valid key reads, with off nobody', async () => {
  const keyed = await startGateway({ env: { CARILLON_CATALOG: 'key' } });
  const off = await startGateway({ env: { CARILLON_CATALOG: 'off' } });
  try {
    for (const path of ['/catalog', '/catalog.md', '/catalog/asyncapi.json', '/catalog/carillon.test']) {
      assert.equal((await fetch(`${keyed.url}${path}`)).status, 401, path);
      const read = await fetch(`${keyed.url}${path}`, { headers: { authorization: `Bearer ${keyed.adminKey}` } });
      assert.equal(read.status, 200, path);
      assert.equal(read.headers.get('cache-control'), 'private, max-age=60');
      assert.equal((await fetch(`${off.url}${path}`)).status, 404, path);
    }
  } finally {
    await Promise.all([keyed.stop(), off.stop()]);
  }
});
