// API keys in MongoDB, by the hash of their text. The text itself never comes here.
import { type Connection, Schema } from 'mongoose';
import { cutPage, type Page, type PageRequest } from '../paging.js';
import { type Role, roles } from '../security/access.js';
import type { ApiKey } from './api-key.js';

interface ApiKeyDocument {
  _id: string;
  hash: string;
  name: string;
  role: Role;
  application: string | null;
  hint: string;
  createdAt: Date;
  revokedAt: Date | null;
  /** Missing in records of versions that knew no expiry. */
  expiresAt?: Date | null;
}

const schema = new Schema<ApiKeyDocument>(
  {
    _id: { type: String, required: true },
    hash: { type: String, required: true },
    name: { type: String, required: true },
    role: { type: String, required: true, enum: roles },
    application: { type: String, default: null },
    hint: { type: String, required: true },
    createdAt: { type: Date, required: true },
    revokedAt: { type: Date, default: null },
    expiresAt: { type: Date, default: null },
  },
  { versionKey: false, strict: 'throw' },
)
  .index({ hash: 1 }, { unique: true })
  .index({ application: 1, _id: -1 })
  .index({ revokedAt: 1 });

const maxRevoked = 10_000;

/** Where keys are kept. */
export interface ApiKeyStore {
  create(apiKey: ApiKey, hash: string): Promise<void>;
  /** The key with this hash, revoked or not. */
  findByHash(hash: string): Promise<ApiKey | null>;
  get(id: string): Promise<ApiKey | null>;
  /** Marks a key revoked (the first time counts) and answers it; null when there is none. */
  revoke(id: string, revokedAt: Date): Promise<ApiKey | null>;
  /** Revokes all keys of an application. */
  revokeAll(applicationId: string, revokedAt: Date): Promise<void>;
  /** Identifiers of the keys that were revoked since an instant, the latest first; at most 10,000. */
  listRevokedSince(since: Date): Promise<string[]>;
  /** Newest first; of one application when `applicationId` is given. */
  list(request: PageRequest, applicationId: string | null): Promise<Page<ApiKey>>;
  createIndexes(): Promise<void>;
}

/** Keys in the collection `apikeys`. */
export function createApiKeyStore(connection: Connection): ApiKeyStore {
  const model = connection.model('ApiKey', schema, 'apikeys');
  return {
    async create({ id, applicationId, ...rest }, hash) {
      await model.create({ _id: id, hash, application: applicationId, ...rest });
    },
    async findByHash(hash) {
      return toApiKeyOrNull(await model.findOne({ hash }).lean());
    },
    async get(id) {
      return toApiKeyOrNull(await model.findOne({ _id: id }).lean());
    },
    async revoke(id, revokedAt) {
      await model.updateOne({ _id: id, revokedAt: null }, { $set: { revokedAt } });
      return toApiKeyOrNull(await model.findOne({ _id: id }).lean());
    },
    async revokeAll(applicationId, revokedAt) {
      await model.updateMany({ application: applicationId, revokedAt: null }, { $set: { revokedAt } });
    },
    async listRevokedSince(since) {
      const query = model.find({ revokedAt: { $gte: since } }, { _id: 1 }).sort({ revokedAt: -1 });
      return (await query.limit(maxRevoked).lean()).map((found) => found._id);
    },
    async list({ first, after }, applicationId) {
      const behind = after === null ? {} : { _id: { $lt: after } };
      const found = await model
        .find(applicationId === null ? behind : { application: applicationId, ...behind })
        .sort({ _id: -1 })
        .limit(first + 1)
        .lean();
      return cutPage(found.map(toApiKey), first);
    },
    createIndexes: () => model.createIndexes(),
  };
}

function toApiKeyOrNull(found: ApiKeyDocument | null): ApiKey | null {
  return found === null ? null : toApiKey(found);
}

function toApiKey({ _id, hash: _hash, application, expiresAt = null, ...rest }: ApiKeyDocument): ApiKey {
  return { id: _id, applicationId: application, expiresAt, ...rest };
}
