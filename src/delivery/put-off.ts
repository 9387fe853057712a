// How long a due delivery is put off for which its lane has no room: to about when its turn would come, so that each is
// written once and what others may send is found behind it. What room there is, is delivery-queue.ts.
import type { Priority } from './delivery.js';
import { countAhead, type Gate, type Lane } from './lane.js';

/** What it depends on beside the lane. Times are monotonic milliseconds. */
export interface PutOffOptions {
  readonly priority: Priority;
  readonly gate: Gate | null;
  readonly maxRunningPerLane: number;
  readonly nowMs: number;
}

/** A lane in which nothing ends for this long is stuck. */
const stuckAfterMs = 1000;
const minStuckMs = 15_000;
const maxStuckMs = 300_000;
/** What would begin sooner than this stays due. */
const stayDueMs = 2000;
/** A delivery is put off by its lane's pace this long at most. */
const maxSlotMs = 86_400_000;

/** True when deliveries run and none has ended for a while. */
export function isStuck(lane: Lane, nowMs: number): boolean {
  return lane.running > 0 && nowMs - lane.movedMs > stuckAfterMs;
}

/** Milliseconds to put off one more of a priority; null when it had better stay due. */
export function putOffMs(lane: Lane, options: PutOffOptions): number | null {
  const bySlot = nextSlot(lane, options);
  const stuck = isStuck(lane, options.nowMs) ? putOffStuck(lane, options.maxRunningPerLane) : 0;
  const delayMs = Math.max(bySlot, stuck);
  return delayMs === 0 ? null : delayMs;
}

/** Those put off come back little by little, and not all at once again and again. */
function putOffStuck(lane: Lane, maxRunningPerLane: number): number {
  lane.putOff += 1;
  return Math.min(maxStuckMs, minStuckMs * (1 + lane.putOff / (4 * maxRunningPerLane)));
}

/** The next free slot at the lane's pace, whether that is set or was seen; each priority has slots of its own. */
function nextSlot(lane: Lane, { priority, gate, nowMs }: PutOffOptions): number {
  const limitMs = gate?.spacingMs ?? 0;
  const spacingMs = Math.max(limitMs, lane.paceMs);
  if (spacingMs === 0) return 0;
  const aheadMs = (gate?.waitMs(nowMs) ?? 0) + countAhead(lane, priority) * spacingMs;
  const slotMs = Math.max(nowMs + aheadMs, lane.nextSlotMs[priority]);
  if (limitMs === 0 && slotMs - nowMs < stayDueMs) return 0;
  lane.nextSlotMs[priority] = Math.min(slotMs + spacingMs, nowMs + maxSlotMs);
  // Not sooner than a poll: what is due at once would be found again at once.
  return Math.max(1000, Math.ceil(slotMs - nowMs));
}
