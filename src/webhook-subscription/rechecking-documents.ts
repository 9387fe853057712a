// Saved documents when a schema changes: which do not fit it any more, and what becomes of their webhook subscriptions. Whether
// one fits is the GraphQL door's matter.
import type { OwnEvent } from '../event/own-events.js';
import type { Changing } from './changing.js';
import type { WebhookSubscription } from './webhook-subscription.js';
import type { WebhookSubscriptionStore } from './webhook-subscription-store.js';

/** What is wrong with the document of a webhook subscription, in a sentence; null when nothing is. */
export type ProblemOf = (subscription: WebhookSubscription) => string | null;

/** What rechecking needs. */
export interface RecheckingOptions {
  readonly store: Pick<WebhookSubscriptionStore, 'withDocuments'>;
  readonly changing: Pick<Changing, 'change' | 'restore' | 'retryConflicts'>;
  /** Publishes an event of the gateway's own. */
  readonly announce: (event: OwnEvent) => Promise<void>;
}

/** Looking through all documents. Both reject with what the database does. */
export interface RecheckingDocuments {
  /** Those whose documents `problemOf` finds at fault and that are not so already, at most `limit`. */
  readonly findBroken: (problemOf: ProblemOf, limit: number) => Promise<readonly string[]>;
  /** Ends serving those with a problem, their deliveries kept, and serves those again that have none any more. */
  readonly recheckDocuments: (problemOf: ProblemOf) => Promise<void>;
}

const brokenReason = 'its document does not fit the schema any more: ';

/** True for one that is not served because of its document. Never throws. */
export function isBroken({ status, document }: WebhookSubscription): boolean {
  return status === 'DISABLED' && (document?.problem ?? null) !== null;
}

/** Rechecking over a store. */
export function recheckingDocuments({ store, changing, announce }: RecheckingOptions): RecheckingDocuments {
  const { change, restore, retryConflicts } = changing;

  async function recheck(current: WebhookSubscription, problem: string | null): Promise<void> {
    const { document, status } = current;
    if (document === null || document.problem === problem) return;
    const changed = { document: { ...document, problem } };
    if (problem === null) {
      if (isBroken(current)) await restore(current, changed);
      else await change(current, changed);
      return;
    }
    const statusReason = `${brokenReason}${problem}`;
    const broken = await change(
      current,
      status === 'ACTIVE' ? { ...changed, status: 'DISABLED', statusReason } : changed,
    );
    if (status !== 'ACTIVE') return;
    await announce({
      type: 'carillon.webhook_subscription.disabled',
      subject: current.id,
      data: { webhookSubscription: current.id, reason: statusReason },
      applicationId: current.applicationId,
      key: `${current.id} ${broken.updatedAt.getTime()}`,
    });
  }

  return {
    async findBroken(problemOf, limit) {
      const found: string[] = [];
      for await (const one of store.withDocuments()) {
        if (one.document?.problem === null && problemOf(one) !== null) found.push(one.id);
        if (found.length >= limit) break;
      }
      return found;
    },
    async recheckDocuments(problemOf) {
      for await (const { id } of store.withDocuments())
        await retryConflicts(id, (current) => recheck(current, problemOf(current)));
    },
  };
}
