// Other systems' webhooks over real HTTP: from a signed request to an event in the log, and everything that is refused.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { CreateTriggerInput } from '../../src/graphql/generated.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createApplication, createEventType } from '../kit/graphql-client.js';
import { until } from '../kit/until.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway({ env: { CARILLON_MAX_BODY_BYTES: '65536' } });
  await createEventType(gateway.request, { name: 'user_registered' });
  await createEventType(gateway.request, {
    name: 'push',
    schema: { type: 'object', properties: { ref: { type: 'string' } }, required: ['ref'] },
  });
});

after(() => gateway.stop());

const configuration = { inboundWebhook: { verification: { github: { secret: 'key' } } } };
let count = 0;

async function createTrigger(parts: Partial<CreateTriggerInput> = {}): Promise<string> {
  count += 1;
  const input = { name: `trigger_${count}`, eventType: 'push', configuration, ...parts };
  const { createTrigger: created } = await gateway.request(
    'mutation ($input: CreateTriggerInput!) { createTrigger(input: $input) { trigger { id } userErrors { code field message } } }',
    { input },
  );
  assert.deepEqual(created.userErrors, []);
  return created.trigger?.id ?? assert.fail();
}

interface Sent {
  readonly status: number;
  readonly text: string;
}

async function post(
  id: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  key = 'key',
): Promise<Sent> {
  const signature = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
  const response = await fetch(`${gateway.url}/triggers/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return { status: response.status, text: await response.text() };
}

const readHead = async (): Promise<string> => {
  const { events } = await gateway.request('{ events(order: NEWEST_FIRST, first: 1) { nodes { sequence } } }');
  return events.nodes[0]?.sequence ?? '0';
};

const readTrigger = async (id: string) => {
  const { trigger } = await gateway.request(
    'query ($id: ID!) { trigger(id: $id) { enabled counts { fired duplicates refused lastFiredAt lastError { code message field sample } } } }',
    { id },
  );
  return trigger ?? assert.fail();
};

test('a signed webhook is an event in the log when 202 is answered; the second delivery of one id is a duplicate', async () => {
  const mapping = {
    data: '{ "ref": body.ref, "by": body.pusher.name }',
    subject: 'body.repository & "/" & headers.`x-github-event`',
  };
  const id = await createTrigger({ mapping });
  const body = JSON.stringify({ ref: 'main', pusher: { name: 'mona' }, repository: 'hello' });
  const headers = { 'x-github-delivery': 'd-1', 'x-github-event': 'push' };
  const first = await post(id, body, headers);
  assert.equal(first.status, 202, first.text);
  const answer = JSON.parse(first.text);
  const { event } = await gateway.request('query ($id: ID!) { event(id: $id) { type data subject source } }', {
    id: answer.id,
  });
  assert.deepEqual(event, {
    type: 'push',
    data: { ref: 'main', by: 'mona' },
    subject: 'hello/push',
    source: `/triggers/${id}`,
  });
  const again = await post(id, body, headers);
  assert.equal(again.status, 202);
  assert.deepEqual(JSON.parse(again.text), { id: answer.id, duplicate: true });
  const other = await post(id, body.replace('main', 'next'), headers);
  assert.equal(other.status, 409);
  const { counts } = await readTrigger(id);
  assert.deepEqual([counts.fired, counts.duplicates, counts.refused], [1, 1, 1]);
  assert.notEqual(counts.lastFiredAt, null);
});

test('a wrong signature, an unknown trigger and a disabled one get the same answer, and nothing is stored', async () => {
  const id = await createTrigger();
  const disabled = await createTrigger({ enabled: false });
  const head = await readHead();
  const body = '{"ref":"main"}';
  const answers = [
    await post(id, body, {}, 'wrong'),
    await post(id, body, { 'x-hub-signature-256': '' }),
    await post('trg_000000000000000000000000', body),
    await post('%00', body),
    await post(disabled, body),
  ];
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal(answers[0]?.status, 401);
  assert.equal(await readHead(), head);
  assert.deepEqual((await readTrigger(id)).counts.refused, 0);
});

test('what cannot become an event is refused, and the owner sees why with the beginning of what came', async () => {
  const id = await createTrigger({ mapping: { subject: '$error("no subject")' } });
  const failed = await post(id, '{"ref":"main"}');
  assert.equal(failed.status, 400);
  const { lastError } = (await readTrigger(id)).counts;
  assert.equal(lastError?.field, 'mapping.subject');
  assert.match(lastError.message, /no subject/);
  assert.match(lastError.sample, /"ref":"main"/);
  const shaped = await createTrigger({ mapping: { type: 'body' } });
  assert.equal((await post(shaped, '{}')).status, 400);
  assert.match((await readTrigger(shaped)).counts.lastError?.message ?? '', /must give a text/);
  const invalid = await createTrigger();
  assert.equal((await post(invalid, `{"no":"${'x'.repeat(5000)}"}`)).status, 400);
  const invalidError = (await readTrigger(invalid)).counts.lastError;
  assert.equal(invalidError?.code, 'DATA_INVALID');
  assert.equal(invalidError.sample.length, 2048);
  const endless = await createTrigger({ mapping: { subject: '($f := function($n) { $f($n + 1) }; $f(0))' } });
  assert.equal((await post(endless, '{"ref":"main"}')).status, 400);
});

test('bombs, wrong types and large bodies are refused', async () => {
  const id = await createTrigger();
  const xml = { 'content-type': 'application/xml' };
  const bomb = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>';
  const statuses = [
    (await post(id, `${'['.repeat(30_000)}${']'.repeat(30_000)}`)).status,
    (await post(id, '{')).status,
    (await post(id, '')).status,
    (await post(id, bomb, xml)).status,
    (await post(id, '<a>'.repeat(500) + '</a>'.repeat(500), xml)).status,
    (await post(id, '<a>', xml)).status,
    (await post(id, '{}', { 'content-type': 'text/plain' })).status,
    (await post(id, `"${'x'.repeat(70_000)}"`)).status,
  ];
  assert.deepEqual(statuses, [413, 400, 400, 400, 413, 400, 415, 413]);
});

test('forms and XML are mapped like JSON', async () => {
  const id = await createTrigger({ eventType: 'user_registered', mapping: { data: '$' } });
  const dataOf = async (sent: Sent) => {
    assert.equal(sent.status, 202, sent.text);
    const { event } = await gateway.request('query ($id: ID!) { event(id: $id) { data } }', JSON.parse(sent.text));
    assert.ok(event);
    return (event.data as { body: unknown }).body;
  };
  const form = await post(id, 'a=1&b=2&b=%C3%BC', { 'content-type': 'application/x-www-form-urlencoded' });
  assert.deepEqual(await dataOf(form), { a: '1', b: ['2', 'ü'] });
  const xml = await post(id, '<?xml version="1.0"?><o n="1"><i>x &amp; y</i><i/><t>z</t></o>', {
    'content-type': 'text/xml; charset=utf-8',
  });
  assert.deepEqual(await dataOf(xml), { o: { '@n': '1', i: ['x & y', ''], t: 'z' } });
});

test('the handshakes of Slack, Meta and CloudEvents are answered to those who know the trigger', async () => {
  const slack = await createTrigger({
    configuration: { inboundWebhook: { verification: { slack: { signingSecret: 'key' } } } },
  });
  const body = JSON.stringify({ type: 'url_verification', challenge: 'abc' });
  const time = String(Math.floor(Date.now() / 1000));
  const signature = `v0=${createHmac('sha256', 'key').update(`v0:${time}:${body}`).digest('hex')}`;
  const headers = { 'x-slack-request-timestamp': time, 'x-slack-signature': signature };
  assert.deepEqual(await post(slack, body, headers), { status: 200, text: '{"challenge":"abc"}' });
  assert.equal((await post(slack, body, { ...headers, 'x-slack-request-timestamp': '1' })).status, 401);

  const open = await createTrigger({
    configuration: {
      inboundWebhook: { ...configuration.inboundWebhook, metaVerifyToken: 'tok', cloudEventsOrigins: ['a.example'] },
    },
  });
  const ask = async (id: string, token: string): Promise<Sent> => {
    const query = `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`;
    const response = await fetch(`${gateway.url}/triggers/${id}?${query}`);
    return { status: response.status, text: await response.text() };
  };
  assert.deepEqual(await ask(open, 'tok'), { status: 200, text: '1158201444' });
  assert.deepEqual(await ask(open, 'other'), await ask(slack, 'tok'));
  assert.equal((await ask(slack, '')).status, 401);
  const options = async (origin: string): Promise<Response> =>
    fetch(`${gateway.url}/triggers/${open}`, { method: 'OPTIONS', headers: { 'webhook-request-origin': origin } });
  const allowed = await options('a.example');
  assert.equal(allowed.headers.get('webhook-allowed-origin'), 'a.example');
  // "MUST be returned if the request contained the WebHook-Request-Rate" (section 4.2.2); nothing limits it here.
  assert.equal(allowed.headers.get('webhook-allowed-rate'), '*');
  assert.equal(allowed.headers.get('allow'), 'POST');
  assert.equal((await options('b.example')).status, 401);
});

test('a sender that does not name itself gets no consent, also where all origins may send', async () => {
  const id = await createTrigger({
    configuration: { inboundWebhook: { verification: { none: { accept: true } }, cloudEventsOrigins: ['*'] } },
  });
  const ask = (headers: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${gateway.url}/triggers/${id}`, { method: 'OPTIONS', headers });
  assert.equal((await ask({ 'webhook-request-origin': 'any.example' })).status, 200);
  const unnamed: readonly Readonly<Record<string, string>>[] = [{}, { 'webhook-request-origin': 'no host name' }];
  for (const headers of unnamed) {
    const { status, headers: answered } = await ask(headers);
    assert.equal(status, 401);
    assert.equal(answered.get('webhook-allowed-origin'), null);
  }
});

