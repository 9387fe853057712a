// Deliveries as they change, for those who watch them live: one change stream for all of this process, which runs only while
// somebody watches. A watcher reads at its own pace; what waits for it is bounded, and of each delivery only the latest.
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import type { Delivery } from './delivery.js';
import type { DeliveryChangeStore } from './delivery-change-store.js';

/** What following needs. */
export interface FollowDeliveriesOptions {
  readonly changes: DeliveryChangeStore;
  readonly log: Log;
  /** Most deliveries that wait for one watcher. Default: 5,000. */
  readonly maxWaiting?: number;
}

/** Deliveries as they change. */
export interface FollowDeliveries {
  /**
   * An endless stream of deliveries that pass `wants`, each as it is after a change that was committed after this call resolved.
   * `next` rejects with `OVERLOADED` when more deliveries wait for it than may, and with `STORE_UNAVAILABLE` when changes
   * may have been missed. `return` ends it at once, also while a `next` is waiting.
   */
  follow(wants: (delivery: Delivery) => boolean): Promise<AsyncIterableIterator<Delivery>>;
  /** Watchers now. */
  readonly watcherCount: number;
  /** Ends all streams. */
  close(): Promise<void>;
}

interface Watcher {
  readonly stream: AsyncIterableIterator<Delivery>;
  /** Never throws. */
  offer(delivery: Delivery): void;
  /** What waits is dropped; null ends without an error. */
  end(reason: Problem | null): void;
}

/** A change stream that runs. */
interface Running {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  stop(): void;
}

/** Follows nothing until somebody watches. */
export function followDeliveries({ changes, log, maxWaiting = 5000 }: FollowDeliveriesOptions): FollowDeliveries {
  const watchers = new Set<Watcher>();
  let running: Running | null = null;
  /** Streams that were told to stop. */
  const stopping = new Set<Promise<void>>();
  let isClosed = false;

  function start(): Running {
    const stop = new AbortController();
    let isReady = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      isReady = resolve;
    });
    const tell = (delivery: Delivery): void => {
      for (const watcher of watchers) watcher.offer(delivery);
    };
    const lose = (error: unknown): void => {
      if (running !== own) return;
      running = null;
      log.warn('Lost sight of deliveries; those who watch them must begin anew.', { error });
      endAll(missed());
    };
    const ended = changes.watch(tell, isReady, stop.signal).then(() => lose(null), lose);
    const own: Running = { ready: Promise.race([ready, ended]), ended, stop: () => stop.abort() };
    return own;
  }

  function endAll(reason: Problem | null): void {
    for (const watcher of [...watchers]) watcher.end(reason);
  }

  function leave(watcher: Watcher): void {
    watchers.delete(watcher);
    if (watchers.size > 0 || running === null) return;
    const last = running;
    running = null;
    stopping.add(last.ended);
    void last.ended.then(() => stopping.delete(last.ended));
    last.stop();
  }

  return {
    async follow(wants) {
      if (isClosed) throw new Problem('OVERLOADED', 'the gateway is stopping');
      const watcher = createWatcher(wants, maxWaiting, () => leave(watcher));
      watchers.add(watcher);
      running ??= start();
      await running.ready;
      return watcher.stream;
    },
    get watcherCount() {
      return watchers.size;
    },
    async close() {
      isClosed = true;
      endAll(null);
      await Promise.all(stopping);
    },
  };
}

function missed(): Problem {
  return new Problem('STORE_UNAVAILABLE', 'changes of deliveries may have been missed; subscribe again');
}

/** A watcher; `left` is called once, when it ends in whichever way. */
function createWatcher(wants: (delivery: Delivery) => boolean, maxWaiting: number, left: () => void): Watcher {
  /** By id; a change of one that waits takes its place. */
  const waiting = new Map<string, Delivery>();
  let wake: (() => void) | null = null;
  let end: { reason: Problem | null } | null = null;

  const finish = (reason: Problem | null): void => {
    if (end !== null) return;
    end = { reason };
    waiting.clear();
    left();
    wake?.();
  };

  async function next(): Promise<IteratorResult<Delivery, undefined>> {
    for (;;) {
      const [first] = waiting;
      if (first !== undefined) {
        waiting.delete(first[0]);
        return { value: first[1], done: false };
      }
      if (end !== null) {
        const { reason } = end;
        end = { reason: null };
        if (reason !== null) throw reason;
        return { value: undefined, done: true };
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  const stream: AsyncIterableIterator<Delivery> = {
    next,
    async return() {
      finish(null);
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return {
    stream,
    offer(delivery) {
      if (end !== null || !wants(delivery)) return;
      waiting.set(delivery.id, delivery);
      if (waiting.size > maxWaiting)
        finish(new Problem('OVERLOADED', `more than ${maxWaiting} deliveries wait for this subscription to read them`));
      else wake?.();
    },
    end: finish,
  };
}
