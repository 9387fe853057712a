// Looks after deliveries that are kept for webhook subscriptions which are served again: what a failure between keeping one
// and looking at the status has left behind.
import type { Clock } from '../clock.js';
import type { DeliveryStore } from './delivery-store.js';

/** What releasing needs. */
export interface ReleaseKeptOptions {
  readonly deliveries: DeliveryStore;
  /** The status of a webhook subscription in the database, null when it was deleted. */
  readonly statusOf: (subscriptionId: string) => Promise<string | null>;
  /** True when its receiver is down. */
  readonly isHeldUp: (subscriptionId: string) => boolean;
  readonly clock: Clock;
}

/** Makes due what is kept for webhook subscriptions that are active or deleted; answers how many deliveries. */
export async function releaseKept({ deliveries, statusOf, isHeldUp, clock }: ReleaseKeptOptions): Promise<number> {
  let released = 0;
  for (const id of await deliveries.keptSubscriptions()) {
    const status = await statusOf(id);
    const isServed = status === 'ACTIVE' && !isHeldUp(id);
    if (isServed || status === null) released += await deliveries.unpark(id, clock.now());
  }
  return released;
}
