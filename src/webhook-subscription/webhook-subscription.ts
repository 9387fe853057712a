// The WebhookSubscription: what it is. Its rules are in webhook-subscriptions.ts; the copy that planning and delivery look
// at is served-subscriptions.ts.
import type { PayloadSettings } from '../payload/payload-settings.js';
import type { Target } from './delivery-policy.js';
import type { DeliverySettings } from './delivery-settings.js';

/** Whether a webhook subscription is served. */
export type WebhookSubscriptionStatus = 'ACTIVE' | 'PAUSED' | 'DISABLED';

/** A request header. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** A signing secret, encrypted. */
export interface SealedSecret {
  readonly sealed: string;
  /** Until when it signs; null for the current one. */
  readonly expiresAt: Date | null;
}

/** A GraphQL subscription whose result is the data that is sent. */
export interface SavedDocument {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | null;
  /** Why it does not fit the schema any more; null while it does. */
  readonly problem: string | null;
}

/** Who wants events by HTTP, which ones, and where to. */
export interface WebhookSubscription {
  /** `sub_…` */
  readonly id: string;
  readonly name: string | null;
  /** Where requests go: at least one. */
  readonly targets: readonly Target[];
  /** What is set about deliveries; what is absent has its default. */
  readonly deliverySettings: DeliverySettings;
  /** What is set about requests; what is absent has its default. */
  readonly payload: PayloadSettings;
  /** Names or patterns. */
  readonly eventTypes: readonly string[];
  /** MongoDB query language over the event, or null. */
  readonly filter: unknown;
  /** Null when the event's data is sent as it is. */
  readonly document: SavedDocument | null;
  /** The version of its only event type that it is pinned to; null for whatever is current. */
  readonly eventTypeVersion: number | null;
  /** Custom headers as encrypted JSON (they may hold credentials), or null when there are none. */
  readonly headersSealed: string | null;
  /** Current secret first. */
  readonly secrets: readonly SealedSecret[];
  readonly status: WebhookSubscriptionStatus;
  readonly statusReason: string | null;
  /** Owner, or null for the platform's own. */
  readonly applicationId: string | null;
  /** Head of the log when it was created: it is told of later events only. */
  readonly fromSequence: number;
  readonly createdAt: Date;
  /** Grows with every change. */
  readonly updatedAt: Date;
}
