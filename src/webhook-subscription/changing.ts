// Writing changed webhook subscriptions, and what follows from it: others may change the same record, and one that is served
// again gets what was kept for it. What may be changed to what is checked before.
import type { Clock } from '../clock.js';
import type { OwnEvent } from '../event/own-events.js';
import { Problem } from '../problem.js';
import type { WebhookSubscription } from './webhook-subscription.js';
import type { WebhookSubscriptionStore } from './webhook-subscription-store.js';

/** What changing needs. */
export interface ChangingOptions {
  readonly store: WebhookSubscriptionStore;
  readonly clock: Pick<Clock, 'now'>;
  /** Lets the deliveries kept for a webhook subscription go out. */
  readonly release: (id: string) => Promise<void>;
  /** Publishes an event of the gateway's own. */
  readonly announce: (event: OwnEvent) => Promise<void>;
}

/** Changes of webhook subscriptions. All reject with what the database does. */
export interface Changing {
  /** One that `owner` may see; null for who may see all. Throws `NOT_FOUND`. */
  readonly mustGet: (id: string, owner: string | null) => Promise<WebhookSubscription>;
  /** Throws `CONFLICT` when others have changed or deleted it since it was read. */
  readonly change: (
    current: WebhookSubscription,
    changes: Partial<WebhookSubscription>,
  ) => Promise<WebhookSubscription>;
  /** Serves one again; throws as `change`. */
  readonly restore: (
    before: WebhookSubscription,
    changes: Partial<WebhookSubscription>,
  ) => Promise<WebhookSubscription>;
  /** Ends serving; false, and nothing happens, when it is not active any more. */
  readonly disable: (id: string, reason: string) => Promise<boolean>;
  /** Does something with what is there, again when others have changed it meanwhile, and nothing when it is gone. */
  readonly retryConflicts: (id: string, act: (current: WebhookSubscription) => Promise<void>) => Promise<void>;
}

/** Times that a change is tried when others change the record at the same time. */
const maxTries = 5;

/** Changes over a store. */
export function createChanging({ store, clock, release, announce }: ChangingOptions): Changing {
  async function mustGet(id: string, owner: string | null): Promise<WebhookSubscription> {
    const found = await store.get(id);
    if (found !== null && (owner === null || found.applicationId === owner)) return found;
    throw new Problem('NOT_FOUND', 'there is no such webhook subscription', { field: 'id' });
  }

  async function change(
    current: WebhookSubscription,
    changes: Partial<WebhookSubscription>,
  ): Promise<WebhookSubscription> {
    // Grows with every change, since a change is recognised by it.
    const updatedAt = new Date(Math.max(clock.now().getTime(), current.updatedAt.getTime() + 1));
    const next = { ...current, ...changes, updatedAt };
    await store.replace(current, next);
    return next;
  }

  async function restore(
    before: WebhookSubscription,
    changes: Partial<WebhookSubscription>,
  ): Promise<WebhookSubscription> {
    const resumed = await change(before, { ...changes, status: 'ACTIVE', statusReason: null });
    await release(before.id);
    if (before.status === 'DISABLED') {
      await announce({
        type: 'carillon.webhook_subscription.recovered',
        subject: before.id,
        data: { webhookSubscription: before.id },
        applicationId: before.applicationId,
        key: `${before.id} ${resumed.updatedAt.getTime()}`,
      });
    }
    return resumed;
  }

  async function retryConflicts(id: string, act: (current: WebhookSubscription) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const current = await store.get(id);
      if (current === null) return;
      try {
        await act(current);
        return;
      } catch (error) {
        if (tries === maxTries || !(error instanceof Problem) || error.code !== 'CONFLICT') throw error;
      }
    }
  }

  async function disable(id: string, reason: string): Promise<boolean> {
    // Several deliveries learn at the same time that the receiver is gone.
    let isDisabled = false;
    await retryConflicts(id, async (current) => {
      if (current.status !== 'ACTIVE') return;
      await change(current, { status: 'DISABLED', statusReason: reason });
      isDisabled = true;
    });
    return isDisabled;
  }

  return { mustGet, change, restore, disable, retryConflicts };
}
