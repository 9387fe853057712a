// How much work a JSON Schema asks for, told before it is compiled: references that are followed from references multiply, so
// that a kilobyte of schema could keep a process busy for hours.
import type { AnySchemaObject } from 'ajv';

/** Most subschemas that one value may be checked against, references followed. */
export const maxSchemaSteps = 20_000;
/** Most branches of one `anyOf`, `oneOf` or `allOf`. */
export const maxSchemaBranches = 250;
/** Most members of one `properties` and the like. Each is a block within the one before it where the schema is compiled. */
export const maxSchemaMembers = 1000;

/** Keywords whose values are no schemas that are applied where they stand. */
const notApplied = new Set(['$defs', 'definitions', 'enum', 'const', 'default', 'examples', 'example', 'required']);
const choices = ['anyOf', 'oneOf', 'allOf'];
const crowds = [
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependentRequired',
  'dependencies',
  'prefixItems',
];

/** What is too much about a schema, in words that complete "The schema …"; null when nothing is. Never throws. */
export function findSchemaExcess(schema: AnySchemaObject): string | null {
  const known = new Map<object, number>();
  let excess: string | null = null;

  function stepsOf(value: unknown): number {
    if (typeof value !== 'object' || value === null) return 0;
    const before = known.get(value);
    if (before !== undefined) return before;
    // Met again on the way: a recursion, which ends where the data ends.
    known.set(value, 1);
    let steps = 1;
    for (const [key, inner] of Object.entries(value)) {
      if (choices.includes(key) && Array.isArray(inner) && inner.length > maxSchemaBranches) {
        excess = `has ${inner.length} branches in one ${key}; at most ${maxSchemaBranches} are allowed`;
      }
      if (crowds.includes(key) && typeof inner === 'object' && inner !== null) {
        const { length } = Object.keys(inner);
        if (length > maxSchemaMembers)
          excess = `has ${length} members in one ${key}; at most ${maxSchemaMembers} are allowed`;
      }
      if (key === '$ref') steps += stepsOf(targetOf(schema, inner));
      else if (!notApplied.has(key)) steps += stepsOf(inner);
      if (steps > maxSchemaSteps) break;
    }
    steps = Math.min(steps, maxSchemaSteps + 1);
    known.set(value, steps);
    return steps;
  }

  const steps = stepsOf(schema);
  if (excess === null && steps > maxSchemaSteps) {
    return `checks a value against more than ${maxSchemaSteps} subschemas, its references followed`;
  }
  return excess;
}

/** What a reference within the schema (`#/…`) points at; undefined for any other, which the compiler looks at. */
function targetOf(schema: AnySchemaObject, reference: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  let target: unknown = schema;
  for (const part of reference.slice(1).split('/').slice(1)) {
    if (typeof target !== 'object' || target === null) return undefined;
    const key = decode(part).replaceAll('~1', '/').replaceAll('~0', '~');
    target = Object.hasOwn(target, key) ? (target as Record<string, unknown>)[key] : undefined;
  }
  return target;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
