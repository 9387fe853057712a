// Instants as text, RFC 3339. What an instant is for, and the words of a refusal, belong to those who read one.

/** RFC 3339 section 5.6, with an offset or Z; no leap seconds. The captured day is checked against its month. */
const instant =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The first of January of the year 1. */
const minInstantMs = -62_135_596_800_000;

/** The instant that a text names, from the year 1 on; null for any other text. Never throws. */
export function parseInstant(value: string): Date | null {
  const parts = instant.exec(value);
  if (parts === null) return null;
  const [text, year, month, day] = parts;
  const date = new Date(text.toUpperCase());
  // JavaScript takes the 30th of February for the 2nd of March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return date.getTime() >= minInstantMs && Number(day) <= lastDay ? date : null;
}
