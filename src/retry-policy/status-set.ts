// Sets of HTTP status codes as settings name them: `2xx` for a class, `409` for one.
import { Problem } from '../problem.js';

const maxEntries = 20;
/** Final codes (RFC 9110 section 15): 1xx comes before an answer and is none. */
const shape = /^(?:[2-5]xx|[2-5]\d\d)$/;

/**
 * The entries, each once: at most 20, each a class from `2xx` to `5xx` or a code from `200` to `599`.
 * Throws `INVALID_INPUT` on `field` or `field.N`.
 */
export function checkStatuses(entries: readonly string[], field: string): readonly string[] {
  if (entries.length > maxEntries) {
    const message = `${field} must have at most ${maxEntries} entries, has ${entries.length}`;
    throw new Problem('INVALID_INPUT', message, { field });
  }
  for (const [index, entry] of entries.entries()) {
    if (shape.test(entry)) continue;
    const here = `${field}.${index}`;
    const message = `${here} must be a class such as 2xx or a status code from 200 to 599, got ${JSON.stringify(entry.slice(0, 16))}`;
    throw new Problem('INVALID_INPUT', message, { field: here });
  }
  return [...new Set(entries)];
}

/** Whether a status code is in the set; null, no answer, is in none. Never throws. */
export function createStatusTest(entries: readonly string[]): (statusCode: number | null) => boolean {
  const all = new Set(entries);
  return (statusCode) =>
    statusCode !== null && (all.has(String(statusCode)) || all.has(`${Math.floor(statusCode / 100)}xx`));
}
