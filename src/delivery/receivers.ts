// How receivers do, and what may be sent to them now: joins limits, circuits and targets of webhook subscriptions into the
// gates of their lanes. What each rule says is in token-bucket.ts, circuit.ts and choose-target.ts.
import type { Clock, Random } from '../clock.js';
import type { Log } from '../log.js';
import type { ServedSubscription } from '../webhook-subscription/served-subscriptions.js';
import { type ChosenTarget, createTargetChooser, type TargetChooser } from './choose-target.js';
import {
  beginRequest,
  type Circuit,
  circuitWaitMs,
  closedCircuit,
  isGivenUp,
  recordFailure,
  recordSuccess,
} from './circuit.js';
import type { CircuitStore } from './circuit-store.js';
import type { Gate } from './lane.js';
import type { Permits } from './permits.js';

/** What following receivers needs. */
export interface ReceiversOptions {
  readonly circuits: CircuitStore;
  readonly permits: Permits;
  /** From the copy in memory; null when it is not there. */
  readonly subscriptionOf: (id: string) => ServedSubscription | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A receiver is not to be sent to any more, or again. */
  readonly onOpened: (subscription: ServedSubscription, circuit: Circuit) => Promise<void>;
  readonly onClosed: (subscription: ServedSubscription) => Promise<void>;
  /** Another process has seen how a receiver does. Must not throw. */
  readonly onChanged: (id: string) => void;
}

/** How receivers do. */
export interface Receivers {
  /** The gate of a webhook subscription's lane; null when nothing holds it up. */
  gateOf(id: string): Gate | null;
  /** True when its deliveries are to be kept until its receiver is probed or back. */
  isHeldUp(id: string): boolean;
  /** The target of a request that begins now. */
  choose(subscription: ServedSubscription): ChosenTarget;
  /** What came of a request; true when the receiver has failed for as long as its webhook subscription allows. */
  ended(subscription: ServedSubscription, hasFailed: boolean): Promise<boolean>;
  /** Forgets that a receiver has failed. */
  reset(id: string): Promise<void>;
  /** Takes over what other processes have seen. */
  refresh(): Promise<void>;
  /** Those that are due for a probe and have none under way. */
  dueForProbe(): string[];
}

/** Deliveries kept in memory for a lane with a rate: what it may send in this many seconds. */
const aheadSeconds = 10;
const maxWaiting = 20_000;

/** Follows receivers. */
export function followReceivers(options: ReceiversOptions): Receivers {
  const { permits, subscriptionOf, clock, random, log } = options;
  /** Receivers that have failed and not succeeded since. */
  const circuits = new Map<string, Circuit>();
  const choosers = new Map<string, { readonly subscription: ServedSubscription; readonly chooser: TargetChooser }>();
  /** Grows with every write, so that a refresh that began before it does not undo it. */
  let written = 0;

  function gateOf(id: string): Gate | null {
    const circuit = circuits.get(id);
    const isOpen = circuit !== undefined && circuit.state !== 'CLOSED';
    const policy = subscriptionOf(id)?.policy;
    const rateLimit = policy?.rateLimit ?? null;
    const maxConcurrency = policy?.maxConcurrency ?? null;
    if (!isOpen && rateLimit === null && maxConcurrency === null) return null;
    const ahead = rateLimit === null ? maxWaiting : Math.ceil(rateLimit.perSecond * aheadSeconds) + rateLimit.burst;
    return {
      maxRunning: maxConcurrency === null ? Number.POSITIVE_INFINITY : permits.maxRunning(id, maxConcurrency),
      maxWaiting: isOpen ? (isHeldUp(id) ? 0 : 1) : Math.min(maxWaiting, ahead),
      spacingMs: rateLimit === null ? 0 : 1000 / rateLimit.perSecond,
      enter(nowMs) {
        const now = clock.now();
        const waitMs = isOpen ? circuitWaitMs(circuit, now) : 0;
        if (waitMs > 0) return waitMs;
        if (rateLimit !== null && !permits.take(id, rateLimit, nowMs)) return permits.waitMs(id, rateLimit, nowMs);
        if (isOpen) circuits.set(id, beginRequest(circuit, now));
        return 0;
      },
    };
  }

  function isHeldUp(id: string): boolean {
    const circuit = circuits.get(id);
    return circuit !== undefined && circuitWaitMs(circuit, clock.now()) > 0;
  }

  function choose(subscription: ServedSubscription): ChosenTarget {
    const { id, targets, policy } = subscription;
    const [first] = targets;
    if (targets.length === 1 && first !== undefined) return { target: first, end: () => undefined };
    let known = choosers.get(id);
    if (known?.subscription !== subscription) {
      known = { subscription, chooser: createTargetChooser(targets, policy.targetStrategy) };
      choosers.set(id, known);
    }
    return known.chooser.choose(clock.monotonicMs());
  }

  async function ended(subscription: ServedSubscription, hasFailed: boolean): Promise<boolean> {
    const { id, policy } = subscription;
    const before = circuits.get(id);
    if (!hasFailed && before === undefined) return false;
    const now = clock.now();
    const after = hasFailed ? recordFailure(before ?? closedCircuit, now, random) : recordSuccess();
    if (hasFailed) circuits.set(id, after);
    else circuits.delete(id);
    const wasOpen = before !== undefined && before.state !== 'CLOSED';
    const isOpen = after.state !== 'CLOSED';
    const isNews = before === undefined || before.state !== after.state || !hasFailed;
    if (isNews || after.state === 'OPEN') await keep(id, hasFailed ? after : null);
    if (isOpen && !wasOpen) await options.onOpened(subscription, after);
    if (wasOpen && !isOpen) await options.onClosed(subscription);
    return hasFailed && isGivenUp(after, policy.disableAfterMs, now);
  }

  async function keep(id: string, circuit: Circuit | null): Promise<void> {
    written += 1;
    try {
      await (circuit === null ? options.circuits.remove(id) : options.circuits.put(id, circuit));
    } catch (error) {
      log.warn('Could not write down how a receiver does.', { webhookSubscription: id, error });
    }
  }

  return {
    gateOf,
    isHeldUp,
    choose,
    ended,
    async reset(id) {
      circuits.delete(id);
      await keep(id, null);
      options.onChanged(id);
    },
    async refresh() {
      const since = written;
      const all = await options.circuits.all();
      if (since !== written) return;
      for (const [id, circuit] of all) {
        // A probe of this process is under way: it knows better.
        if (circuits.get(id)?.state === 'HALF_OPEN' && circuit.state === 'OPEN') continue;
        circuits.set(id, circuit);
      }
      for (const [id, { state }] of circuits) {
        if (all.get(id)?.state === state) continue;
        if (!all.has(id)) circuits.delete(id);
        options.onChanged(id);
      }
      for (const id of choosers.keys()) if (subscriptionOf(id) === null) choosers.delete(id);
    },
    dueForProbe() {
      const now = clock.now();
      return [...circuits].flatMap(([id, circuit]) =>
        circuit.state !== 'CLOSED' && circuitWaitMs(circuit, now) === 0 ? [id] : [],
      );
    },
  };
}
