// Webhook secrets and signatures, against the published vector and the standardwebhooks library.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { systemRandomBytes } from '../../src/clock.js';
import { Problem } from '../../src/problem.js';
import { createWebhookSecret, parseWebhookSecret, signWebhook } from '../../src/security/signing.js';

const vectorSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

test('signs the published vector as published', () => {
  const signature = signWebhook({
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1614265330,
    body: Buffer.from('{"test": 2432232314}'),
    keys: [parseWebhookSecret(vectorSecret, 'secret')],
  });
  assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('the standardwebhooks library verifies every signature', () => {
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const id = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(id, fc.json(), fc.uint8Array({ minLength: 24, maxLength: 64 }), (messageId, body, raw) => {
      const secret = `whsec_${Buffer.from(raw).toString('base64')}`;
      const keys = [parseWebhookSecret(secret, 'secret')];
      const signature = signWebhook({ id: messageId, timestampSeconds, body: Buffer.from(body), keys });
      assert.deepEqual(
        new Webhook(secret).verify(body, {
          'webhook-id': messageId,
          'webhook-timestamp': String(timestampSeconds),
          'webhook-signature': signature,
        }),
        JSON.parse(body),
      );
    }),
    { numRuns: 200 },
  );
});

test('signs with every key, so that holders of the old and of the new secret both verify', () => {
  const secrets = [createWebhookSecret(systemRandomBytes), createWebhookSecret(systemRandomBytes)];
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const body = Buffer.from('{"ä":"€"}');
  const keys = secrets.map((secret) => parseWebhookSecret(secret, 'secret'));
  const signature = signWebhook({ id: 'evt_1', timestampSeconds, body, keys });
  assert.equal(signature.split(' ').length, 2);
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': `${timestampSeconds}`, 'webhook-signature': signature };
  for (const secret of secrets) new Webhook(secret).verify(body, headers);
  const stranger = new Webhook(createWebhookSecret(systemRandomBytes));
  assert.throws(() => stranger.verify(body, headers), /No matching signature/);
});

test('a created secret is whsec_ and 24 bytes, and parses back to them', () => {
  const secret = createWebhookSecret(() => Buffer.alloc(24, 0xfb));
  assert.equal(secret, `whsec_${Buffer.alloc(24, 0xfb).toString('base64')}`);
  assert.deepEqual(parseWebhookSecret(secret, 'secret'), Buffer.alloc(24, 0xfb));
});

test('accepts keys of 24 to 64 bytes and no others', () => {
  for (let size = 0; size <= 80; size += 1) {
    const secret = `whsec_${randomBytes(size).toString('base64')}`;
    if (size >= 24 && size <= 64) assert.equal(parseWebhookSecret(secret, 'secret').length, size);
    else assert.throws(() => parseWebhookSecret(secret, 'secret'), Problem);
  }
});

test('refuses what is not whsec_ and canonical base64, naming the field and not the secret', () => {
  const good = Buffer.alloc(32, 0xff).toString('base64');
  const bad = [
    good,
    `WHSEC_${good}`,
    `whsec_${good} `,
    ` whsec_${good}`,
    `whsec_${good.replaceAll('=', '')}`,
    `whsec_${good.replaceAll('/', '_')}`,
    `whsec_${good.slice(0, 20)}\n${good.slice(20)}`,
    `whsec_${good}!`,
    'whsec_',
    '',
    `whsec_${'A'.repeat(1_000_000)}`,
  ];
  for (const text of bad) {
    assert.throws(
      () => parseWebhookSecret(text, 'input.secret'),
      (error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.code, 'INVALID_INPUT');
        assert.equal(error.field, 'input.secret');
        assert.match(error.message, /24 to 64 bytes/);
        assert.ok(!error.message.includes(good.slice(0, 8)));
        return true;
      },
    );
  }
});
