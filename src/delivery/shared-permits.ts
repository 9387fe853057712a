// Rate limits and most requests at once, shared by several processes: each takes a few tokens and slots at a time from one
// record in the database, and gives slots back when it does not need them. How much it gets is shared-limit.ts.
import type { Clock, Random } from '../clock.js';
import type { Log } from '../log.js';
import type { RateLimit } from '../webhook-subscription/delivery-policy.js';
import type { PermitStore } from './permit-store.js';
import type { Permits } from './permits.js';
import { type GrantedSlots, type GrantedTokens, grantSlots, grantTokens, leaseMs } from './shared-limit.js';

/** What sharing needs. */
export interface SharedPermitsOptions {
  /** This process. */
  readonly holder: string;
  readonly store: PermitStore;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly random: Random;
  readonly log: Log;
  readonly isAlive: (holder: string) => boolean;
  /** How many requests are under way in this process, and how many besides wait. */
  readonly loadOf: (id: string) => { readonly running: number; readonly waiting: number };
  /** Called when a webhook subscription may do more than before. */
  readonly onGranted: (id: string) => void;
}

/** Permits that several processes share. */
export interface SharedPermits extends Permits {
  /** Gives back the slots that are not needed, or that others want; to be called again and again. Never throws. */
  giveBack(): Promise<void>;
  /** Resolves when the database is not being asked. */
  idle(): Promise<void>;
}

interface Share {
  limit: RateLimit | null;
  max: number | null;
  /** When each token may be used, in monotonic milliseconds. */
  tokens: number[];
  wantsTokens: boolean;
  /** How often others were faster since the last token. */
  losses: number;
  /** How many requests may run at once. */
  slots: number;
  /** Since when there are slots. */
  slotsSinceMs: number;
  /** How many are reserved in the database; null when this process is not in its record. */
  reserved: number | null;
  /** Slots are left to others until this. */
  yieldUntilMs: number;
  /** Not asked before this. */
  askAtMs: number;
  isAsking: boolean;
}

/** A token that was not used for this long after its time is void. */
const voidAfterMs = leaseMs;
/** After this the database is asked again, in milliseconds. */
const askAgainMs = 100;
/** Who has just had tokens asks for more up to this much later than it might, in milliseconds, so that others come first. */
const politeMs = leaseMs * 0.8;
/** Where there are fewer slots than processes, each has its slots this long at a time, in milliseconds. */
const turnMs = 2000;

