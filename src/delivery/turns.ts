// Turns of priorities: who is asked first when there is a place for one more. What waits and where is others' affair.
import { type Priority, priorities } from './delivery.js';

/** Of sixteen turns twelve begin with first attempts, three with retries and one with replays. */
const order: readonly Priority[] = Array.from({ length: 16 }, (_, turn) =>
  turn === 15 ? 'REPLAY' : turn % 4 === 3 ? 'RETRY' : 'FIRST_ATTEMPT',
);

/** Turns that go on from call to call, so that each priority gets its part of however few places. */
export interface Turns {
  /** What `take` gives for the priority whose turn it is, else for the others, the more urgent first; null if for none. */
  next<T>(take: (priority: Priority) => T | null): T | null;
}

/** Turns from the beginning. */
export function createTurns(): Turns {
  let turn = 0;
  return {
    next(take) {
      const asked = order[turn] ?? 'FIRST_ATTEMPT';
      for (const priority of [asked, ...priorities.filter((other) => other !== asked)]) {
        const taken = take(priority);
        if (taken === null) continue;
        // A turn in which nothing is taken is not over: else asking in some rhythm could pass a priority over for ever.
        turn = (turn + 1) % order.length;
        return taken;
      }
      return null;
    },
  };
}

/** Fills `limit` places from what was found of each priority. */
export function fillByTurns<T>(turns: Turns, limit: number, found: Readonly<Record<Priority, readonly T[]>>): T[] {
  const used: Record<Priority, number> = { FIRST_ATTEMPT: 0, RETRY: 0, REPLAY: 0 };
  const chosen: T[] = [];
  while (chosen.length < limit) {
    const one = turns.next((priority) => {
      const item = found[priority][used[priority]];
      if (item === undefined) return null;
      used[priority] += 1;
      return { item };
    });
    if (one === null) break;
    chosen.push(one.item);
  }
  return chosen;
}
