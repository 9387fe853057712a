// Which of several targets gets a request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ChosenTarget,
  createTargetChooser,
  firstPauseMs,
  leaveOutAfterFailures,
  maxPauseMs,
  type TargetChooser,
} from '../../src/delivery/choose-target.js';
import { type Target, targetStrategies } from '../../src/webhook-subscription/delivery-policy.js';

const targetsOf = (...weights: readonly number[]): Target[] =>
  weights.map((weight, index) => ({ url: 'abcdefghij'.charAt(index), weight }));
const names = (chosen: readonly ChosenTarget[]): string => chosen.map(({ target }) => target.url).join('');

/** Chooses so many times, each request ending before the next begins. */
function chooseInTurn(chooser: TargetChooser, count: number, nowMs = 0, fails: (url: string) => boolean = () => false) {
  return names(
    Array.from({ length: count }, () => {
      const chosen = chooser.choose(nowMs);
      chosen.end(fails(chosen.target.url), nowMs);
      return chosen;
    }),
  );
}

test('ROUND_ROBIN gives turns by weight, spread evenly', () => {
  const chooser = createTargetChooser(targetsOf(5, 1, 1), 'ROUND_ROBIN');
  assert.equal(chooseInTurn(chooser, 14), 'aabacaaaabacaa');
});

const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 10 });

test('ROUND_ROBIN gives each target exactly its weight in every round', () => {
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 3 }), (list, rounds) => {
      const chooser = createTargetChooser(targetsOf(...list), 'ROUND_ROBIN');
      const total = list.reduce((sum, weight) => sum + weight, 0);
      for (let round = 0; round < rounds; round += 1) {
        const chosen = chooseInTurn(chooser, total);
        const counts = list.map((_, index) => chosen.split('abcdefghij'.charAt(index)).length - 1);
        assert.deepEqual(counts, list);
      }
    }),
  );
});

test('LEAST_PENDING takes the target with the fewest running requests for its weight', () => {
  const chooser = createTargetChooser(targetsOf(1, 2), 'LEAST_PENDING');
  const running = Array.from({ length: 6 }, () => chooser.choose(0));
  assert.equal(names(running).split('b').length - 1, 4);
  const [one] = running.filter(({ target }) => target.url === 'a');
  one?.end(false, 0);
  assert.equal(chooser.choose(0).target.url, 'a');
});

test('LEAST_PENDING gives turns by weight when nothing runs', () => {
  assert.equal(chooseInTurn(createTargetChooser(targetsOf(2, 1), 'LEAST_PENDING'), 6), 'abaaba');
});

test('LEAST_PENDING keeps the load per weight of all targets within one request of each other', () => {
  fc.assert(
    fc.property(weights, fc.array(fc.nat(), { maxLength: 200 }), (list, ends) => {
      const targets = targetsOf(...list);
      const chooser = createTargetChooser(targets, 'LEAST_PENDING');
      const running = targets.map(() => 0);
      for (let count = 0; count < ends.length + 50; count += 1) {
        const { target } = chooser.choose(0);
        const index = targets.indexOf(target);
        const load = (at: number): number => (running[at] ?? 0) / (targets[at]?.weight ?? 1);
        assert.ok(targets.every((_, at) => load(index) <= load(at)));
        running[index] = (running[index] ?? 0) + 1;
      }
    }),
  );
});

test('FAILOVER takes the first target until it fails, and returns to it', () => {
  const chooser = createTargetChooser(targetsOf(1, 1, 1), 'FAILOVER');
  assert.equal(chooseInTurn(chooser, 5), 'aaaaa');
  assert.equal(
    chooseInTurn(chooser, 6, 0, (url) => url === 'a'),
    'aaabbb',
  );
  assert.equal(
    chooseInTurn(chooser, 4, 0, (url) => url === 'b'),
    'bbbc',
  );
  assert.equal(chooseInTurn(chooser, 3, firstPauseMs), 'aaa');
});

test('a target that fails three times in a row is left out; one success in between begins anew', () => {
  const chooser = createTargetChooser(targetsOf(1, 1), 'ROUND_ROBIN');
  const outcomes = [true, true, false, true, true, true];
  let turn = 0;
  const chosen = chooseInTurn(chooser, 12, 0, (url) => url === 'a' && outcomes[turn++] === true);
  assert.equal(leaveOutAfterFailures, 3);
  assert.equal(chosen, 'abababababab');
  assert.equal(chooseInTurn(chooser, 4), 'bbbb');
});

