// On a shared database: says that this process lives, and takes over the locks of processes that have stopped saying so. Time
// is that of this process alone, so that clocks which disagree take nobody's locks.
import type { Clock } from '../clock.js';
import { commandWithinMs } from '../deadline.js';
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
  /** True unless a process is known to be dead, or was not heard of for as long as makes it so. */
  isAlive(holder: string): boolean;
  /** The processes that were heard of and are not known to be dead. */
  living(): string[];
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
  /** Since when somebody asks for a process that was not heard of. */
  const unheard = new Map<string, number>();
  let lookedMs = clock.monotonicMs();

  async function look(): Promise<void> {
    await holders.beat(holder);
    // How long nothing was heard ends before the database is asked: what holds up the answer is nobody's death.
    const askedMs = clock.monotonicMs();
    const all = await holders.all();
    // Who has slept has heard nobody, and begins anew.
    const hasSlept = askedMs - lookedMs >= deadAfterMs / 2;
    lookedMs = clock.monotonicMs();
    for (const { id, beat } of all) {
      unheard.delete(id);
      const known = heard.get(id);
      if (known?.beat !== beat || hasSlept) heard.set(id, { beat, atMs: lookedMs });
      else if (id !== holder && askedMs - known.atMs >= deadAfterMs) await takeOver(id, beat);
    }
    const ids = new Set(all.map(({ id }) => id));
    for (const id of heard.keys()) if (!ids.has(id)) forget(id);
    for (const [id, sinceMs] of unheard) if (lookedMs - sinceMs > 60 * deadAfterMs) unheard.delete(id);
  }

  /** It is known to be dead from now on, as nobody hears of it again. */
  function forget(id: string): void {
    heard.delete(id);
    unheard.set(id, clock.monotonicMs() - deadAfterMs);
  }

  async function takeOver(id: string, beat: number): Promise<void> {
    // The record goes last: whoever dies in between leaves the rest to the next.
    const broken = await deliveries.breakLocks(clock.now(), { only: [id] });
    await holders.remove(id, beat);
    forget(id);
    log.warn('A process is dead; took over the deliveries that it had locked.', { holder: id, deliveries: broken });
    if (broken > 0) options.onTakenOver();
  }

  function isAlive(id: string): boolean {
    if (id === holder || heard.has(id)) return true;
    const nowMs = clock.monotonicMs();
    const sinceMs = unheard.get(id) ?? nowMs;
    if (sinceMs === nowMs) unheard.set(id, nowMs);
    return nowMs - sinceMs < deadAfterMs;
  }

  const looking = repeat({ clock, log, everyMs: beatEveryMs, work: look, withinMs: commandWithinMs });
  return {
    isAlive,
    living: () => [...heard.keys()],
    async close() {
      await looking.close();
      await holders.remove(holder);
    },
  };
}
