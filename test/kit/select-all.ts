// A document that selects every field of a type, and the data that its result stands for.
import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';

/** Selects all fields, recursion as deep as told. In a union each field has an alias that names its member. */
export function selectAll(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isUnionType(named)) {
    const members = named
      .getTypes()
      .map((member, index) => `... on ${member.name} ${selectFields(member, depth, index)}`);
    return `{ __typename ${members.join(' ')} }`;
  }
  return isObjectType(named) ? selectFields(named, depth, null) : '';
}

function selectFields(type: GraphQLObjectType, depth: number, member: number | null): string {
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const isLeaf = !isObjectType(getNamedType(field.type)) && !isUnionType(getNamedType(field.type));
    if (!isLeaf && depth === 0) return [];
    const alias = member === null ? '' : `m${member}_${field.name}: `;
    return [`${alias}${field.name} ${isLeaf ? '' : selectAll(field.type, depth - 1)}`];
  });
  return `{ ${fields.length === 0 ? '__typename' : fields.join(' ')} }`;
}

/** The data that a result of `selectAll` stands for, properties under their own names, absent ones left out if null. */
export function toData(type: GraphQLOutputType, result: unknown): unknown {
  if (result === null || result === undefined) return null;
  const bare = getNullableType(type) as GraphQLOutputType;
  if (isListType(bare)) return (result as unknown[]).map((item) => toData(bare.ofType as GraphQLOutputType, item));
  if (isUnionType(bare)) {
    const { __typename: name, ...rest } = result as Record<string, unknown>;
    const index = bare.getTypes().findIndex((member) => member.name === name);
    const member = bare.getTypes()[index];
    if (member === undefined) throw new Error(`no member ${String(name)}`);
    const prefix = `m${index}_`;
    return toData(
      member,
      Object.fromEntries(Object.entries(rest).map(([key, value]) => [key.slice(prefix.length), value])),
    );
  }
  if (!isObjectType(bare)) return result;
  const fields = bare.getFields();
  return Object.fromEntries(
    Object.entries(result as Record<string, unknown>).flatMap(([name, value]) => {
      const field = fields[name];
      return field === undefined ? [] : [[originalName(name, field.description), toData(field.type, value)]];
    }),
  );
}

/** Where a value is in the data, by properties and indices. */
export type DataPath = readonly (string | number)[];

/** Where an error of a result of `selectAll` is in the data, and which place it leaves null: the nearest that may be. */
export function placeOfError(
  type: GraphQLOutputType,
  path: DataPath,
): { readonly error: DataPath; readonly nulled: DataPath } {
  const error: (string | number)[] = [];
  let nulled = 0;
  let here = type;
  for (const key of path) {
    if (!isNonNullType(here)) nulled = error.length;
    const bare = getNullableType(here) as GraphQLOutputType;
    if (isListType(bare)) {
      error.push(key);
      here = bare.ofType as GraphQLOutputType;
      continue;
    }
    const aliased = /^m(\d+)_(.*)$/.exec(String(key));
    const [, member = '', name = String(key)] = isUnionType(bare) ? (aliased ?? []) : [];
    const object = isUnionType(bare) ? bare.getTypes()[Number(member)] : bare;
    const field = isObjectType(object) ? object.getFields()[name] : undefined;
    if (field === undefined) throw new Error(`no field ${name} in ${path.join('.')}`);
    error.push(originalName(name, field.description));
    here = field.type;
  }
  if (!isNonNullType(here)) nulled = error.length;
  return { error, nulled: error.slice(0, nulled) };
}

/** The property that a field shows: its description says so when it has another name. */
function originalName(field: string, description: string | null | undefined): string {
  const said = /The property ("(?:[^"\\\\]|\\\\.)*") of the data\./.exec(description ?? '')?.[1];
  return said === undefined ? field : (JSON.parse(said) as string);
}

/** The same without properties that are null: GraphQL does not tell them from absent ones. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}
