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
  mergeCircuits,
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
  /** A receiver is not to be sent to any more, or again; `isNews` is false when another process has seen it before. */
  readonly onOpened: (subscription: ServedSubscription, circuit: Circuit, isNews: boolean) => Promise<void>;
  readonly onClosed: (subscription: ServedSubscription, isNews: boolean) => Promise<void>;
  /** Another process has seen how a receiver does. Must not throw. */
  readonly onChanged: (id: string) => void;
}

/** How receivers do. */
export interface Receivers {
  /** The gate of a webhook subscription's lane; null when nothing holds it up. */
  gateOf(id: string): Gate | null;
  /** True when its deliveries are to be kept until its receiver is back; single ones are probes. */
  isHeldUp(id: string): boolean;
  /** The target of a request that begins now. */
  choose(subscription: ServedSubscription): ChosenTarget;
  /** What came of a request; true when the receiver has failed for as long as its webhook subscription allows. Never throws. */
  ended(subscription: ServedSubscription, hasFailed: boolean): Promise<boolean>;
  /** Says that a delivery whose turn it was made no request. */
  notSent(id: string): void;
  /** Forgets that a receiver has failed. */
  reset(id: string): Promise<void>;
  /** Takes over what other processes have seen. */
  refresh(): Promise<void>;
  /** Those that are due for a probe and have none under way. */
  dueForProbe(): string[];
  /** Takes the probe for this process: its next request may begin. False when another process has it. Throws as the store. */
  beginProbe(id: string): Promise<boolean>;
  /** Those of which nothing is to wait in this process. */
  heldUp(): string[];
}

/** Deliveries kept in memory for a lane with a rate are those that may begin within this, in milliseconds. */
const aheadMs = 20_000;
const maxWaiting = 20_000;
/** How often a closed gate asks for what it does not hear of by itself, in milliseconds. */
const askAgainMs = 1000;

