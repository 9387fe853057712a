// One page of a replay: a bounded piece of the log looked at, and what is asked for made due. Doing a page again, as after a
// crash, changes nothing: deliveries are unique by event and webhook subscription, and remember the replay that made them due.
import type { Clock, NewId } from '../clock.js';
import type { Event } from '../event/event.js';
import type { EventStore } from '../event/event-store.js';
import { matchesEventType } from '../event/event-type-pattern.js';
import type { PlanMarkStore } from '../event/plan-mark-store.js';
import type { ServedSubscription } from '../webhook-subscription/served-subscriptions.js';
import type { Delivery } from './delivery.js';
import { createDelivery } from './delivery-store.js';
import { type Replay, type ReplayProgress, readSelection } from './replay.js';
import type { FoundDelivery, ReplayDeliveryStore } from './replay-delivery-store.js';

/** What a page needs. */
export interface ReplayPageOptions {
  readonly events: Pick<EventStore, 'read'>;
  readonly planMark: Pick<PlanMarkStore, 'read'>;
  readonly replayDeliveries: ReplayDeliveryStore;
  /** True when a webhook subscription's deliveries are to be kept because its receiver is down. */
  readonly isHeldUp: (subscriptionId: string) => boolean;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** A page that was done. */
export interface ReplayPage {
  readonly progress: ReplayProgress;
  /** Bytes of the data of the events that were read. */
  readonly bytes: number;
}

/**
 * Does the next page of a replay, of `limit` events at most, and says how far it is then; null when there is nothing to look
 * at before planning has got further: an event that is not planned yet has its first delivery to come.
 */
export async function doReplayPage(
  replay: Replay,
  subscription: ServedSubscription,
  options: ReplayPageOptions & { readonly limit: number },
): Promise<ReplayPage | null> {
  const { events, planMark, limit } = options;
  const end = Math.min(replay.last, await planMark.read());
  if (end <= replay.position) return null;
  const [oldest] = await events.read({ limit: 1 });
  const from = Math.max(replay.position, Math.min(end, (oldest?.sequence ?? end + 1) - 1));
  const type = onlyTypeOf(replay.types) ?? onlyTypeOf(subscription.eventTypes);
  const range = { after: from, before: end + 1, limit, ...(type === null ? {} : { type }) };
  const found = from === end ? [] : await events.read(range);
  const made = await makeDue(
    replay,
    subscription,
    found.filter((event) => isAskedFor(event, replay, subscription)),
    options,
  );
  const progress = {
    position: found.length < limit ? end : (found.at(-1)?.sequence ?? end),
    made: replay.made + made,
    expired: replay.expired + (from - replay.position),
  };
  return { progress, bytes: found.reduce((sum, { dataJson }) => sum + dataJson.length, 0) };
}

/** The name, when there is one only; then the others need not be read. */
function onlyTypeOf(types: readonly string[]): string | null {
  const [type, ...more] = types;
  return type === undefined || more.length > 0 || type.endsWith('*') ? null : type;
}

/** Whether the webhook subscription would get this event now, and the replay asks for its type. Test events are not replayed. */
function isAskedFor(event: Event, { types }: Replay, subscription: ServedSubscription): boolean {
  const { application, eventTypes } = subscription;
  const isAddressed = application === null || event.applicationId === null || event.applicationId === application;
  return (
    isAddressed &&
    event.onlySubscriptionId === null &&
    (types.length === 0 || matchesEventType(types, event.type)) &&
    matchesEventType(eventTypes, event.type) &&
    subscription.wants(event, 0)
  );
}

async function makeDue(
  { id: replayId, selection }: Replay,
  subscription: ServedSubscription,
  events: readonly Event[],
  { replayDeliveries, isHeldUp, clock, newId }: ReplayPageOptions,
): Promise<number> {
  const { statuses, isNew } = readSelection(selection);
  const ids = events.map(({ id }) => id);
  const found = new Map((await replayDeliveries.find(subscription.id, ids)).map((one) => [one.eventId, one]));
  const now = clock.now();
  const isKept = subscription.status !== 'ACTIVE' || isHeldUp(subscription.id);
  const inserts: Delivery[] = [];
  const updates: FoundDelivery[] = [];
  let made = 0;
  for (const event of events) {
    const delivery = found.get(event.id);
    const isLater = event.deliverAt !== null && event.deliverAt > now;
    if (delivery?.replayId === replayId) made += 1;
    else if (delivery === undefined && isNew) {
      const first = createDelivery(newId('delivery'), event, subscription, now);
      // Its time is still to come: until then it is a delivery like any other, and nothing that this replay waits for.
      if (isLater) inserts.push({ ...first, nextAttemptAt: event.deliverAt });
      else if (isKept) inserts.push({ ...first, priority: 'REPLAY', isKept: true, nextAttemptAt: null });
      else inserts.push({ ...first, priority: 'REPLAY' });
    } else if (delivery !== undefined && !isLater && statuses.includes(delivery.status)) updates.push(delivery);
  }
  const due = { replayId, subscriptionId: subscription.id, dueAt: isKept ? null : now };
  const [inserted, updated] = await Promise.all([
    replayDeliveries.insert(inserts, replayId),
    replayDeliveries.makeDue(updates, due),
  ]);
  return made + inserted + updated;
}
