// What a kind of schedule is: how an input names it, and the delays that it gives. The kinds are files beside this, listed
// in retry-policies.ts.

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

/** A kind of schedule. */
export interface ScheduleKind {
  /** As in the API, `SCREAMING`. */
  readonly name: string;
  /**
   * Delays in milliseconds before the second, third, … attempt, before jitter, or null when the input asks for another kind.
   * `field` is the path of the input. Throws `INVALID_INPUT` on the value that is out of its range.
   */
  read(input: ScheduleInput, field: string): readonly number[] | null;
}
