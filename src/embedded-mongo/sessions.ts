// Retryable writes: the last answer of each session, kept with the writes it belongs to. Transactions are refused in command.ts.
import { BsonType, documentValue, type Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import type { Command, Reply } from './command.js';
import { badValue, CommandError } from './errors.js';
import { KeyScan } from './key-scan.js';
import type { Storage } from './storage.js';
import type { Work } from './work.js';

/** The work of a retryable command: `kept` is how far it came before a crash, `keep` notes how far it is now. */
export type RetryableWork = (kept: Value | undefined, keep: (progress: object) => void) => Work<Reply>;

/** Remembers answers across restarts. */
export type Sessions = ReturnType<typeof openSessions>;

/** A record: when (double), txnNumber (int64), whether it is finished (byte), the answer or the progress. */
const headBytes = 17;

/** The retryable writes of a store (MongoDB specification "Retryable Writes"). */
export function openSessions(storage: Storage) {
  const table = storage.sessions;
  const running = new Set<string>();

  function keep({ key, number }: Retry, content: Buffer, isFinished: boolean): void {
    const record = Buffer.allocUnsafe(headBytes + content.length);
    record.writeDoubleLE(Date.now(), 0);
    record.writeBigInt64LE(number, 8);
    record[16] = isFinished ? 1 : 0;
    content.copy(record, headBytes);
    void table.put(key, record);
  }

  /** Does the work of a write command once per `txnNumber` of its session; a repeated one gets the first answer. */
  function* once(command: Command, work: RetryableWork): Work<Reply> {
    const retry = retryOf(command);
    if (!retry) return yield* work(undefined, () => undefined);
    const name = retry.key.toString('latin1');
    // the first attempt may still be under way, its client gone
    while (running.has(name)) yield;
    const record = table.get(retry.key);
    const lastNumber = record?.readBigInt64LE(8);
    const isKnown = record !== undefined && lastNumber === retry.number;
    if (isKnown && record[16] === 1) return record.subarray(headBytes);
    if (lastNumber !== undefined && lastNumber > retry.number) {
      throw new CommandError('TransactionTooOld', `txnNumber ${retry.number} is older than ${lastNumber}`);
    }
    running.add(name);
    try {
      const kept = isKnown ? documentValue(record.subarray(headBytes)) : undefined;
      const reply = yield* work(kept, (progress) => keep(retry, writeDocument(progress), false));
      const answer = Buffer.isBuffer(reply) ? reply : writeDocument(reply);
      keep(retry, answer, true);
      return answer;
    } finally {
      running.delete(name);
    }
  }

  function prune({ maxAgeMs, nowMs, limit }: { maxAgeMs: number; nowMs: number; limit: number }): void {
    const scan = new KeyScan(table, { start: Buffer.alloc(1), end: Buffer.alloc(64, 0xff) }, { withValues: true });
    const old: Buffer[] = [];
    while (old.length < limit && scan.next()) {
      if (nowMs - (scan.value as Buffer).readDoubleLE(0) > maxAgeMs) old.push(scan.key);
    }
    scan.pause();
    for (const key of old) void table.remove(key);
  }

  return { once, prune };
}

interface Retry {
  readonly key: Buffer;
  readonly number: bigint;
}

function retryOf({ fields }: Command): Retry | undefined {
  const number = fields.get('txnNumber');
  if (!number || !fields.get('lsid')) return undefined;
  const id = idIn(fields);
  if (!id || id.length > 59) throw badValue('lsid.id must be a UUID');
  return { key: Buffer.concat([Buffer.from([1]), id]), number: number.integer() };
}

function idIn(fields: ReadonlyMap<string, Value>): Buffer | undefined {
  const id = fields.get('lsid')?.field('id');
  return id?.type === BsonType.binary ? id.raw().subarray(5) : undefined;
}

/** The id of the session a command runs in, as text; undefined without one. */
export const sessionIdOf = (fields: ReadonlyMap<string, Value>): string | undefined => idIn(fields)?.toString('hex');
