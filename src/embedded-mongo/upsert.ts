// What an upsert takes from its filter. Applying the update to it is in write-documents.ts.
import { BsonType, type Value } from './bson-raw.js';
import { conjunctsOf, type Expression } from './match.js';
import { isTree, openChild, serializeTree, setField, type Tree } from './tree.js';

/** The document an upsert begins with: what the filter says by equality. */
export function upsertBase(filter: Expression): Buffer {
  const tree: Tree = { type: BsonType.object, fields: [] };
  const id: Tree = { type: BsonType.object, fields: [] };
  for (const conjunct of conjunctsOf(filter)) {
    const equal = equalityOf(conjunct);
    if (!equal) continue;
    setPath(equal.path[0] === '_id' ? id : tree, equal.path, equal.value);
  }
  return serializeTree({ ...tree, fields: [...id.fields, ...tree.fields] });
}

function equalityOf(conjunct: Expression): { path: readonly string[]; value: Value } | undefined {
  if (conjunct.kind === 'or' && conjunct.children.length === 1) return equalityOf(conjunct.children[0] as Expression);
  if (conjunct.kind !== 'field') return undefined;
  const { operator, operand } = conjunct.predicate;
  if (operand === undefined) return undefined;
  if (operator === 'eq') return { path: conjunct.path.parts, value: operand };
  if (operator !== 'in') return undefined;
  const values = operand.elements();
  return values.length === 1 ? { path: conjunct.path.parts, value: values[0] as Value } : undefined;
}

function setPath(tree: Tree, path: readonly string[], value: Value): void {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    setField(tree, name, value);
    return;
  }
  let child = openChild(tree, name);
  if (!isTree(child)) {
    child = { type: BsonType.object, fields: [] };
    setField(tree, name, child);
  }
  setPath(child, rest, value);
}
