// What a schedule of retries is, and what a kind of schedule gives. The kinds are files beside this, listed in
// retry-policies.ts.

/** Attempts that a delivery can have, the first included. */
export const maxAttempts = 50;
/** The shortest and the longest delay between two attempts that can be asked for, in seconds. */
export const delayRange = { min: 0.1, max: 302_400 };

/** The part of an input that says when to try again; what is absent is not asked for. */
export interface ScheduleInput {
  /** Seconds before the second, third, … attempt. */
  readonly delaysSeconds?: readonly number[] | null | undefined;
  readonly exponential?: ExponentialInput | null | undefined;
}

/** A schedule whose delays grow by a factor; what is absent has its default. */
export interface ExponentialInput {
  readonly baseSeconds?: number | null | undefined;
  readonly factor?: number | null | undefined;
  readonly capSeconds?: number | null | undefined;
  readonly attempts?: number | null | undefined;
}

/** When to try again, before jitter. */
export interface RetrySchedule {
  /** Its kind. */
  readonly name: string;
  /** Delays in milliseconds before the second, third, … attempt; the first is made at once. */
  readonly delaysMs: readonly number[];
}

/** A kind of schedule. */
export interface ScheduleKind {
  /** As in the API, `SCREAMING`. */
  readonly name: string;
  /**
   * The schedule that an input asks for, or null when it asks for another kind. `field` is the path of the input.
   * Throws `INVALID_INPUT` on the value that is out of its range.
   */
  read(input: ScheduleInput, field: string): RetrySchedule | null;
}