/** Follows receivers. */
export function followReceivers(options: ReceiversOptions): Receivers {
  const { permits, subscriptionOf, clock, random, log } = options;
  /** Receivers that have failed and not succeeded since. */
  const circuits = new Map<string, Circuit>();
  const choosers = new Map<string, { readonly subscription: ServedSubscription; readonly chooser: TargetChooser }>();
  /** Grows with every write, so that a refresh that began before it does not undo it. */
  let written = 0;

  /** Probes of this process: those that may begin, and those that have. */
  const probes = new Map<string, 'GRANTED' | 'BEGUN'>();

  function gateOf(id: string): Gate | null {
    const circuit = circuits.get(id);
    const isOpen = circuit !== undefined && circuit.state !== 'CLOSED';
    const policy = subscriptionOf(id)?.policy;
    const rateLimit = policy?.rateLimit ?? null;
    const maxConcurrency = policy?.maxConcurrency ?? null;
    if (!isOpen && rateLimit === null && maxConcurrency === null) return null;
    const nowMs = clock.monotonicMs();
    const ahead = rateLimit === null ? maxWaiting : permits.within(id, rateLimit, { nowMs, ms: aheadMs });
    return {
      maxRunning: maxConcurrency === null ? Number.POSITIVE_INFINITY : permits.maxRunning(id, maxConcurrency),
      maxWaiting: isOpen ? 0 : Math.min(maxWaiting, ahead),
      spacingMs: rateLimit === null ? 0 : 1000 / rateLimit.perSecond,
      waitMs(atMs) {
        if (isOpen) return Math.max(askAgainMs, circuitWaitMs(circuit, clock.now()));
        return rateLimit === null ? 0 : permits.waitMs(id, rateLimit, atMs);
      },
      enter(atMs) {
        if (isOpen && probes.get(id) !== 'GRANTED') return Math.max(askAgainMs, circuitWaitMs(circuit, clock.now()));
        if (rateLimit !== null && !permits.take(id, rateLimit, atMs))
          return Math.max(1, permits.waitMs(id, rateLimit, atMs));
        if (isOpen) probes.set(id, 'BEGUN');
        return 0;
      },
      giveBack: () => notSent(id),
    };
  }

  function isHeldUp(id: string): boolean {
    const circuit = circuits.get(id);
    return circuit !== undefined && circuit.state !== 'CLOSED';
  }

  function notSent(id: string): void {
    if (!probes.delete(id)) return;
    const circuit = circuits.get(id);
    if (circuit?.state !== 'HALF_OPEN') return;
    const again: Circuit = { ...circuit, state: 'OPEN', probeAt: clock.now() };
    circuits.set(id, again);
    void write(id, (store) => store.put(id, again), undefined);
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
    probes.delete(id);
    const now = clock.now();
    const after = hasFailed ? recordFailure(before ?? closedCircuit, now, random) : recordSuccess();
    if (hasFailed) circuits.set(id, after);
    else circuits.delete(id);
    try {
      await keep(subscription, before, hasFailed ? after : null);
    } catch (error) {
      log.warn('Could not follow how a receiver does.', { webhookSubscription: id, error });
    }
    return hasFailed && isGivenUp(after, policy.disableAfterMs, now);
  }

  /** Writes what has changed and tells of it. */
  async function keep(
    subscription: ServedSubscription,
    before: Circuit | undefined,
    after: Circuit | null,
  ): Promise<void> {
    const { id } = subscription;
    const wasOpen = before !== undefined && before.state !== 'CLOSED';
    if (after === null) {
      const isNews = await write(id, (store) => store.remove(id), wasOpen);
      if (wasOpen) await options.onClosed(subscription, isNews);
    } else if (after.state === 'OPEN' && !wasOpen) {
      const isNews = await write(id, (store) => store.open(id, after), true);
      await options.onOpened(subscription, after, isNews);
    } else if (before === undefined) await write(id, (store) => store.begin(id, after), undefined);
    else if (before.state !== after.state) await write(id, (store) => store.put(id, after), undefined);
  }

  /** What a write answers; `otherwise` when it fails, since this process then knows best. */
  async function write<T>(id: string, change: (store: CircuitStore) => Promise<T>, otherwise: T): Promise<T> {
    written += 1;
    try {
      return await change(options.circuits);
    } catch (error) {
      log.warn('Could not write down how a receiver does.', { webhookSubscription: id, error });
      return otherwise;
    }
  }

  return {
    gateOf,
    isHeldUp,
    choose,
    ended,
    notSent,
    async reset(id) {
      circuits.delete(id);
      probes.delete(id);
      await write(id, (store) => store.remove(id), false);
      options.onChanged(id);
    },
    async refresh() {
      const since = written;
      const all = await options.circuits.all();
      if (since !== written) return;
      for (const id of new Set([...all.keys(), ...circuits.keys()])) {
        const [own, stored] = [circuits.get(id), all.get(id)];
        if (stored === undefined) circuits.delete(id);
        else circuits.set(id, mergeCircuits(stored, own));
        if (own?.state !== stored?.state) options.onChanged(id);
      }
      for (const id of choosers.keys()) if (subscriptionOf(id) === null) choosers.delete(id);
    },
    dueForProbe() {
      const now = clock.now();
      return [...circuits].flatMap(([id, circuit]) =>
        circuit.state !== 'CLOSED' && circuitWaitMs(circuit, now) === 0 && !probes.has(id) ? [id] : [],
      );
    },
    async beginProbe(id) {
      const circuit = circuits.get(id);
      if (circuit === undefined || circuit.state === 'CLOSED') return false;
      const probing = beginRequest(circuit, clock.now());
      if (probing.state === 'CLOSED') return false;
      written += 1;
      if (!(await options.circuits.beginProbe(id, circuit.probeAt, probing.probeAt))) return false;
      // It may have closed meanwhile.
      if (circuits.get(id) !== circuit) return false;
      circuits.set(id, probing);
      probes.set(id, 'GRANTED');
      return true;
    },
    heldUp: () => [...circuits].flatMap(([id, { state }]) => (state !== 'CLOSED' && !probes.has(id) ? [id] : [])),
  };
}
