// A JSON Schema as the rows of a table: one for each place in the data. How rows look is html.ts and markdown.ts.
import { createResolveReference, isSubschema, type Subschema } from '../typed-event/subschema.js';

/** One place in the data. */
export interface SchemaRow {
  /** Such as `customer.address.city`, `items[].price` or, behind an alternative, `payment (2).iban`; `data` for the whole. */
  readonly path: string;
  /** In words, such as `string` or `array of object`. */
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
  /** In words, such as `at least 1`. */
  readonly constraints: readonly string[];
}

/** Most rows of a table; the last one says that there is more. */
export const maxRows = 400;
/** How deep the places of a table lie at most. */
export const maxDepth = 12;
const maxShownLength = 200;
const maxPathLength = 500;
const maxDescriptionLength = 1000;
const maxShownValues = 50;

const bounds: Readonly<Record<string, string>> = {
  minimum: 'at least',
  maximum: 'at most',
  exclusiveMinimum: 'more than',
  exclusiveMaximum: 'less than',
  multipleOf: 'a multiple of',
  minLength: 'characters at least',
  maxLength: 'characters at most',
  minItems: 'items at least',
  maxItems: 'items at most',
  minProperties: 'properties at least',
  maxProperties: 'properties at most',
  format: 'format',
  pattern: 'pattern',
  const: 'always',
  default: 'default',
};

interface Place {
  readonly path: string;
  readonly isRequired: boolean;
  readonly depth: number;
  /** Schemas that this place lies in: one that comes again is recursive. */
  readonly within: ReadonlySet<Subschema>;
}

/** What a schema says, read once however often it is referred to. */
interface Said {
  /** The schema with what it refers to and what `allOf` lays beside it, each once. */
  readonly parts: readonly Subschema[];
  readonly isRequired: (property: string) => boolean;
  readonly type: string;
  readonly description: string;
  readonly constraints: readonly string[];
}

/** What one part says by itself; it may lie beside many others. */
interface PartSaid {
  readonly required: ReadonlySet<unknown>;
  readonly constraints: readonly string[];
}

/** The rows of a schema in the order in which it names them, at most `maxRows`; long texts are cut. Never throws. */
export function readSchemaTable(schema: unknown): readonly SchemaRow[] {
  if (!isSubschema(schema)) return [];
  const rows: SchemaRow[] = [];
  addRows(rows, createReader(schema), schema, { path: '', isRequired: true, depth: 0, within: new Set() });
  if (rows.length <= maxRows) return rows;
  const more = { path: '…', type: '', isRequired: false, description: 'The schema goes on.', constraints: [] };
  return [...rows.slice(0, maxRows - 1), more];
}

function addRows(rows: SchemaRow[], read: (schema: unknown) => Said, schema: unknown, place: Place): void {
  if (rows.length > maxRows) return;
  const { parts, type, description, constraints, isRequired } = read(schema);
  const isRecursive = parts.some((part) => place.within.has(part));
  rows.push({
    path: place.path === '' ? 'data' : place.path,
    type,
    isRequired: place.isRequired,
    description,
    constraints: isRecursive ? [...constraints, 'as further up'] : constraints,
  });
  if (isRecursive || place.depth === maxDepth) return;
  const within = new Set([...place.within, ...parts]);
  const go = (path: string, inner: unknown, isRequired: boolean): void =>
    addRows(rows, read, inner, { path, isRequired, depth: place.depth + 1, within });
  for (const part of parts) {
    for (const [name, inner] of entriesOf(part['properties'])) go(join(place.path, name), inner, isRequired(name));
    for (const [pattern, inner] of entriesOf(part['patternProperties']))
      go(join(place.path, `/${pattern}/`), inner, false);
    if (isSubschema(part['additionalProperties'])) go(join(place.path, '*'), part['additionalProperties'], false);
    const { items, prefixItems } = part;
    const tuple = listOf(Array.isArray(items) ? items : prefixItems);
    for (const [index, inner] of tuple.entries()) go(`${place.path}[${index}]`, inner, false);
    if (isSubschema(items)) go(`${place.path}[]`, items, false);
    for (const keyword of ['oneOf', 'anyOf'])
      for (const [index, inner] of listOf(part[keyword]).entries())
        go(`${place.path === '' ? 'data' : place.path} (${index + 1})`, inner, false);
  }
}

