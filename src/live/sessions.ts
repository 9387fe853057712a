// Live clients of this process: who they are, how many there may be, and what ends them. How a transport closes is the
// doors' business.
import type { Credentials, Identity } from '../application/credentials.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { createSlices, eachInSlices } from './slices.js';

/** How events get to a client. */
export type Transport = 'WEBSOCKET' | 'SERVER_SENT_EVENTS';

/** Why a session is ended by the server. */
export type EndReason = 'UNAUTHENTICATED' | 'ADMINISTRATOR' | 'SLOW' | 'RESTART';

/** One connected client. */
export interface Session {
  /** `con_…` */
  readonly id: string;
  readonly transport: Transport;
  readonly remoteAddress: string;
  readonly openedAt: Date;
  /** Operations that run. */
  readonly subscriptions: number;
  /** Bytes that were written and that the system has not taken yet. */
  readonly pendingBytes: number;
  /** Ends it. Never throws; a second call does nothing. */
  end(reason: EndReason): void;
}

/** A session and who it belongs to. */
export interface OpenSession {
  /** The session's. */
  readonly id: string;
  readonly session: Session;
  readonly identity: Identity;
}

/** The sessions of a process. */
export interface Sessions {
  /** True when there may be one more. */
  readonly hasRoom: boolean;
  /** Counts a client before it has said who it is. */
  enter(session: Session): void;
  /**
   * Says who a client is, or becomes. Throws `OVERLOADED` when its key has too many, and `FORBIDDEN` when it would become
   * somebody else: what it already follows was allowed to the first one.
   */
  identify(session: Session, identity: Identity): void;
  leave(session: Session): void;
  /** All that have said who they are and were not ended by `end`, in the order in which they came. */
  list(): readonly OpenSession[];
  /** One that has said who it is; null when there is none in this process. */
  get(id: string): OpenSession | null;
  /**
   * Ends one for good; null when `get` gives none. From then on it is neither listed nor found, however long its client
   * takes to let go; until then it counts.
   */
  end(id: string, reason: EndReason): OpenSession | null;
  /** Ends those whose key was revoked, by whichever process, or has expired. Never rejects. */
  endWorthless(): Promise<void>;
}

/** What sessions need. */
export interface SessionsOptions {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxSessions: number;
  readonly maxSessionsPerKey: number;
}

/** How long sessions are ended in one go, in milliseconds. */
const sliceMs = 4;
/** How far back revocations are looked for: more than the clocks of two nodes may differ, in milliseconds. */
const lookBackMs = 300_000;

/** No sessions. */
export function createSessions({ credentials, clock, log, maxSessions, maxSessionsPerKey }: SessionsOptions): Sessions {
  const all = new Set<Session>();
  const identities = new Map<Session, Identity>();
  const byKey = new Map<string, Set<Session>>();
  const expiring = new Set<Session>();
  const ended = new WeakSet<Session>();
  const slices = createSlices(() => clock.monotonicMs(), sliceMs);

  function forgetKey(session: Session): void {
    const identity = identities.get(session);
    if (identity === undefined) return;
    const sharing = byKey.get(keyOf(identity));
    sharing?.delete(session);
    if (sharing?.size === 0) byKey.delete(keyOf(identity));
    expiring.delete(session);
  }

  async function endWorthless(): Promise<void> {
    const nowMs = clock.now().getTime();
    const expired = [...expiring].filter(
      (session) => (identities.get(session)?.expiresAt?.getTime() ?? nowMs + 1) <= nowMs,
    );
    await eachInSlices(expired, slices, (session) => session.end('UNAUTHENTICATED'));
    if (byKey.size === 0) return;
    try {
      for (const id of await credentials.revokedSince(new Date(nowMs - lookBackMs)))
        await eachInSlices([...(byKey.get(id) ?? [])], slices, (session) => session.end('UNAUTHENTICATED'));
    } catch (error) {
      // A database that does not answer is no reason to throw anybody out.
      log.warn('Could not look for revoked keys; trying again.', { error });
    }
  }
  credentials.onForget(endWorthless);

  function get(id: string): OpenSession | null {
    for (const [session, identity] of identities)
      if (session.id === id && !ended.has(session)) return { id, session, identity };
    return null;
  }

  return {
    get hasRoom() {
      return all.size < maxSessions;
    },
    enter: (session) => void all.add(session),
    identify(session, identity) {
      const before = identities.get(session);
      if (before !== undefined && !isSameViewer(before, identity))
        throw new Problem('FORBIDDEN', 'a connection keeps its role and application: connect anew with this key');
      const key = keyOf(identity);
      const sharing = byKey.get(key) ?? new Set();
      if (!sharing.has(session) && sharing.size >= maxSessionsPerKey)
        throw new Problem('OVERLOADED', `this key has ${maxSessionsPerKey} live connections already`);
      forgetKey(session);
      identities.set(session, identity);
      byKey.set(key, sharing.add(session));
      if (identity.expiresAt !== null) expiring.add(session);
    },
    leave(session) {
      all.delete(session);
      forgetKey(session);
      identities.delete(session);
    },
    list: () =>
      [...identities]
        .filter(([session]) => !ended.has(session))
        .map(([session, identity]) => ({ id: session.id, session, identity })),
    get,
    end(id, reason) {
      const found = get(id);
      if (found !== null) {
        ended.add(found.session);
        found.session.end(reason);
      }
      return found;
    },
    endWorthless,
  };
}

/** The key of the settings has no record. */
function keyOf({ apiKeyId }: Identity): string {
  return apiKeyId ?? 'settings';
}

function isSameViewer(one: Identity, other: Identity): boolean {
  return one.role === other.role && one.applicationId === other.applicationId;
}
