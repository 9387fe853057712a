// Which target of a webhook subscription gets the next request, as a pure rule over what became of those before. It reads no
// clock, sends nothing, and knows what this process has seen only.
import type { Target, TargetStrategy } from '../webhook-subscription/delivery-policy.js';

/** A target that was chosen for a request. */
export interface ChosenTarget {
  readonly target: Target;
  /** To be called once, when the request has ended. */
  end(hasFailed: boolean, nowMs: number): void;
}

/** Targets and how they do. Times are monotonic milliseconds. No method throws. */
export interface TargetChooser {
  /** The target for a request that begins now. */
  choose(nowMs: number): ChosenTarget;
}

/** After this many failures in a row a target is left out for a while. */
export const leaveOutAfterFailures = 3;
/** How long it is left out at first, in milliseconds; twice as long each time that it fails when tried again. */
export const firstPauseMs = 10_000;
/** It is left out no longer than this before it is tried again, in milliseconds. */
export const maxPauseMs = 600_000;

interface Candidate {
  readonly target: Target;
  running: number;
  /** Failures since its last success. */
  failures: number;
  /** Null while it takes part. */
  leftOutUntilMs: number | null;
  pauseMs: number;
  /** Grows with every change of `leftOutUntilMs`: an end that belongs to an earlier epoch tells nothing new. */
  epoch: number;
  /** Requests begun in this epoch that have not ended. */
  runningInEpoch: number;
  /** For smooth weighted round robin: how much it is behind its share. */
  credit: number;
}

type Strategy = (candidates: readonly Candidate[]) => Candidate | undefined;

const strategies: Readonly<Record<TargetStrategy, Strategy>> = {
  ROUND_ROBIN: takeTurns,
  LEAST_PENDING: leastPending,
  FAILOVER: ([first]) => first,
};

/**
 * A chooser over one or more targets: `ROUND_ROBIN` gives each its weight in turns as even as can be, `LEAST_PENDING` takes
 * the one with the fewest running requests for its weight (in turns among equals), `FAILOVER` the first in order.
 * A target that failed `leaveOutAfterFailures` times in a row is left out for `firstPauseMs`, then gets one request: a success
 * brings it back, a failure doubles the pause. When all are left out, the one whose pause ends first is used.
 * Throws `RangeError` without targets.
 */
export function createTargetChooser(targets: readonly Target[], strategy: TargetStrategy): TargetChooser {
  const candidates = targets.map(toCandidate);
  const [first, ...others] = candidates;
  if (first === undefined) throw new RangeError('a webhook subscription has no target');
  const pick = strategies[strategy];
  return {
    choose(nowMs) {
      const fit = candidates.filter((candidate) => takesPart(candidate, nowMs));
      return begin(pick(fit) ?? others.reduce(endsEarlier, first));
    },
  };
}

function toCandidate(target: Target): Candidate {
  return {
    target,
    running: 0,
    failures: 0,
    leftOutUntilMs: null,
    pauseMs: firstPauseMs,
    epoch: 0,
    runningInEpoch: 0,
    credit: 0,
  };
}

/** One request at a time finds out whether a target that was left out is back. */
function takesPart({ leftOutUntilMs, runningInEpoch }: Candidate, nowMs: number): boolean {
  return leftOutUntilMs === null || (leftOutUntilMs <= nowMs && runningInEpoch === 0);
}

function endsEarlier(one: Candidate, other: Candidate): Candidate {
  return (other.leftOutUntilMs ?? 0) < (one.leftOutUntilMs ?? 0) ? other : one;
}

function begin(candidate: Candidate): ChosenTarget {
  const { target, epoch } = candidate;
  candidate.running += 1;
  candidate.runningInEpoch += 1;
  return {
    target,
    end(hasFailed, nowMs) {
      candidate.running -= 1;
      const isCurrent = candidate.epoch === epoch;
      if (isCurrent) candidate.runningInEpoch -= 1;
      if (!hasFailed) recover(candidate);
      else if (isCurrent) fail(candidate, nowMs);
    },
  };
}

function recover(candidate: Candidate): void {
  candidate.failures = 0;
  candidate.pauseMs = firstPauseMs;
  if (candidate.leftOutUntilMs !== null) enterEpoch(candidate, null);
}

function fail(candidate: Candidate, nowMs: number): void {
  candidate.failures += 1;
  if (candidate.failures < leaveOutAfterFailures) return;
  enterEpoch(candidate, nowMs + candidate.pauseMs);
  candidate.pauseMs = Math.min(maxPauseMs, candidate.pauseMs * 2);
}

function enterEpoch(candidate: Candidate, leftOutUntilMs: number | null): void {
  candidate.leftOutUntilMs = leftOutUntilMs;
  candidate.epoch += 1;
  candidate.runningInEpoch = 0;
}

/** Smooth weighted round robin, as nginx does it: everyone gains his weight, the one most behind goes and pays for all. */
function takeTurns(candidates: readonly Candidate[]): Candidate | undefined {
  let total = 0;
  let chosen: Candidate | undefined;
  for (const candidate of candidates) {
    total += candidate.target.weight;
    candidate.credit += candidate.target.weight;
    if (chosen === undefined || candidate.credit > chosen.credit) chosen = candidate;
  }
  if (chosen !== undefined) chosen.credit -= total;
  return chosen;
}

function leastPending(candidates: readonly Candidate[]): Candidate | undefined {
  const load = ({ running, target }: Candidate): number => running / target.weight;
  const least = Math.min(...candidates.map(load));
  return takeTurns(candidates.filter((candidate) => load(candidate) === least));
}
