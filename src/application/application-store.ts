// Applications in MongoDB. Knows nothing of what else refers to them.
import { type Connection, Schema } from 'mongoose';
import { cutPage, type Page, type PageRequest } from '../paging.js';
import { Problem } from '../problem.js';
import { isDuplicateKey } from '../store.js';
import type { Application } from './application.js';

interface ApplicationDocument {
  _id: string;
  name: string;
  externalId?: string;
  createdAt: Date;
  updatedAt: Date;
}

const schema = new Schema<ApplicationDocument>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    externalId: String,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { versionKey: false, strict: 'throw' },
).index({ externalId: 1 }, { unique: true, partialFilterExpression: { externalId: { $exists: true } } });

/** Changes of an application; what is absent stays, a null takes away. */
export interface ApplicationChanges {
  readonly name?: string;
  readonly externalId?: string | null;
}

/** Where applications are kept. */
export interface ApplicationStore {
  /** Throws `NAME_TAKEN` when the external reference is in use. */
  create(application: Application): Promise<void>;
  /** The changed application, or null when there is none. Throws `NAME_TAKEN`. */
  update(id: string, changes: ApplicationChanges, updatedAt: Date): Promise<Application | null>;
  get(id: string): Promise<Application | null>;
  /** True when there was one. */
  delete(id: string): Promise<boolean>;
  /** Newest first. */
  list(request: PageRequest): Promise<Page<Application>>;
  createIndexes(): Promise<void>;
}

/** Applications in the collection `applications`. */
export function createApplicationStore(connection: Connection): ApplicationStore {
  const model = connection.model('Application', schema, 'applications');
  return {
    async create(application) {
      const { id, externalId, ...rest } = application;
      await nameTaken(model.create({ _id: id, ...rest, ...(externalId === null ? {} : { externalId }) }));
    },
    async update(id, { name, externalId }, updatedAt) {
      const set = { updatedAt, ...(name === undefined ? {} : { name }), ...(externalId == null ? {} : { externalId }) };
      const change = { $set: set, ...(externalId === null ? { $unset: { externalId: 1 } } : {}) };
      const found = await nameTaken(model.findOneAndUpdate({ _id: id }, change, { returnDocument: 'after' }).lean());
      return found === null ? null : toApplication(found);
    },
    async get(id) {
      const found = await model.findOne({ _id: id }).lean();
      return found === null ? null : toApplication(found);
    },
    async delete(id) {
      return (await model.deleteOne({ _id: id })).deletedCount === 1;
    },
    async list({ first, after }) {
      const found = await model
        .find(after === null ? {} : { _id: { $lt: after } })
        .sort({ _id: -1 })
        .limit(first + 1)
        .lean();
      return cutPage(found.map(toApplication), first);
    },
    createIndexes: () => model.createIndexes(),
  };
}

function toApplication(found: ApplicationDocument): Application {
  const { _id, externalId, ...rest } = found;
  return { id: _id, externalId: externalId ?? null, ...rest };
}

async function nameTaken<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw new Problem('NAME_TAKEN', 'externalId is used by another application', { field: 'externalId', cause: error });
  }
}
