// Chance for tests: the same for the same seed. The system's is in src/clock.ts.
import type { NewId, Random, RandomBytes } from '../../src/clock.js';
import { idPrefixes } from '../../src/clock.js';

/** Numbers in [0, 1), always the same ones for a seed (mulberry32). */
export function createFakeRandom(seed = 1): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Bytes that look random, always the same ones for a seed. */
export function createFakeRandomBytes(seed = 1): RandomBytes {
  const random = createFakeRandom(seed);
  return (size) => Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
}

/** Identifiers that count: `evt_000000000000000000000001`. Several processes get different ones by their `node`. */
export function createFakeNewId(node = 0): NewId {
  let count = 0;
  return (kind) => {
    count += 1;
    return `${idPrefixes[kind]}_${count.toString(16).padStart(20, '0')}${node.toString(16).padStart(4, '0')}`;
  };
}
