// A document that is being changed: opened only along the paths that change, all else stays undecoded bytes.
import { BsonType, documentValue, someField, Value } from './bson-raw.js';
import { BsonWriter } from './bson-write.js';
import { CommandError } from './errors.js';

/** An opened document or array. */
export interface Tree {
  readonly type: typeof BsonType.object | typeof BsonType.array;
  fields: TreeField[];
}

/** A field of an opened document; the name is ignored in arrays. */
export interface TreeField {
  name: string;
  node: Node;
}

/** A part of a document that is being changed: opened, or a value as it was. */
export type Node = Tree | Value;

/** True for an opened document or array. */
export function isTree(node: Node | undefined): node is Tree {
  return node !== undefined && !(node instanceof Value);
}

/** The type of a run of unopened fields in a row, kept as one nameless field: no value of BSON has it. */
const run = 0;

/** Opens a document or array one level deep; of a document, only the fields called so if `names` are given. */
export function openTree(value: Value, names?: ReadonlySet<string>): Tree {
  const fields: TreeField[] = [];
  const { bytes } = value;
  let runStart = value.start + 4;
  let at = runStart;
  const closeRun = () => {
    if (runStart < at) fields.push({ name: '', node: new Value(run, bytes, runStart, at) });
  };
  someField(bytes, value.start, (name, node) => {
    if (names === undefined || names.has(name)) {
      closeRun();
      fields.push({ name, node });
      runStart = node.end;
    }
    at = node.end;
    return false;
  });
  closeRun();
  return { type: value.type === BsonType.array ? BsonType.array : BsonType.object, fields };
}

/** True for a document or array, opened or not. */
export function isContainer(node: Node): boolean {
  return isTree(node) || node.type === BsonType.object || node.type === BsonType.array;
}

/** True for an array, opened or not. */
export function isArray(node: Node | undefined): boolean {
  return node !== undefined && node.type === BsonType.array;
}

/** The field of an opened document, or the element of an opened array, opened itself if it is a container. */
export function openChild(tree: Tree, name: string): Node | undefined {
  const field = fieldAt(tree, name);
  if (field === undefined) return undefined;
  if (field.node instanceof Value && isContainer(field.node)) field.node = openTree(field.node);
  return field.node;
}

/** The field called `name`, or the element with that index. */
export function fieldAt(tree: Tree, name: string): TreeField | undefined {
  return tree.type === BsonType.array ? tree.fields[Number(name)] : tree.fields.find((field) => field.name === name);
}

/** MongoDB fills arrays with at most this many nulls. */
const maxPadding = 1_500_000;

const nullValue = new Value(BsonType.null, Buffer.alloc(0), 0, 0);

/** Sets a field; a new one goes to the end. Setting behind the end of an array fills up with null. */
export function setField(tree: Tree, name: string, node: Node): void {
  const field = fieldAt(tree, name);
  if (field) {
    field.node = node;
    return;
  }
  const missing = tree.type === BsonType.array ? Number(name) - tree.fields.length : 0;
  if (missing > maxPadding)
    throw new CommandError('CannotBackfillArray', `can't backfill more than ${maxPadding} elements`);
  for (let i = 0; i < missing; i += 1) tree.fields.push({ name: '', node: nullValue });
  tree.fields.push({ name, node });
}

/** Removes a field. An element of an array becomes null: removing it would move the others. */
export function removeField(tree: Tree, name: string): void {
  const field = fieldAt(tree, name);
  if (tree.type !== BsonType.array) tree.fields = tree.fields.filter((other) => other !== field);
  else if (field) field.node = nullValue;
}

const writer = new BsonWriter();

function writeTree(tree: Tree): void {
  const start = writer.beginDocument();
  for (const [i, { name, node }] of tree.fields.entries()) {
    const shown = tree.type === BsonType.array ? String(i) : name;
    if (isTree(node)) {
      writer.element(node.type, shown);
      writeTree(node);
    } else if (node.type === run) writer.raw(node.bytes, node.start, node.end);
    else writer.value(shown, node);
  }
  writer.endDocument(start);
}

/** The bytes of an opened document. */
export function serializeTree(tree: Tree): Buffer {
  writer.position = 0;
  writeTree(tree);
  return writer.take();
}

/** The fields of an opened document, without those that were left unopened. */
export function openedFields(tree: Tree): [name: string, value: Value][] {
  const opened: [string, Value][] = [];
  for (const { name, node } of tree.fields) if (node.type !== run) opened.push([name, closeTree(node)]);
  return opened;
}

/** The document with this `_id` as its first field. */
export function withIdFirst(document: Buffer, id: Value): Buffer {
  const tree = openTree(documentValue(document), new Set(['_id']));
  const others = tree.fields.filter((field) => field.name !== '_id');
  return serializeTree({ ...tree, fields: [{ name: '_id', node: id }, ...others] });
}

/** An opened or unopened node as an undecoded value. */
export function closeTree(node: Node): Value {
  if (!isTree(node)) return node;
  const bytes = serializeTree(node);
  return new Value(node.type, bytes, 0, bytes.length);
}
