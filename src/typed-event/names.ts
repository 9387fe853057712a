// Names of GraphQL types, fields and enum values made of what JSON Schemas and event types call things. What the types are is
// the business of the files beside this one.

const graphqlName = /^[_A-Za-z][_0-9A-Za-z]*$/;
/** Longest type name made; a path of properties may be longer, and is cut and numbered then. */
const maxNameLength = 200;
const reservedValues = new Set(['true', 'false', 'null']);

/** True when the text can be the name of an enum value as it is. */
export function isEnumValueName(text: string): boolean {
  return graphqlName.test(text) && !text.startsWith('__') && !reservedValues.has(text);
}

/** The name of a type for a part of another: `OrderCreatedPayload` and `line-items` give `OrderCreatedPayload_LineItems`. */
export function toPartName(whole: string, part: string): string {
  const words = part.split(/[^0-9A-Za-z]+/).filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return `${whole}_${name === '' ? 'Value' : name}`.slice(0, maxNameLength);
}

/** The same name, or with the first free number from 2 on when it is taken. */
export function toFreeName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  let number = 2;
  while (isTaken(`${name}_${number}`)) number += 1;
  return `${name}_${number}`;
}

/**
 * Field names for property names, in their order. What is a GraphQL name stays; of the others each strange character becomes
 * an underscore, a sign at the beginning a word (`+1` gives `plus_1`), and two underscores at the beginning, which are
 * GraphQL's own, become one. Two that come out the same are told apart by numbers.
 */
export function toFieldNames(properties: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...properties];
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const isAsItIs = (property: string): boolean => graphqlName.test(property) && !property.startsWith('__');
  for (const property of all) if (isAsItIs(property)) taken.add(property);
  for (const property of all) {
    const name = isAsItIs(property) ? property : toFreeName(toFieldName(property), (one) => taken.has(one));
    taken.add(name);
    names.set(property, name);
  }
  return names;
}

function toFieldName(property: string): string {
  const worded = property.replace(/^\+/, 'plus_').replace(/^-/, 'minus_');
  const name = worded.replace(/[^_0-9A-Za-z]/gu, '_').replace(/^_{2,}/, '_');
  if (name === '_' || name === '') return 'value';
  return /^[_A-Za-z]/.test(name) ? name : `_${name}`;
}