test('fireTrigger goes the same way, also while it is disabled; a trigger belongs to its application and goes with it', async () => {
  const { id: application } = await createApplication(gateway.request, 'One');
  const id = await createTrigger({ enabled: false, application, mapping: { data: '{ "ref": body.r }' } });
  const fire = async (data: unknown) =>
    (
      await gateway.request(
        `mutation ($input: FireTriggerInput!) { fireTrigger(input: $input) {
          event { type data application { id } } userErrors { code field }
        } }`,
        { input: { trigger: id, data } },
      )
    ).fireTrigger;
  assert.deepEqual(await fire({ r: 'main' }), {
    event: { type: 'push', data: { ref: 'main' }, application: { id: application } },
    userErrors: [],
  });
  assert.deepEqual((await fire({ r: 1 })).userErrors, [{ code: 'DATA_INVALID', field: 'input.data.ref' }]);
  await gateway.request('mutation ($id: ID!) { deleteApplication(input: { id: $id }) { deletedId } }', {
    id: application,
  });
  const { trigger } = await gateway.request('query ($id: ID!) { trigger(id: $id) { id } }', { id });
  assert.equal(trigger, null);
});

test('a changed secret holds at once, and no answer shows it', async () => {
  const id = await createTrigger();
  const changed = await gateway.send(
    `mutation ($input: UpdateTriggerInput!) { updateTrigger(input: $input) {
      trigger { configuration { ... on InboundWebhookConfiguration { path scheme verification deliveryIdHeader } } }
      userErrors { code }
    } }`,
    { input: { id, configuration: { inboundWebhook: { verification: { github: { secret: 'other-key' } } } } } },
  );
  assert.ok(!changed.text.includes('other-key'), changed.text);
  assert.equal((await post(id, '{"ref":"main"}')).status, 401);
  assert.equal((await post(id, '{"ref":"main"}', {}, 'other-key')).status, 202);
});

test('counts are written without being asked for, and survive a stop', async () => {
  const id = await createTrigger();
  assert.equal((await post(id, '{"ref":"main"}')).status, 202);
  await gateway.kill('SIGTERM');
  await gateway.restart();
  await until({ what: 'the count' }, async () => ((await readTrigger(id)).counts.fired === 1 ? true : undefined));
});

test('no body, however broken, is answered by a fault of ours', async () => {
  const id = await createTrigger({ eventType: 'user_registered' });
  const types = ['application/json', 'application/x-www-form-urlencoded', 'application/xml', 'text/plain', ''];
  const body = fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength: 30 }).map((text) => Buffer.from(`<a b="${text}">&${text};</a>`)),
  );
  const numRuns = Number(process.env['FUZZ_BODIES'] ?? 1000);
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom(...types), fc.boolean(), async (bytes, type, isSigned) => {
      const { status, text } = await post(id, bytes, { 'content-type': type }, isSigned ? 'key' : 'wrong');
      assert.ok(status === 202 || (status >= 400 && status < 500), `${status} ${text}`);
    }),
    { numRuns },
  );
});
