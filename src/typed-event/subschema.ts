// The parts of a JSON Schema brought together: references followed, `allOf` laid side by side. What they mean together is
// shape.ts. Takes schemas that event-type/json-schema.ts has accepted.

/** A schema within a schema, as an object; `true` is an empty one. */
export type Subschema = Readonly<Record<string, unknown>>;

/** Subschemas that hold together for one value. */
export interface Gathered {
  /** Each once, references replaced by what they refer to. */
  readonly parts: readonly Subschema[];
  /** Why they cannot be understood, in words that complete "It …"; null when they can. */
  readonly problem: string | null;
}

/** Reads the parts of one schema. */
export interface SubschemaReader {
  /** All that hold for a value for which these hold. Never throws. */
  gather(schemas: readonly unknown[]): Gathered;
  /** The same for the same parts, whatever their order. */
  keyOf(parts: readonly Subschema[]): string;
  /** The last step of a reference that is all there is to a schema, such as `address` of `#/$defs/address`; else null. */
  definitionOf(schema: unknown): string | null;
}

/** Keywords that say something about a value's form. A schema without any adds nothing. */
const formKeywords = [
  'type',
  'properties',
  'required',
  'additionalProperties',
  'unevaluatedProperties',
  'patternProperties',
  'items',
  'prefixItems',
  'enum',
  'const',
  'format',
  'minimum',
  'maximum',
  'oneOf',
  'anyOf',
];
/** References that are resolved while data is checked, not by where they stand. */
const dynamicKeywords = ['$dynamicRef', '$recursiveRef'];

const empty: Subschema = Object.freeze({});
const never: Subschema = Object.freeze({ not: true });

/** True for a JSON object. */
export function isSubschema(value: unknown): value is Subschema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A reader for a schema and what lies within it. */
export function readSubschemas(root: Subschema): SubschemaReader {
  const numbers = new WeakMap<object, number>();
  const resolveReference = createResolveReference(root);
  let lastNumber = 0;
  const isDraft07 = typeof root['$schema'] === 'string' && root['$schema'].includes('draft-07');

  function numberOf(part: Subschema): number {
    const known = numbers.get(part);
    if (known !== undefined) return known;
    lastNumber += 1;
    numbers.set(part, lastNumber);
    return lastNumber;
  }

  function gather(schemas: readonly unknown[]): Gathered {
    const seen = new Set<Subschema>();
    const parts: Subschema[] = [];
    let problem: string | null = null;
    const visit = (schema: unknown): void => {
      const part = schema === true ? empty : isSubschema(schema) ? schema : never;
      if (seen.has(part)) return;
      seen.add(part);
      if (part === never) problem ??= 'can never have a value';
      if (dynamicKeywords.some((keyword) => Object.hasOwn(part, keyword)))
        problem ??= 'refers to something that is known only when data is checked';
      const reference = part['$ref'];
      if (reference !== undefined) {
        const target = resolveReference(reference);
        if (target === undefined) problem ??= `refers to ${JSON.stringify(reference)}, which is not within the schema`;
        else visit(target);
        if (isDraft07) return;
      }
      if (formKeywords.some((keyword) => Object.hasOwn(part, keyword))) parts.push(part);
      if (Array.isArray(part['allOf'])) for (const inner of part['allOf']) visit(inner);
    };
    for (const schema of schemas) visit(schema);
    return { parts, problem };
  }

  return {
    gather,
    keyOf: (parts) =>
      parts
        .map(numberOf)
        .sort((a, b) => a - b)
        .join(),
    definitionOf(schema) {
      if (!isSubschema(schema) || typeof schema['$ref'] !== 'string') return null;
      const says = formKeywords.some((keyword) => Object.hasOwn(schema, keyword)) || Object.hasOwn(schema, 'allOf');
      if (says && !isDraft07) return null;
      return /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(schema['$ref'])?.[1] ?? null;
    },
  };
}

/**
 * Tells what a reference within the schema points at: by a JSON Pointer (RFC 6901), by an anchor, or by the id of a part;
 * undefined when it points at nothing. Never throws.
 */
export function createResolveReference(root: Subschema): (reference: unknown) => unknown {
  let named: ReadonlyMap<string, Subschema> | null = null;
  return (reference) => {
    if (typeof reference !== 'string') return undefined;
    if (reference === '#') return root;
    if (reference.startsWith('#/')) return followPointer(root, reference);
    named ??= readNames(root);
    return named.get(reference);
  };
}

function followPointer(root: Subschema, reference: string): unknown {
  let target: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    if (typeof target !== 'object' || target === null) return undefined;
    const key = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
    target = Object.hasOwn(target, key) ? (target as Record<string, unknown>)[key] : undefined;
  }
  return target;
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** What has an anchor or an id, by the reference to it; the first where there are more. */
function readNames(root: Subschema): ReadonlyMap<string, Subschema> {
  const named = new Map<string, Subschema>();
  const visit = (within: unknown): void => {
    if (typeof within !== 'object' || within === null) return;
    if (isSubschema(within)) {
      const { $anchor, $id } = within;
      if (typeof $id === 'string' && !named.has($id)) named.set($id, within);
      if (typeof $anchor === 'string' && !named.has(`#${$anchor}`)) named.set(`#${$anchor}`, within);
    }
    for (const inner of Object.values(within)) visit(inner);
  };
  visit(root);
  return named;
}
