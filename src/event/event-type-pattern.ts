// The patterns by which a webhook or live subscription names event types. Looking up many of them at once is the matching
// index's work.
import { describeFault, isEventTypeName } from '../event-type/event-type-name.js';
import { Problem } from '../problem.js';

/** The pattern that matches every event type of the platform's own. */
export const everyEventType = '*';

/** What the gateway itself publishes is told only to those who name it, or everybody would get everybody's test events. */
const ownPrefix = 'carillon.';

/**
 * Gives `text` back if it is a pattern: an event type name (`order.created`), a name and `.*` (`order.*`: every name that
 * starts with `order.`, however many words follow, but not `order` itself), or `*` (every name but `carillon.…`).
 * Raises NAME_INVALID.
 */
export function checkEventTypePattern(text: string, field: string): string {
  const name = text.endsWith('.*') ? text.slice(0, -2) : text;
  if (text === everyEventType || isEventTypeName(name)) return text;
  throw new Problem(
    'NAME_INVALID',
    `A pattern is an event type name (order.created), a name and .* (order.*), or * for every type; this one ${describeFault(name)}.`,
    { field },
  );
}

/** Whether one of the patterns matches the event type. Never throws; what is no pattern matches nothing but itself. */
export function matchesEventType(patterns: readonly string[], eventType: string): boolean {
  for (const pattern of patterns) {
    if (pattern === eventType || (pattern === everyEventType && !eventType.startsWith(ownPrefix))) return true;
    if (pattern.endsWith('.*') && eventType.startsWith(pattern.slice(0, -1))) return true;
  }
  return false;
}

/**
 * Every pattern that matches the event type, most exact first: the name, one per dotted prefix (`order.item.added` gives
 * `order.item.*` and `order.*`), then `*` unless it is the gateway's own. Never throws.
 */
export function patternsThatMatch(eventType: string): string[] {
  const patterns = [eventType];
  for (let dot = eventType.lastIndexOf('.'); dot > 0; dot = eventType.lastIndexOf('.', dot - 1)) {
    patterns.push(`${eventType.slice(0, dot)}.*`);
  }
  if (!eventType.startsWith(ownPrefix)) patterns.push(everyEventType);
  return patterns;
}
