// The rules of applications and their keys. Access is the doors' business.
import type { Clock, NewId, RandomBytes } from '../clock.js';
import type { Page, PageRequest } from '../paging.js';
import { Problem } from '../problem.js';
import type { Role } from '../security/access.js';
import { createApiKey, hashApiKey } from '../security/api-key.js';
import { checkText } from '../text.js';
import type { ApiKey } from './api-key.js';
import type { ApiKeyStore } from './api-key-store.js';
import { type Application, checkApplicationName, checkExternalId, maxNameLength } from './application.js';
import type { ApplicationStore } from './application-store.js';

/** A new key as it comes from the door. */
export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly applicationId: string | null;
  readonly expiresAt?: Date | null | undefined;
}

/** Applications and keys with their rules. */
export interface Applications {
  /** Throws `INVALID_INPUT` or `NAME_TAKEN`. */
  create(input: { readonly name: string; readonly externalId?: string | null | undefined }): Promise<Application>;
  /** Throws as `create`, and `NOT_FOUND`. What is undefined stays. */
  update(
    id: string,
    changes: { readonly name?: string | null | undefined; readonly externalId?: string | null | undefined },
  ): Promise<Application>;
  /** Revokes its keys and deletes what it owns first. Throws `NOT_FOUND`. */
  delete(id: string): Promise<void>;
  get(id: string): Promise<Application | null>;
  /** True when there is one; a positive answer may be two seconds old. */
  exists(id: string): Promise<boolean>;
  list(request: PageRequest): Promise<Page<Application>>;
  /** The key's text is in this answer only. Throws `INVALID_INPUT` or `NOT_FOUND`. */
  createKey(input: NewApiKey): Promise<{ readonly apiKey: ApiKey; readonly key: string }>;
  /** Throws `NOT_FOUND`. */
  revokeKey(id: string): Promise<ApiKey>;
  getKey(id: string): Promise<ApiKey | null>;
  listKeys(request: PageRequest, applicationId: string | null): Promise<Page<ApiKey>>;
}

/** What the rules need. */
export interface ApplicationsOptions {
  readonly store: ApplicationStore;
  readonly keys: ApiKeyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** Called, and awaited, after keys were revoked. */
  readonly onRevoked: () => Promise<void> | void;
  /** Deletes what other rooms keep for an application. */
  readonly deleteOwned: (applicationId: string) => Promise<void>;
}

const existsForMs = 2000;
const maxRemembered = 10_000;

/** Applications over their stores. */
export function createApplications(options: ApplicationsOptions): Applications {
  const { store, keys, clock, newId, randomBytes } = options;
  const seenAtMs = new Map<string, number>();

  async function exists(id: string): Promise<boolean> {
    const nowMs = clock.monotonicMs();
    const seen = seenAtMs.get(id);
    if (seen !== undefined && nowMs - seen < existsForMs) return true;
    const found = (await store.get(id)) !== null;
    if (seenAtMs.size >= maxRemembered) seenAtMs.clear();
    if (found) seenAtMs.set(id, nowMs);
    else seenAtMs.delete(id);
    return found;
  }

  return {
    async create(input) {
      const now = clock.now();
      const application: Application = {
        id: newId('application'),
        name: checkApplicationName(input.name),
        externalId: checkExternalId(input.externalId),
        createdAt: now,
        updatedAt: now,
      };
      await store.create(application);
      return application;
    },
    async update(id, { name, externalId }) {
      const changes = {
        ...(name == null ? {} : { name: checkApplicationName(name) }),
        ...(externalId === undefined ? {} : { externalId: checkExternalId(externalId) }),
      };
      const updated = await store.update(id, changes, clock.now());
      if (updated === null) throw noApplication('id');
      return updated;
    },
    async delete(id) {
      if ((await store.get(id)) === null) throw noApplication('id');
      // The record goes last: a crash before leaves something that can be deleted again.
      await keys.revokeAll(id, clock.now());
      await options.onRevoked();
      await options.deleteOwned(id);
      await store.delete(id);
      seenAtMs.delete(id);
      // Keys made since the first time. Those that come even later find no application: see `createKey`.
      await keys.revokeAll(id, clock.now());
      await options.onRevoked();
    },
    get: (id) => store.get(id),
    exists,
    list: (request) => store.list(request),
    async createKey({ name, role, applicationId, expiresAt = null }) {
      if ((role === 'APPLICATION') !== (applicationId !== null)) {
        const message =
          role === 'APPLICATION'
            ? 'application is required for the role APPLICATION'
            : `application must not be given for the role ${role}`;
        throw new Problem('INVALID_INPUT', message, { field: 'application' });
      }
      if (applicationId !== null && (await store.get(applicationId)) === null) throw noApplication('application');
      if (expiresAt !== null && expiresAt <= clock.now())
        throw new Problem('INVALID_INPUT', 'expiresAt must be an instant to come', { field: 'expiresAt' });
      const key = createApiKey(randomBytes);
      const apiKey: ApiKey = {
        id: newId('apiKey'),
        name: checkText(name, 'name', maxNameLength),
        role,
        applicationId,
        hint: key.slice(0, 8),
        createdAt: clock.now(),
        revokedAt: null,
        expiresAt,
      };
      await keys.create(apiKey, hashApiKey(key));
      if (applicationId !== null && (await store.get(applicationId)) === null) {
        await keys.revoke(apiKey.id, clock.now());
        throw noApplication('application');
      }
      return { apiKey, key };
    },
    async revokeKey(id) {
      const revoked = await keys.revoke(id, clock.now());
      if (revoked === null) throw new Problem('NOT_FOUND', 'there is no such key', { field: 'id' });
      await options.onRevoked();
      return revoked;
    },
    getKey: (id) => keys.get(id),
    listKeys: (request, applicationId) => keys.list(request, applicationId),
  };
}

function noApplication(field: string): Problem {
  return new Problem('NOT_FOUND', 'there is no such application', { field });
}
