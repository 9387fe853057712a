// What a new version of a schema means for those who know the old one: which data is still understood, with the reason for each
// place. A property that is not described counts as one that is not there, as it does for readers. Says BREAKING where it cannot
// be sure.

/** Whether old and new versions understand each other's data. */
export type Compatibility =
  /** Each version understands the data of the other. */
  | 'FULL'
  /** The new version understands old data; who knows the old one may not understand new data. */
  | 'BACKWARD'
  /** Who knows the old version understands new data; the new version may not understand old data. */
  | 'FORWARD'
  /** Neither. */
  | 'BREAKING';

/** What changed at one place. */
export interface SchemaChange {
  /** Dotted path from `data`; `[]` stands for the items of a list. */
  readonly path: string;
  /** What is kept by this change alone. */
  readonly kind: Compatibility;
  /** In a sentence without its end. */
  readonly reason: string;
}

/** The verdict with its reasons. */
export interface SchemaComparison {
  readonly compatibility: Compatibility;
  /** At most 100, in the order of the schemas. */
  readonly changes: SchemaChange[];
}

type Schema = Readonly<Record<string, unknown>>;

const maxChanges = 100;
const maxDepth = 64;
/** Keywords that are looked into, or that say nothing about data. */
const understood = new Set([
  ...['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'const'],
  ...['title', 'description', 'default', 'examples', 'example', '$comment', '$schema', '$id', 'deprecated'],
]);

/** Compares two versions of a schema; null stands for any JSON. Never throws. */
export function compareSchemas(before: unknown, after: unknown): SchemaComparison {
  const changes: SchemaChange[] = [];
  const tell = (path: string, kind: Compatibility, reason: string): void => {
    changes.push({ path, kind, reason });
  };
  compare(toSchema(before), toSchema(after), { path: 'data', depth: 0, tell });
  return { compatibility: togetherOf(changes.map(({ kind }) => kind)), changes: changes.slice(0, maxChanges) };
}

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly tell: (path: string, kind: Compatibility, reason: string) => void;
}

function compare(before: Schema, after: Schema, place: Place): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const { path, depth, tell } = place;
  const others = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((one) => !understood.has(one));
  for (const keyword of others)
    if (JSON.stringify(before[keyword]) !== JSON.stringify(after[keyword]))
      tell(path, 'BREAKING', `${keyword} changed, which may allow and refuse other data`);
  compareSets(typesOf(before), typesOf(after), { ...place, what: 'type' });
  compareSets(valuesOf(before), valuesOf(after), { ...place, what: 'value' });
  if (depth >= maxDepth) {
    tell(path, 'BREAKING', 'it is nested too deep to be compared');
    return;
  }
  compareProperties(before, after, place);
  const [oldItems, newItems] = [toSchema(before['items']), toSchema(after['items'])];
  if (Array.isArray(before['items']) || Array.isArray(after['items'])) {
    if (JSON.stringify(before['items']) !== JSON.stringify(after['items'])) tell(path, 'BREAKING', 'its items changed');
  } else compare(oldItems, newItems, { ...place, path: `${path}.[]`, depth: depth + 1 });
}

function compareProperties(before: Schema, after: Schema, place: Place): void {
  const { path, depth, tell } = place;
  const [old, next] = [toSchema(before['properties']), toSchema(after['properties'])];
  const [wasRequired, isRequired] = [textsOf(before['required']), textsOf(after['required'])];
  for (const name of isRequired)
    if (!wasRequired.includes(name)) tell(`${path}.${name}`, 'FORWARD', 'it must be there now, and was optional');
  for (const name of wasRequired)
    if (!isRequired.includes(name)) tell(`${path}.${name}`, 'BACKWARD', 'it may be left out now, and was required');
  for (const [name, schema] of Object.entries(next)) {
    const inner = `${path}.${name}`;
    if (Object.hasOwn(old, name))
      compare(toSchema(old[name]), toSchema(schema), { ...place, path: inner, depth: depth + 1 });
    else if (before['additionalProperties'] === false) tell(inner, 'BACKWARD', 'it is new, and no others were allowed');
    else if (!isRequired.includes(name)) tell(inner, 'FULL', 'it is new and may be left out');
  }
  for (const name of Object.keys(old)) {
    if (Object.hasOwn(next, name)) continue;
    if (after['additionalProperties'] === false)
      tell(`${path}.${name}`, 'FORWARD', 'it is gone, and no others are allowed');
    else if (!wasRequired.includes(name)) tell(`${path}.${name}`, 'FULL', 'it is gone, and might be left out before');
  }
  compareOthers(before, after, place);
}

function compareOthers(before: Schema, after: Schema, { path, tell }: Place): void {
  const [old, next] = [before['additionalProperties'] ?? true, after['additionalProperties'] ?? true];
  if (JSON.stringify(old) === JSON.stringify(next)) return;
  if (next === false || old === true) tell(path, 'FORWARD', 'fewer other properties are allowed now');
  else if (old === false || next === true) tell(path, 'BACKWARD', 'more other properties are allowed now');
  else tell(path, 'BREAKING', 'what other properties may be changed');
}

/** Null stands for anything. */
function compareSets(
  before: readonly string[] | null,
  after: readonly string[] | null,
  { path, tell, what }: Place & { readonly what: string },
): void {
  const gone =
    before === null ? (after === null ? [] : ['any other']) : before.filter((one) => after?.includes(one) === false);
  const added =
    after === null ? (before === null ? [] : ['any other']) : after.filter((one) => before?.includes(one) === false);
  if (gone.length > 0) tell(path, 'FORWARD', `the ${what} ${gone.join(', ')} is not allowed any more`);
  if (added.length > 0) tell(path, 'BACKWARD', `the ${what} ${added.join(', ')} is allowed now`);
}

/** An integer is a number, and so both are named where a number is allowed. */
function typesOf({ type }: Schema): readonly string[] | null {
  if (type === undefined) return null;
  const types = textsOf(Array.isArray(type) ? type : [type]);
  return types.includes('number') ? [...new Set([...types, 'integer'])] : types;
}

function valuesOf(schema: Schema): readonly string[] | null {
  if (Object.hasOwn(schema, 'const')) return [JSON.stringify(schema['const'])];
  return Array.isArray(schema['enum']) ? schema['enum'].map((value) => JSON.stringify(value)) : null;
}

function togetherOf(kinds: readonly Compatibility[]): Compatibility {
  const isBackward = kinds.every((kind) => kind === 'FULL' || kind === 'BACKWARD');
  const isForward = kinds.every((kind) => kind === 'FULL' || kind === 'FORWARD');
  if (isBackward) return isForward ? 'FULL' : 'BACKWARD';
  return isForward ? 'FORWARD' : 'BREAKING';
}

function toSchema(value: unknown): Schema {
  if (value === false) return { not: {} };
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}
