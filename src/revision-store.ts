// How changes of a collection tell of its records, and of the counter by which every node knows whether its copy of them is up
// to date. The counter lies in the same collection, so that one change stream tells both in the order of their commits.
import type { ChangeStreamDocument, Collection, Document } from 'mongodb';
import { durable } from './store.js';

/** Identifier of the counter; it sorts before that of every record. */
export const revisionId = 'revision';

/** The counter of a collection. */
export interface RevisionCounter {
  /** After each write, before it is acknowledged. */
  grow(): Promise<void>;
  /** Grows with every acknowledged write by any node; at once when this process alone can make it grow. */
  read(): number | Promise<number>;
}

/** The counter in a collection that this process alone writes, or (shared) others too. */
export function createRevisionCounter(collection: Collection<Document>, isShared: boolean): RevisionCounter {
  const counters = collection as unknown as Collection<{ _id: string; revision: number }>;
  /** The latest revision, if nobody else can make it grow. */
  let own: number | null = null;

  async function readStored(): Promise<number> {
    const read = (await counters.findOne({ _id: revisionId }))?.revision ?? 0;
    own = Math.max(own ?? 0, read);
    return isShared ? read : own;
  }

  return {
    async grow() {
      const grown = await counters.findOneAndUpdate(
        { _id: revisionId },
        { $inc: { revision: 1 } },
        { upsert: true, returnDocument: 'after', writeConcern: durable },
      );
      own = Math.max(own ?? 0, grown?.revision ?? 0);
    },
    read: () => (isShared || own === null ? readStored() : own),
  };
}

/** Who hears of records. */
export interface RecordListener {
  put(document: unknown): void;
  remove(id: string): void;
  /** All changes acknowledged up to this revision have been told before. */
  revision?(revision: number): void;
}

/** Tells what a change did; changes that are none of records are left out. */
export function tellRecord(change: ChangeStreamDocument, listener: RecordListener): void {
  if (change.operationType === 'delete') {
    listener.remove(String(change.documentKey._id));
    return;
  }
  if (change.operationType !== 'insert' && change.operationType !== 'replace' && change.operationType !== 'update')
    return;
  if (String(change.documentKey._id) === revisionId) {
    // The looked-up document may be newer than this change: only the change itself says how far the stream is.
    const changed = change.operationType === 'update' ? change.updateDescription.updatedFields : change.fullDocument;
    const revision: unknown = changed?.['revision'];
    if (typeof revision === 'number') listener.revision?.(revision);
    return;
  }
  // A document that was deleted since has no current form; its removal follows.
  if (change.fullDocument != null) listener.put(change.fullDocument);
}
