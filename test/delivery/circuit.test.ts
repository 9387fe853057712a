// The circuit breaker of a receiver.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  beginRequest,
  type Circuit,
  circuitWaitMs,
  closedCircuit,
  firstProbeDelayMs,
  isGivenUp,
  maxProbeDelayMs,
  openAfterFailures,
  openAfterMs,
  probeJitter,
  probeLostAfterMs,
  recordFailure,
  recordSuccess,
} from '../../src/delivery/circuit.js';

const half = (): number => 0.5;
const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms);

/** A circuit after failures, evenly from 0 to `lastMs`. */
function failing(count: number, lastMs: number): Circuit {
  let circuit: Circuit = closedCircuit;
  for (let index = 0; index < count; index += 1) {
    circuit = recordFailure(circuit, at((lastMs * index) / Math.max(1, count - 1)), half);
  }
  return circuit;
}

/** An open circuit whose probes failed so many times, each as soon as it was due. */
function probed(times: number): { readonly circuit: Circuit; readonly delaysMs: readonly number[] } {
  let circuit = failing(openAfterFailures, openAfterMs);
  let nowMs = openAfterMs;
  const delaysMs: number[] = [];
  for (let index = 0; index <= times; index += 1) {
    const waitMs = circuitWaitMs(circuit, at(nowMs));
    delaysMs.push(waitMs);
    nowMs += waitMs;
    if (index < times) circuit = recordFailure(beginRequest(circuit, at(nowMs)), at(nowMs), half);
  }
  return { circuit, delaysMs };
}

test('stays closed for few failures, however long they last', () => {
  const circuit = failing(openAfterFailures - 1, 86_400_000);
  assert.deepEqual(circuit, { state: 'CLOSED', failures: openAfterFailures - 1, failingSince: at(0) });
  assert.equal(circuitWaitMs(circuit, at(86_400_000)), 0);
});

test('stays closed for many failures at once, and opens when they last', () => {
  const many = failing(500, openAfterMs - 1);
  assert.equal(many.state, 'CLOSED');
  const opened = recordFailure(many, at(openAfterMs), half);
  assert.deepEqual(opened, {
    state: 'OPEN',
    failures: 501,
    failingSince: at(0),
    failedProbes: 0,
    probeAt: at(openAfterMs + firstProbeDelayMs),
  });
});

test('a success in between begins the count anew', () => {
  let circuit = failing(openAfterFailures - 1, openAfterMs);
  circuit = recordSuccess();
  circuit = recordFailure(circuit, at(90_000), half);
  assert.deepEqual(circuit, { state: 'CLOSED', failures: 1, failingSince: at(90_000) });
});

test('while it is open nothing begins; then one probe does and holds back the others', () => {
  const open = failing(openAfterFailures, openAfterMs);
  assert.equal(circuitWaitMs(open, at(openAfterMs + 1)), firstProbeDelayMs - 1);
  const dueAt = at(openAfterMs + firstProbeDelayMs);
  assert.equal(circuitWaitMs(open, dueAt), 0);
  const probing = beginRequest(open, dueAt);
  assert.equal(probing.state, 'HALF_OPEN');
  assert.equal(circuitWaitMs(probing, dueAt), probeLostAfterMs);
});

test('a probe that succeeds closes it', () => {
  const probing = beginRequest(failing(openAfterFailures, openAfterMs), at(60_000));
  assert.equal(probing.state, 'HALF_OPEN');
  assert.deepEqual(recordSuccess(), closedCircuit);
  assert.equal(circuitWaitMs(recordSuccess(), at(60_000)), 0);
});

test('probes that fail come after 30 s, then after twice as long each time, up to 15 minutes', () => {
  const seconds = probed(8).delaysMs.map((ms) => ms / 1000);
  assert.deepEqual(seconds, [30, 60, 120, 240, 480, 900, 900, 900, 900]);
});

test('a request that began before it opened and fails later changes no delay', () => {
  const open = failing(openAfterFailures, openAfterMs);
  const later = recordFailure(open, at(openAfterMs + 5000), half);
  assert.deepEqual(later, { ...open, failures: openAfterFailures + 1 });
});

test('a probe that is never heard of again is followed by another', () => {
  const probing = beginRequest(failing(openAfterFailures, openAfterMs), at(60_000));
  assert.equal(circuitWaitMs(probing, at(60_000 + probeLostAfterMs)), 0);
  const again = beginRequest(probing, at(60_000 + probeLostAfterMs));
  assert.equal(circuitWaitMs(again, at(60_000 + probeLostAfterMs)), probeLostAfterMs);
});

test('a receiver is given up after nothing but failures for the time given, and not for few failures', () => {
  const dayMs = 86_400_000;
  const { circuit } = probed(3);
  assert.equal(isGivenUp(circuit, dayMs, at(dayMs - 1)), false);
  assert.equal(isGivenUp(circuit, dayMs, at(dayMs)), true);
  assert.equal(isGivenUp(recordSuccess(), dayMs, at(5 * dayMs)), false);
  assert.equal(isGivenUp(failing(openAfterFailures - 1, 5 * dayMs), dayMs, at(5 * dayMs)), false);
});

test('delays of probes stay within the jitter and the cap, and reach both ends', () => {
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), draw, (failedProbes, random) => {
      const probing: Circuit = {
        state: 'HALF_OPEN',
        failures: 10,
        failingSince: at(0),
        failedProbes,
        probeAt: at(0),
      };
      const waitMs = circuitWaitMs(
        recordFailure(probing, at(0), () => random),
        at(0),
      );
      const plainMs = Math.min(maxProbeDelayMs, firstProbeDelayMs * 2 ** (failedProbes + 1));
      assert.ok(waitMs >= Math.floor(plainMs * (1 - probeJitter)) && waitMs <= Math.ceil(plainMs * (1 + probeJitter)));
    }),
  );
});

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('begin' as const, 'fail' as const, 'fail' as const, 'fail' as const, 'succeed' as const),
    passedMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 })),
  }),
  { maxLength: 120 },
);

test('whatever happens, failing since is the first failure after the last success, and it is open only when that is long', () => {
  fc.assert(
    fc.property(steps, (list) => {
      let circuit: Circuit = closedCircuit;
      let nowMs = 0;
      let firstMs: number | null = null;
      let failures = 0;
      for (const { kind, passedMs } of list) {
        nowMs += passedMs;
        if (kind === 'begin') {
          if (circuitWaitMs(circuit, at(nowMs)) === 0) circuit = beginRequest(circuit, at(nowMs));
        } else if (kind === 'fail') {
          circuit = recordFailure(circuit, at(nowMs), half);
          firstMs ??= nowMs;
          failures += 1;
        } else {
          circuit = recordSuccess();
          [firstMs, failures] = [null, 0];
        }
        assert.equal(circuit.failures, failures);
        assert.deepEqual(circuit.failingSince, firstMs === null ? null : at(firstMs));
        if (circuit.state !== 'CLOSED')
          assert.ok(failures >= openAfterFailures && nowMs - (firstMs ?? nowMs) >= openAfterMs);
        assert.ok(circuitWaitMs(circuit, at(nowMs)) <= Math.max(maxProbeDelayMs * (1 + probeJitter), probeLostAfterMs));
      }
    }),
  );
});
