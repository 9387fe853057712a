// The gateway's own events: what it says of itself in the log. When each is published, the rooms decide.

/** The gateway's own event types and what they mean, for those who subscribe to them. */
export const ownEventTypes = {
  'carillon.test': 'Somebody tries a webhook subscription.',
  'carillon.delivery.exhausted': 'A delivery failed for the last time.',
  'carillon.webhook_subscription.disabled': 'A webhook subscription is not served any more; `data.reason` says why.',
  'carillon.webhook_subscription.recovered': 'A webhook subscription that was disabled is served again.',
  'carillon.circuit.opened': 'A receiver keeps failing: its deliveries are kept, and it is probed now and then.',
  'carillon.circuit.closed': 'A receiver that kept failing is back; what was kept goes out.',
  'carillon.replay.finished': 'A replay has come to its end.',
} as const;

/** Name of one of the gateway's own event types. */
export type OwnEventType = keyof typeof ownEventTypes;

/** Something the gateway says of itself. */
export interface OwnEvent {
  readonly type: OwnEventType;
  /** Identifier of what it is about. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Owner of what it is about; null for the platform's own, which no application sees. */
  readonly applicationId: string | null;
  /** Said once, however often it is published under this key. */
  readonly key: string;
}

/** Addressee of events that only the platform sees; no application has this identifier. */
export const platformOnly = 'platform';

/** True for the name of one of the gateway's own event types, or of one to come. */
export function isOwnEventType(type: string): boolean {
  return type.startsWith('carillon.');
}
