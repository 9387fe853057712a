// Sort specifications: the key by which a document sorts. Whether an index gives the order is in planner.ts.
import { BsonType, type Value } from './bson-raw.js';
import { badValue, notSupported } from './errors.js';
import { encodeValue, invert } from './key-encoding.js';
import { keyValuesAt, type Path, parsePath } from './path.js';

/** One field to sort by. */
export interface SortField {
  readonly path: Path;
  readonly isDescending: boolean;
}

/** A sort specification; `$natural: 1` (the order of the collection itself) is the same as none. */
export function compileSort(sort: Value | undefined): readonly SortField[] {
  if (sort === undefined || sort.type !== BsonType.object) return [];
  const fields: SortField[] = [];
  for (const [name, direction] of sort.fields()) {
    if (!direction.isNumber()) throw notSupported(`A sort by $meta (field ${name})`);
    const number = direction.number();
    if (number !== 1 && number !== -1)
      throw badValue('$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    if (name === '$natural') {
      if (number === -1) throw notSupported('A sort by $natural: -1');
      continue;
    }
    if (name === '' || name.split('.').some((part) => part === '' || part.startsWith('$'))) {
      throw badValue(`FieldPath field names may not be empty or start with '$': ${name}`);
    }
    fields.push({ path: parsePath(name), isDescending: number === -1 });
  }
  return fields;
}

/** Bytes whose order is the order of documents: the least element of an array ascending, the greatest descending. */
export function sortKeyOf(document: Buffer, sort: readonly SortField[]): Buffer {
  const parts = sort.map(({ path, isDescending }) => {
    const encoded = keyValuesAt(document, path).values.map(encodeValue);
    let chosen = encoded[0] as Buffer;
    for (const candidate of encoded) {
      const order = candidate.compare(chosen);
      if (isDescending ? order > 0 : order < 0) chosen = candidate;
    }
    return isDescending ? invert(chosen) : chosen;
  });
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}
