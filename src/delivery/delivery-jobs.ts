// Agenda as the engine of deliveries, through its own extension point: a backend whose jobs are the records of deliveries.
// Locks are taken in batches, outcomes are written by deliver.ts, and Agenda says what runs when and how many at once.
import { EventEmitter } from 'node:events';
import {
  Agenda,
  type AgendaBackend,
  type JobNotification,
  type JobParameters,
  type JobRepository,
  type NotificationChannel,
  type NotificationHandler,
  toJobId,
} from 'agenda';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { type Claimer, pollEveryMs } from './claim.js';
import type { Deliver } from './deliver.js';
import type { ClaimedDelivery } from './delivery.js';
import { beginWithinMs, type DeliveryQueue } from './delivery-queue.js';
import type { DeliveryStore } from './delivery-store.js';

/** Deliveries being made. */
export interface DeliveryJobs {
  start(): Promise<void>;
  /** Takes no new ones, waits for the running ones at most `graceMs`, hands the others back. */
  stop(graceMs: number): Promise<void>;
  /** Hands back what was locked for this process after it stopped, as planning that was under way then does. Never throws. */
  handBack(): Promise<void>;
  /** Takes over deliveries that are locked by processes known to be dead. */
  breakDeadLocks(): Promise<number>;
}

/** What the jobs need. */
export interface DeliveryJobsOptions {
  readonly deliveries: DeliveryStore;
  readonly queue: DeliveryQueue;
  readonly claimer: Claimer;
  readonly deliver: Deliver;
  readonly clock: Clock;
  /** The clock that Agenda reads, which is always the process's own. */
  readonly engineClock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Most deliveries made at the same time. */
  readonly concurrency: number;
  /** Other processes that are known to live: only they say when their locks run out, whose clocks may disagree with ours. */
  readonly livingHolders?: () => readonly string[];
}

const jobName = 'deliver';
/** After this, another process may take a locked delivery over, dead or not: longer than waiting and a request may take. */
const lockForMs = 180_000;
/** What this process has locked for this long without knowing of it is given back, in milliseconds. */
const orphanAfterMs = 15_000;
/** Most of these at once. */
const maxOrphans = 5000;
/** A job that ends goes on with the next delivery for this long, which spares most of what a job costs. */
const runForMs = 5000;
/** Most answered deliveries whose outcome is not written yet. */
const maxRecording = 500;

