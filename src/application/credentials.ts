// From an `authorization` value to who asks. Keys are made and revoked in applications.ts.
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import { Problem } from '../problem.js';
import type { Caller } from '../security/access.js';
import { hashApiKey, isApiKeyShaped } from '../security/api-key.js';
import type { ApiKeyStore } from './api-key-store.js';

/** Who asks, and until when the credential is good. */
export interface Identity extends Caller {
  /** Null when it does not expire. */
  readonly expiresAt: Date | null;
}

/** Checks credentials. */
export interface Credentials {
  /** Who sends this `authorization` value (`Bearer <key>`). Throws `UNAUTHENTICATED`, the same for every wrong key. */
  authenticate(authorization: unknown): Promise<Identity>;
  /** Identifiers of the keys that were revoked since an instant, by whichever process. */
  revokedSince(since: Date): Promise<readonly string[]>;
  /** Forgets what is remembered, so that a revoked key is worthless at once; resolves when those who listen have acted. */
  forget(): Promise<void>;
  /** Calls `act` after keys were revoked here, to end what was begun with them. It must not reject. */
  onForget(act: () => Promise<void>): void;
}

/** What checking needs. */
export interface CredentialsOptions {
  readonly store: ApiKeyStore;
  readonly adminKey: string;
  readonly clock: Clock;
}

/** How long another node's revocation may go unseen. */
const rememberForMs = 1000;
/** Most keys remembered. */
const maxRemembered = 10_000;

interface Remembered {
  readonly caller: Identity;
  readonly untilMs: number;
}

/** Credentials over the stored keys and the admin key of the settings. */
export function createCredentials({ store, adminKey, clock }: CredentialsOptions): Credentials {
  const adminHash = Buffer.from(hashApiKey(adminKey));
  const admin: Identity = { role: 'ADMIN', applicationId: null, apiKeyId: null, expiresAt: null };
  const remembered = new Map<string, Remembered>();
  const listeners: (() => Promise<void>)[] = [];
  /** Grows with every `forget`, so that what was read before one is not remembered after it. */
  let generation = 0;

  async function findByHash(hash: string): Promise<Identity> {
    const nowMs = clock.monotonicMs();
    const known = remembered.get(hash);
    if (known !== undefined && known.untilMs > nowMs) return refuseExpired(known.caller);
    remembered.delete(hash);
    const before = generation;
    const found = await store.findByHash(hash);
    if (found === null || found.revokedAt !== null) throw wrongKey();
    const { role, applicationId, id: apiKeyId, expiresAt } = found;
    const caller = refuseExpired({ role, applicationId, apiKeyId, expiresAt });
    if (generation !== before) return caller;
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.set(hash, { caller, untilMs: nowMs + rememberForMs });
    return caller;
  }

  function refuseExpired(identity: Identity): Identity {
    if (identity.expiresAt !== null && identity.expiresAt <= clock.now()) throw wrongKey();
    return identity;
  }

  return {
    revokedSince: (since) => store.listRevokedSince(since),
    async authenticate(authorization) {
      const key = typeof authorization === 'string' ? /^Bearer +(\S{1,512})$/i.exec(authorization)?.[1] : undefined;
      if (key === undefined) {
        throw new Problem(
          'UNAUTHENTICATED',
          'send a key as "Authorization: Bearer <key>" (on a socket: in connection_init, as authorization)',
        );
      }
      const hash = hashApiKey(key);
      if (timingSafeEqual(Buffer.from(hash), adminHash)) return admin;
      if (!isApiKeyShaped(key)) throw wrongKey();
      return findByHash(hash);
    },
    async forget() {
      generation += 1;
      remembered.clear();
      await Promise.all(listeners.map((act) => act()));
    },
    onForget(act) {
      listeners.push(act);
    },
  };
}

function wrongKey(): Problem {
  return new Problem('UNAUTHENTICATED', 'the key is wrong, was revoked or has expired');
}
