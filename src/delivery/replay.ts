// The Replay: events of the past told to a webhook subscription again, or for the first time. How one begins and ends is
// replays.ts, how it goes on replay-runner.ts.
import type { DeliveryStatus } from './delivery.js';

/** How far a replay is. */
export const replayStatuses = ['RUNNING', 'FINISHED', 'CANCELLED', 'FAILED'] as const;

/** How far a replay is. */
export type ReplayStatus = (typeof replayStatuses)[number];

/** Which events a replay takes, by what became of them. */
export const replaySelections = [
  'EVERYTHING',
  'FAILED',
  'NEVER_DELIVERED',
  'SUCCEEDED',
  'CANCELLED',
  'RETRYING',
] as const;

/** Which events a replay takes, by what became of them. */
export type ReplaySelection = (typeof replaySelections)[number];

/** A replay. */
export interface Replay {
  /** `rpl_…`; a later one has the greater identifier. */
  readonly id: string;
  readonly subscriptionId: string;
  /** Owner of the webhook subscription. */
  readonly applicationId: string | null;
  /** Names or patterns as `checkEventTypePattern` allows them; empty for all. */
  readonly types: readonly string[];
  /** At least one. */
  readonly selection: readonly ReplaySelection[];
  /** As it was asked for. */
  readonly after: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
  /** When the oldest event that the log had was accepted; null when it had none. */
  readonly logBeganAt: Date | null;
  /** It takes events behind this sequence … */
  readonly firstAfter: number;
  /** … up to this one. */
  readonly last: number;
  readonly status: ReplayStatus;
  readonly statusReason: string | null;
  /** Everything up to this sequence has been looked at. */
  readonly position: number;
  /** Deliveries made due. */
  readonly made: number;
  /** Events that had left the log before they were looked at. */
  readonly expired: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** How far a replay has got. */
export type ReplayProgress = Pick<Replay, 'position' | 'made' | 'expired'>;

/** How a replay ended. */
export interface ReplayEnd {
  readonly status: Exclude<ReplayStatus, 'RUNNING'>;
  readonly statusReason: string | null;
  readonly finishedAt: Date;
}

/** How a selection says that a delivery must stand; without `isNew` an event needs to have a delivery already. */
export interface SelectedDeliveries {
  readonly statuses: readonly DeliveryStatus[];
  /** True when events without a delivery are taken too. */
  readonly isNew: boolean;
}

/**
 * What a selection means. `EVERYTHING` leaves out what somebody cancelled, and what is on its way anyway. Unfinished
 * deliveries are taken by `RETRYING` alone.
 */
export function readSelection(selection: readonly ReplaySelection[]): SelectedDeliveries {
  const statuses = new Set<DeliveryStatus>();
  let isNew = false;
  for (const one of selection) {
    switch (one) {
      case 'EVERYTHING':
        statuses.add('SUCCEEDED').add('EXHAUSTED');
        isNew = true;
        break;
      case 'FAILED':
        statuses.add('EXHAUSTED');
        break;
      case 'NEVER_DELIVERED':
        isNew = true;
        break;
      case 'SUCCEEDED':
      case 'CANCELLED':
      case 'RETRYING':
        statuses.add(one);
        break;
      default:
        one satisfies never;
    }
  }
  return { statuses: [...statuses], isNew };
}
