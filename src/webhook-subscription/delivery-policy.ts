// How deliveries of a webhook subscription are made: what may be set, its ranges and its defaults. Who keeps to it is
// delivery/.

import { standardPolicy } from '../retry-policy/create-retry-policy.js';
import type { RetryPolicy } from '../retry-policy/retry-policy.js';

/** In which order deliveries go out: in none, those of one ordering key one after the other, or all one after the other. */
export const orderings = ['NONE', 'BY_KEY', 'STRICT'] as const;

/** In which order deliveries go out. */
export type Ordering = (typeof orderings)[number];

/** What happens behind an exhausted delivery when order is kept. */
export const exhaustedBehaviours = ['STOP', 'GO_ON'] as const;

/** What happens behind an exhausted delivery when order is kept. */
export type ExhaustedBehaviour = (typeof exhaustedBehaviours)[number];

/** What becomes of events that happen while it is paused or disabled. */
export const pausedBehaviours = ['KEEP', 'SKIP'] as const;

/** What becomes of events that happen while it is paused or disabled. */
export type PausedBehaviour = (typeof pausedBehaviours)[number];

/** Which of several targets gets a request. */
export const targetStrategies = ['ROUND_ROBIN', 'LEAST_PENDING', 'FAILOVER'] as const;

/** Which of several targets gets a request. */
export type TargetStrategy = (typeof targetStrategies)[number];

/** Whether receivers are asked before they are sent to. */
export const handshakes = ['NONE', 'CLOUDEVENTS'] as const;

/** Whether receivers are asked before they are sent to. */
export type Handshake = (typeof handshakes)[number];

/** A token bucket. */
export interface RateLimit {
  /** Requests per second in the long run. */
  readonly perSecond: number;
  /** Most requests at once after a rest. */
  readonly burst: number;
}

/** Where requests go. */
export interface Target {
  readonly url: string;
  /** Its share among the targets: a whole number, 1 or more. */
  readonly weight: number;
}

/** How deliveries are made. */
export interface DeliveryPolicy {
  readonly retry: RetryPolicy;
  /** Deadline of one request in milliseconds. */
  readonly timeoutMs: number;
  /** Null for no limit. */
  readonly rateLimit: RateLimit | null;
  /** Most requests at once over all processes; null for no limit. */
  readonly maxConcurrency: number | null;
  readonly ordering: Ordering;
  readonly whenExhausted: ExhaustedBehaviour;
  readonly whilePaused: PausedBehaviour;
  /** After this long of nothing but failures it is disabled, in milliseconds. */
  readonly disableAfterMs: number;
  readonly targetStrategy: TargetStrategy;
  readonly handshake: Handshake;
}

/** What holds when nothing is set. */
export const defaultDeliveryPolicy: DeliveryPolicy = {
  retry: standardPolicy,
  timeoutMs: 15_000,
  rateLimit: null,
  maxConcurrency: null,
  ordering: 'NONE',
  whenExhausted: 'GO_ON',
  whilePaused: 'KEEP',
  disableAfterMs: 5 * 86_400_000,
  targetStrategy: 'ROUND_ROBIN',
  handshake: 'NONE',
};
