// The rules of replays: what may be asked for, starting, cancelling, looking on. Who may do it is the doors' business: they
// pass `owner`, the application that a caller is bound to, or null for a caller who may touch all.
import type { Clock, NewId } from '../clock.js';
import type { EventLog } from '../event/event-log.js';
import { openEventCursor } from '../event/event-selection.js';
import type { EventStore } from '../event/event-store.js';
import { checkEventTypePattern } from '../event/event-type-pattern.js';
import type { Page, PageRequest } from '../paging.js';
import { Problem } from '../problem.js';
import type { WebhookSubscription } from '../webhook-subscription/webhook-subscription.js';
import type { Replay, ReplaySelection } from './replay.js';
import type { ReplayFilter, ReplayStore } from './replay-store.js';

/** A replay as it is asked for. */
export interface NewReplay {
  readonly webhookSubscription: string;
  /** Names or patterns, 1 to 100; all when left out. */
  readonly types?: readonly string[] | null | undefined;
  /** Everything when left out. */
  readonly status?: readonly ReplaySelection[] | null | undefined;
  /** Events behind this cursor; not together with `since`. */
  readonly after?: string | null | undefined;
  /** Events accepted at or after this instant. */
  readonly since?: Date | null | undefined;
  /** Events accepted before this instant; before now when left out or still to come. */
  readonly until?: Date | null | undefined;
}

/** Replays and their rules. A record of another owner is `NOT_FOUND`. */
export interface Replays {
  /**
   * Throws `NOT_FOUND` (webhook subscription), `INVALID_INPUT`, `NAME_INVALID`, `CURSOR_INVALID`, `CURSOR_EXPIRED`, and
   * `CONFLICT` when the webhook subscription has too many running ones; then nothing is written.
   */
  start(input: NewReplay, owner: string | null): Promise<Replay>;
  /** Throws `NOT_FOUND`, and `CONFLICT` when it has ended. */
  cancel(id: string, owner: string | null): Promise<Replay>;
  get(id: string, owner: string | null): Promise<Replay | null>;
  list(request: PageRequest, filter: ReplayFilter): Promise<Page<Replay>>;
  /** The replay now, whenever it has got further, and at its end, which ends the stream. Throws `NOT_FOUND`. */
  follow(id: string, owner: string | null): Promise<AsyncIterableIterator<Replay>>;
}

