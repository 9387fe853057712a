// Every verification scheme against the provider's own library where it has a light one, or the example of its documentation;
// each also with one byte changed, another secret and, where it signs a time, a stale one.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { sign } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import type { VerificationName } from '../../src/trigger/inbound-webhook-settings.js';
import type { SignedRequest } from '../../src/trigger/verification/verification-scheme.js';
import { verificationSchemes } from '../../src/trigger/verification/verification-schemes.js';

interface StripeLike {
  readonly webhooks: {
    generateTestHeaderString(options: { payload: string | Buffer; secret: string; timestamp: number }): string;
  };
}

/** Loaded without its types, which take the compiler longer than all of the project. */
const Stripe: new (key: string) => StripeLike = createRequire(import.meta.url)('stripe');

const now = new Date('2026-01-01T00:00:00.000Z');
const seconds = String(now.getTime() / 1000);
const body = '{"id":"evt_1","text":"Grüße"}';

interface Case {
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly path?: string;
  readonly at?: Date;
}

function verify(name: VerificationName, one: Case, changes: Partial<SignedRequest> = {}): boolean {
  const scheme = verificationSchemes[name];
  const { settings, secrets } = scheme.check(one.input);
  const request = {
    headers: one.headers,
    path: one.path ?? '/triggers/trg_1',
    body: Buffer.from(one.body ?? body),
    now: one.at ?? now,
    ...changes,
  };
  return scheme.verify(request, settings, secrets);
}

/** Accepts the case, and nothing that is near it. */
function assertProves(name: VerificationName, one: Case, { isDated = false } = {}): void {
  assert.equal(verify(name, one), true, name);
  const bytes = Buffer.from(one.body ?? body);
  bytes[2] = (bytes[2] ?? 0) ^ 1;
  assert.equal(verify(name, one, { body: bytes }), false, `${name}: another body`);
  assert.equal(verify(name, one, { headers: {} }), false, `${name}: no header`);
  const later = new Date((one.at ?? now).getTime() + 301_000);
  assert.equal(verify(name, one, { now: later }), !isDated, `${name}: later`);
  const [secretName = ''] = Object.keys(one.input);
  assert.equal(
    verify(name, { ...one, input: { ...one.input, [secretName]: otherSecret(name) } }),
    false,
    `${name}: key`,
  );
}

const otherSecret = (name: VerificationName): string =>
  name === 'STANDARD_WEBHOOKS' ? `whsec_${Buffer.alloc(24, 9).toString('base64')}` : 'another';

test("GitHub's signature is the one of its library, and the example of its documentation", async () => {
  const signature = await sign('key', body);
  assertProves('GITHUB', { input: { secret: 'key' }, headers: { 'x-hub-signature-256': signature } });
  assertProves('GITHUB', {
    input: { secret: "It's a Secret to Everybody" },
    body: 'Hello, World!',
    headers: {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
  });
});

test("Stripe's signature is the one of its library, also as one of several", () => {
  const stripe = new Stripe('sk_test_none');
  const header = stripe.webhooks.generateTestHeaderString({ payload: body, secret: 'key', timestamp: Number(seconds) });
  const input = { secret: 'key' };
  assertProves('STRIPE', { input, headers: { 'stripe-signature': header } }, { isDated: true });
  const [time = '', signature = ''] = header.split(',');
  const several = `${time},v1=${'0'.repeat(64)},v0=abc,${signature}`;
  assertProves('STRIPE', { input, headers: { 'stripe-signature': several } }, { isDated: true });
});

test('the signature of Standard Webhooks is the one of its library, also as one of several', () => {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const signature = new Webhook(secret).sign('msg_1', now, body);
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': seconds };
  for (const text of [signature, `v1a,zzz v1,AAAA ${signature}`])
    assertProves(
      'STANDARD_WEBHOOKS',
      { input: { secret }, headers: { ...headers, 'webhook-signature': text } },
      { isDated: true },
    );
});

test("Slack's signature is the one of the example of its documentation", () => {
  const example =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
  assertProves(
    'SLACK',
    {
      input: { signingSecret: '8f742231b10e8888abcd99yyyzzz85a5' },
      body: example,
      at: new Date(1_531_420_618_000),
      headers: {
        'x-slack-request-timestamp': '1531420618',
        'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      },
    },
    { isDated: true },
  );
});

test("Twilio's signature is the one of the example of its documentation; a JSON body is proved by its hash", () => {
  const example = 'Digits=1234&To=%2B18005551212&From=%2B14158675310&Caller=%2B14158675310&CallSid=CA1234567890ABCDE';
  const input = { authToken: '12345', url: 'https://example.com/myapp.php' };
  assertProves('TWILIO', {
    input,
    body: example,
    path: '/triggers/trg_1?foo=1&bar=2',
    headers: { 'x-twilio-signature': 'L/OH5YylLD5NRKLltdqwSvS0BnU=' },
  });
  const path = `/triggers/trg_1?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
  const signed = createHmac('sha1', '12345')
    .update(input.url + path.slice('/triggers/trg_1'.length))
    .digest('base64');
  assertProves('TWILIO', { input, path, headers: { 'x-twilio-signature': signed } });
});

test('Shopify and a generic HMAC are proved by what node:crypto makes of their documentation', () => {
  const mac = (text: string, encoding: 'hex' | 'base64', algorithm = 'sha256'): string =>
    createHmac(algorithm, 'key').update(text).digest(encoding);
  const secret = 'key';
  assertProves('SHOPIFY', { input: { secret }, headers: { 'x-shopify-hmac-sha256': mac(body, 'base64') } });
  assertProves('HMAC', { input: { secret, header: 'X-Sig' }, headers: { 'x-sig': mac(body, 'hex') } });
  assertProves('HMAC', {
    input: { secret, header: 'X-Sig', algorithm: 'sha512', encoding: 'base64', prefix: 'sha512=' },
    headers: { 'x-sig': `sha512=${mac(body, 'base64', 'sha512')}` },
  });
  const dated = { secret, header: 'X-Sig', timestampHeader: 'X-Time', template: 'v1:{timestamp}:{body}' };
  const headers = { 'x-sig': mac(`v1:${seconds}:${body}`, 'hex'), 'x-time': seconds };
  assertProves('HMAC', { input: dated, headers }, { isDated: true });
});

test('tokens and passwords are compared whole', () => {
  const given = (name: VerificationName, input: Case['input'], headers: Case['headers']): boolean =>
    verify(name, { input, headers });
  const basic = (text: string): Case['headers'] => ({
    authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });
  assert.equal(given('GITLAB', { token: 'abc' }, { 'x-gitlab-token': 'abc' }), true);
  for (const token of ['ab', 'abcd', 'ABC', '']) {
    assert.equal(given('GITLAB', { token: 'abc' }, { 'x-gitlab-token': token }), false);
    assert.equal(given('BEARER', { token: 'abc' }, { authorization: `Bearer ${token}` }), false);
  }
  assert.equal(given('BEARER', { token: 'abc' }, { authorization: 'bearer abc' }), true);
  assert.equal(given('BASIC', { username: 'me', password: 'p:w' }, basic('me:p:w')), true);
  assert.equal(given('BASIC', { username: 'me', password: 'p' }, basic('me:q')), false);
  assert.equal(given('BASIC', { username: 'me', password: 'p' }, {}), false);
});
