// The Delivery and the DeliveryAttempt: what they are. How a delivery comes to be is plan.ts, how it is made deliver.ts.
import type { Event } from '../event/event.js';
import type { Method } from '../payload/payload-settings.js';
import type { RenderFailure } from '../payload/render-request.js';
import type { SendFailure } from './send-failure.js';
import type { StageTiming } from './stage-timing.js';

/** How far a delivery is. */
export const deliveryStatuses = ['PENDING', 'RETRYING', 'SUCCEEDED', 'EXHAUSTED', 'CANCELLED'] as const;

/** How far a delivery is. */
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Which deliveries go before others: first attempts before those tried again, and these before replays. */
export const priorities = ['FIRST_ATTEMPT', 'RETRY', 'REPLAY'] as const;

/** Which deliveries go before others. */
export type Priority = (typeof priorities)[number];

/** One event for one webhook subscription. */
export interface Delivery {
  /** `dlv_…` */
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly eventId: string;
  readonly eventType: string;
  /** Place of the event in the log. */
  readonly sequence: number;
  readonly subscriptionId: string;
  /** Owner of the webhook subscription. */
  readonly applicationId: string | null;
  /** Requests made so far. */
  readonly attemptCount: number;
  /** Requests made before the schedule last began anew. */
  readonly scheduleFrom: number;
  /** When it is tried next; null when finished, kept for a webhook subscription that is not served, or not yet its turn. */
  readonly nextAttemptAt: Date | null;
  readonly priority: Priority;
  /** The deliveries among which order is kept: the one with the least sequence goes first. Null when none is kept. */
  readonly orderGroup: string | null;
  /** True while it is kept for a webhook subscription that is not served. */
  readonly isKept: boolean;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** One HTTP request made for a delivery. */
export interface DeliveryAttempt {
  /** `att_…` */
  readonly id: string;
  readonly deliveryId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly subscriptionId: string;
  /** Owner of the webhook subscription. */
  readonly applicationId: string | null;
  /** From 1. */
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly timing: StageTiming;
  readonly url: string;
  readonly method: Method;
  /** The beginning of what was sent; null when it was the event in the format `STANDARD`, or nothing. */
  readonly requestBody: string | null;
  /** True when the body was longer than that. */
  readonly requestBodyTruncated: boolean;
  readonly statusCode: number | null;
  readonly error: AttemptError | null;
  /** What was sent, secrets hidden; empty when no request could be made. */
  readonly requestHeaders: readonly AttemptHeader[];
  readonly responseHeaders: readonly AttemptHeader[];
  readonly responseBody: string | null;
  readonly responseBodyTruncated: boolean;
}

/** A header as it is shown. */
export interface AttemptHeader {
  readonly name: string;
  readonly value: string;
}

/** What came of an attempt, in classes: the first digit of the status, or that there was none. */
export const attemptClasses = ['S2XX', 'S3XX', 'S4XX', 'S5XX', 'OTHER', 'NO_ANSWER'] as const;

/** What came of an attempt, in classes. */
export type AttemptClass = (typeof attemptClasses)[number];

/** The class of an attempt with this status, null when there was no complete answer. Never throws. */
export function classOf(statusCode: number | null): AttemptClass {
  if (statusCode === null) return 'NO_ANSWER';
  return attemptClasses.find((name) => name === `S${Math.floor(statusCode / 100)}XX`) ?? 'OTHER';
}

/** Why there was no answer. */
export interface AttemptError {
  readonly stage: SendFailure['stage'] | RenderFailure['stage'];
  readonly code: string;
  readonly message: string;
}

/** A delivery that this process has locked, ready to be made. */
export interface ClaimedDelivery {
  readonly delivery: Delivery;
  /** Who holds the lock: only a write that names it counts. */
  readonly lockedBy: string;
  /** When the lock was taken, on the monotonic clock in milliseconds. */
  readonly lockedMs: number;
  /** What to tell, or null when it has expired from the log. */
  readonly event: Event | null;
}

/** How a made delivery goes on. */
export interface DeliveryOutcome {
  readonly status: DeliveryStatus;
  readonly attemptCount: number;
  readonly nextAttemptAt: Date | null;
  readonly finishedAt: Date | null;
  /** Requests before the schedule began, where that changes. */
  readonly scheduleFrom?: number;
  /** Left out, it stays as it is. */
  readonly priority?: Priority;
  /** True when it ends its turn in its order group, so that the next may go. */
  readonly leavesOrderGroup?: boolean;
}
