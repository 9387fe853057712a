// Runs triggers that fire by themselves: each on one process at a time, that has its lease, and on another within ten seconds
// when that one dies. What a kind does while it runs is in the kind's file.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import type { SecretBox } from '../security/secret-box.js';
import type { WatchChanges } from './change-stream-store.js';
import type { FireInOrder } from './fire-trigger.js';
import type { ServedTriggers } from './served-triggers.js';
import type { Trigger } from './trigger.js';
import type { CountTriggers } from './trigger-counts.js';
import { triggerKinds } from './trigger-kinds.js';
import type { TriggerRunStore } from './trigger-run-store.js';

/** What running needs. */
export interface RunTriggersOptions {
  readonly served: Pick<ServedTriggers, 'all'>;
  readonly runs: TriggerRunStore;
  readonly fire: FireInOrder;
  readonly counts: CountTriggers;
  readonly watchChanges: WatchChanges;
  readonly secretBox: SecretBox;
  /** Names this process. */
  readonly holder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs what this process has leases of. */
export interface RunTriggers {
  /** Renews leases, takes those that are free, ends what was changed. Called every `lookEveryMs`. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** How often leases are looked after, in milliseconds. */
export const lookEveryMs = 1000;
/** How long a lease holds, in milliseconds. */
const leaseMs = 6000;
/** A position is written no more often than this, in milliseconds. */
const saveEveryMs = 200;

interface Run {
  readonly trigger: Trigger;
  /** When another process may take the lease, on this process's monotonic clock. */
  leasedUntilMs: number;
  /** True when it fires no more: it was stopped, or failed. */
  isOver: boolean;
  end(): Promise<void>;
}

/** Running over leases. */
export function createRunTriggers(options: RunTriggersOptions): RunTriggers {
  const { served, runs, holder, clock, log } = options;
  const running = new Map<string, Run>();
  let isClosed = false;

  async function look(): Promise<void> {
    if (isClosed) return;
    const wanted = new Map([...served.all()].filter(runsByItself).map((trigger) => [trigger.id, trigger]));
    if (wanted.size === 0 && running.size === 0) return;
    await keep(wanted);
    const now = clock.now();
    const leased = await runs.leased(now);
    for (const trigger of wanted.values()) {
      if (isClosed || running.has(trigger.id) || leased.has(trigger.id)) continue;
      const leasedUntilMs = clock.monotonicMs() + leaseMs;
      const taken = await runs.take(trigger.id, holder, now, new Date(now.getTime() + leaseMs));
      if (taken !== null) running.set(trigger.id, start(trigger, taken.position, leasedUntilMs));
    }
  }

  /** Ends what is not to run any more, or not as it is, or was lost to another process. */
  async function keep(wanted: ReadonlyMap<string, Trigger>): Promise<void> {
    if (running.size === 0) return;
    const now = clock.now();
    const leasedUntilMs = clock.monotonicMs() + leaseMs;
    const kept = await runs.renew(holder, now, new Date(now.getTime() + leaseMs));
    for (const [id, run] of [...running]) {
      const isSame = wanted.get(id)?.updatedAt.getTime() === run.trigger.updatedAt.getTime();
      if (isSame && kept.has(id) && !run.isOver) {
        run.leasedUntilMs = leasedUntilMs;
        continue;
      }
      running.delete(id);
      await run.end();
      if (!wanted.has(id) && !servedHas(id)) await runs.delete([id]);
    }
  }

  const servedHas = (id: string): boolean => [...served.all()].some((trigger) => trigger.id === id);

  function start(trigger: Trigger, position: unknown, leasedUntilMs: number): Run {
    const stop = new AbortController();
    const positions = createPositionWriter(trigger.id);
    const run: Run = {
      trigger,
      leasedUntilMs,
      isOver: false,
      async end() {
        stop.abort();
        await ended;
        await positions.flush();
        await runs.giveBack(trigger.id, holder).catch((error: unknown) => {
          log.warn('Could not give a trigger back; another process takes it over in a few seconds.', { error });
        });
      },
    };
    const report = (error: unknown): void => {
      const problem =
        error instanceof Problem ? error : new Problem('STORE_UNAVAILABLE', 'what it watches cannot be read');
      options.counts.refused(trigger.id, clock.now(), problem, null);
      log.warn('A trigger cannot go on as it should.', { trigger: trigger.id, error });
    };
    const { secretsSealed } = trigger;
    const begin = async (): Promise<void> =>
      triggerKinds[trigger.kind].run?.({
        trigger,
        secrets: secretsSealed === null ? null : JSON.parse(options.secretBox.open(secretsSealed, trigger.id)),
        position,
        savePosition: positions.save,
        watchChanges: options.watchChanges,
        async fire(occurrences) {
          // Without the lease another process may be at it: what both publish is one event, but the order would be lost.
          if (clock.monotonicMs() > run.leasedUntilMs) stop.abort();
          if (stop.signal.aborted) return false;
          return settle(trigger, options.fire(trigger, occurrences));
        },
        report,
        clock,
        signal: stop.signal,
      });
    const ended = begin()
      .catch(report)
      .finally(() => {
        run.isOver = true;
      });
    return run;
  }

  /** False when it is to be tried again. */
  async function settle(trigger: Trigger, firing: Promise<void>): Promise<boolean> {
    try {
      await firing;
      return true;
    } catch (error) {
      log.warn('A trigger could not publish; it tries again.', { trigger: trigger.id, error });
      return false;
    }
  }

  function createPositionWriter(id: string): {
    readonly save: (position: unknown) => void;
    readonly flush: () => Promise<void>;
  } {
    let latest: { readonly position: unknown } | null = null;
    let isWaiting = false;
    let writing: Promise<void> = Promise.resolve();
    async function write(): Promise<void> {
      const now = latest;
      latest = null;
      if (now === null) return;
      await runs.move(id, holder, now.position).catch((error: unknown) => {
        latest ??= now;
        log.warn('Could not note how far a trigger has come.', { trigger: id, error });
      });
    }
    const flush = (): Promise<void> => {
      writing = writing.then(write);
      return writing;
    };
    return {
      save(position) {
        latest = { position };
        if (isWaiting) return;
        isWaiting = true;
        clock.after(saveEveryMs, () => {
          isWaiting = false;
          void flush();
        });
      },
      flush,
    };
  }

  return {
    look,
    async close() {
      isClosed = true;
      const all = [...running.values()];
      running.clear();
      await Promise.all(all.map((run) => run.end()));
    },
  };
}

function runsByItself({ enabled, kind }: Trigger): boolean {
  return enabled && triggerKinds[kind].run !== undefined;
}
