// Which deliveries to list, and how they are searched for: what an index of delivery-store.ts serves, and what not.
import { type Document, ObjectId } from 'mongodb';
import { toHexBound } from '../clock.js';
import type { DeliveryStatus } from './delivery.js';
import type { NewestFirstSearch } from './newest-first.js';

/** Which deliveries to list; what is null or left out does not matter. */
export interface DeliveryFilter {
  readonly applicationId: string | null;
  readonly status?: DeliveryStatus | null | undefined;
  readonly eventId?: string | null | undefined;
  readonly subscriptionId?: string | null | undefined;
  readonly eventType?: string | null | undefined;
  /** Planned at or after this instant, and before that one. */
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

/** The search for `first` deliveries behind one: the first condition that an index serves, and the others. */
export function toDeliverySearch(after: ObjectId | null, filter: DeliveryFilter, first: number): NewestFirstSearch {
  const { eventId, subscriptionId, status, applicationId, eventType, from, to } = filter;
  const served: Document[] = [];
  if (eventId != null) served.push({ event: eventId });
  if (subscriptionId != null) served.push({ subscription: subscriptionId });
  if (status != null) served.push({ status });
  if (applicationId !== null) served.push({ application: applicationId });
  const [indexed = {}, ...others] = served;
  const rest: Document = Object.assign({}, ...others, eventType == null ? {} : { eventType });
  // One event has few deliveries: they are all read, whatever else is asked.
  const isWhole = eventId != null || Object.keys(rest).length === 0;
  const bounds = [after, to == null ? null : boundOf(to)].filter((bound) => bound !== null);
  const [before = null] = bounds.sort((a, b) => (a.toHexString() < b.toHexString() ? -1 : 1));
  return {
    indexed: [isWhole ? { ...indexed, ...rest } : indexed],
    rest: isWhole ? null : rest,
    before,
    from: from == null ? null : boundOf(from),
    first,
  };
}

/** Sorts before every delivery planned at or after an instant, and behind every earlier one. */
function boundOf(instant: Date): ObjectId {
  return ObjectId.createFromHexString(toHexBound(instant));
}
