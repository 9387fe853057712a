// On a shared database: says that this process lives, and takes over the locks of processes that have stopped saying so. Time
// is that of this process alone, so that clocks which disagree take nobody's locks.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { repeat } from '../repeat.js';
import type { DeliveryStore } from './delivery-store.js';
import type { HolderStore } from './holder-store.js';

/** What following the processes needs. */
export interface HoldersOptions {
  /** This process. */
  readonly holder: string;
  readonly holders: HolderStore;
  readonly deliveries: Pick<DeliveryStore, 'breakLocks'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when deliveries were taken over. */
  readonly onTakenOver: () => void;
}

/** The processes that lock deliveries. */
export interface Holders {
  /** True unless a process is known to be dead. */
  isAlive(holder: string): boolean;
  /** Stops, and says that this process is gone. */
  close(): Promise<void>;
}

const beatEveryMs = 2000;
/** A process that is not heard of for this long is dead. */
const deadAfterMs = 10_000;

/** Follows the processes until `close`. */
export function followHolders(options: HoldersOptions): Holders {
  const { holder, holders, deliveries, clock, log } = options;
  const heard = new Map<string, { readonly beat: number; readonly atMs: number }>();

  async function look(): Promise<void> {
    await holders.beat(holder);
    const all = await holders.all();
    const nowMs = clock.monotonicMs();
    for (const { id, beat } of all) {
      const known = heard.get(id);
      if (known?.beat !== beat) heard.set(id, { beat, atMs: nowMs });
      else if (id !== holder && nowMs - known.atMs >= deadAfterMs) await takeOver(id, beat);
    }
    const ids = new Set(all.map(({ id }) => id));
    for (const id of heard.keys()) if (!ids.has(id)) heard.delete(id);
  }

  async function takeOver(id: string, beat: number): Promise<void> {
    // The record goes last: whoever dies in between leaves the rest to the next.
    const broken = await deliveries.breakLocks(clock.now(), { only: [id] });
    await holders.remove(id, beat);
    heard.delete(id);
    log.warn('A process is dead; took over the deliveries that it had locked.', { holder: id, deliveries: broken });
    if (broken > 0) options.onTakenOver();
  }

  const looking = repeat({ clock, log, everyMs: beatEveryMs, work: look });
  return {
    isAlive: (id) => id === holder || heard.has(id),
    async close() {
      await looking.close();
      await holders.remove(holder);
    },
  };
}
