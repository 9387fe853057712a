// Circuits, permits and holders in memory, with the meaning of the ones in MongoDB. One of each is a database; several
// processes may share it.
import type { Circuit } from '../../src/delivery/circuit.js';
import { closedCircuit } from '../../src/delivery/circuit.js';
import type { CircuitStore } from '../../src/delivery/circuit-store.js';
import type { HolderStore } from '../../src/delivery/holder-store.js';
import type { PermitStore } from '../../src/delivery/permit-store.js';
import type { SharedLimit } from '../../src/delivery/shared-limit.js';

/** Circuits by webhook subscription. */
export function createMemoryCircuitStore(circuits = new Map<string, Circuit>()): CircuitStore {
  return {
    all: async () => new Map(circuits),
    getMany: async (ids) => ids.map((id) => circuits.get(id) ?? closedCircuit),
    async begin(id, circuit) {
      if (!circuits.has(id)) circuits.set(id, circuit);
    },
    async open(id, circuit) {
      const known = circuits.get(id);
      if (known !== undefined && known.state !== 'CLOSED') return false;
      circuits.set(id, circuit);
      return true;
    },
    async beginProbe(id, probeAt, until) {
      const known = circuits.get(id);
      if (known === undefined || known.state === 'CLOSED' || known.probeAt.getTime() !== probeAt.getTime())
        return false;
      circuits.set(id, { ...known, state: 'HALF_OPEN', probeAt: until });
      return true;
    },
    async put(id, circuit) {
      circuits.set(id, circuit);
    },
    async remove(id) {
      const known = circuits.get(id);
      circuits.delete(id);
      return known !== undefined && known.state !== 'CLOSED';
    },
    async forget(ids) {
      for (const id of ids) circuits.delete(id);
    },
  };
}

/** Permits by webhook subscription; `nowMs` is the database's time, `pause` what a round trip takes. */
export function createMemoryPermitStore(
  nowMs: () => number,
  pause: () => Promise<void> = async () => undefined,
): PermitStore & { readonly limits: Map<string, SharedLimit>; readonly writes: { count: number } } {
  const limits = new Map<string, SharedLimit>();
  const writes = { count: 0 };
  return {
    limits,
    writes,
    async change(id, decide) {
      for (let tries = 0; tries < 20; tries += 1) {
        const before = limits.get(id);
        await pause();
        const next = decide(before ?? { fullAtMs: 0, held: [] }, nowMs());
        if (JSON.stringify(next) === JSON.stringify(before)) return;
        await pause();
        // Somebody else has changed it in between.
        if (limits.get(id) !== before) continue;
        limits.set(id, next);
        writes.count += 1;
        await pause();
        return;
      }
      throw new Error('others change a shared limit faster than this process gets a turn');
    },
    async forget(ids) {
      for (const id of ids) limits.delete(id);
    },
  };
}

/** Holders and their beats. */
export function createMemoryHolderStore(beats = new Map<string, number>()): HolderStore {
  return {
    async beat(id) {
      beats.set(id, (beats.get(id) ?? 0) + 1);
    },
    all: async () => [...beats].map(([id, beat]) => ({ id, beat })),
    async remove(id, beat) {
      if (beat === undefined || beats.get(id) === beat) beats.delete(id);
    },
  };
}
