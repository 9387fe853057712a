// Inserting, changing and deleting single documents inside a write transaction, with their oplog operations. The commands around it are in commands/.
import { randomBytes } from 'node:crypto';
import { BsonType, someField, Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import type { Collection } from './catalog.js';
import type { Engine } from './engine.js';
import { CommandError } from './errors.js';
import { idOf } from './key-encoding.js';
import type { Expression } from './match.js';
import type { Operation } from './oplog.js';
import { documentKeyOf, maxDocumentBytes, recordKeyOf } from './records.js';
import { withIdFirst } from './tree.js';
import type { Update } from './update.js';
import { upsertBase } from './upsert.js';

/** The operations of one command on one collection, written to the oplog before each safe place to stop. */
export class Changes {
  private readonly engine: Engine;
  private readonly namespace: string;
  private operations: Operation[] = [];

  constructor(engine: Engine, namespace: string) {
    this.engine = engine;
    this.namespace = namespace;
  }

  add(operation: Operation): void {
    this.operations.push(operation);
  }

  /** Must be called before every yield and at the end. */
  flush(): void {
    this.engine.oplog.append(this.namespace, this.operations);
    this.operations = [];
  }
}

/** Where a command writes. */
export interface Target {
  readonly collection: Collection;
  readonly changes: Changes;
}

/** The collection, made if it is not there. */
export function collectionFor(engine: Engine, db: string, name: string): Collection {
  const found = engine.catalog.find(`${db}.${name}`);
  if (found) return found;
  const created = engine.catalog.create(db, name);
  engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ create: name }) }]);
  return created;
}

let idCounter = randomBytes(3).readUIntBE(0, 3);
const idMachine = randomBytes(5);

/** A new ObjectId as a value. */
export function newObjectId(): Value {
  const bytes = Buffer.allocUnsafe(12);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 0);
  idMachine.copy(bytes, 4);
  idCounter = (idCounter + 1) & 0xffffff;
  bytes.writeUIntBE(idCounter, 9, 3);
  return new Value(BsonType.objectId, bytes, 0, 12);
}

/** The document with an `_id` as its first field, and that `_id`. */
function withId(document: Buffer): { document: Buffer; id: Value } {
  const id = idOf(document);
  if (id && isFirst(document)) return { document, id };
  const chosen = id ?? newObjectId();
  return { document: withIdFirst(document, chosen), id: chosen };
}

function isFirst(document: Buffer): boolean {
  return document[5] === 0x5f && document[6] === 0x69 && document[7] === 0x64 && document[8] === 0;
}

function checkDocument(document: Buffer, id: Value): void {
  if (document.length > maxDocumentBytes) {
    throw new CommandError(
      'BSONObjectTooLarge',
      `object to insert too large. size in bytes: ${document.length}, max size: ${maxDocumentBytes}`,
    );
  }
  if (id.type === BsonType.array || id.type === BsonType.regex || id.type === BsonType.undefined)
    throw new CommandError('InvalidIdField', "The '_id' value cannot be of type array, regex or undefined");
  if (id.type === BsonType.object && someField(id.bytes, id.start, (name) => name.startsWith('$')))
    throw new CommandError('DollarPrefixedFieldName', "_id fields may not contain '$'-prefixed fields");
}

/** Inserts one document and returns its `_id`. Throws `DuplicateKey` and others before anything is written. */
export function insertDocument(engine: Engine, target: Target, given: Buffer): Value {
  const { document, id } = withId(given);
  checkDocument(document, id);
  engine.records.insert(target.collection, recordKeyOf(id), document);
  target.changes.add({ kind: 'insert', document });
  return id;
}

/** Applies an update to one document; undefined if it changed nothing. */
export function updateDocument(
  engine: Engine,
  target: Target,
  match: { recordKey: Buffer; document: Buffer; update: Update; matchedIndex: number },
): Buffer | undefined {
  const { recordKey, document: before, update } = match;
  const context = { matchedIndex: match.matchedIndex, isInsert: false };
  const { document: after, roots, describe } = update.apply(before, context);
  if (after.equals(before)) return undefined;
  if (after.length > maxDocumentBytes) {
    throw new CommandError('BSONObjectTooLarge', `Resulting document after update is larger than ${maxDocumentBytes}`);
  }
  engine.records.replace(target.collection, recordKey, { before, after, roots });
  if (describe) target.changes.add({ kind: 'update', document: documentKeyOf(after), change: describe() });
  else target.changes.add({ kind: 'replace', document: after });
  return after;
}

/** Deletes one document. */
export function deleteDocument(engine: Engine, target: Target, match: { recordKey: Buffer; document: Buffer }): void {
  engine.records.remove(target.collection, match.recordKey, match.document);
  target.changes.add({ kind: 'delete', document: documentKeyOf(match.document) });
}

/** Inserts what an upsert makes of a filter and an update. */
export function upsertDocument(
  engine: Engine,
  target: Target,
  wish: { filter: Expression; update: Update },
): { id: Value; document: Buffer } {
  const base = upsertBase(wish.filter);
  const given = wish.update.isReplacement ? documentKeyOf(base) : base;
  const { document, id } = withId(wish.update.apply(given, { matchedIndex: -1, isInsert: true }).document);
  const asked = idOf(base);
  if (asked && !asked.isIdentical(id))
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  insertDocument(engine, target, document);
  return { id, document };
}
