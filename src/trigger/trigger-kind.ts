// What a kind of triggers is: how its configuration is checked and what its mapping sees. The list is in trigger-kinds.ts.
import type { Clock } from '../clock.js';
import type { WatchChanges } from './change-stream-store.js';
import type { Occurrence } from './fire-trigger.js';
import type { Mapping, Trigger, TriggerKindName } from './trigger.js';

/** What a kind that fires by itself works with while a trigger of it runs. */
export interface RunTools {
  readonly trigger: Trigger;
  /** As `check` gave them, or null. */
  readonly secrets: unknown;
  /** The last position that was saved; undefined when there is none. */
  readonly position: unknown;
  /** Notes how far it has come; written within a moment. */
  readonly savePosition: (position: unknown) => void;
  /** Publishes in order; false when that is to be tried again, unless the signal says stop. Never throws. */
  readonly fire: (occurrences: readonly Occurrence[]) => Promise<boolean>;
  readonly watchChanges: WatchChanges;
  /** Shows the owner what is wrong. Never throws. */
  readonly report: (error: unknown) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A checked configuration: JSON that may be shown, and what must not be. */
export interface CheckedConfiguration {
  readonly settings: unknown;
  /** Null when there is nothing to hide. */
  readonly secrets: unknown;
}

/** A kind of triggers. */
export interface TriggerKind {
  readonly name: TriggerKindName;
  /** Name of its field in the configuration input. */
  readonly inputField: string;
  /** Holds where a trigger's own mapping says nothing. */
  readonly defaultMapping: Mapping;
  /** Checks a configuration as it comes from the door. Throws `INVALID_INPUT`, its field under the configuration's. */
  check(input: unknown, now: Date): CheckedConfiguration;
  /** What the mapping sees when `fireTrigger` is given data. */
  toOccurrence(data: unknown, now: Date): unknown;
  /** Fires by itself until the signal, on one process at a time; absent for kinds that others set off. */
  run?(tools: RunTools): Promise<void>;
}
