// Making one delivery: send its request, record the attempt, and decide how it goes on. What the request is made of is
// make-request.ts, when it is its turn delivery-jobs.ts; what the wire does is send.ts.
import type { Clock, NewId, Random } from '../clock.js';
import type { Event } from '../event/event.js';
import { isOwnEventType, type OwnEvent } from '../event/own-events.js';
import type { Log } from '../log.js';
import type { RenderFailure } from '../payload/render-request.js';
import { parseRetryAfter } from '../retry-policy/retry-after.js';
import type { Verdict } from '../retry-policy/retry-policy.js';
import { maxScheduleSeconds } from '../retry-policy/retry-settings.js';
import type { Meter } from '../stats/meter.js';
import type { DeliveryPolicy } from '../webhook-subscription/delivery-policy.js';
import type { ServedSubscription, ServedSubscriptions } from '../webhook-subscription/served-subscriptions.js';
import { type AttemptOutcome, describeAttempt } from './attempt-record.js';
import type { AttemptStore } from './attempt-store.js';
import type { ClaimedDelivery, Delivery, DeliveryOutcome } from './delivery.js';
import type { DeliveryStore } from './delivery-store.js';
import type { MakeRequest } from './make-request.js';
import type { Receivers } from './receivers.js';
import type { Sender } from './send.js';
import { noTiming } from './stage-timing.js';

/**
 * Makes a locked delivery; resolves when it is recorded, and calls `answered` as soon as there is an outcome to record.
 * Throws only when the database fails; its lock is then given back and the delivery is made again.
 */
export type Deliver = (claimed: ClaimedDelivery, answered?: () => void) => Promise<void>;

/** What making a delivery needs. */
export interface DeliverOptions {
  readonly deliveries: DeliveryStore;
  readonly attempts: AttemptStore;
  readonly subscriptions: ServedSubscriptions;
  /** Lets the first of order groups go. Never throws. */
  readonly claimHeads: (orderGroups: readonly string[]) => Promise<void>;
  readonly receivers: Pick<Receivers, 'choose' | 'ended' | 'notSent'>;
  /** Publishes an event of the gateway's own. Throws when it may not be in the log. */
  readonly announce: (event: OwnEvent) => Promise<void>;
  readonly makeRequest: MakeRequest;
  readonly sender: Sender;
  /** Ends serving a webhook subscription whose receiver is gone. */
  readonly disable: (subscriptionId: string, reason: string) => Promise<void>;
  /** The current status of a webhook subscription in the database, null when it was deleted. */
  readonly statusOf: (subscriptionId: string) => Promise<string | null>;
  readonly clock: Clock;
  readonly random: Random;
  readonly newId: NewId;
  readonly meter: Pick<Meter, 'sent'>;
  readonly log: Log;
}

/** Code of a request that was cut off because this process stops: it is made again elsewhere and does not count. */
const senderClosed = 'SENDER_CLOSED';

/** An attempt that has ended. */
interface Made {
  readonly delivery: Delivery;
  readonly outcome: AttemptOutcome;
  readonly number: number;
  readonly startedAt: Date;
  readonly policy: DeliveryPolicy;
}

/** A delivery whose request cannot be made is looked at again after as long as it has been waiting, within these bounds. */
const unmadeDelaysMs = { min: 60_000, max: 3_600_000 };
/** So long after it was planned it is given up. */
const unmadeForMs = maxScheduleSeconds * 1000;

