// Rate limits and most requests at once, shared by several processes: each takes a few tokens and slots at a time from one
// record in the database, and gives slots back when it does not need them.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { RateLimit } from '../webhook-subscription/delivery-policy.js';
import type { PermitStore, SharedLimit } from './permit-store.js';
import type { Permits } from './permits.js';

/** What sharing needs. */
export interface SharedPermitsOptions {
  /** This process. */
  readonly holder: string;
  readonly store: PermitStore;
  /** The database's time, the same for all processes. */
  readonly clock: Clock;
  readonly log: Log;
  readonly isAlive: (holder: string) => boolean;
  /** How many requests are under way and wait in this process. */
  readonly demandOf: (id: string) => number;
  /** Called when a webhook subscription may do more than before. */
  readonly onGranted: (id: string) => void;
}

/** Permits that several processes share. */
export interface SharedPermits extends Permits {
  /** Gives back the slots that are not needed; to be called again and again. */
  giveBack(): Promise<void>;
}

interface Share {
  limit: RateLimit | null;
  max: number | null;
  tokens: number;
  tokensUntilMs: number;
  slots: number;
  /** Not asked before this. */
  askAtMs: number;
  isAsking: boolean;
}

/** Tokens are taken for this long at a time, and are void after `voidAfterMs`. */
const leaseMs = 250;
const voidAfterMs = 1000;
/** After this the database is asked again, in milliseconds. */
const askAgainMs = 100;

/** Permits from a store. */
export function createSharedPermits(options: SharedPermitsOptions): SharedPermits {
  const { holder, store, clock, log, isAlive, demandOf, onGranted } = options;
  const shares = new Map<string, Share>();

  function shareOf(id: string): Share {
    let share = shares.get(id);
    if (share === undefined) {
      share = { limit: null, max: null, tokens: 0, tokensUntilMs: 0, slots: 0, askAtMs: 0, isAsking: false };
      shares.set(id, share);
    }
    return share;
  }

  function ask(id: string, share: Share, nowMs: number): void {
    if (share.isAsking || nowMs < share.askAtMs) return;
    share.isAsking = true;
    void take(id, share).finally(() => {
      share.isAsking = false;
    });
  }

  async function take(id: string, share: Share): Promise<void> {
    const before = share.tokens + share.slots;
    try {
      let granted = { tokens: 0, waitMs: askAgainMs };
      let slots = 0;
      await store.change(id, (current) => {
        const nowMs = clock.now().getTime();
        granted = grantTokens(current, share.limit, nowMs);
        slots =
          share.max === null
            ? 0
            : grantSlots(current, { holder, isAlive }, Math.min(share.max, demandOf(id)), share.max);
        return {
          fullAtMs: spend(current, share.limit, granted.tokens, nowMs),
          held: held(current, { holder, isAlive }, slots),
        };
      });
      const nowMs = clock.monotonicMs();
      share.slots = slots;
      if (granted.tokens > 0) Object.assign(share, { tokens: granted.tokens, tokensUntilMs: nowMs + voidAfterMs });
      share.askAtMs = nowMs + (granted.tokens > 0 ? askAgainMs / 4 : granted.waitMs);
    } catch (error) {
      share.askAtMs = clock.monotonicMs() + askAgainMs * 5;
      log.warn('Could not take a part of a shared limit; trying again.', { webhookSubscription: id, error });
    }
    if (share.tokens + share.slots > before) onGranted(id);
  }

  return {
    take(id, limit, nowMs) {
      const share = shareOf(id);
      share.limit = limit;
      if (share.tokens > 0 && nowMs < share.tokensUntilMs) {
        share.tokens -= 1;
        return true;
      }
      share.tokens = 0;
      ask(id, share, nowMs);
      return false;
    },
    waitMs(id, _limit, nowMs) {
      return Math.max(askAgainMs / 4, shareOf(id).askAtMs - nowMs);
    },
    maxRunning(id, max) {
      const share = shareOf(id);
      share.max = max;
      if (share.slots < Math.min(max, demandOf(id))) ask(id, share, clock.monotonicMs());
      return Math.min(max, share.slots);
    },
    async giveBack() {
      for (const [id, share] of shares) {
        const demand = demandOf(id);
        if (demand === 0 && share.slots === 0 && !share.isAsking) shares.delete(id);
        if (share.slots <= demand || share.isAsking) continue;
        await store.change(id, (current) => ({
          fullAtMs: current.fullAtMs,
          held: held(current, { holder, isAlive }, demand),
        }));
        share.slots = Math.min(share.slots, demand);
      }
    },
  };
}

interface Processes {
  readonly holder: string;
  readonly isAlive: (holder: string) => boolean;
}

/** Tokens for a part of a second, as far as there are any; else how long until there is one. */
function grantTokens(
  { fullAtMs }: SharedLimit,
  limit: RateLimit | null,
  nowMs: number,
): { readonly tokens: number; readonly waitMs: number } {
  if (limit === null) return { tokens: 0, waitMs: askAgainMs };
  const intervalMs = 1000 / limit.perSecond;
  const usedMs = Math.max(0, fullAtMs - nowMs);
  const available = Math.floor(limit.burst - usedMs / intervalMs + 1e-9);
  const wanted = Math.max(1, Math.round(leaseMs / intervalMs));
  if (available >= 1) return { tokens: Math.min(available, wanted), waitMs: 0 };
  return { tokens: 0, waitMs: Math.max(1, Math.ceil(usedMs - (limit.burst - 1) * intervalMs)) };
}

function spend({ fullAtMs }: SharedLimit, limit: RateLimit | null, tokens: number, nowMs: number): number {
  return limit === null || tokens === 0 ? fullAtMs : Math.max(fullAtMs, nowMs) + tokens * (1000 / limit.perSecond);
}

function grantSlots({ held: all }: SharedLimit, { holder, isAlive }: Processes, wanted: number, max: number): number {
  const others = all.filter((one) => one.holder !== holder && isAlive(one.holder));
  return Math.max(0, Math.min(wanted, max - others.reduce((sum, { slots }) => sum + slots, 0)));
}

/** Who holds what when this process holds `slots`; dead processes hold nothing. */
function held({ held: all }: SharedLimit, { holder, isAlive }: Processes, slots: number): SharedLimit['held'] {
  const others = all.filter((one) => one.holder !== holder && isAlive(one.holder));
  return slots === 0 ? others : [...others, { holder, slots }];
}
