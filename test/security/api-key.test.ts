// The text form of API keys.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { systemRandomBytes } from '../../src/clock.js';
import { createApiKey, hashApiKey, isApiKeyShaped } from '../../src/security/api-key.js';

test('a key is crl_ and 32 bytes in base64url', () => {
  assert.equal(
    createApiKey(() => Buffer.alloc(32, 0xff)),
    `crl_${Buffer.alloc(32, 0xff).toString('base64url')}`,
  );
  assert.match(createApiKey(systemRandomBytes), /^crl_[A-Za-z0-9_-]{43}$/);
});

test('a key is kept as its SHA-256 in hex', () => {
  // FIPS 180-2, appendix B.1
  assert.equal(hashApiKey('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  const key = createApiKey(systemRandomBytes);
  assert.equal(hashApiKey(key), createHash('sha256').update(key).digest('hex'));
});

test('only a text of the right prefix, length and alphabet could be a key', () => {
  const key = createApiKey(systemRandomBytes);
  assert.ok(isApiKeyShaped(key));
  for (const text of [
    '',
    'crl_',
    key.slice(1),
    key.slice(0, -1),
    `${key}A`,
    `${key}\n`,
    ` ${key}`,
    `${key.slice(0, -1)}=`,
  ]) {
    assert.ok(!isApiKeyShaped(text), text);
  }
});