/** Permits from a store. */
export function createSharedPermits(options: SharedPermitsOptions): SharedPermits {
  const { holder, store, clock, random, log, isAlive, loadOf, onGranted } = options;
  const shares = new Map<string, Share>();
  const asking = new Set<Promise<void>>();

  function shareOf(id: string): Share {
    let share = shares.get(id);
    if (share === undefined) {
      share = {
        limit: null,
        max: null,
        tokens: [],
        wantsTokens: false,
        losses: 0,
        slots: 0,
        slotsSinceMs: 0,
        reserved: null,
        yieldUntilMs: 0,
        askAtMs: 0,
        isAsking: false,
      };
      shares.set(id, share);
    }
    return share;
  }

  function ask(id: string, share: Share): void {
    if (share.isAsking || clock.monotonicMs() < share.askAtMs) return;
    const asked = change(id, share);
    asking.add(asked);
    void asked.then(() => asking.delete(asked));
  }

  /** Never rejects. */
  async function change(id: string, share: Share): Promise<void> {
    share.isAsking = true;
    const before = share.tokens.length + share.slots;
    try {
      await take(id, share);
    } catch (error) {
      share.askAtMs = clock.monotonicMs() + askAgainMs * 5;
      log.warn('Could not take a part of a shared limit; trying again.', { webhookSubscription: id, error });
    } finally {
      share.isAsking = false;
    }
    if (share.tokens.length + share.slots > before) onGranted(id);
  }

  async function take(id: string, share: Share): Promise<void> {
    let tokens: GrantedTokens | null = null;
    let slots: GrantedSlots | null = null;
    let databaseMs = 0;
    const wantsTokens = share.wantsTokens;
    await store.change(id, (current, nowMs) => {
      databaseMs = nowMs;
      const { running, waiting } = loadOf(id);
      const demand = running + waiting;
      tokens =
        share.limit === null || !wantsTokens ? null : grantTokens(current, share.limit, { nowMs, demand: waiting });
      const ownMs = clock.monotonicMs();
      const hadItsTurn = ownMs < share.yieldUntilMs || (share.slots > 0 && ownMs - share.slotsSinceMs >= turnMs);
      // Without a limit, what this process has reserved under an earlier one is given back.
      const max = share.max ?? 0;
      const wanted = share.max === null ? 0 : demand;
      slots = grantSlots(current, { holder, isAlive, demand: wanted, running, hadItsTurn }, max);
      // What is given back is not begun any more from here on; what is new only when it is written.
      share.slots = Math.min(share.slots, slots.slots);
      return { fullAtMs: tokens?.fullAtMs ?? current.fullAtMs, held: slots.held };
    });
    keep(share, { tokens, slots, databaseMs });
  }

  function keep(
    share: Share,
    taken: { tokens: GrantedTokens | null; slots: GrantedSlots | null; databaseMs: number },
  ): void {
    const nowMs = clock.monotonicMs();
    const { tokens, slots, databaseMs } = taken;
    share.askAtMs = nowMs + askAgainMs;
    if (slots !== null) {
      if (slots.slots > 0 && share.slots === 0) share.slotsSinceMs = nowMs;
      share.slots = slots.slots;
      share.reserved = slots.held.find((one) => one.holder === holder)?.slots ?? null;
      if (slots.isOthersTurn) share.yieldUntilMs = Math.max(share.yieldUntilMs, nowMs + turnMs / 4);
    }
    if (tokens === null) return;
    share.wantsTokens = false;
    share.losses = tokens.usableAtMs.length > 0 ? 0 : share.losses + 1;
    share.tokens = [...share.tokens, ...tokens.usableAtMs.map((atMs) => nowMs + (atMs - databaseMs))];
    // The longer a process has got none, the earlier it asks; by chance, lest one always comes right behind another.
    const politeForMs = (politeMs * random()) / 2 ** share.losses;
    share.askAtMs = nowMs + (tokens.waitMs === 0 ? leaseMs / 10 : tokens.waitMs + politeForMs);
  }

  function dropVoid(share: Share, nowMs: number): void {
    while (share.tokens[0] !== undefined && share.tokens[0] < nowMs - voidAfterMs) share.tokens.shift();
  }

  return {
    take(id, limit, nowMs) {
      const share = shareOf(id);
      share.limit = limit;
      dropVoid(share, nowMs);
      const isThere = share.tokens[0] !== undefined && share.tokens[0] <= nowMs;
      if (isThere) share.tokens.shift();
      // Before the last is used, so that the next are there when their time comes.
      const waiting = loadOf(id).waiting - (isThere ? 1 : 0);
      if (share.tokens.length * (1000 / limit.perSecond) < leaseMs / 2 && waiting > share.tokens.length) {
        share.wantsTokens = true;
        ask(id, share);
      }
      return isThere;
    },
    waitMs(id, _limit, nowMs) {
      const { tokens, askAtMs } = shareOf(id);
      return Math.max(1, tokens[0] === undefined ? Math.max(leaseMs / 10, askAtMs - nowMs) : tokens[0] - nowMs);
    },
    within(id, limit, { nowMs, ms }) {
      const { tokens, askAtMs } = shareOf(id);
      const leftMs = ms - Math.max(0, askAtMs - nowMs);
      return tokens.length + (leftMs <= 0 ? 0 : Math.max(1, Math.floor((leftMs * limit.perSecond) / 1000)));
    },
    maxRunning(id, max) {
      const share = shareOf(id);
      share.max = max;
      const { running, waiting } = loadOf(id);
      // What is to be given back is given back as soon as nothing runs on it.
      const isOwed = share.reserved !== null && share.reserved > Math.max(share.slots, running);
      if (isOwed && !share.isAsking) share.askAtMs = 0;
      if (isOwed || share.slots < Math.min(max, running + waiting)) ask(id, share);
      return Math.min(max, share.slots);
    },
    async idle() {
      await Promise.all(asking);
    },
    async giveBack() {
      for (const [id, share] of shares) {
        const { running, waiting } = loadOf(id);
        if (share.isAsking) continue;
        if (share.reserved !== null) await change(id, share);
        else if (running + waiting === 0) shares.delete(id);
      }
    },
  };
}