function createReader(root: Subschema): (schema: unknown) => Said {
  const resolveReference = createResolveReference(root);
  const known = new Map<unknown, Said>();
  const knownParts = new Map<Subschema, PartSaid>();

  function readPart(part: Subschema): PartSaid {
    const before = knownParts.get(part);
    if (before !== undefined) return before;
    const said = { required: new Set(listOf(part['required'])), constraints: readConstraints(part) };
    knownParts.set(part, said);
    return said;
  }

  function gather(schema: unknown): readonly Subschema[] {
    const found = new Set<Subschema>();
    const visit = (one: unknown): void => {
      if (!isSubschema(one) || found.has(one)) return;
      found.add(one);
      if (one['$ref'] !== undefined) visit(resolveReference(one['$ref']));
      for (const inner of listOf(one['allOf'])) visit(inner);
    };
    visit(schema);
    return [...found];
  }

  return (schema) => {
    const before = known.get(schema);
    if (before !== undefined) return before;
    const parts = gather(schema);
    const texts = parts.flatMap((part) => [part['description'], part['title']]);
    const description = texts.find((text) => typeof text === 'string' && text !== '');
    const said = {
      parts,
      isRequired: (property: string) => parts.some((part) => readPart(part).required.has(property)),
      type: describeType(parts, gather),
      description: typeof description === 'string' ? cut(description, maxDescriptionLength) : '',
      constraints: parts.flatMap((part) => readPart(part).constraints),
    };
    known.set(schema, said);
    return said;
  };
}
function describeType(parts: readonly Subschema[], gather: (schema: unknown) => readonly Subschema[]): string {
  for (const part of parts) {
    const types = (Array.isArray(part['type']) ? part['type'] : [part['type']]).filter(
      (one) => typeof one === 'string',
    );
    if (types.length === 0) continue;
    const items = types.includes('array') ? gather(part['items']) : [];
    const item = items.map((inner) => inner['type']).find((type) => typeof type === 'string');
    return types.map((type) => (type === 'array' && item !== undefined ? `array of ${item}` : type)).join(' or ');
  }
  if (parts.some((part) => part['oneOf'] !== undefined)) return 'one of';
  if (parts.some((part) => part['anyOf'] !== undefined)) return 'any of';
  if (parts.some((part) => part['properties'] !== undefined)) return 'object';
  return 'any';
}

function readConstraints(schema: Subschema): string[] {
  const said = Object.entries(bounds)
    .filter(([keyword]) => schema[keyword] !== undefined)
    .map(([keyword, words]) => `${words} ${show(schema[keyword])}`);
  if (Array.isArray(schema['enum'])) {
    const shown = schema['enum'].slice(0, maxShownValues).map(show);
    said.push(`one of ${cut([...shown, ...(shown.length < schema['enum'].length ? ['…'] : [])].join(', '))}`);
  }
  if (schema['uniqueItems'] === true) said.push('no item twice');
  if (schema['additionalProperties'] === false) said.push('no other properties');
  if (schema['deprecated'] === true) said.push('deprecated');
  return said;
}

function show(value: unknown): string {
  return cut(typeof value === 'string' && value !== '' ? value : JSON.stringify(value));
}

/** The beginning of a text, never with half a character at its end. */
function cut(text: string, maxLength = maxShownLength): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function join(path: string, name: string): string {
  return cut(path === '' ? name : `${path}.${name}`, maxPathLength);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isSubschema(value) ? Object.entries(value) : [];
}
