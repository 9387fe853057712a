// The changes of deliveries as the database tells them, whichever process made them. Who is told is follow-deliveries.ts.
import type { ChangeStreamDocument } from 'mongodb';
import type { Connection } from 'mongoose';
import { operationTime } from '../store.js';
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
    async watch(tell, ready, signal) {
      const startAtOperationTime = await operationTime(connection);
      if (signal.aborted) return;
      const stream = connection
        .collection('deliveries')
        .watch([ofInterest], { startAtOperationTime, fullDocument: 'updateLookup', maxAwaitTimeMS: 1000 });
      const close = (): void => void stream.close();
      signal.addEventListener('abort', close);
      try {
        ready();
        for await (const change of stream) tellChange(change, tell);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        signal.removeEventListener('abort', close);
        await stream.close();
      }
    },
  };
}

function tellChange(change: ChangeStreamDocument, tell: (delivery: Delivery) => void): void {
  if (change.operationType !== 'insert' && change.operationType !== 'update') return;
  // One that was deleted since has no current form.
  if (change.fullDocument == null) return;
  tell(toDelivery(change.fullDocument as unknown as DeliveryDocument));
}
