// The delivery room put together: queue, limits, planning, jobs and what is looked after in the background. Rules are in the
// files of their names.
import { type Clock, type NewId, type Random, systemClock } from '../clock.js';
import type { Event } from '../event/event.js';
import type { EventStore } from '../event/event-store.js';
import type { OwnEvent, OwnEventType } from '../event/own-events.js';
import type { PlanMarkStore } from '../event/plan-mark-store.js';
import type { Log } from '../log.js';
import type { OutboundGuard } from '../security/outbound-guard.js';
import type { Meter } from '../stats/meter.js';
import type { ServedSubscription, ServedSubscriptions } from '../webhook-subscription/served-subscriptions.js';
import type { AttemptStore } from './attempt-store.js';
import type { Circuit } from './circuit.js';
import type { CircuitStore } from './circuit-store.js';
import { createClaimer } from './claim.js';
import { createDeliver } from './deliver.js';
import type { Delivery } from './delivery.js';
import { createDeliveryJobs } from './delivery-jobs.js';
import { createDeliveryQueue } from './delivery-queue.js';
import type { DeliveryStore } from './delivery-store.js';
import { followPlans } from './follow-plans.js';
import type { HolderStore } from './holder-store.js';
import { followHolders, type Holders } from './holders.js';
import type { MakeRequest } from './make-request.js';
import type { PermitStore } from './permit-store.js';
import { createLocalPermits } from './permits.js';
import { createPlanner } from './plan.js';
import { followReceivers } from './receivers.js';
import { releaseKept } from './release-kept.js';
import type { ReplayDeliveryStore } from './replay-delivery-store.js';
import { createReplayRunner } from './replay-runner.js';
import type { ReplayStore } from './replay-store.js';
import { createSender } from './send.js';
import { createSharedPermits } from './shared-permits.js';

/** What the room is made of. */
export interface DeliveryRoomOptions {
  readonly deliveries: DeliveryStore;
  readonly attempts: AttemptStore;
  readonly events: EventStore;
  readonly planMark: PlanMarkStore;
  readonly circuits: CircuitStore;
  readonly permits: PermitStore;
  readonly holders: HolderStore;
  readonly replays: ReplayStore;
  readonly replayDeliveries: ReplayDeliveryStore;
  readonly subscriptions: ServedSubscriptions;
  readonly guard: OutboundGuard;
  /** Names this process. */
  readonly holder: string;
  /** True when other processes use the same database. */
  readonly isShared: boolean;
  /** False for a process that leaves deliveries to others. */
  readonly makesDeliveries: boolean;
  /** Most requests to receivers at the same time. */
  readonly concurrency: number;
  readonly makeRequest: MakeRequest;
  /** Publishes an event of the gateway's own. */
  readonly announce: (event: OwnEvent) => Promise<void>;
  /** Ends serving a webhook subscription; false when it was not served. */
  readonly disable: (id: string, reason: string) => Promise<boolean>;
  /** The status of a webhook subscription in the database, null when it was deleted. */
  readonly statusOf: (id: string) => Promise<string | null>;
  readonly meter: Pick<Meter, 'sent'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly newId: NewId;
  readonly log: Log;
  /** Does work again and again until the process stops. */
  readonly repeatEvery: (everyMs: number, work: () => Promise<void>) => void;
  /** Called when the process stops, the latest first. */
  readonly onClose: (close: () => Promise<unknown>) => void;
}

/** Deliveries: planned, made and looked after. */
export interface DeliveryRoom {
  /** Takes new events of the log over. Never throws. */
  plan(events: readonly Event[]): void;
  /** Resolves when what `plan` was given before is planned, or left to the sweep. */
  planned(): Promise<void>;
  /** Begins, when the copy of webhook subscriptions is loaded. */
  start(): Promise<void>;
  /** Lets go out what was kept for a webhook subscription, and forgets that its receiver failed. */
  release(webhookSubscription: string): Promise<void>;
  /** Lets go what waits behind exhausted deliveries of a webhook subscription that keeps order. */
  goOn(webhookSubscription: string): Promise<void>;
  /** Cancels what is pending for webhook subscriptions that were deleted, and forgets how their receivers did. */
  forget(webhookSubscriptions: readonly string[]): Promise<void>;
  /** Makes a delivery due at once; null when it is being made this moment, was cancelled or waits for its turn. */
  retry(id: string): Promise<Delivery | null>;
  /** Cancels a delivery; null when it is finished. */
  cancel(id: string): Promise<Delivery | null>;
}

