// Projections of find: which fields of a document are answered. Computed fields are a matter of aggregation.
import { BsonType, documentValue, type Value } from './bson-raw.js';
import { BsonWriter } from './bson-write.js';
import { badValue, notSupported } from './errors.js';

/** Takes a document and gives what of it is asked for. */
export type Projection = (document: Buffer) => Buffer;

interface Branch {
  readonly children: Map<string, Branch>;
}

/** Compiles a projection of 0 and 1; undefined if it asks for everything. Names what it does not support. */
export function compileProjection(spec: Value | undefined): Projection | undefined {
  if (spec === undefined || spec.type !== BsonType.object) return undefined;
  const fields = spec.fields();
  if (fields.length === 0) return undefined;
  let idFlag: boolean | undefined;
  let isInclusion: boolean | undefined;
  const root: Branch = { children: new Map() };
  for (const [name, flag] of flatten(fields, '')) {
    if (name === '_id') {
      idFlag = flag;
      continue;
    }
    if (isInclusion !== undefined && isInclusion !== flag) {
      throw badValue(`Cannot mix inclusion and exclusion (field ${name})`);
    }
    isInclusion = flag;
    addPath(root, name);
  }
  const includes = isInclusion ?? idFlag ?? false;
  if (includes ? idFlag !== false : idFlag === false) addPath(root, '_id');
  const writer = new BsonWriter();
  return (document) => {
    writer.position = 0;
    project(writer, documentValue(document), { branch: root, includes });
    return writer.take();
  };
}

function flatten(fields: readonly [string, Value][], prefix: string): [string, boolean][] {
  return fields.flatMap(([name, value]): [string, boolean][] => {
    const path = prefix + name;
    if (name.startsWith('$')) throw notSupported(`The projection operator ${name}`);
    if (path.split('.').some((part) => part === '$')) throw notSupported(`The positional projection ${path}`);
    if (value.isNumber() || value.type === BsonType.boolean)
      return [[path, value.isTruthy() && !Number.isNaN(value.number() || 1)]];
    if (value.type === BsonType.object && value.fields().length > 0) return flatten(value.fields(), `${path}.`);
    throw notSupported(`A projection with a computed value (field ${path})`);
  });
}

function addPath(root: Branch, path: string): void {
  let branch = root;
  const parts = path.split('.');
  for (const [i, part] of parts.entries()) {
    const existing = branch.children.get(part);
    const isLast = i === parts.length - 1;
    if (existing && (isLast || existing.children.size === 0)) throw badValue(`Path collision at ${path}`);
    const next = existing ?? { children: new Map() };
    branch.children.set(part, next);
    branch = next;
  }
}

function project(writer: BsonWriter, document: Value, wish: { branch: Branch; includes: boolean }): void {
  const start = writer.beginDocument();
  for (const [name, value] of document.fields()) {
    const child = wish.branch.children.get(name);
    if (child === undefined) {
      if (!wish.includes) writer.value(name, value);
    } else if (child.children.size === 0) {
      if (wish.includes) writer.value(name, value);
    } else projectField(writer, { name, value }, { branch: child, includes: wish.includes });
  }
  writer.endDocument(start);
}

function projectField(
  writer: BsonWriter,
  field: { name: string; value: Value },
  wish: { branch: Branch; includes: boolean },
): void {
  const { name, value } = field;
  if (value.type === BsonType.object) {
    writer.element(value.type, name);
    project(writer, value, wish);
  } else if (value.type === BsonType.array) {
    writer.element(value.type, name);
    const start = writer.beginDocument();
    let index = 0;
    for (const element of value.elements()) {
      const isContainer = element.type === BsonType.object || element.type === BsonType.array;
      // an inclusion below leaves out elements that have nothing below
      if (!isContainer && wish.includes) continue;
      projectField(writer, { name: String(index++), value: element }, wish);
    }
    writer.endDocument(start);
  } else if (!wish.includes) writer.value(name, value);
}
