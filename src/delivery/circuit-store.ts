// Circuits in MongoDB: one record for each webhook subscription whose receiver is failing, none for those that do well.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { durable } from '../store.js';
import { type Circuit, closedCircuit } from './circuit.js';

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
  put(id: string, circuit: Circuit): Promise<void>;
  /** The receiver does well. */
  remove(id: string): Promise<void>;
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
    async put(id, circuit) {
      const { state, failures, failingSince } = circuit;
      const probes =
        state === 'CLOSED'
          ? { failedProbes: 0, probeAt: null }
          : { failedProbes: circuit.failedProbes, probeAt: circuit.probeAt };
      await circuits.replaceOne({ _id: id }, { state, failures, failingSince, ...probes }, { upsert: true, ...write });
    },
    async remove(id) {
      await circuits.deleteOne({ _id: id }, write);
    },
  };
}

function toCircuit({ state, failures, failingSince, failedProbes, probeAt }: CircuitDocument): Circuit {
  if (state === 'CLOSED' || failingSince === null || probeAt === null)
    return { state: 'CLOSED', failures, failingSince };
  return { state, failures, failingSince, failedProbes, probeAt };
}
