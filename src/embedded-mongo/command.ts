// What a command is to this server: its parsed form, its options, its answer. The commands themselves are in commands/.
import { BsonType, documentValue, type Value } from './bson-raw.js';
import { badValue, CommandError, failedToParse, typeMismatch } from './errors.js';
import { checkCollation } from './index-spec.js';

/** A command as it came over the wire. */
export interface Command {
  readonly name: string;
  readonly db: string;
  readonly fields: ReadonlyMap<string, Value>;
  /** document sequences of OP_MSG by name */
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>;
  /** the connection it came by */
  readonly connectionId: number;
}

/** What a command answers: fields to be written, or a finished document. `ok: 1` and the cluster time are added. */
export type Reply = object | Buffer;

/** Understood on every command. Those listed in README.md as advisory are accepted and change nothing. */
const genericFields: readonly string[] =
  '$db lsid $clusterTime $readPreference readConcern writeConcern maxTimeMS comment apiVersion apiStrict apiDeprecationErrors txnNumber'.split(
    ' ',
  );

/** Refuses what the command does not know, and what nobody here knows. */
export function checkFields(command: Command, known: readonly string[]): void {
  for (const [name, value] of command.fields) {
    if (name === 'startTransaction' || name === 'autocommit')
      throw new CommandError(
        'OperationNotSupportedInTransaction',
        'Transactions are not supported by the embedded store; set MONGODB_URI to use a MongoDB server',
      );
    if (name === 'collation') checkCollation(value);
    else if (name !== command.name && !known.includes(name) && !genericFields.includes(name))
      throw unknownField(command, name);
  }
  for (const name of command.sequences.keys()) if (!known.includes(name)) throw unknownField(command, name);
}

function unknownField(command: Command, name: string): CommandError {
  const field = `${command.name}.${name}`;
  const message = `BSON field '${field}' is an unknown field, or one the embedded store does not support.`;
  return new CommandError('Location40415', message);
}

/** The collection a command names, as `db.collection`. */
export function namespaceOf(command: Command): { db: string; collection: string; namespace: string } {
  const value = command.fields.get(command.name);
  if (value?.type !== BsonType.string) {
    throw new CommandError('InvalidNamespace', `collection name has invalid type for ${command.name}`);
  }
  const collection = value.text();
  checkNamespace(command.db, collection);
  return { db: command.db, collection, namespace: `${command.db}.${collection}` };
}

/** Throws `InvalidNamespace` for names MongoDB would not take (manual, "Naming Restrictions"). */
export function checkNamespace(db: string, collection: string): void {
  if (db === '' || db.length > 63 || /[/\\. "$*<>:|?\0]/.test(db))
    throw new CommandError('InvalidNamespace', `Invalid database name: '${db}'`);
  const isValid =
    collection !== '' &&
    !collection.includes('$') &&
    !collection.includes('\0') &&
    !collection.startsWith('.') &&
    !collection.endsWith('.');
  if (!isValid) throw new CommandError('InvalidNamespace', `Invalid namespace specified '${db}.${collection}'`);
  if (Buffer.byteLength(`${db}.${collection}`) > 255)
    throw new CommandError('InvalidNamespace', `Fully qualified namespace is too long: ${db}.${collection}`);
}

/** The option as a number, or `otherwise` if it is not given. Throws `TypeMismatch` for what is not a number. */
export function numberOption(fields: ReadonlyMap<string, Value>, name: string, otherwise: number): number {
  const value = fields.get(name);
  if (value === undefined || value.type === BsonType.null) return otherwise;
  if (!value.isNumber()) throw typeMismatch(`BSON field '${name}' is the wrong type, expected a number`);
  const number = value.number();
  if (!Number.isFinite(number) || number < 0)
    throw badValue(`BSON field '${name}' value must be >= 0, actual value '${number}'`);
  return Math.trunc(number);
}

/** The option as a truth value; false if it is not given. */
export function flagOption(fields: ReadonlyMap<string, Value>, name: string): boolean {
  const value = fields.get(name);
  return value?.isTruthy() ?? false;
}

/** The option as a document; an empty one if it is not given. Throws `TypeMismatch`. */
export function documentOption(fields: ReadonlyMap<string, Value>, name: string): Value {
  const value = fields.get(name);
  if (value === undefined || value.type === BsonType.null) return emptyDocument;
  if (value.type !== BsonType.object)
    throw typeMismatch(`BSON field '${name}' is the wrong type, expected type 'object'`);
  return value;
}

/** A document without fields. */
export const emptyDocument = documentValue(Buffer.from([5, 0, 0, 0, 0]));

/** The documents of `insert`, `update` or `delete`: from a document sequence, or from an array in the command. */
export function documentsOf(command: Command, name: string): readonly Buffer[] {
  const sequence = command.sequences.get(name);
  if (sequence) return sequence;
  const value = command.fields.get(name);
  if (value?.type !== BsonType.array)
    throw failedToParse(`BSON field '${command.name}.${name}' is missing but a required field`);
  return value.elements().map((element) => {
    if (element.type !== BsonType.object)
      throw typeMismatch(`BSON field '${command.name}.${name}' must be an array of objects`);
    return element.raw();
  });
}

/** The size of a first batch that `cursor: {batchSize}` asks for. */
export function cursorBatchSize(command: Command, otherwise: number): number {
  const cursor = documentOption(command.fields, 'cursor');
  return numberOption(new Map(cursor.fields()), 'batchSize', otherwise);
}
