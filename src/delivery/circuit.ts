// The circuit breaker of one receiver as a pure state machine: when a receiver that keeps failing is left alone, when it is
// probed, and when it is given up. It reads no clock and keeps nothing; states are plain values that can be stored.
import type { Random } from '../clock.js';

/** Requests go out. */
export interface ClosedCircuit {
  readonly state: 'CLOSED';
  /** Failures since the last success. */
  readonly failures: number;
  /** The first of them; null when there is none. */
  readonly failingSince: Date | null;
}

/** No requests go out until a probe is due. */
export interface OpenCircuit {
  readonly state: 'OPEN';
  readonly failures: number;
  readonly failingSince: Date;
  /** Probes that failed. */
  readonly failedProbes: number;
  readonly probeAt: Date;
}

/** One request, the probe, is under way. */
export interface HalfOpenCircuit {
  readonly state: 'HALF_OPEN';
  readonly failures: number;
  readonly failingSince: Date;
  readonly failedProbes: number;
  /** When the probe counts as lost, and another is due. */
  readonly probeAt: Date;
}

/** How a receiver does. */
export type Circuit = ClosedCircuit | OpenCircuit | HalfOpenCircuit;

/** It opens after this many failures in a row … */
export const openAfterFailures = 10;
/** … if they lasted at least this long, in milliseconds: many requests at once that fail together are one failure. */
export const openAfterMs = 30_000;
/** The first probe is due this long after it opened, in milliseconds; each next one after twice as long. */
export const firstProbeDelayMs = 30_000;
/** Probes are no further apart than this, in milliseconds. */
export const maxProbeDelayMs = 900_000;
/** Each of these delays is drawn evenly from 1 - `probeJitter` to 1 + `probeJitter` times its length. */
export const probeJitter = 0.1;
/** A probe of which nothing is heard for this long, in milliseconds, was lost with its process. */
export const probeLostAfterMs = 120_000;

/**
 * What two processes know of one receiver, made one: what was written wins, but of failures that did not open it yet each
 * knows only its own. Never throws.
 */
export function mergeCircuits(written: Circuit, own: Circuit | undefined): Circuit {
  if (written.state !== 'CLOSED' || own?.state !== 'CLOSED') return written;
  const failingSince =
    written.failingSince !== null && (own.failingSince === null || written.failingSince < own.failingSince)
      ? written.failingSince
      : own.failingSince;
  return { state: 'CLOSED', failures: Math.max(written.failures, own.failures), failingSince };
}

/** Of a receiver that has not failed. */
export const closedCircuit: ClosedCircuit = { state: 'CLOSED', failures: 0, failingSince: null };

/** Milliseconds until a request may begin, 0 when it may now. Never throws. */
export function circuitWaitMs(circuit: Circuit, now: Date): number {
  return circuit.state === 'CLOSED' ? 0 : Math.max(0, circuit.probeAt.getTime() - now.getTime());
}

/**
 * The circuit once a request has begun, to be called when `circuitWaitMs` is 0: a circuit that is not closed takes the
 * request for its probe, and lets no other begin. Never throws.
 */
export function beginRequest(circuit: Circuit, now: Date): Circuit {
  if (circuit.state === 'CLOSED') return circuit;
  return { ...circuit, state: 'HALF_OPEN', probeAt: new Date(now.getTime() + probeLostAfterMs) };
}

/** The circuit after a request that succeeded, whenever it began: closed. Never throws. */
export function recordSuccess(): ClosedCircuit {
  return closedCircuit;
}

/**
 * The circuit after a request that failed: opens when the failures are many and last, and again with a longer delay when the
 * probe failed. Requests that began before it opened change no delay. `random` is drawn from for jitter. Never throws.
 */
export function recordFailure(circuit: Circuit, now: Date, random: Random): Circuit {
  const failures = circuit.failures + 1;
  const failingSince = circuit.failingSince ?? now;
  switch (circuit.state) {
    case 'CLOSED': {
      const hasLasted = now.getTime() - failingSince.getTime() >= openAfterMs;
      if (failures < openAfterFailures || !hasLasted) return { state: 'CLOSED', failures, failingSince };
      return { state: 'OPEN', failures, failingSince, failedProbes: 0, probeAt: nextProbe(0, now, random) };
    }
    case 'OPEN':
      return { ...circuit, failures };
    case 'HALF_OPEN': {
      const failedProbes = circuit.failedProbes + 1;
      const probeAt = nextProbe(failedProbes, now, random);
      return { state: 'OPEN', failures, failingSince: circuit.failingSince, failedProbes, probeAt };
    }
    default:
      return circuit satisfies never;
  }
}

/**
 * True when there was nothing but failures for `disableAfterMs`, many enough to open the circuit: to be asked after a failure.
 * Never throws.
 */
export function isGivenUp(circuit: Circuit, disableAfterMs: number, now: Date): boolean {
  return circuit.state !== 'CLOSED' && now.getTime() - circuit.failingSince.getTime() >= disableAfterMs;
}

function nextProbe(failedProbes: number, now: Date, random: Random): Date {
  const delayMs = Math.min(maxProbeDelayMs, firstProbeDelayMs * 2 ** failedProbes);
  return new Date(now.getTime() + Math.round(delayMs * (1 - probeJitter + 2 * probeJitter * random())));
}
