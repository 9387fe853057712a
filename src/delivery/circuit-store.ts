// Circuits in MongoDB: one record for each webhook subscription whose receiver is failing, none for those that do well.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { durable, isDuplicateKey } from '../store.js';
import { type Circuit, closedCircuit, type OpenCircuit } from './circuit.js';

interface CircuitDocument {
  _id: string;
  state: Circuit['state'];
  failures: number;
  failingSince: Date | null;
  failedProbes: number;
  probeAt: Date | null;
}

/** Where circuits are kept. */
export interface CircuitStore {
  /** Those of receivers that are failing, by webhook subscription. */
  all(): Promise<Map<string, Circuit>>;
  /** In the order of the ids; a closed circuit for those that are not kept. */
  getMany(ids: readonly string[]): Promise<Circuit[]>;
  /** Notes the first failures; what is kept already stays as it is. */
  begin(id: string, circuit: Circuit): Promise<void>;
  /** Opens a circuit; false when somebody else has opened it before. */
  open(id: string, circuit: OpenCircuit): Promise<boolean>;
  /** Takes the probe that was due at `probeAt` until `until`; false when somebody else has it. */
  beginProbe(id: string, probeAt: Date, until: Date): Promise<boolean>;
  /** Goes on after a probe. */
  put(id: string, circuit: Circuit): Promise<void>;
  /** The receiver does well; true when its circuit was open. */
  remove(id: string): Promise<boolean>;
  /** Forgets those of webhook subscriptions that were deleted. */
  forget(ids: readonly string[]): Promise<void>;
}

/** Circuits in the collection `circuits`. */
export function createCircuitStore(connection: Connection): CircuitStore {
  const circuits = connection.collection('circuits') as unknown as Collection<CircuitDocument>;
  const write = { writeConcern: durable };

  async function read(filter: { _id?: { $in: string[] } }): Promise<Map<string, Circuit>> {
    return new Map((await circuits.find(filter).toArray()).map((found) => [found._id, toCircuit(found)]));
  }

  return {
    all: () => read({}),
    async getMany(ids) {
      const found = await read({ _id: { $in: [...ids] } });
      return ids.map((id) => found.get(id) ?? closedCircuit);
    },
    async begin(id, circuit) {
      await circuits.updateOne({ _id: id }, { $setOnInsert: toDocument(circuit) }, { upsert: true, ...write });
    },
    async open(id, circuit) {
      try {
        await circuits.updateOne(
          { _id: id, state: 'CLOSED' },
          { $set: toDocument(circuit) },
          { upsert: true, ...write },
        );
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async beginProbe(id, probeAt, until) {
      const filter = { _id: id, state: { $ne: 'CLOSED' as const }, probeAt };
      const update = { $set: { state: 'HALF_OPEN' as const, probeAt: until } };
      return (await circuits.updateOne(filter, update, write)).matchedCount === 1;
    },
    async put(id, circuit) {
      await circuits.replaceOne({ _id: id }, toDocument(circuit), { upsert: true, ...write });
    },
    async remove(id) {
      const found = await circuits.findOneAndDelete({ _id: id }, write);
      return found !== null && found.state !== 'CLOSED';
    },
    async forget(ids) {
      await circuits.deleteMany({ _id: { $in: [...ids] } }, write);
    },
  };
}

function toDocument(circuit: Circuit): Omit<CircuitDocument, '_id'> {
  const { state, failures, failingSince } = circuit;
  if (state === 'CLOSED') return { state, failures, failingSince, failedProbes: 0, probeAt: null };
  return { state, failures, failingSince, failedProbes: circuit.failedProbes, probeAt: circuit.probeAt };
}

function toCircuit({ state, failures, failingSince, failedProbes, probeAt }: CircuitDocument): Circuit {
  if (state === 'CLOSED' || failingSince === null || probeAt === null)
    return { state: 'CLOSED', failures, failingSince };
  return { state, failures, failingSince, failedProbes, probeAt };
}