test('after its pause one request finds out, and a failure doubles the pause up to ten minutes', () => {
  const chooser = createTargetChooser(targetsOf(1, 1), 'FAILOVER');
  for (let count = 0; count < leaveOutAfterFailures; count += 1) chooser.choose(0).end(true, 0);
  let nowMs = 0;
  const pauses: number[] = [];
  for (let pauseMs = firstPauseMs; pauses.length < 9; pauseMs = Math.min(maxPauseMs, 2 * pauseMs)) {
    assert.equal(chooser.choose(nowMs + pauseMs - 1).target.url, 'b');
    nowMs += pauseMs;
    const probe = chooser.choose(nowMs);
    assert.deepEqual([probe.target.url, chooser.choose(nowMs).target.url], ['a', 'b']);
    probe.end(true, nowMs);
    pauses.push(pauseMs / 1000);
  }
  assert.deepEqual(pauses, [10, 20, 40, 80, 160, 320, 600, 600, 600]);
  chooser.choose(nowMs + maxPauseMs).end(false, nowMs + maxPauseMs);
  assert.equal(chooseInTurn(chooser, 3, nowMs + maxPauseMs), 'aaa');
});

test('requests that were under way when it was left out do not lengthen its pause, and bring it back when they succeed', () => {
  const chooser = createTargetChooser(targetsOf(1, 1), 'FAILOVER');
  const [one, two, three, four, five] = [0, 1, 2, 3, 4].map(() => chooser.choose(0));
  for (const chosen of [one, two, three, four]) chosen?.end(true, 0);
  assert.equal(chooser.choose(firstPauseMs - 1).target.url, 'b');
  const probe = chooser.choose(firstPauseMs);
  assert.equal(probe.target.url, 'a');
  five?.end(false, firstPauseMs);
  assert.equal(chooser.choose(firstPauseMs).target.url, 'a');
  probe.end(true, firstPauseMs);
  assert.equal(chooser.choose(firstPauseMs).target.url, 'a');
});

test('when all are left out the one whose pause ends first is used', () => {
  const chooser = createTargetChooser(targetsOf(1, 1), 'FAILOVER');
  for (let count = 0; count < leaveOutAfterFailures; count += 1) chooser.choose(0).end(true, 0);
  for (let count = 0; count < leaveOutAfterFailures; count += 1) chooser.choose(1000).end(true, 1000);
  const many = Array.from({ length: 20 }, () => chooser.choose(2000));
  assert.equal(names(many), 'a'.repeat(20));
  for (const chosen of many) chosen.end(true, 2000);
  assert.equal(chooser.choose(3000).target.url, 'b');
});

test('a chooser needs a target', () => {
  assert.throws(() => createTargetChooser([], 'FAILOVER'), RangeError);
});

const steps = fc.array(
  fc.record({ isEnd: fc.boolean(), which: fc.nat(), hasFailed: fc.boolean(), passedMs: fc.nat({ max: 20_000 }) }),
  { maxLength: 200 },
);

test('whatever happens, there is always a target, and one that takes part is never passed over for one that does not', () => {
  fc.assert(
    fc.property(fc.constantFrom(...targetStrategies), weights, steps, (strategy, list, all) => {
      const targets = targetsOf(...list);
      const chooser = createTargetChooser(targets, strategy);
      const failures = new Map<string, number>();
      const running: ChosenTarget[] = [];
      let nowMs = 0;
      for (const { isEnd, which, hasFailed, passedMs } of all) {
        nowMs += passedMs;
        if (!isEnd || running.length === 0) {
          const chosen = chooser.choose(nowMs);
          const healthy = targets.filter(({ url }) => (failures.get(url) ?? 0) < leaveOutAfterFailures);
          const isHealthy = healthy.includes(chosen.target);
          assert.ok(targets.includes(chosen.target));
          // One that is not healthy goes before a healthy one only to find out whether it is back, one request at a time.
          if (!isHealthy && healthy.length > 0) assert.ok(nowMs >= firstPauseMs);
          running.push(chosen);
          continue;
        }
        const [ended] = running.splice(which % running.length, 1);
        ended?.end(hasFailed, nowMs);
        const { url } = ended?.target ?? assert.fail();
        failures.set(url, hasFailed ? (failures.get(url) ?? 0) + 1 : 0);
      }
    }),
  );
});
