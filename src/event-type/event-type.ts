// The EventType: what it is. Its rules are in event-types.ts, its name's grammar in event-type-name.ts, its schema's in
// json-schema.ts.

/** Whether events of a type may be published. */
export type EventTypeStatus = 'ACTIVE' | 'ARCHIVED';

/** What may happen: a name with the JSON Schema of its data. */
export interface EventType {
  /** `ety_…` */
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** JSON Schema, or null when any JSON is allowed. */
  readonly schema: unknown;
  /** Example of the data, or null. */
  readonly example: unknown;
  /** From 1; grows with every change of the schema. */
  readonly version: number;
  readonly status: EventTypeStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the current version began to hold. */
  readonly versionCreatedAt: Date;
}

/** One version of a schema. */
export interface EventTypeVersion {
  readonly version: number;
  readonly schema: unknown;
  readonly createdAt: Date;
}
