// Reads the `Retry-After` header of an answer. Whether it is honoured is the policy's decision.

const maxSeconds = 24 * 60 * 60;

// RFC 9110 5.6.7: "A recipient that parses a timestamp value in an HTTP field MUST accept all three HTTP-date formats."
const httpDates = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

/**
 * Seconds to wait from `now`, 0 to 86,400 (a longer wait counts as a day): from delay seconds or an HTTP date (RFC 9110
 * 10.2.3); a date that has passed is 0. Null when the header is missing or malformed. Never throws.
 */
export function parseRetryAfter(value: string | null, now: Date): number | null {
  if (value === null) return null;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text), maxSeconds);
  if (!httpDates.some((pattern) => pattern.test(text))) return null;
  const atMs = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  if (Number.isNaN(atMs)) return null;
  return Math.min(Math.max(Math.ceil((atMs - now.getTime()) / 1000), 0), maxSeconds);
}
