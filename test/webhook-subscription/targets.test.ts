// Targets as they come from the door.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutboundGuard } from '../../src/security/outbound-guard.js';
import { checkTargets, type TargetInput, type TargetsInput } from '../../src/webhook-subscription/targets.js';

const guard = createOutboundGuard({ allowNetworks: [] });
const url = 'https://a.example/';
const many = (count: number): TargetInput[] =>
  Array.from({ length: count }, (_, index) => ({ url: `https://a.example/${index}` }));

test('one URL is one target of weight 1', () => {
  assert.deepEqual(checkTargets({ url: 'https://A.example' }, guard), [{ url, weight: 1 }]);
});

test('several targets keep their order and weights; a weight left out is 1', () => {
  const targets = [{ url: 'https://b.example/x', weight: 3 }, { url }, { url: 'https://c.example/', weight: null }];
  assert.deepEqual(checkTargets({ url: null, targets }, guard), [
    { url: 'https://b.example/x', weight: 3 },
    { url, weight: 1 },
    { url: 'https://c.example/', weight: 1 },
  ]);
  assert.equal(checkTargets({ targets: many(10) }, guard)?.length, 10);
});

test('an input that names none has none', () => {
  assert.equal(checkTargets({}, guard), null);
  assert.equal(checkTargets({ url: null, targets: null }, guard), null);
});

const refused: readonly [string, TargetsInput, string, string, RegExp][] = [
  ['both', { url, targets: many(1) }, 'INVALID_INPUT', 'targets', /must not both be given/],
  ['an empty list', { targets: [] }, 'INVALID_INPUT', 'targets', /1 to 10 entries, has 0/],
  ['eleven', { targets: many(11) }, 'INVALID_INPUT', 'targets', /1 to 10 entries, has 11/],
  ['one twice', { targets: [{ url }, { url: 'https://A.EXAMPLE' }] }, 'INVALID_INPUT', 'targets.1.url', /twice/],
  ['a weight of 0', { targets: [{ url, weight: 0 }] }, 'INVALID_INPUT', 'targets.0.weight', /from 1 to 100, got 0/],
  ['a weight of 101', { targets: [{ url, weight: 101 }] }, 'INVALID_INPUT', 'targets.0.weight', /got 101/],
  ['half a weight', { targets: [{ url, weight: 0.5 }] }, 'INVALID_INPUT', 'targets.0.weight', /whole number/],
  ['no URL', { targets: [{ url }, { url: '' }] }, 'URL_INVALID', 'targets.1.url', /./],
  ['a network inside', { targets: [{ url }, { url: 'http://10.0.0.1/' }] }, 'URL_FORBIDDEN', 'targets.1.url', /./],
];
for (const [what, input, code, field, message] of refused) {
  test(`${what} is refused with ${code} on ${field}`, () => {
    assert.throws(() => checkTargets(input, guard), { code, field, message });
  });
}