/** The engine over its queue and stores. */
export function createDeliveryJobs(options: DeliveryJobsOptions): DeliveryJobs {
  const { deliveries, queue, claimer, deliver, clock, log, concurrency } = options;
  const channel = createChannel();
  /** Handed to Agenda and not begun, by id. Kept here because Agenda remembers a job long after it ran. */
  const handed = new Map<string, ClaimedDelivery>();
  /** Deliveries that are being made and recorded. */
  const making = new Set<string>();
  /** Deliveries that were answered and whose outcome is being written. */
  const recording = new Set<Promise<void>>();
  let isStopping = false;

  const agenda = new Agenda({
    backend: createBackend({ next, putBack }, channel),
    processEvery: pollEveryMs,
    maxConcurrency: concurrency,
    defaultConcurrency: concurrency,
    defaultLockLimit: concurrency,
    lockLimit: concurrency,
    // Agenda counts from when a job was handed to it; it keeps a timer for half of this for each job it ran.
    defaultLockLifetime: 30_000,
  });
  agenda.on('error', (error: unknown) => log.error('The job engine reports an error.', { error }));
  // oxlint-disable-next-line typescript/no-misused-promises -- Agenda awaits it; the overload with `done` is another one
  agenda.define(jobName, async ({ attrs }) => {
    const claimed = handed.get(String(attrs._id));
    if (claimed === undefined) return;
    handed.delete(claimed.delivery.id);
    await run(claimed);
  });

  /** Makes a delivery, and then whatever is next in the queue: one job of Agenda for a run of deliveries. */
  async function run(first: ClaimedDelivery): Promise<void> {
    const untilMs = clock.monotonicMs() + runForMs;
    for (let claimed: ClaimedDelivery | null = first; claimed !== null; ) {
      await make(claimed);
      const nowMs = clock.monotonicMs();
      claimed = isStopping || nowMs > untilMs ? null : queue.take(concurrency, nowMs);
    }
  }

  /**
   * Resolves when the receiver has answered: recording goes on beside the next request, since a crash meanwhile only repeats
   * this one. With too much unrecorded it resolves when it is recorded.
   */
  async function make(claimed: ClaimedDelivery): Promise<void> {
    await new Promise<void>((goOn) => {
      const recorded = record(claimed, () => {
        if (recording.size >= maxRecording) return;
        recording.add(recorded);
        goOn();
      });
      void recorded.then(() => {
        recording.delete(recorded);
        goOn();
      });
    });
    queue.done(claimed.delivery, clock.monotonicMs());
  }

  async function record(claimed: ClaimedDelivery, answered: () => void): Promise<void> {
    making.add(claimed.delivery.id);
    try {
      if (isStopping || clock.monotonicMs() - claimed.lockedMs > beginWithinMs) {
        queue.unused(claimed.delivery.subscriptionId);
        await deliveries.unlock([claimed.delivery.id], claimed.lockedBy);
      } else {
        await deliver(claimed, answered);
      }
    } catch (error) {
      log.error('A delivery could not be recorded; it is made again soon.', {
        delivery: claimed.delivery.id,
        error,
      });
    } finally {
      making.delete(claimed.delivery.id);
    }
  }

  async function next(): Promise<JobParameters | undefined> {
    if (isStopping) return undefined;
    let taken = queue.take(concurrency, clock.monotonicMs());
    if (taken === null) {
      await claimer.claimMore();
      taken = queue.take(concurrency, clock.monotonicMs());
    }
    if (taken === null) return undefined;
    handed.set(taken.delivery.id, taken);
    return toJob(taken, options.engineClock.now());
  }

  /** Agenda gives back what it took when another of its searches had taken the last place. */
  function putBack(ids: readonly string[]): void {
    for (const id of ids) {
      const claimed = handed.get(id);
      if (claimed === undefined) continue;
      handed.delete(id);
      queue.unused(claimed.delivery.subscriptionId);
      queue.offer([claimed]);
      queue.done(claimed.delivery, clock.monotonicMs());
    }
  }

  async function breakLocks(): Promise<void> {
    try {
      const until = new Date(clock.now().getTime() - lockForMs);
      const living = options.livingHolders?.() ?? [];
      const others = living.filter((id) => id !== queue.holder);
      const broken = await deliveries.breakLocks(until, { not: others });
      if (broken > 0) log.warn('Took over deliveries whose locks ran out.', { deliveries: broken });
    } catch (error) {
      log.warn('Could not look for locks that ran out.', { error });
    }
  }

  /** When the database does not answer, it may have locked what this process never got to know, or not unlocked it. */
  async function giveBackOrphans(): Promise<void> {
    try {
      const before = new Date(clock.now().getTime() - orphanAfterMs);
      const locked = await deliveries.lockedBy(queue.holder, before, maxOrphans);
      const known = new Set([...queue.ids(), ...handed.keys(), ...making]);
      const orphans = locked.filter((id) => !known.has(id));
      if (orphans.length === 0) return;
      // What was recorded since it was looked for is not locked any more, or has been locked anew.
      const givenBack = await deliveries.unlock(orphans, queue.holder, before);
      if (givenBack === 0) return;
      log.warn('Gave back deliveries that were locked and not known of.', { deliveries: givenBack });
      queue.hasMore();
    } catch (error) {
      log.warn('Could not look for locks that are not known of.', { error });
    }
  }

  async function handBack(): Promise<void> {
    const ids = [...handed.keys(), ...queue.drain().map(({ delivery }) => delivery.id)];
    try {
      if (ids.length > 0) await deliveries.unlock(ids, queue.holder);
    } catch (error) {
      log.warn('Could not hand deliveries back; they are made when their locks run out.', {
        deliveries: ids.length,
        error,
      });
    }
  }

  let cancelBreaking = (): void => undefined;
  function keepBreakingLocks(): void {
    if (isStopping) return;
    cancelBreaking = clock.after(lockForMs / 3, () => void breakLocks().finally(keepBreakingLocks));
  }

  let cancelGivingBack = (): void => undefined;
  function keepGivingBack(): void {
    if (isStopping) return;
    cancelGivingBack = clock.after(orphanAfterMs, () => void giveBackOrphans().finally(keepGivingBack));
  }

  return {
    async start() {
      queue.onWake(channel.wake);
      await agenda.start();
      keepBreakingLocks();
      keepGivingBack();
    },
    async stop(graceMs) {
      isStopping = true;
      cancelBreaking();
      cancelGivingBack();
      await handBack();
      await agenda.drain({ timeout: graceMs, closeConnection: false });
      // What a claim that was under way has locked since.
      await claimer.idle();
      await handBack();
      await Promise.all(recording);
    },
    handBack,
    breakDeadLocks: () => deliveries.breakLocks(clock.now(), { not: [queue.holder] }),
  };
}

