// What subschemas that hold together say about a value: its types, properties, items, values and alternatives. Which GraphQL
// type that becomes is compile.ts.
import { isSubschema, type Subschema, type SubschemaReader } from './subschema.js';

/** A type of JSON Schema. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** The form of a value. */
export interface Shape {
  /** The same for the same subschemas. */
  readonly key: string;
  /** Types besides null; null when any is allowed. */
  readonly types: ReadonlySet<JsonType> | null;
  readonly isNullable: boolean;
  /** Property to the subschemas that hold for it, in the order in which they are named. */
  readonly properties: ReadonlyMap<string, readonly unknown[]>;
  readonly required: ReadonlySet<string>;
  /** True when an object has no other properties than `properties`. */
  readonly isClosed: boolean;
  /** Subschemas of all items of an array; null when nothing is said. */
  readonly items: readonly unknown[] | null;
  /** Items have schemas by their position. */
  readonly isTuple: boolean;
  /** The only values; null when there are others. */
  readonly values: readonly unknown[] | null;
  readonly format: string | null;
  /** True when every integer allowed has at most 32 bits. */
  readonly isSmall: boolean;
  /** Lists of subschemas of which one holds; null when there is no choice. */
  readonly alternatives: readonly (readonly unknown[])[] | null;
  /** Why it cannot be understood, in words that complete "It …"; null when it can. */
  readonly problem: string | null;
}

const jsonTypes: readonly JsonType[] = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** What subschemas say together. Never throws. */
export function readShape(reader: SubschemaReader, schemas: readonly unknown[]): Shape {
  const { parts, problem } = reader.gather(schemas);
  const { alternatives, plain, choiceProblem } = readChoice(reader, parts);
  const values = readValues(plain);
  const types = readTypes(plain, values);
  const others = types === null ? null : new Set([...types].filter((type) => type !== 'null'));
  const allowsNull = (types === null || types.has('null')) && (values === null || values.includes(null));
  const properties = readProperties(plain);
  const isGuessed = types === null && (properties.size > 0 || plain.some((part) => Object.hasOwn(part, 'items')));
  return {
    key: reader.keyOf(parts),
    types: isGuessed ? new Set([properties.size > 0 ? 'object' : 'array']) : others,
    isNullable: allowsNull,
    properties,
    required: new Set(plain.flatMap((part) => textsOf(part['required']))),
    isClosed: plain.some(isClosed),
    items: readItems(plain),
    isTuple: plain.some((part) => Array.isArray(part['items']) || Array.isArray(part['prefixItems'])),
    values,
    format: plain.map((part) => part['format']).find((format) => typeof format === 'string') ?? null,
    isSmall: isSmall(plain),
    alternatives,
    problem: problem ?? choiceProblem ?? (types?.size === 0 ? 'can never have a value' : null),
  };
}

/** The one choice among the parts, each alternative together with what holds in any case. */
function readChoice(
  reader: SubschemaReader,
  parts: readonly Subschema[],
): { alternatives: Shape['alternatives']; plain: readonly Subschema[]; choiceProblem: string | null } {
  const choices = parts.flatMap((part) =>
    [part['oneOf'], part['anyOf']].filter((choice) => Array.isArray(choice) && givesForm(reader, choice)),
  ) as unknown[][];
  const plain = parts.map(withoutChoice);
  const [choice] = choices;
  if (choice === undefined) return { alternatives: null, plain, choiceProblem: null };
  if (choices.length > 1) return { alternatives: null, plain, choiceProblem: 'has several choices at once' };
  return { alternatives: choice.map((one) => [...plain, one]), plain, choiceProblem: null };
}

/** False for a choice that only says which properties must be there together. */
function givesForm(reader: SubschemaReader, choice: readonly unknown[]): boolean {
  return choice.some((one) => {
    const { parts, problem } = reader.gather([one]);
    return problem !== null || parts.some((part) => Object.keys(part).some((keyword) => formKeywords.has(keyword)));
  });
}
const formKeywords = new Set(['type', 'properties', 'items', 'enum', 'const', 'format', 'oneOf', 'anyOf']);

