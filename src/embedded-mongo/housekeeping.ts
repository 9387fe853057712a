// What the store does on its own: expiring documents, bounding the oplog, forgetting sessions, deleting leftovers.

import { toValue } from './bson-write.js';
import type { Collection, Index } from './catalog.js';
import type { Engine } from './engine.js';
import { compileFilter } from './match.js';
import type { OplogLimits } from './oplog.js';
import { planOnIndex } from './planner.js';
import { atOnce, type Work } from './work.js';
import { Target } from './write-documents.js';

/** 24 hours or 256 MB, whichever is less. */
export const defaultOplogLimits: OplogLimits = { maxAgeMs: 86_400_000, maxBytes: 256 * 1024 * 1024 };

const sweepMs = 1000;
const expiryMs = 60_000;
const recordsPerSweep = 500;
const sessionAgeMs = 1_800_000;

/** Starts the housekeeping; the returned function stops it and waits for what is under way. */
export function startHousekeeping(
  engine: Engine,
  options: { limits: OplogLimits; warn: (message: string) => void },
): () => Promise<void> {
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let lastExpiry = Date.now();

  async function round(): Promise<void> {
    const nowMs = Date.now();
    while (!isStopped && (await engine.writer.run(() => atOnce(() => sweep(engine, options.limits, nowMs)))));
    engine.cursors.expire(nowMs);
    if (nowMs - lastExpiry < expiryMs || isStopped) return;
    lastExpiry = nowMs;
    await engine.writer.run(() =>
      atOnce(() => engine.sessions.prune({ maxAgeMs: sessionAgeMs, nowMs, limit: recordsPerSweep })),
    );
    await expireDocuments(engine, nowMs, () => isStopped);
  }

  let isRunning = false;
  const timer = setInterval(() => {
    const nowMs = Date.now();
    const hasWork = engine.catalog.hasGarbage() || engine.oplog.isOver(options.limits, nowMs);
    // an idle store writes nothing
    if (isRunning || !(hasWork || nowMs - lastExpiry >= expiryMs)) return;
    isRunning = true;
    running = round()
      .catch((error: unknown) => options.warn(`housekeeping failed: ${String(error)}`))
      .finally(() => {
        isRunning = false;
      });
  }, sweepMs);
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await running;
  };
}

function sweep(engine: Engine, limits: OplogLimits, nowMs: number): boolean {
  const hadGarbage = engine.catalog.sweep(recordsPerSweep);
  const hadOld = engine.oplog.prune({ ...limits, nowMs, limit: recordsPerSweep });
  return hadGarbage || hadOld;
}

/** Deletes what TTL indexes say is over; each batch is a write of its own. */
export async function expireDocuments(engine: Engine, nowMs: number, isStopped: () => boolean): Promise<void> {
  for (const collection of [...engine.catalog.all()]) {
    for (const index of collection.indexes) {
      if (index.expireAfterSeconds === undefined || index.isBuilding) continue;
      while (
        !isStopped() &&
        (await engine.writer.run(() => expireSome(engine, collection, { index, nowMs }))) >= recordsPerSweep
      );
    }
  }
}

function* expireSome(
  engine: Engine,
  collection: Collection,
  { index, nowMs }: { index: Index; nowMs: number },
): Work<number> {
  if (engine.catalog.find(collection.namespace) !== collection || !collection.indexes.includes(index)) return 0;
  const path = index.fields[0]?.path.text ?? '';
  const limit = new Date(nowMs - (index.expireAfterSeconds ?? 0) * 1000);
  const filter = compileFilter(toValue({ [path]: { $lte: limit } }));
  const target = new Target(engine, collection);
  const search = { filter, plan: planOnIndex(collection, index, filter), limit: recordsPerSweep };
  const expired = yield* target.forEachMatch(search, (match) => target.remove(match));
  target.flush();
  return expired;
}
