// Retryable writes: the last answer of each session, kept with the writes it belongs to. Transactions are refused in command.ts.
import { BsonType, fieldsOf, findField, numberOf, type Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import type { Command, Reply } from './command.js';
import { CommandError } from './errors.js';
import { KeyScan, type Storage, type Work } from './storage.js';

/** Remembers answers across restarts. */
export interface Sessions {
  /** Does the work of a write command once per `txnNumber` of its session; a repeated one gets the first answer. */
  once(command: Command, work: () => Work<Reply>): Work<Reply>;
  /** Forgets a bounded number of sessions not used for `maxAgeMs`; inside a write transaction. */
  prune(limits: { maxAgeMs: number; nowMs: number; limit: number }): void;
}

/** The retryable writes of a store (MongoDB specification "Retryable Writes"). */
export function openSessions(storage: Storage): Sessions {
  const table = storage.sessions;

  function* once(command: Command, work: () => Work<Reply>): Work<Reply> {
    const retry = retryOf(command);
    if (!retry) return yield* work();
    const kept = table.get(retry.key);
    const lastNumber = kept?.readBigInt64LE(8);
    if (kept && lastNumber === retry.number) return kept.subarray(16);
    if (lastNumber !== undefined && lastNumber > retry.number) {
      throw new CommandError(
        'TransactionTooOld',
        `Retryable write with txnNumber ${retry.number} is prohibited because a newer retryable write with txnNumber ${lastNumber} has already started on this session.`,
      );
    }
    const reply = yield* work();
    const answer = Buffer.isBuffer(reply) ? reply : writeDocument(reply);
    const record = Buffer.allocUnsafe(16 + answer.length);
    record.writeDoubleLE(Date.now(), 0);
    record.writeBigInt64LE(retry.number, 8);
    answer.copy(record, 16);
    void table.put(retry.key, record);
    return answer;
  }

  function prune({ maxAgeMs, nowMs, limit }: { maxAgeMs: number; nowMs: number; limit: number }): void {
    const scan = new KeyScan(
      table,
      { start: Buffer.alloc(1), end: Buffer.alloc(64, 0xff) },
      { reverse: false, withValues: true },
    );
    const old: Buffer[] = [];
    while (old.length < limit && scan.next()) {
      if (nowMs - (scan.value as Buffer).readDoubleLE(0) > maxAgeMs) old.push(scan.key);
    }
    scan.pause();
    for (const key of old) void table.remove(key);
  }

  return { once, prune };
}

function retryOf(command: Command): { key: Buffer; number: bigint } | undefined {
  const number = command.fields.get('txnNumber');
  const session = command.fields.get('lsid');
  if (!number || session?.type !== BsonType.object) return undefined;
  const id = findField(session.bytes, session.start, Buffer.from('id'));
  if (id?.type !== BsonType.binary || id.end - id.start > 64)
    throw new CommandError('BadValue', 'lsid.id must be a UUID');
  const exact =
    number.type === BsonType.int64
      ? number.bytes.readBigInt64LE(number.start)
      : BigInt(Math.trunc(numberOf(number) || 0));
  return { key: Buffer.concat([Buffer.from([1]), id.bytes.subarray(id.start + 5, id.end)]), number: exact };
}

/** The id of the session a command runs in, as text; undefined without one. */
export function sessionIdOf(fields: ReadonlyMap<string, Value>): string | undefined {
  const session = fields.get('lsid');
  if (session?.type !== BsonType.object) return undefined;
  const id = fieldsOf(session).find(([name]) => name === 'id')?.[1];
  return id && id.type === BsonType.binary ? id.bytes.toString('hex', id.start + 5, id.end) : undefined;
}
