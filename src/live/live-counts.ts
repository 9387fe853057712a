// What the hub counts. Who shows it is http/live-metrics.ts.

/** What has happened since the start, and what is. */
export interface LiveCounts {
  readonly subscriptions: number;
  readonly groups: number;
  /** Subscriptions that wait for their receiver to drain. */
  readonly lagging: number;
  /** Events between the end of the log and the one who is furthest behind it. */
  readonly lagEvents: number;
  readonly executions: number;
  readonly frames: number;
  readonly bytes: number;
  readonly catchUps: number;
  readonly resumedFromRing: number;
  readonly resumedFromLog: number;
  readonly expired: number;
  readonly closedSlow: number;
}
