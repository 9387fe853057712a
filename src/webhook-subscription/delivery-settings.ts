// What the owner of a webhook subscription sets about its deliveries: checked at the door, stored as set, and made into the
// policy that delivery keeps to. What is not set is not stored, so that it follows the defaults of the version that runs.
import { checkNumber, checkWholeNumber } from '../number.js';
import { createRetryPolicy, standardPolicy } from '../retry-policy/create-retry-policy.js';
import { checkRetryPolicy, type RetryPolicyInput } from '../retry-policy/retry-settings.js';
import {
  type DeliveryPolicy,
  defaultDeliveryPolicy,
  type ExhaustedBehaviour,
  type Handshake,
  type Ordering,
  type PausedBehaviour,
  type RateLimit,
  type TargetStrategy,
} from './delivery-policy.js';

/** A rate limit as it is set; `burst` is the limit of one second when it is left out. */
export interface RateLimitInput {
  readonly perSecond: number;
  readonly burst?: number | null | undefined;
}

/** What is set; what is absent has its default. */
export interface DeliverySettings {
  readonly retryPolicy?: RetryPolicyInput;
  readonly timeoutMs?: number;
  readonly rateLimit?: RateLimitInput;
  readonly maxConcurrency?: number;
  readonly ordering?: Ordering;
  readonly whenExhausted?: ExhaustedBehaviour;
  readonly whilePaused?: PausedBehaviour;
  readonly disableAfterSeconds?: number;
  readonly targetStrategy?: TargetStrategy;
  readonly handshake?: Handshake;
  /** Requests a minute that all targets allowed in their handshake, 1 or more; absent for no bound. No input. */
  readonly agreedPerMinute?: number;
}

/** Settings as they come from the door: null takes a value back to its default, what is absent stays. */
export type DeliverySettingsInput = {
  readonly [Key in Exclude<keyof DeliverySettings, 'agreedPerMinute'>]?: DeliverySettings[Key] | null | undefined;
};

/** Deadline of a request, in milliseconds. It ends well before the lock of its delivery does. */
export const timeoutRange = { min: 1000, max: 60_000 };
const rateRange = { min: 0.01, max: 10_000 };
const burstRange = { min: 1, max: 10_000 };
const concurrencyRange = { min: 1, max: 1000 };
/** From a minute to thirty days. */
const disableAfterRange = { min: 60, max: 2_592_000 };

/**
 * The settings after an input. Throws `INVALID_INPUT` that names the field at fault, such as `retryPolicy.exponential.factor`,
 * and its range.
 */
export function checkDeliverySettings(input: DeliverySettingsInput, current: DeliverySettings = {}): DeliverySettings {
  return withoutAbsent({
    retryPolicy: choose(input.retryPolicy, current.retryPolicy, copyRetryPolicy),
    timeoutMs: choose(input.timeoutMs, current.timeoutMs, (value) =>
      checkWholeNumber(value, 'timeoutMs', timeoutRange),
    ),
    rateLimit: choose(input.rateLimit, current.rateLimit, copyRateLimit),
    maxConcurrency: choose(input.maxConcurrency, current.maxConcurrency, (value) =>
      checkWholeNumber(value, 'maxConcurrency', concurrencyRange),
    ),
    ordering: choose(input.ordering, current.ordering),
    whenExhausted: choose(input.whenExhausted, current.whenExhausted),
    whilePaused: choose(input.whilePaused, current.whilePaused),
    disableAfterSeconds: choose(input.disableAfterSeconds, current.disableAfterSeconds, (value) =>
      checkWholeNumber(value, 'disableAfterSeconds', disableAfterRange),
    ),
    targetStrategy: choose(input.targetStrategy, current.targetStrategy),
    handshake: choose(input.handshake, current.handshake),
    agreedPerMinute: current.agreedPerMinute,
  });
}

function choose<T>(given: T | null | undefined, current: T | undefined, check?: (given: T) => T): T | undefined {
  if (given === undefined) return current;
  if (given === null) return undefined;
  return check === undefined ? given : check(given);
}

/** Checked, and copied without what is null: that has its default. */
function copyRetryPolicy(given: RetryPolicyInput): RetryPolicyInput {
  checkRetryPolicy(given, 'retryPolicy');
  const { exponential, ...rest } = given;
  return withoutAbsent({ ...rest, exponential: exponential == null ? null : withoutAbsent(exponential) });
}

function copyRateLimit(given: RateLimitInput): RateLimitInput {
  completeRateLimit(given);
  const { perSecond, burst } = given;
  return burst == null ? { perSecond } : { perSecond, burst };
}

function withoutAbsent<T extends object>(record: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const present = Object.entries(record).filter(([, value]) => value != null);
  return Object.fromEntries(present) as { [Key in keyof T]?: NonNullable<T[Key]> };
}

/**
 * The policy of settings; the same object for all who set nothing. Throws as `checkDeliverySettings`, which only settings of
 * another version can bring about.
 */
export function compileDeliveryPolicy(settings: DeliverySettings): DeliveryPolicy {
  const { retryPolicy, rateLimit, disableAfterSeconds, agreedPerMinute, ...rest } = settings;
  if (Object.keys(settings).length === 0) return defaultDeliveryPolicy;
  return {
    ...defaultDeliveryPolicy,
    ...rest,
    retry: retryPolicy === undefined ? standardPolicy : createRetryPolicy(checkRetryPolicy(retryPolicy, 'retryPolicy')),
    rateLimit: lowerRate(rateLimit === undefined ? null : completeRateLimit(rateLimit), agreedPerMinute),
    ...(disableAfterSeconds === undefined ? {} : { disableAfterMs: 1000 * disableAfterSeconds }),
  };
}

/** The lower of what the owner set and what the receivers allow. */
function lowerRate(set: RateLimit | null, agreedPerMinute: number | undefined): RateLimit | null {
  const perSecond = agreedPerMinute === undefined ? Number.POSITIVE_INFINITY : agreedPerMinute / 60;
  if (perSecond >= (set?.perSecond ?? rateRange.max)) return set;
  const burst = Math.max(1, Math.ceil(perSecond));
  return { perSecond, burst: set === null ? burst : Math.min(burst, set.burst) };
}

function completeRateLimit({ perSecond, burst }: RateLimitInput): RateLimit {
  checkNumber(perSecond, 'rateLimit.perSecond', rateRange);
  return {
    perSecond,
    burst: burst == null ? Math.max(1, Math.ceil(perSecond)) : checkWholeNumber(burst, 'rateLimit.burst', burstRange),
  };
}