const followedKeywords = ['oneOf', 'anyOf', '$ref', 'allOf'];
const plainParts = new WeakMap<Subschema, Subschema>();

/** The same object for the same part, so that the same parts keep the same key. */
function withoutChoice(part: Subschema): Subschema {
  if (!followedKeywords.some((keyword) => Object.hasOwn(part, keyword))) return part;
  const known = plainParts.get(part);
  if (known !== undefined) return known;
  // References and `allOf` are among the parts already.
  const { oneOf: _oneOf, anyOf: _anyOf, $ref: _ref, allOf: _allOf, ...plain } = part;
  plainParts.set(part, plain);
  return plain;
}

function readTypes(parts: readonly Subschema[], values: readonly unknown[] | null): Set<JsonType> | null {
  let types: Set<JsonType> | null = values === null ? null : new Set(values.map(typeOf));
  for (const part of parts) {
    const named = part['type'];
    if (named === undefined) continue;
    const own = textsOf(Array.isArray(named) ? named : [named]).filter(isJsonType);
    types = types === null ? new Set(own) : intersect(types, new Set(own));
  }
  if (types?.has('number') === true) types.delete('integer');
  return types;
}

const isJsonType = (text: string): text is JsonType => (jsonTypes as readonly string[]).includes(text);

function intersect(one: ReadonlySet<JsonType>, other: ReadonlySet<JsonType>): Set<JsonType> {
  const both = [...one].filter((type) => other.has(type));
  const isWhole = (a: ReadonlySet<JsonType>, b: ReadonlySet<JsonType>): boolean => a.has('integer') && b.has('number');
  return new Set([...both, ...(isWhole(one, other) || isWhole(other, one) ? ['integer' as const] : [])]);
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'boolean' : 'object';
}

function readValues(parts: readonly Subschema[]): readonly unknown[] | null {
  let values: readonly unknown[] | null = null;
  for (const part of parts) {
    const own = Object.hasOwn(part, 'const') ? [part['const']] : part['enum'];
    if (!Array.isArray(own)) continue;
    const listed: readonly unknown[] = own;
    values = values === null ? [...new Set(listed)] : values.filter((value) => listed.includes(value));
  }
  return values;
}

function readProperties(parts: readonly Subschema[]): Map<string, unknown[]> {
  const properties = new Map<string, unknown[]>();
  const forbidden = new Set<string>();
  for (const part of parts) {
    if (!isSubschema(part['properties'])) continue;
    for (const [name, schema] of Object.entries(part['properties'])) {
      if (schema === false) forbidden.add(name);
      properties.set(name, [...(properties.get(name) ?? []), schema]);
    }
  }
  for (const name of forbidden) properties.delete(name);
  return properties;
}

function isClosed(part: Subschema): boolean {
  const isOpen = isSubschema(part['patternProperties']) && Object.keys(part['patternProperties']).length > 0;
  return part['additionalProperties'] === false && !isOpen;
}

function readItems(parts: readonly Subschema[]): readonly unknown[] | null {
  const items = parts.filter((part) => Object.hasOwn(part, 'items') && !Array.isArray(part['items']));
  return items.length === 0 ? null : items.map((part) => part['items']);
}

function isSmall(parts: readonly Subschema[]): boolean {
  const numbers = (keyword: string): number[] =>
    parts.flatMap((part) => (typeof part[keyword] === 'number' ? [part[keyword]] : []));
  const least = Math.max(...numbers('minimum'), ...numbers('exclusiveMinimum'));
  const most = Math.min(...numbers('maximum'), ...numbers('exclusiveMaximum'));
  return least >= -(2 ** 31) && most <= 2 ** 31 - 1;
}

function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}
