// What one process gets of a limit that several share, as pure rules over the record of what was taken. Who asks and when is
// shared-permits.ts; where the record is kept is permit-store.ts.
import type { RateLimit } from '../webhook-subscription/delivery-policy.js';

/** What was taken of a limit. */
export interface SharedLimit {
  /** When the token bucket is full again, in milliseconds of the database's time. */
  readonly fullAtMs: number;
  /** The processes that have or want requests at once. */
  readonly held: readonly HeldSlots[];
}

/** What a process has reserved, and how many it has work for. */
export interface HeldSlots {
  readonly holder: string;
  readonly slots: number;
  readonly wants: number;
}

/** Tokens are taken for about this long at a time, in milliseconds, some of them ahead of their time. */
export const leaseMs = 250;

/** Tokens that were granted. */
export interface GrantedTokens {
  /** When each may be used, in milliseconds of the database's time, in order. */
  readonly usableAtMs: readonly number[];
  readonly fullAtMs: number;
  /** Milliseconds until the next can be had; 0 when there is one now. */
  readonly waitMs: number;
}

/**
 * Tokens of the next part of a second. Each has its own instant, as far from the one before as the rate says, so that a
 * process which takes several at once keeps nobody from his own. Never throws.
 */
export function grantTokens(
  { fullAtMs }: SharedLimit,
  { perSecond, burst }: RateLimit,
  { nowMs, demand }: { readonly nowMs: number; readonly demand: number },
): GrantedTokens {
  const intervalMs = 1000 / perSecond;
  const most = Math.min(Math.max(1, demand), Math.max(1, Math.round(leaseMs / intervalMs)));
  const usableAtMs: number[] = [];
  let fullMs = Math.max(fullAtMs, nowMs);
  /** Until the next may be used; negative when it might have been before. */
  const leftMs = (): number => fullMs - (burst - 1) * intervalMs - nowMs;
  while (usableAtMs.length < most && leftMs() <= leaseMs) {
    usableAtMs.push(nowMs + Math.max(0, leftMs()));
    fullMs += intervalMs;
  }
  const waitMs = leftMs() <= 0 ? 0 : Math.max(1, Math.ceil(leftMs() - leaseMs));
  return { usableAtMs, fullAtMs: usableAtMs.length === 0 ? fullAtMs : fullMs, waitMs };
}

/** A process that asks for slots. */
export interface Claimant {
  readonly holder: string;
  readonly isAlive: (holder: string) => boolean;
  /** Requests that run and wait. */
  readonly demand: number;
  readonly running: number;
  /** True when it has had slots for a while that others wait for: where there are too few for all, they go round. */
  readonly hadItsTurn: boolean;
}

/** Slots that were granted. */
export interface GrantedSlots {
  /** How many the process may use. */
  readonly slots: number;
  /** All that is held then; what dead processes held is free. */
  readonly held: readonly HeldSlots[];
  /** True when it gave up its slots for others, and is to wait before it asks again. */
  readonly isOthersTurn: boolean;
}

/**
 * Slots for what a process has to do, as far as others leave some; while another has less than an even part and wants more,
 * no more than an even part. What runs already keeps its slot until it ends. Never throws.
 */
export function grantSlots({ held }: SharedLimit, claimant: Claimant, max: number): GrantedSlots {
  const { holder, demand, running } = claimant;
  const others = held.filter((one) => one.holder !== holder && claimant.isAlive(one.holder));
  const free = Math.max(0, max - others.reduce((sum, { slots }) => sum + slots, 0));
  const even = Math.floor(max / (others.length + 1));
  const isOtherShort = others.some(({ slots, wants }) => slots < Math.min(wants, Math.max(1, even)));
  const wants = Math.min(demand, max);
  let slots = Math.min(wants, free);
  if (isOtherShort && even >= 1) slots = Math.min(slots, even);
  const isOthersTurn = isOtherShort && even === 0 && claimant.hadItsTurn;
  if (isOthersTurn) slots = 0;
  const reserved = Math.max(slots, running);
  const own = reserved === 0 && wants === 0 ? [] : [{ holder, slots: reserved, wants }];
  // Always in the same order, so that what nobody changes is not written.
  const all = [...others, ...own].sort((a, b) => (a.holder < b.holder ? -1 : 1));
  return { slots, held: all, isOthersTurn };
}
