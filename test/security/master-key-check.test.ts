import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandomBytes } from '../../src/clock.js';
import { checkMasterKey, type ReadOrMake } from '../../src/security/master-key-check.js';
import { createSecretBox } from '../../src/security/secret-box.js';

function createKept(): ReadOrMake {
  const kept = new Map<string, string>();
  return async (name, make) => {
    const text = kept.get(name) ?? make();
    kept.set(name, text);
    return text;
  };
}

test('the key that the data was encrypted with is accepted at every start, another one is refused', async () => {
  const readOrMake = createKept();
  const right = createSecretBox(systemRandomBytes(32), systemRandomBytes);
  await checkMasterKey(right, readOrMake);
  await checkMasterKey(right, readOrMake);
  const wrong = createSecretBox(systemRandomBytes(32), systemRandomBytes);
  await assert.rejects(checkMasterKey(wrong, readOrMake), { code: 'INVALID_INPUT', message: /give back the old one/ });
});
