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
import type { EventStore } from '../event/event-store.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import type { Deliver } from './deliver.js';
import type { ClaimedDelivery } from './delivery.js';
import type { DeliveryQueue } from './delivery-queue.js';
import type { DeliveryStore } from './delivery-store.js';

/** Deliveries being made. */
export interface DeliveryJobs {
  start(): Promise<void>;
  /** Takes no new ones, waits for the running ones at most `graceMs`, hands the others back. */
  stop(graceMs: number): Promise<void>;
  /** Takes over deliveries that are locked by processes known to be dead. */
  breakDeadLocks(): Promise<number>;
}

/** What the jobs need. */
export interface DeliveryJobsOptions {
  readonly deliveries: DeliveryStore;
  readonly events: EventStore;
  readonly queue: DeliveryQueue;
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly log: Log;
  /** Most deliveries made at the same time. */
  readonly concurrency: number;
}

const jobName = 'deliver';
/** How often the database is asked for what has become due, in milliseconds. */
const pollEveryMs = 1000;
/** After this, another process may take a locked delivery over; a request takes 15 s at most. */
const lockForMs = 90_000;
/** A locked delivery that waited longer than this is handed back instead of begun. */
const beginWithinMs = 45_000;
/** Most deliveries locked by one batch. */
const claimBatch = 200;

interface DeliverJob {
  readonly claimed: ClaimedDelivery;
}

/** The engine over its queue and stores. */
export function createDeliveryJobs(options: DeliveryJobsOptions): DeliveryJobs {
  const { deliveries, queue, deliver, clock, log, concurrency } = options;
  const channel = createChannel();
  const claimMore = createClaimer(options);
  let isStopping = false;

  const agenda = new Agenda({
    backend: createBackend({ next, unlock }, channel),
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
  agenda.define<DeliverJob>(jobName, async ({ attrs }) => run(attrs.data.claimed));

  async function run(claimed: ClaimedDelivery): Promise<void> {
    try {
      if (isStopping || clock.monotonicMs() - claimed.lockedMs > beginWithinMs) {
        await deliveries.unlock([claimed.delivery.id], claimed.lockedBy);
      } else {
        await deliver(claimed);
      }
    } catch (error) {
      log.error('A delivery could not be recorded; it is made again when its lock runs out.', {
        delivery: claimed.delivery.id,
        error,
      });
    } finally {
      queue.done(claimed.delivery.subscriptionId);
    }
  }

  async function next(dueUntil: Date): Promise<JobParameters | undefined> {
    if (isStopping) return undefined;
    let taken = queue.take();
    if (taken === null) {
      await claimMore(dueUntil);
      taken = queue.take();
    }
    return taken === null ? undefined : toJob(taken, clock.now());
  }

  async function unlock(ids: readonly string[]): Promise<void> {
    await deliveries.unlock(ids, queue.holder);
  }

  async function breakLocks(): Promise<void> {
    try {
      const broken = await deliveries.breakLocks(new Date(clock.now().getTime() - lockForMs), null);
      if (broken > 0) log.warn('Took over deliveries whose locks ran out.', { deliveries: broken });
    } catch (error) {
      log.warn('Could not look for locks that ran out.', { error });
    }
  }

  let cancelBreaking = (): void => undefined;
  function keepBreakingLocks(): void {
    cancelBreaking = clock.after(lockForMs / 3, () => void breakLocks().finally(keepBreakingLocks));
  }

  return {
    async start() {
      queue.onWake(channel.wake);
      await agenda.start();
      keepBreakingLocks();
    },
    async stop(graceMs) {
      isStopping = true;
      cancelBreaking();
      const waiting = queue.drain().map(({ delivery }) => delivery.id);
      if (waiting.length > 0) await unlock(waiting);
      await agenda.drain({ timeout: graceMs, closeConnection: false });
    },
    breakDeadLocks: () => deliveries.breakLocks(clock.now(), queue.holder),
  };
}

/** Locks a batch of due deliveries and puts it into the queue; calls that come meanwhile share the batch. */
function createClaimer({
  deliveries,
  events,
  queue,
  clock,
  log,
}: DeliveryJobsOptions): (dueUntil: Date) => Promise<void> {
  let claiming: Promise<void> | null = null;
  let claimedAtMs = Number.NEGATIVE_INFINITY;

  async function claim(dueUntil: Date): Promise<void> {
    const room = Math.min(claimBatch, queue.room);
    // Between two polls the database is asked only if it is known to have more.
    const isPoll = clock.monotonicMs() - claimedAtMs >= pollEveryMs / 2;
    if (room === 0 || !(queue.takeMore() || isPoll)) return;
    claimedAtMs = clock.monotonicMs();
    const lock = { by: queue.holder, at: clock.now() };
    const claimed = await deliveries.claim(room, dueUntil, lock);
    if (claimed.length === 0) return;
    const found = await events.findMany([...new Set(claimed.map(({ eventId }) => eventId))]);
    const byId = new Map(found.map((event) => [event.id, event]));
    queue.offer(
      claimed.map((delivery) => ({
        delivery,
        lockedBy: lock.by,
        lockedMs: claimedAtMs,
        event: byId.get(delivery.eventId) ?? null,
      })),
    );
    if (claimed.length === room) queue.hasMore();
  }

  return (dueUntil) => {
    claiming ??= claim(dueUntil)
      .catch((error: unknown) => log.warn('Could not look for due deliveries.', { error }))
      .finally(() => {
        claiming = null;
      });
    return claiming;
  };
}

function toJob(claimed: ClaimedDelivery, now: Date): JobParameters<DeliverJob> {
  return {
    _id: toJobId(claimed.delivery.id),
    name: jobName,
    type: 'normal',
    priority: 0,
    // Agenda waits for this instant, to the millisecond, before it runs the job.
    nextRunAt: claimed.delivery.nextAttemptAt,
    lockedAt: now,
    data: { claimed },
  };
}

interface JobSource {
  next(dueUntil: Date): Promise<JobParameters | undefined>;
  unlock(ids: readonly string[]): Promise<void>;
}

/** Agenda's backend. What Agenda's own clients ask of a repository beyond running jobs is not offered here. */
function createBackend(source: JobSource, notificationChannel: NotificationChannel): AgendaBackend {
  const notOffered = (): never => {
    throw new Problem('INTERNAL', 'deliveries are created and changed by their own store, not through the job engine');
  };
  const repository: JobRepository = {
    connect: async () => undefined,
    getNextJobToRun: (_name, nextScanAt) => source.next(nextScanAt),
    // Everything about a job is in the outcome that deliver.ts writes, with one write.
    saveJobState: async () => undefined,
    unlockJob: (job) => source.unlock([String(job._id)]),
    unlockJobs: (ids) => source.unlock(ids.map(String)),
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
