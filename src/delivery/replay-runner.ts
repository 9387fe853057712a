// Runs replays in the background: takes their locks, does page after page while there is room for their deliveries, and tells
// when they end. What a page does is replay-page.ts.
import type { OwnEvent } from '../event/own-events.js';
import type { Log } from '../log.js';
import type { ServedSubscription, ServedSubscriptions } from '../webhook-subscription/served-subscriptions.js';
import type { Replay, ReplayEnd } from './replay.js';
import { createReplayPace, maxPageSize } from './replay-pace.js';
import { doReplayPage, type ReplayPageOptions } from './replay-page.js';
import type { HeldReplay, ReplayStore } from './replay-store.js';

/** What running replays needs. */
export interface ReplayRunnerOptions extends ReplayPageOptions {
  readonly replays: ReplayStore;
  readonly subscriptions: Pick<ServedSubscriptions, 'get' | 'caughtUp'>;
  /** This process. */
  readonly holder: string;
  /** True when other processes use the same database. Else whoever else holds a lock is dead. */
  readonly isShared: boolean;
  /** True unless a process is known to be dead. */
  readonly isAlive: (holder: string) => boolean;
  /** Called when deliveries were made due. */
  readonly onMade: () => void;
  /** Publishes an event of the gateway's own, once for its key. */
  readonly announce: (event: OwnEvent) => Promise<void>;
  readonly log: Log;
}

/** Runs replays. */
export interface ReplayRunner {
  /** Goes on with the replays that this process may work on, for a while. */
  goOn(): Promise<void>;
  /** Ends between two pages, and gives the locks back. */
  stop(): Promise<void>;
}

/** Most unfinished deliveries that the replays of a webhook subscription have made due: a replay waits until they are fewer. */
export const maxUnfinished = 2000;
/** Most replays gone on with at once. */
const maxReplays = 50;
/** Most pages of one replay before it is another's turn. */
const maxPages = 25;

/** Runs replays of a store. */
export function createReplayRunner(options: ReplayRunnerOptions): ReplayRunner {
  const { replays, replayDeliveries, subscriptions, holder, isShared, clock, log } = options;
  const pace = createReplayPace();
  let isStopping = false;
  let running: Promise<void> = Promise.resolve();
  let wentTo = '';
  /** Locks whose holders were not heard of when they were last looked at. */
  const suspects = new Set<string>();

  async function goOn(): Promise<void> {
    const some = await replays.unsettled(wentTo, maxReplays);
    wentTo = some.length < maxReplays ? '' : (some.at(-1)?.replay.id ?? '');
    if (some.length === 0) return;
    await subscriptions.caughtUp();
    for (const one of some) {
      if (isStopping) return;
      try {
        if (await hold(one)) await run(one.replay);
      } catch (error) {
        log.warn('A replay could not go on now; it goes on later.', { replay: one.replay.id, error });
      }
    }
  }

  /** True when this process has the lock by now. */
  async function hold({ replay: { id }, holder: from }: HeldReplay): Promise<boolean> {
    if (from === holder) return true;
    if (from !== null && isShared) {
      // A process that has just begun has heard of nobody: only who is not heard of twice in a row is dead.
      const suspect = `${id} ${from}`;
      const wasSuspect = suspects.delete(suspect);
      if (options.isAlive(from)) return false;
      if (!wasSuspect) {
        suspects.add(suspect);
        return false;
      }
    }
    return replays.take(id, from, holder);
  }

  async function run(begun: Replay): Promise<void> {
    let replay = begun;
    if (replay.status === 'RUNNING' && !pace.isTime(replay.id, clock.monotonicMs())) return;
    const unfinished = await replayDeliveries.countUnfinished(replay.subscriptionId, maxUnfinished);
    let room = maxUnfinished - unfinished;
    for (let pages = 0; pages < maxPages && replay.status === 'RUNNING'; pages += 1) {
      const subscription = await subscriptions.get(replay.subscriptionId);
      const end = endOf(replay, subscription);
      if (end !== null) {
        replay = (await replays.end(replay.id, end)) ?? (await replays.get(replay.id)) ?? replay;
        break;
      }
      if (subscription === null || isStopping) return;
      if (room < maxPageSize) return pace.full(replay.id, maxUnfinished - room, clock.monotonicMs());
      const page = await doReplayPage(replay, subscription, { ...options, limit: pace.pageSize(replay.id) });
      if (page === null) return;
      const { progress, bytes } = page;
      pace.read(replay.id, bytes);
      if (progress.made > replay.made) options.onMade();
      room -= progress.made - replay.made;
      const next = await replays.advance(replay, progress, holder);
      // It was taken for dead, and another process goes on.
      if (next === null) return;
      replay = next;
    }
    if (replay.status !== 'RUNNING') await settle(replay);
  }

  function endOf(replay: Replay, subscription: ServedSubscription | null): ReplayEnd | null {
    const finishedAt = clock.now();
    if (subscription === null)
      return { status: 'FAILED', statusReason: 'the webhook subscription was deleted', finishedAt };
    return replay.position < replay.last ? null : { status: 'FINISHED', statusReason: null, finishedAt };
  }

  /** Tells first: dying in between tells again, which is known by its key. */
  async function settle(replay: Replay): Promise<void> {
    const { id, status, subscriptionId, applicationId, position, firstAfter, made, expired } = replay;
    await options.announce({
      type: 'carillon.replay.finished',
      subject: id,
      data: {
        replay: id,
        webhookSubscription: subscriptionId,
        status,
        eventsLookedAt: position - firstAfter,
        eventsExpired: expired,
        deliveriesMade: made,
      },
      applicationId,
      key: id,
    });
    await replays.settle(id);
    pace.forget(id);
    log.info('A replay has come to its end.', { replay: id, status, webhookSubscription: subscriptionId, made });
  }

  return {
    goOn() {
      if (!isStopping) running = goOn();
      return running;
    },
    async stop() {
      isStopping = true;
      await running.catch(() => undefined);
      await replays.release(holder);
    },
  };
}