/** Accepted events that are not planned after this long are planned by the sweep, in milliseconds. */
const sweepAfterMs = 5000;
const releaseEveryMs = 30_000;
const sweepOrderEveryMs = 5000;
const probeEveryMs = 1000;
const refreshEveryMs = 2000;
const turnAwayEveryMs = 5000;
const replayEveryMs = 1000;
/** Exhausted deliveries that leave the order at once. */
const leaveOrderAtOnce = 500;
/** How long a stop waits for requests to receivers, in milliseconds. */
const graceMs = 4000;

/** Puts the room together. Nothing is sent before `start`. */
export function openDeliveryRoom(options: DeliveryRoomOptions): DeliveryRoom {
  const { deliveries, subscriptions, isShared, makesDeliveries, clock, random, log, repeatEvery, onClose } = options;
  const queue = createDeliveryQueue({
    holder: options.holder,
    maxWaiting: makesDeliveries ? 20_000 : 0,
    maxWaitingBytes: 64 * 1024 * 1024,
    maxRunningPerLane: Math.max(1, Math.ceil(options.concurrency / 4)),
    clock,
    gateOf: (id) => receivers.gateOf(id),
  });
  let holders: Holders | null = null;
  const sharedPermits = isShared
    ? createSharedPermits({
        holder: options.holder,
        store: options.permits,
        clock,
        random,
        log,
        isAlive: (id) => holders?.isAlive(id) ?? true,
        loadOf: (id) => queue.loadOf(id),
        onGranted: (id) => queue.askAgain(id),
      })
    : null;
  const receivers = followReceivers({
    circuits: options.circuits,
    permits: sharedPermits ?? createLocalPermits(),
    subscriptionOf: (id) => subscriptions.peek(id),
    clock,
    random,
    log,
    onOpened,
    onClosed,
    onChanged: (id) => queue.askAgain(id),
  });
  const isHeldUp = (id: string): boolean => receivers.isHeldUp(id);
  const claimer = createClaimer({ ...options, queue, isHeldUp });
  const claimHeads = (orderGroups: readonly string[]): Promise<void> => claimer.claimHeads(orderGroups);
  const planner = createPlanner({ ...options, queue, isHeldUp, claimHeads });

  async function onOpened(subscription: ServedSubscription, circuit: Circuit, isNews: boolean): Promise<void> {
    await parkWaiting(subscription.id);
    if (!isNews) return;
    const { failures, failingSince } = circuit;
    log.warn('A receiver keeps failing; it is left alone and probed now and then.', {
      webhookSubscription: subscription.id,
      failures,
      failingSince,
    });
    await tellOf(subscription, 'carillon.circuit.opened', { failures, failingSince });
  }

  async function parkWaiting(id: string): Promise<void> {
    await deliveries.park(
      queue.empty(id).map(({ delivery }) => delivery),
      queue.holder,
    );
  }

  async function onClosed(subscription: ServedSubscription, isNews: boolean): Promise<void> {
    queue.askAgain(subscription.id);
    await deliveries.unpark(subscription.id, clock.now());
    queue.hasMore();
    if (!isNews) return;
    log.info('A receiver that kept failing is back.', { webhookSubscription: subscription.id });
    await tellOf(subscription, 'carillon.circuit.closed', {});
  }

  /** What cannot be told is in the log of this process all the same. */
  async function tellOf(
    { id, application }: ServedSubscription,
    type: OwnEventType,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const key = `${id} ${clock.now().getTime()}`;
    try {
      await options.announce({
        type,
        subject: id,
        data: { webhookSubscription: id, ...data },
        applicationId: application,
        key,
      });
    } catch (error) {
      log.warn('Could not publish an event of the gateway.', { type, webhookSubscription: id, error });
    }
  }

  async function disable(id: string, reason: string): Promise<void> {
    if (!(await options.disable(id, reason))) return;
    const subscription = await subscriptions.get(id);
    if (subscription !== null) await tellOf(subscription, 'carillon.webhook_subscription.disabled', { reason });
  }

  async function probe(): Promise<void> {
    // What came into the queue while its circuit opened.
    for (const id of receivers.heldUp()) if (queue.loadOf(id).waiting > 0) await parkWaiting(id);
    for (const id of receivers.dueForProbe()) await claimer.claimKept(id, () => receivers.beginProbe(id));
  }

  async function startJobs(): Promise<void> {
    const sender = createSender({ guard: options.guard, clock });
    const deliver = createDeliver({ ...options, claimHeads, receivers, sender, disable });
    const jobs = createDeliveryJobs({
      ...options,
      queue,
      claimer,
      deliver,
      engineClock: systemClock,
      livingHolders: () => holders?.living() ?? [],
    });
    // The owner of an embedded store knows that every earlier holder of a lock is dead.
    const broken = isShared ? 0 : await jobs.breakDeadLocks();
    if (broken > 0) log.info('Took over deliveries of the process that ran before.', { deliveries: broken });
    if (isShared) {
      const following = followHolders({ ...options, onTakenOver: () => queue.hasMore() });
      holders = following;
      onClose(() => following.close());
    }
    await jobs.start();
    onClose(async () => {
      const cut = setTimeout(() => void sender.close(0), graceMs);
      await jobs.stop(graceMs + 500);
      clearTimeout(cut);
      await sender.close(0);
      // Other processes must not wait for the locks of what was being planned meanwhile.
      await within(1000, planner.idle());
      await jobs.handBack();
    });
    repeatEvery(releaseEveryMs, async () => {
      if ((await releaseKept({ ...options, isHeldUp })) > 0) queue.hasMore();
    });
    repeatEvery(sweepOrderEveryMs, () => claimer.sweepOrder());
    repeatEvery(probeEveryMs, probe);
    repeatEvery(turnAwayEveryMs, () => claimer.turnAwayOld());
    if (sharedPermits !== null) {
      onClose(() => sharedPermits.idle());
      repeatEvery(probeEveryMs, () => sharedPermits.giveBack());
    }
    startReplays();
  }

  function startReplays(): void {
    const isAlive = (id: string): boolean => holders?.isAlive(id) ?? true;
    const replays = createReplayRunner({ ...options, isHeldUp, isAlive, onMade: () => queue.hasMore() });
    repeatEvery(replayEveryMs, () => replays.goOn());
    onClose(() => replays.stop());
  }

  async function start(): Promise<void> {
    await receivers.refresh();
    onClose(() => within(1000, planner.idle()));
    if (isShared) {
      const moved = (): void => {
        queue.hasMore();
        void planner.markMoved();
      };
      const following = followPlans({ ...options, moved });
      onClose(() => following.close());
      repeatEvery(refreshEveryMs, () => receivers.refresh());
    }
    if (makesDeliveries) await startJobs();
    // Nobody else plans in an embedded store: what is left over at its start is left over for good.
    let leftOverAfterMs = isShared ? sweepAfterMs : 0;
    repeatEvery(sweepAfterMs, async () => {
      const count = await planner.sweep(new Date(clock.now().getTime() - leftOverAfterMs));
      leftOverAfterMs = sweepAfterMs;
      if (count > 0) log.info('Planned what was left over.', { events: count });
    });
  }

  return {
    plan: (events) => planner.plan(events),
    planned: () => planner.idle(),
    start,
    async release(id) {
      await receivers.reset(id);
      await deliveries.unpark(id, clock.now());
      queue.hasMore();
    },
    async goOn(id) {
      for (;;) {
        const groups = await deliveries.leaveOrder(id, leaveOrderAtOnce);
        await claimHeads(groups);
        if (groups.length < leaveOrderAtOnce) return;
      }
    },
    async forget(ids) {
      await deliveries.cancel(ids, clock.now());
      await options.circuits.forget(ids);
      await options.permits.forget(ids);
    },
    async retry(id) {
      const retried = await deliveries.retry(id, clock.now());
      queue.hasMore();
      return retried;
    },
    async cancel(id) {
      const before = await deliveries.get(id);
      const cancelled = await deliveries.cancelOne(id, clock.now());
      if (cancelled !== null && before !== null && before.orderGroup !== null) await claimHeads([before.orderGroup]);
      return cancelled;
    },
  };
}

function within(ms: number, work: Promise<void>): Promise<void> {
  return Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, ms).unref())]);
}
