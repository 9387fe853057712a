// Checks of plain text inputs that several rooms share. Grammar of one kind of name belongs to its room.
import { Problem } from './problem.js';

/**
 * A trimmed text of 1 to `max` characters without control characters.
 * Throws `INVALID_INPUT` that names the field and the limit.
 */
export function checkText(text: string, field: string, max: number): string {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > max) {
    throw new Problem('INVALID_INPUT', `${field} must have 1 to ${max} characters, has ${trimmed.length}`, { field });
  }
  if (/[^\P{Cc}\t\n\r]/u.test(trimmed)) {
    throw new Problem('INVALID_INPUT', `${field} must not hold control characters`, { field });
  }
  return trimmed;
}

/** Like `checkText`; null and undefined become null. */
export function checkOptionalText(text: string | null | undefined, field: string, max: number): string | null {
  return text == null ? null : checkText(text, field, max);
}

/** The text with every half of a surrogate pair that stands alone replaced by U+FFFD. Never throws. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}