function toJob({ delivery }: ClaimedDelivery, now: Date): JobParameters {
  return {
    _id: toJobId(delivery.id),
    name: jobName,
    type: 'normal',
    priority: 0,
    // Only what is due is claimed.
    nextRunAt: now,
    lockedAt: now,
    data: undefined,
  };
}

interface JobSource {
  next(): Promise<JobParameters | undefined>;
  putBack(ids: readonly string[]): void;
}

/** Agenda's backend. What Agenda's own clients ask of a repository beyond running jobs is not offered here. */
function createBackend(source: JobSource, notificationChannel: NotificationChannel): AgendaBackend {
  const notOffered = (): never => {
    throw new Problem('INTERNAL', 'deliveries are created and changed by their own store, not through the job engine');
  };
  const repository: JobRepository = {
    connect: async () => undefined,
    getNextJobToRun: () => source.next(),
    // Everything about a job is in the outcome that deliver.ts writes, with one write.
    saveJobState: async () => undefined,
    unlockJob: async (job) => source.putBack([String(job._id)]),
    unlockJobs: async (ids) => source.putBack(ids.map(String)),
    getQueueSize: notOffered,
    queryJobs: notOffered,
    getJobsOverview: notOffered,
    getDistinctJobNames: notOffered,
    getJobById: notOffered,
    removeJobs: notOffered,
    saveJob: notOffered,
    lockJob: notOffered,
    disableJobs: notOffered,
    enableJobs: notOffered,
    purgeAllJobs: notOffered,
  };
  return {
    name: 'carillon deliveries',
    repository,
    notificationChannel,
    ownsConnection: false,
    connect: async () => undefined,
    disconnect: async () => undefined,
  };
}

/** Wakes Agenda of this process; wakes of one moment are one. */
function createChannel(): NotificationChannel & { readonly wake: () => void } {
  const handlers = new Set<NotificationHandler>();
  let isScheduled = false;
  const emitter = new EventEmitter();
  const notification: JobNotification = {
    jobId: toJobId('any'),
    jobName,
    nextRunAt: null,
    priority: 0,
    timestamp: new Date(0),
  };
  return Object.assign(emitter, {
    state: 'connected' as const,
    connect: async () => undefined,
    disconnect: async () => undefined,
    publish: async () => undefined,
    subscribe(handler: NotificationHandler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    wake() {
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        for (const handler of handlers) void handler(notification);
      });
    },
  });
}
