// How much a cohort takes in one turn. What happens in it is writer.ts, whose turn it is hub.ts.
import type { Event } from '../event/event.js';

/** Bytes of data in one turn of a cohort, but always one event; bounds what one write adds to a socket's buffer. */
const turnBytes = 64 * 1024;
/** Events in one turn of a group whose results must be waited for, all of which are rendered at the same time. */
const turnPromises = 10;

/** The beginning of what was read that fits into one turn. */
export function cutTurn(events: readonly Event[], isLasting: boolean): readonly Event[] {
  let bytes = 0;
  let cut = 0;
  for (const { dataJson } of events) {
    bytes += dataJson.length;
    if (cut > 0 && (bytes > turnBytes || (!isLasting && cut >= turnPromises))) break;
    cut += 1;
  }
  return cut === events.length ? events : events.slice(0, cut);
}
