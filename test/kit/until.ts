// Waiting for what a real process does, in tests that drive one. Tests of a single room hold the clock still instead.

/** How long to wait. */
export interface UntilOptions {
  /** What is waited for, in words; part of the error. */
  readonly what: string;
  /** Default: 10,000. */
  readonly withinMs?: number;
  /** Between two looks; default: 25. */
  readonly everyMs?: number;
}

/**
 * Looks again and again until `look` answers something other than null, undefined or false, and answers that. Another
 * process tells nobody when it has written something: its API must be asked. Rejects after the deadline, saying what was
 * waited for; what `look` throws goes through at once.
 */
export async function until<T>(
  options: UntilOptions,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  const { what, withinMs = 10_000, everyMs = 25 } = options;
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() >= deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
