// The changes of deliveries as the database tells them, whichever process made them. Who is told is follow-deliveries.ts.
import type { ChangeStreamDocument } from 'mongodb';
import type { Connection } from 'mongoose';
import { followChanges } from '../store.js';
import type { Delivery } from './delivery.js';
import { type DeliveryDocument, toDelivery } from './delivery-document.js';

/** Where changes of deliveries are read. */
export interface DeliveryChangeStore {
  /**
   * Tells deliveries that were planned, or whose status or number of attempts changed, as they are now, until `signal`.
   * Calls `ready` when every change committed from then on will be told. Rejects when the stream is lost.
   */
  watch(tell: (delivery: Delivery) => void, ready: () => void, signal: AbortSignal): Promise<void>;
}

/** Locks come and go with every attempt; the database keeps them to itself. */
const ofInterest = {
  $match: {
    $or: [
      { operationType: 'insert' },
      { operationType: 'update', 'updateDescription.updatedFields.status': { $exists: true } },
      { operationType: 'update', 'updateDescription.updatedFields.attemptCount': { $exists: true } },
    ],
  },
};

/** Changes of the collection `deliveries`. */
export function createDeliveryChangeStore(connection: Connection): DeliveryChangeStore {
  return {
    watch: (tell, ready, signal) =>
      followChanges(connection, {
        collection: 'deliveries',
        pipeline: [ofInterest],
        looksUp: true,
        ready,
        tell: (change) => tellChange(change, tell),
        signal,
      }),
  };
}

function tellChange(change: ChangeStreamDocument, tell: (delivery: Delivery) => void): void {
  if (change.operationType !== 'insert' && change.operationType !== 'update') return;
  // One that was deleted since has no current form.
  if (change.fullDocument == null) return;
  tell(toDelivery(change.fullDocument as unknown as DeliveryDocument));
}
