// How operands that are compared with values are read.
import type { FieldPlace } from './operator.js';

const rfc3339 = /^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

/**
 * The operand as it is; on the time of the event a string becomes an instant, and raises FILTER_INVALID when it is no
 * RFC 3339 date-time or date.
 */
export function toOperand(operand: unknown, place: FieldPlace): unknown {
  if (!place.isTime || typeof operand !== 'string') return operand;
  const instant = new Date(operand.toUpperCase());
  if (rfc3339.test(operand) && !Number.isNaN(instant.getTime())) return instant;
  return place.refuse(`${JSON.stringify(operand)} is no time; write 2026-01-31T12:00:00Z`);
}
