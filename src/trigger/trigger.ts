// The Trigger: what it is. Its rules are in triggers.ts, what its kinds do in the files that trigger-kinds.ts lists.

/** The kinds of triggers. */
export const triggerKindNames = ['INBOUND_WEBHOOK', 'SCHEDULE', 'CHANGE_STREAM'] as const;

/** The kind of a trigger. */
export type TriggerKindName = (typeof triggerKindNames)[number];

/** The parts of an event that a mapping makes, each by a JSONata expression over what happened. */
export const mappedParts = ['type', 'data', 'subject', 'idempotencyKey', 'orderingKey'] as const;

/** Expressions for parts of the event; what is absent has the kind's default. */
export type Mapping = { readonly [Part in (typeof mappedParts)[number]]?: string };

/** What makes events happen without an API call. */
export interface Trigger {
  /** `trg_…` */
  readonly id: string;
  /** Such as `user_registered_trigger`; unique among those of one owner. */
  readonly name: string;
  readonly kind: TriggerKindName;
  /** Type of the events it publishes, unless the mapping says another; null when the mapping always does. */
  readonly eventType: string | null;
  readonly mapping: Mapping;
  readonly enabled: boolean;
  /** Owner, and addressee of its events; null for the platform, whose events are for all. */
  readonly applicationId: string | null;
  /** What its kind keeps about it, without secrets: JSON. */
  readonly settings: unknown;
  /** What its kind keeps secret: encrypted JSON, or null when there is nothing. */
  readonly secretsSealed: string | null;
  readonly createdAt: Date;
  /** Grows with every change. */
  readonly updatedAt: Date;
}

/** Why an occurrence did not become an event. */
export interface TriggerError {
  readonly at: Date;
  /** Of the error table. */
  readonly code: string;
  /** At most 500 characters. */
  readonly message: string;
  readonly field: string | null;
  /** The beginning of what happened, as JSON text, at most 2,048 characters. */
  readonly sample: string;
}

/** What a trigger did, over all nodes. */
export interface TriggerCounts {
  /** Occurrences that became events. */
  readonly fired: number;
  /** Occurrences that had become events before. */
  readonly duplicates: number;
  /** Occurrences that were refused: by the mapping, the event type's schema or a limit. */
  readonly refused: number;
  readonly lastFiredAt: Date | null;
  readonly lastError: TriggerError | null;
}
