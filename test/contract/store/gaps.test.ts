// The known gaps as expected failures: what a MongoDB server does, and the embedded store does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gaps } from './gaps.js';
import { openStore } from './kit.js';

const store = await openStore();

for (const { row, checks } of gaps) {
  for (const [sentence, prove] of checks) {
    if (store.isEmbedded) test(`known gap: ${sentence} (${row})`, () => assert.rejects(prove(store)));
    else
      test(sentence, async () => {
        await prove(store);
      });
  }
}
