// What a command writes into a collection, inside a write transaction: documents found, inserted, changed and deleted, with their oplog
// operations. The commands around it are in commands/.
import { BsonType, someField, Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import type { Collection } from './catalog.js';
import type { Engine } from './engine.js';
import { CommandError } from './errors.js';
import { idOf } from './key-encoding.js';
import { bson } from './lazy.js';
import { conjunctsOf, type Expression, matchedIndexIn, matchesDocument } from './match.js';
import type { Operation } from './oplog.js';
import { type Plan, plan } from './planner.js';
import { documentKeyOf, maxDocumentBytes, recordKeyOf } from './records.js';
import type { SortField } from './sort.js';
import { type Match, openStream, readAll } from './stream.js';
import { withIdFirst } from './tree.js';
import type { Update } from './update.js';
import { upsertBase } from './upsert.js';
import { notingPauses, type Work } from './work.js';

/** The collection, made if it is not there. */
export function collectionFor(engine: Engine, db: string, name: string): Collection {
  const found = engine.catalog.find(`${db}.${name}`);
  if (found) return found;
  const created = engine.catalog.create(db, name);
  engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ create: name }) }]);
  return created;
}

/** Which documents a write is about. */
export interface Search {
  readonly filter: Expression;
  readonly sort?: readonly SortField[];
  readonly hint?: string | undefined;
  /** how to read, if it is not to be chosen */
  readonly plan?: Plan;
  /** 0: all */
  readonly limit: number;
}

/** Documents found by a multi-document write are kept until they are written, up to about this many bytes. */
const maxHeldBytes = 4 * 1024 * 1024;

/** How many documents are written between two places where the work may stop. */
const writesPerStep = 50;

/** What one command writes into one collection. */
export class Target {
  readonly collection: Collection;
  private readonly engine: Engine;
  private operations: Operation[] = [];

  constructor(engine: Engine, collection: Collection) {
    this.engine = engine;
    this.collection = collection;
  }

  /** Writes the operations to the oplog. Must be called before every yield and at the end. */
  flush(): void {
    this.engine.oplog.append(this.collection.namespace, this.operations);
    this.operations = [];
  }

  /** Inserts one document and returns its `_id`. Throws `DuplicateKey` and others before anything is written. */
  insert(given: Buffer): Value {
    const { document, id } = withId(given);
    checkDocument(document, id);
    this.engine.records.write(this.collection, recordKeyOf(id), { before: undefined, after: document });
    this.operations.push({ kind: 'insert', document });
    return id;
  }

  /** Applies an update to a document that the filter found; undefined if it changed nothing. */
  update({ recordKey, document: before }: Match, update: Update, filter: Expression): Buffer | undefined {
    const matchedIndex = update.isPositional ? matchedIndexIn(filter, before) : -1;
    const { document: after, roots, describe } = update.apply(before, { matchedIndex, isInsert: false });
    if (after.equals(before)) return undefined;
    if (after.length > maxDocumentBytes)
      throw new CommandError(
        'BSONObjectTooLarge',
        `Resulting document after update is larger than ${maxDocumentBytes}`,
      );
    this.engine.records.write(this.collection, recordKey, { before, after, roots });
    if (describe) this.operations.push({ kind: 'update', document: documentKeyOf(after), change: describe() });
    else this.operations.push({ kind: 'replace', document: after });
    return after;
  }

  /** Deletes one document. */
  remove({ recordKey, document }: Match): void {
    this.engine.records.write(this.collection, recordKey, { before: document, after: undefined });
    this.operations.push({ kind: 'delete', document: documentKeyOf(document) });
  }

  /** Inserts what an upsert makes of a filter and an update. */
  upsert(filter: Expression, update: Update): { id: Value; document: Buffer } {
    const base = upsertBase(filter);
    const given = update.isReplacement ? documentKeyOf(base) : base;
    const { document, id } = withId(update.apply(given, { matchedIndex: -1, isInsert: true }).document);
    const asked = idOf(base);
    if (asked && !asked.isIdentical(id))
      throw new CommandError(
        'ImmutableField',
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      );
    this.insert(document);
    return { id, document };
  }

  /** Visits every match once, and gives how many there were. What others may have changed since it was found is read again. */
  *forEachMatch(search: Search, visit: (match: Match) => void): Work<number> {
    const { engine, collection } = this;
    for (;;) {
      const found = yield* notingPauses(this.collect(search), () => this.flush());
      let { wasPaused } = found;
      let matched = 0;
      for (const [i, { recordKey, document: held }] of found.value.entries()) {
        if (wasPaused && engine.catalog.find(collection.namespace) !== collection) return matched;
        const isCertain = held !== undefined && !wasPaused;
        const document = isCertain ? held : engine.records.get(collection, recordKey);
        if (!document || !(isCertain || matchesDocument(search.filter, document))) continue;
        matched += 1;
        visit({ recordKey, document });
        if ((i + 1) % writesPerStep !== 0) continue;
        this.flush();
        if (yield) wasPaused = true;
      }
      // the only one that was wanted is no longer there: another may be
      if (search.limit !== 1 || matched > 0 || found.value.length === 0) return matched;
    }
  }

  /** The documents that match; those behind the first few MB come without their document. */
  private *collect(search: Search): Work<{ recordKey: Buffer; document: Buffer | undefined }[]> {
    const { engine, collection } = this;
    const { filter, sort = [], hint, limit } = search;
    const recordKey = hint === undefined ? recordKeyIn(filter) : undefined;
    if (recordKey) {
      const document = engine.records.get(collection, recordKey);
      return document && matchesDocument(filter, document) ? [{ recordKey, document }] : [];
    }
    const chosen = search.plan ?? plan(collection, filter, { sort, hint });
    const found: { recordKey: Buffer; document: Buffer | undefined }[] = [];
    let heldBytes = 0;
    yield* readAll(openStream(engine.storage, collection, { plan: chosen, sort, limit }), ({ recordKey, document }) => {
      heldBytes += document.length;
      found.push({ recordKey, document: heldBytes > maxHeldBytes ? undefined : document });
      return found.length !== limit;
    });
    return found;
  }
}

/** The key of the only document that a filter can match, if the filter names its `_id`. */
function recordKeyIn(filter: Expression): Buffer | undefined {
  for (const conjunct of conjunctsOf(filter)) {
    if (conjunct.kind !== 'field' || conjunct.path.text !== '_id') continue;
    const { operator, operand } = conjunct.predicate;
    if (operator === 'eq' && operand && operand.type !== BsonType.array) return recordKeyOf(operand);
  }
  return undefined;
}

export function newObjectId(): Value {
  const { ObjectId } = bson();
  return new Value(BsonType.objectId, Buffer.from(new ObjectId().id), 0, 12);
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
