// The stores of replays in memory, with the meaning of the ones in MongoDB. The other stores, and how calls go wrong, are
// memory-stores.ts.
import type { Replay } from '../../src/delivery/replay.js';
import type { ReplayDeliveryStore } from '../../src/delivery/replay-delivery-store.js';
import type { ReplayStore } from '../../src/delivery/replay-store.js';
import { cutPage } from '../../src/paging.js';
import type { KeptDelivery, MemoryDatabase, RunFaults } from './memory-stores.js';

/** A replay with its lock. */
export interface KeptReplay {
  replay: Replay;
  holder: string | null;
  isSettled: boolean;
}

/** Replays of a memory database. */
export function createReplayStore({ replays }: MemoryDatabase, faults: RunFaults): ReplayStore {
  const inOrder = (): KeptReplay[] => [...replays.values()].sort((a, b) => (a.replay.id < b.replay.id ? -1 : 1));
  const isRunning = ({ replay }: KeptReplay): boolean => replay.status === 'RUNNING';
  return {
    create: (replay, maxRunning) =>
      faults.run('replays.create', () => {
        const others = inOrder().filter(
          (kept) => isRunning(kept) && kept.replay.subscriptionId === replay.subscriptionId,
        );
        if (others.length >= maxRunning) return false;
        replays.set(replay.id, { replay, holder: null, isSettled: false });
        return true;
      }),
    get: (id) => faults.run('replays.get', () => replays.get(id)?.replay ?? null),
    list: ({ first, after }, { applicationId, subscriptionId, status }) =>
      faults.run('replays.list', () => {
        const found = inOrder()
          .map(({ replay }) => replay)
          .reverse()
          .filter(
            (one) =>
              (applicationId === null || one.applicationId === applicationId) &&
              (subscriptionId == null || one.subscriptionId === subscriptionId) &&
              (status == null || one.status === status) &&
              (after === null || one.id < after),
          );
        return cutPage(found.slice(0, first + 1), first);
      }),
    unsettled: (after, limit) =>
      faults.run('replays.unsettled', () =>
        inOrder()
          .filter(({ replay, isSettled }) => !isSettled && replay.id > after)
          .slice(0, limit)
          .map(({ replay, holder }) => ({ replay, holder })),
      ),
    take: (id, from, holder) =>
      faults.run('replays.take', () => {
        const kept = replays.get(id);
        if (kept === undefined || kept.isSettled || kept.holder !== from) return false;
        kept.holder = holder;
        return true;
      }),
    advance: ({ id, position }, progress, holder) =>
      faults.run('replays.advance', () => {
        const kept = replays.get(id);
        if (kept?.holder !== holder || kept.replay.position !== position) return null;
        kept.replay = { ...kept.replay, ...progress };
        return kept.replay;
      }),
    end: (id, end) =>
      faults.run('replays.end', () => {
        const kept = replays.get(id);
        if (kept === undefined || !isRunning(kept)) return null;
        kept.replay = { ...kept.replay, ...end };
        return kept.replay;
      }),
    settle: (id) =>
      faults.run('replays.settle', () => {
        const kept = replays.get(id);
        if (kept !== undefined) Object.assign(kept, { isSettled: true, holder: null });
      }),
    release: (holder) =>
      faults.run('replays.release', () => {
        for (const kept of replays.values()) if (kept.holder === holder) kept.holder = null;
      }),
    deleteBefore: (createdBefore, limit) =>
      faults.run('replays.deleteBefore', () => {
        const gone = inOrder()
          .filter((kept) => kept.isSettled && kept.replay.createdAt < createdBefore)
          .slice(0, limit);
        for (const { replay } of gone) replays.delete(replay.id);
        return gone.length;
      }),
    createIndexes: async () => undefined,
  };
}

/** Deliveries of a memory database as replays see them. */
export function createReplayDeliveryStore({ deliveries }: MemoryDatabase, faults: RunFaults): ReplayDeliveryStore {
  const of = (subscriptionId: string): KeptDelivery[] =>
    [...deliveries.values()].filter(({ delivery }) => delivery.subscriptionId === subscriptionId);
  return {
    countUnfinished: (subscriptionId, limit) =>
      faults.run('replayDeliveries.countUnfinished', () => {
        const found = of(subscriptionId).filter(
          ({ delivery }) => delivery.priority === 'REPLAY' && delivery.finishedAt === null,
        );
        return Math.min(limit, found.length);
      }),
    find: (subscriptionId, eventIds) =>
      faults.run('replayDeliveries.find', () =>
        of(subscriptionId)
          .filter(({ delivery }) => eventIds.includes(delivery.eventId))
          .map(({ delivery: { id, eventId, status, attemptCount }, replayId = null }) => ({
            id,
            eventId,
            status,
            attemptCount,
            replayId,
          })),
      ),
    insert: (items, replayId) =>
      faults.run('replayDeliveries.insert', () => {
        const fresh = items.filter(
          ({ eventId, subscriptionId }) => !of(subscriptionId).some((kept) => kept.delivery.eventId === eventId),
        );
        for (const delivery of fresh)
          deliveries.set(delivery.id, { delivery, lockedAt: null, lockedBy: null, replayId });
        return fresh.length;
      }),
    makeDue: (found, { replayId, dueAt }) =>
      faults.run('replayDeliveries.makeDue', () => {
        const still = found.flatMap(({ id, status, attemptCount }) => {
          const kept = deliveries.get(id);
          const isAsFound = kept?.delivery.status === status && kept.delivery.attemptCount === attemptCount;
          const isFree = kept?.lockedAt === null && !kept.delivery.isKept;
          const isNew = kept?.replayId === undefined || kept.replayId < replayId;
          const isIdle = status === 'RETRYING' && kept?.delivery.nextAttemptAt === null;
          return kept !== undefined && isAsFound && isFree && isNew && !isIdle ? [kept] : [];
        });
        for (const kept of still) {
          const { attemptCount } = kept.delivery;
          kept.replayId = replayId;
          kept.delivery = {
            ...kept.delivery,
            status: attemptCount === 0 ? 'PENDING' : 'RETRYING',
            nextAttemptAt: dueAt,
            isKept: dueAt === null,
            priority: 'REPLAY',
            scheduleFrom: attemptCount,
            finishedAt: null,
          };
        }
        return still.length;
      }),
  };
}