/** The function that makes deliveries. */
export function createDeliver(options: DeliverOptions): Deliver {
  const { deliveries, attempts, subscriptions, receivers, sender, makeRequest, clock, random, newId, log } = options;
  async function end(claimed: ClaimedDelivery, status: 'CANCELLED' | 'EXHAUSTED'): Promise<void> {
    const { attemptCount } = claimed.delivery;
    const outcome = { status, attemptCount, nextAttemptAt: null, finishedAt: clock.now(), leavesOrderGroup: true };
    await finish(claimed, outcome);
  }

  async function finish({ delivery, lockedBy }: ClaimedDelivery, outcome: DeliveryOutcome): Promise<void> {
    await deliveries.finish(delivery.id, lockedBy, outcome);
    if (delivery.orderGroup !== null && outcome.leavesOrderGroup === true)
      await options.claimHeads([delivery.orderGroup]);
  }

  async function keepForLater({ delivery, lockedBy }: ClaimedDelivery): Promise<void> {
    await deliveries.park([delivery], lockedBy);
    // Resuming writes the status first and then releases what is kept: whoever parks after that release sees the status.
    if ((await options.statusOf(delivery.subscriptionId)) === 'ACTIVE')
      await deliveries.unpark(delivery.subscriptionId, clock.now());
  }

  async function attempt(
    claimed: ClaimedDelivery,
    event: Event,
    subscription: ServedSubscription,
    answered: () => void,
  ): Promise<void> {
    const { delivery } = claimed;
    const startedAt = clock.now();
    const startedAtMs = clock.monotonicMs();
    // Identifiers grow with time: this one says when the attempt began.
    const id = newId('deliveryAttempt');
    const chosen = receivers.choose(subscription);
    const { url } = chosen.target;
    const making = makeRequest(event, subscription, { url, now: startedAt });
    const made = making instanceof Promise ? await making : making;
    const outcome = made.kind === 'failed' ? describeUnmade(made) : await sender.send(made.request);
    if (outcome.kind === 'failure' && outcome.code === senderClosed) {
      receivers.notSent(subscription.id);
      await deliveries.unlock([delivery.id], claimed.lockedBy);
      return;
    }
    const hasFailed = !subscription.policy.retry.isSuccess(outcome.kind === 'response' ? outcome.statusCode : null);
    chosen.end(hasFailed, clock.monotonicMs());
    // Before the lane goes on, so that the next request sees what became of this one.
    const isUnmade = made.kind === 'failed';
    if (isUnmade) receivers.notSent(subscription.id);
    const givenUp = isUnmade ? Promise.resolve(false) : receivers.ended(subscription, hasFailed);
    answered();
    options.meter.sent(event.type, clock.monotonicMs() - startedAtMs, hasFailed);
    const number = await attempts.insert({
      id,
      deliveryId: delivery.id,
      eventId: event.id,
      eventType: event.type,
      subscriptionId: subscription.id,
      applicationId: delivery.applicationId,
      number: delivery.attemptCount + 1,
      startedAt,
      url: made.kind === 'failed' ? url : String(made.request.url),
      ...describeAttempt(outcome, made.kind === 'failed' ? null : made),
    });
    const ended = { delivery, outcome, number, startedAt, policy: subscription.policy };
    const next = isUnmade ? putOffUnmade(ended) : await judge(ended);
    if (next.status === 'EXHAUSTED') await announceExhausted(delivery, outcome, number);
    // Before the outcome: whoever sees that the delivery has ended sees what it led to.
    if (outcome.kind === 'response' && outcome.statusCode === 410)
      await disable(subscription.id, 'the receiver answered 410 Gone');
    else if (await givenUp) await disable(subscription.id, 'the receiver has failed for too long');
    await finish(claimed, next);
    if (hasFailed) tellFailure(delivery, outcome, next);
  }

  async function announceExhausted(delivery: Delivery, outcome: AttemptOutcome, attemptCount: number): Promise<void> {
    // What the gateway says of itself says nothing of itself when it cannot be delivered.
    if (isOwnEventType(delivery.eventType)) return;
    const { id, eventId, eventType, subscriptionId, applicationId } = delivery;
    await options.announce({
      type: 'carillon.delivery.exhausted',
      subject: id,
      data: {
        delivery: id,
        event: eventId,
        eventType,
        webhookSubscription: subscriptionId,
        attemptCount,
        ...failureOf(outcome),
      },
      applicationId,
      // Once for each schedule, also when a crash makes its last attempt twice.
      key: `exhausted ${id} ${delivery.scheduleFrom}`,
    });
  }

  function tellFailure(delivery: Delivery, outcome: AttemptOutcome, next: DeliveryOutcome): void {
    const fields = {
      delivery: delivery.id,
      event: delivery.eventId,
      webhookSubscription: delivery.subscriptionId,
      attempts: next.attemptCount,
      ...failureOf(outcome),
    };
    if (next.status === 'EXHAUSTED') log.warn('A delivery failed for the last time.', fields);
    else log.debug('A delivery failed and is tried again.', { ...fields, nextAttemptAt: next.nextAttemptAt });
  }

  /** If it fails, the next failure tries it again. */
  async function disable(webhookSubscription: string, reason: string): Promise<void> {
    try {
      await options.disable(webhookSubscription, reason);
      log.warn('A webhook subscription is disabled.', { webhookSubscription, reason });
    } catch (error) {
      log.warn('Could not disable a webhook subscription.', { webhookSubscription, reason, error });
    }
  }

  async function judge({ delivery, outcome, number, startedAt, policy }: Made): Promise<DeliveryOutcome> {
    const { retry, whenExhausted } = policy;
    const now = clock.now();
    const isAnswer = outcome.kind === 'response';
    const attempt = {
      number: number - delivery.scheduleFrom,
      statusCode: isAnswer ? outcome.statusCode : null,
      retryAfterSeconds: isAnswer ? parseRetryAfter(outcome.retryAfter, now) : null,
    };
    const judgeSince = (beganAt: Date): Verdict =>
      retry.judge({ ...attempt, elapsedMs: now.getTime() - beganAt.getTime() }, random);
    let verdict = judgeSince(attempt.number === 1 ? startedAt : delivery.createdAt);
    // It may have been kept or held back for long before its schedule began: then it is not out of time yet.
    if (verdict.kind === 'exhausted' && attempt.number > 1 && attempt.number < retry.maxAttempts)
      verdict = judgeSince(await scheduleBeganAt(delivery));
    if (verdict.kind === 'retry') {
      const nextAttemptAt = new Date(now.getTime() + verdict.delayMs);
      const priority = delivery.priority === 'REPLAY' ? 'REPLAY' : 'RETRY';
      return { status: 'RETRYING', attemptCount: number, nextAttemptAt, finishedAt: null, priority };
    }
    const status = verdict.kind === 'succeeded' ? 'SUCCEEDED' : 'EXHAUSTED';
    const leavesOrderGroup = status === 'SUCCEEDED' || whenExhausted === 'GO_ON';
    return { status, attemptCount: number, nextAttemptAt: null, finishedAt: now, leavesOrderGroup };
  }

  /** No request was made: the schedule, which is the receiver's, stands where it stood. */
  function putOffUnmade({ delivery, number, policy }: Made): DeliveryOutcome {
    const now = clock.now();
    const waitedMs = now.getTime() - delivery.createdAt.getTime();
    if (waitedMs >= unmadeForMs) {
      const leavesOrderGroup = policy.whenExhausted === 'GO_ON';
      return { status: 'EXHAUSTED', attemptCount: number, nextAttemptAt: null, finishedAt: now, leavesOrderGroup };
    }
    const delayMs = Math.min(unmadeDelaysMs.max, Math.max(unmadeDelaysMs.min, waitedMs));
    const nextAttemptAt = new Date(now.getTime() + delayMs);
    const priority = delivery.priority === 'REPLAY' ? 'REPLAY' : 'RETRY';
    const scheduleFrom = delivery.scheduleFrom + 1;
    return { status: 'RETRYING', attemptCount: number, scheduleFrom, nextAttemptAt, finishedAt: null, priority };
  }

  async function scheduleBeganAt(delivery: Delivery): Promise<Date> {
    const firstNumber = delivery.scheduleFrom + 1;
    const made = await attempts.list(delivery, firstNumber);
    return made.find(({ number }) => number === firstNumber)?.startedAt ?? delivery.createdAt;
  }

  return async (claimed, answered = () => undefined) => {
    const { subscriptionId } = claimed.delivery;
    let subscription: ServedSubscription | null = null;
    let isSent = false;
    try {
      subscription = await subscriptions.get(subscriptionId);
      isSent = subscription?.status === 'ACTIVE' && claimed.event !== null;
    } finally {
      // What the gate let begin is a request of others then, such as the probe of a receiver that was down.
      if (!isSent) receivers.notSent(subscriptionId);
    }
    if (subscription === null) return end(claimed, 'CANCELLED');
    if (claimed.event === null) return end(claimed, 'EXHAUSTED');
    if (subscription.status !== 'ACTIVE') return keepForLater(claimed);
    return attempt(claimed, claimed.event, subscription, answered);
  };
}

function describeUnmade({ stage, code, message }: RenderFailure): AttemptOutcome {
  return { kind: 'failure', stage, code, message, durationMs: 0, timing: noTiming };
}

function failureOf(outcome: AttemptOutcome): { statusCode: number } | { stage: string; code: string } {
  return outcome.kind === 'response'
    ? { statusCode: outcome.statusCode }
    : { stage: outcome.stage, code: outcome.code };
}
