// Encryption of secrets at rest.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemRandomBytes } from '../../src/clock.js';
import { Problem } from '../../src/problem.js';
import { createSecretBox, parseMasterKey } from '../../src/security/secret-box.js';

const masterKey = Buffer.alloc(32, 7);
const box = createSecretBox(masterKey, systemRandomBytes);

function isInternal(error: unknown): boolean {
  assert.ok(error instanceof Problem);
  assert.equal(error.code, 'INTERNAL');
  return true;
}

test('opens what it sealed, in the same context', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, context) => {
      assert.equal(box.open(box.seal(plain, context), context), plain);
    }),
  );
});

test('version 1 is nonce, ciphertext and tag in base64url, as another implementation of AES-GCM reads it', async () => {
  const raw = Buffer.from(box.seal('whsec_x', 'sub_1').replace(/^v1\./, ''), 'base64url');
  const key = await webcrypto.subtle.importKey('raw', masterKey, 'AES-GCM', false, ['decrypt']);
  const algorithm = { name: 'AES-GCM', iv: raw.subarray(0, 12), additionalData: Buffer.from('sub_1'), tagLength: 128 };
  const plain = await webcrypto.subtle.decrypt(algorithm, key, raw.subarray(12));
  assert.equal(Buffer.from(plain).toString(), 'whsec_x');
});

test('seals the same text differently each time', () => {
  assert.notEqual(box.seal('secret', 'sub_1'), box.seal('secret', 'sub_1'));
});

test('does not open in the context of another record', () => {
  const sealed = box.seal('secret', 'sub_1');
  assert.throws(() => box.open(sealed, 'sub_2'), isInternal);
  assert.throws(() => box.open(sealed, ''), isInternal);
});

test('does not open under another master key', () => {
  const other = createSecretBox(Buffer.alloc(32, 8), systemRandomBytes);
  assert.throws(() => other.open(box.seal('secret', 'sub_1'), 'sub_1'), isInternal);
});

test('does not open when any bit was changed or any byte cut off', () => {
  const raw = Buffer.from(box.seal('secret', 'sub_1').slice(3), 'base64url');
  for (let bit = 0; bit < raw.length * 8; bit += 1) {
    const changed = Buffer.from(raw);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => box.open(`v1.${changed.toString('base64url')}`, 'sub_1'), isInternal);
  }
  for (let size = 0; size < raw.length; size += 1) {
    assert.throws(() => box.open(`v1.${raw.subarray(0, size).toString('base64url')}`, 'sub_1'), isInternal);
  }
});

test('does not open a text without its version, and never shows it', () => {
  for (const text of ['', 'secret', 'v2.AAAA', box.seal('secret', 'c').slice(3)]) {
    assert.throws(
      () => box.open(text, 'c'),
      (error: unknown) => isInternal(error) && error instanceof Problem && !error.message.includes('AAAA'),
    );
  }
});

test('refuses a master key of another length', () => {
  assert.throws(() => createSecretBox(Buffer.alloc(16), systemRandomBytes), isInternal);
});

test('reads a master key from 64 hex digits or from base64', () => {
  const key = systemRandomBytes(32);
  for (const text of [key.toString('hex'), key.toString('hex').toUpperCase(), key.toString('base64')]) {
    assert.deepEqual(parseMasterKey(text, 'CARILLON_MASTER_KEY'), key);
  }
});

test('refuses any other master key, naming the field and not the key', () => {
  const hex = 'ab'.repeat(32);
  const base64 = Buffer.alloc(32, 0xff).toString('base64');
  const bad = [
    '',
    hex.slice(1),
    `${hex}a`,
    `${hex} `,
    base64.slice(0, -1),
    `${base64}\n`,
    Buffer.alloc(31).toString('base64'),
  ];
  for (const text of bad) {
    assert.throws(
      () => parseMasterKey(text, 'CARILLON_MASTER_KEY'),
      (error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.code, 'INVALID_INPUT');
        assert.equal(error.field, 'CARILLON_MASTER_KEY');
        return text === '' || !error.message.includes(text);
      },
    );
  }
});