/** What the rules need. */
export interface ReplaysOptions {
  readonly store: ReplayStore;
  readonly subscriptionOf: (id: string, owner: string | null) => Promise<WebhookSubscription | null>;
  readonly eventLog: EventLog;
  readonly events: Pick<EventStore, 'read'>;
  readonly logId: string;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Most replays of one webhook subscription that run at the same time. */
export const maxRunning = 10;
const maxTypes = 100;
/** Between two looks at a replay that is followed, in milliseconds. */
const lookEveryMs = 500;

/** Replays over a store. */
export function createReplays(options: ReplaysOptions): Replays {
  const { store, eventLog, clock, newId } = options;
  /** Reads under way: all who follow one replay look at it together. */
  const reading = new Map<string, Promise<Replay | null>>();

  async function readRange(input: NewReplay): Promise<Pick<Replay, 'firstAfter' | 'last'>> {
    const now = clock.now();
    const { after = null, since = null } = input;
    const until = input.until != null && input.until < now ? input.until : null;
    if (after !== null && since !== null) throw refused('since', 'after and since exclude each other');
    if (since !== null && since > now) throw refused('since', 'since must not be in the future');
    if (since !== null && until !== null && until <= since) throw refused('until', 'until must be after since');
    const firstAfter =
      after !== null
        ? await openEventCursor(after, options.logId, eventLog)
        : since !== null
          ? await eventLog.lastBefore(since)
          : (await eventLog.oldest()) - 1;
    const last = until === null ? await eventLog.head() : await eventLog.lastBefore(until);
    if (after !== null && last < firstAfter)
      throw refused('until', 'until lies before the position that after stands for');
    return { firstAfter, last: Math.max(firstAfter, last) };
  }

  function readShared(id: string): Promise<Replay | null> {
    let read = reading.get(id);
    if (read === undefined) {
      read = store.get(id).finally(() => reading.delete(id));
      reading.set(id, read);
    }
    return read;
  }

  async function get(id: string, owner: string | null): Promise<Replay | null> {
    const found = await store.get(id);
    return found === null || (owner !== null && found.applicationId !== owner) ? null : found;
  }

  async function mustGet(id: string, owner: string | null): Promise<Replay> {
    const found = await get(id, owner);
    if (found !== null) return found;
    throw new Problem('NOT_FOUND', 'there is no such replay', { field: 'id' });
  }

  async function* look(id: string, signal: AbortSignal): AsyncGenerator<Replay, undefined> {
    let last: Replay | null = null;
    while (!signal.aborted) {
      const replay = await readShared(id);
      if (replay === null || signal.aborted) return;
      const isNew = replay.position !== last?.position || replay.made !== last.made || replay.status !== last.status;
      last = replay;
      if (isNew) yield replay;
      if (replay.status !== 'RUNNING') return;
      await pause(clock, lookEveryMs, signal);
    }
  }

  return {
    async start(input, owner) {
      const subscription = await options.subscriptionOf(input.webhookSubscription, owner);
      if (subscription === null) {
        throw new Problem('NOT_FOUND', 'there is no such webhook subscription', { field: 'webhookSubscription' });
      }
      const types = checkTypes(input.types);
      const selection = checkSelection(input.status);
      const range = await readRange(input);
      const [oldest] = await options.events.read({ limit: 1 });
      const replay: Replay = {
        id: newId('replay'),
        subscriptionId: subscription.id,
        applicationId: subscription.applicationId,
        types,
        selection,
        after: input.after ?? null,
        since: input.since ?? null,
        until: input.until ?? null,
        logBeganAt: oldest?.publishedAt ?? null,
        ...range,
        status: 'RUNNING',
        statusReason: null,
        position: range.firstAfter,
        made: 0,
        expired: 0,
        createdAt: clock.now(),
        finishedAt: null,
      };
      if (await store.create(replay, maxRunning)) return replay;
      throw new Problem(
        'CONFLICT',
        `webhookSubscription has ${maxRunning} running replays, which is the most; wait for one to end, or cancel it`,
        { field: 'webhookSubscription' },
      );
    },
    async cancel(id, owner) {
      await mustGet(id, owner);
      const end = { status: 'CANCELLED', statusReason: 'cancelled by request', finishedAt: clock.now() } as const;
      const cancelled = await store.end(id, end);
      if (cancelled === null) throw new Problem('CONFLICT', 'it has ended already', { field: 'id' });
      return cancelled;
    },
    get,
    list: (request, filter) => store.list(request, filter),
    async follow(id, owner) {
      await mustGet(id, owner);
      const stop = new AbortController();
      const generator = look(id, stop.signal);
      const stream: AsyncIterableIterator<Replay> = {
        next: () => generator.next(),
        return() {
          stop.abort();
          return generator.return(undefined);
        },
        [Symbol.asyncIterator]: () => stream,
      };
      return stream;
    },
  };
}

function checkTypes(types: readonly string[] | null | undefined): readonly string[] {
  if (types == null) return [];
  if (types.length < 1 || types.length > maxTypes)
    throw refused('types', `types must have 1 to ${maxTypes} names or patterns, has ${types.length}`);
  return [...new Set(types.map((text, index) => checkEventTypePattern(text, `types.${index}`)))];
}

function checkSelection(selection: readonly ReplaySelection[] | null | undefined): readonly ReplaySelection[] {
  if (selection == null) return ['EVERYTHING'];
  if (selection.length === 0) throw refused('status', 'status must have at least one element, or be left out');
  return [...new Set(selection)];
}

function refused(field: string, message: string): Problem {
  return new Problem('INVALID_INPUT', message, { field });
}

/** Ends early on abort. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}
