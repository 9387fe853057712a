// JSON Schemas from outside: checked, compiled once, and then told whether data matches. Patterns are made safe in
// safe-pattern.ts; which schema belongs to which event type is the store's knowledge.
import { Ajv, type AnySchemaObject, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { Problem } from '../problem.js';
import { findNestedRepetition } from './nested-repetition.js';
import { compilePattern } from './safe-pattern.js';
import { findSchemaExcess } from './schema-cost.js';

/** The most a schema may weigh as JSON text, in bytes of UTF-8. */
export const maxSchemaBytes = 256 * 1024;
/** How deep the objects and arrays of a schema may be nested. */
export const maxSchemaDepth = 64;

const maxPatternCost = 2_500;
const maxPatternCostInAll = 50_000;
const maxReasonLength = 500;

/** The first way in which data breaks its schema. */
export interface SchemaViolation {
  /** Where, dotted: `data`, or `data.items.0.price`. */
  readonly path: string;
  /** Why, without the path: `must be number`. At most 500 characters. */
  readonly reason: string;
}

/** A schema ready to check data with. */
export interface CompiledSchema {
  /**
   * Null when `data` matches: a JSON value as `JSON.parse` makes it, for objects without a prototype equal no `const`.
   * Changes nothing in it, fills in no defaults, converts nothing. Never throws.
   */
  check(data: unknown): SchemaViolation | null;
}

/**
 * Checks and compiles a JSON Schema: draft 2020-12, or draft-07 where `$schema` says so. Unknown keywords and formats are
 * annotations; malformed known ones are refused. `format` is asserted. References stay within the schema; recursion is
 * allowed. Patterns are those of `compilePattern`. Takes milliseconds: keep the result.
 * Raises SCHEMA_INVALID, whose field leads to the bad keyword where one is to blame, and TOO_LARGE over 256 KiB.
 */
export function compileSchema(schema: unknown, field: string): CompiledSchema {
  const copy = copySchema(schema, field);
  const draft = draftOf(copy, field);
  // Ajv's own keyword: the verdict would be a promise.
  if (Object.hasOwn(copy, '$async')) {
    throw new Problem('SCHEMA_INVALID', '$async is no keyword of JSON Schema.', { field: `${field}.$async` });
  }
  const validateSchema = draft.metaSchema();
  if (validateSchema(copy) !== true) {
    const error = worstError(validateSchema.errors ?? []);
    throw new Problem('SCHEMA_INVALID', `The schema is malformed: ${reasonOf(error)}.`, {
      field: pathOf(field, error?.instancePath ?? ''),
    });
  }
  return createCheck(compile(copy, draft, field));
}

/**
 * A schema that `compileSchema` accepted earlier, compiled when it is first needed, so that a start with many event types
 * is not slowed. `check` raises what `compileSchema` raises if the schema is not accepted after all.
 */
export function compileSchemaWhenNeeded(schema: unknown, field: string): CompiledSchema {
  let compiled: CompiledSchema | null = null;
  return {
    check(data) {
      compiled ??= compileSchema(schema, field);
      return compiled.check(data);
    },
  };
}

interface Draft {
  /** The draft's own schema for schemas. */
  metaSchema(): ValidateFunction;
  createCompiler(options: Options): Ajv;
}

const metaOptions: Options = { strict: false, validateFormats: false, logger: false };

const draft2020 = createDraft('https://json-schema.org/draft/2020-12/schema', (options) => new Ajv2020(options));
const draft07 = createDraft('http://json-schema.org/draft-07/schema', (options) => new Ajv(options));

const drafts: ReadonlyMap<string, Draft> = new Map([
  ['https://json-schema.org/draft/2020-12/schema', draft2020],
  ['http://json-schema.org/draft-07/schema', draft07],
]);

function createDraft(id: string, createCompiler: Draft['createCompiler']): Draft {
  let validate: ValidateFunction | undefined;
  return {
    createCompiler,
    metaSchema() {
      validate ??= createCompiler(metaOptions).getSchema(id);
      if (validate === undefined) throw new Problem('INTERNAL', 'The schema of JSON Schema is missing.');
      return validate;
    },
  };
}

function draftOf(schema: AnySchemaObject, field: string): Draft {
  const named: unknown = schema['$schema'];
  if (named === undefined) return draft2020;
  const draft = typeof named === 'string' ? drafts.get(named.replace(/#$/, '')) : undefined;
  if (draft !== undefined) return draft;
  throw new Problem(
    'SCHEMA_INVALID',
    `$schema names ${JSON.stringify(named)}; known are ${[...drafts.keys()].join(' and ')}.`,
    {
      field: `${field}.$schema`,
    },
  );
}

/** A copy that nobody else holds, of plain JSON. */
function copySchema(schema: unknown, field: string): AnySchemaObject {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new Problem('SCHEMA_INVALID', 'A schema is a JSON object.', { field });
  }
  if (depthOf(schema, 0) > maxSchemaDepth) {
    throw new Problem('SCHEMA_INVALID', `The schema is nested more than ${maxSchemaDepth} levels deep.`, { field });
  }
  const text = JSON.stringify(schema);
  if (Buffer.byteLength(text) > maxSchemaBytes) {
    throw new Problem('TOO_LARGE', `The schema has more than ${maxSchemaBytes} bytes of JSON text.`, { field });
  }
  const copy: AnySchemaObject = JSON.parse(text);
  const excess = findSchemaExcess(copy);
  if (excess !== null) throw new Problem('SCHEMA_INVALID', `The schema ${excess}.`, { field });
  return copy;
}

/** Counts no further than the limit, so that it ends for whatever it is given. */
function depthOf(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null || depth > maxSchemaDepth) return depth;
  return Object.values(value).reduce(
    (deepest: number, inner) => Math.max(deepest, depthOf(inner, depth + 1)),
    depth + 1,
  );
}

/** A compiler of its own for each schema: ids cannot clash, and nothing is kept of a schema that is no longer used. */
function compile(schema: AnySchemaObject, draft: Draft, field: string): ValidateFunction {
  let costLeft = maxPatternCostInAll;
  const regExp = (source: string) => {
    const nested = findNestedRepetition(source);
    if (nested !== null) {
      const message = `The regular expression ${JSON.stringify(source.slice(0, 60))} repeats a repetition, ${nested.slice(0, 60)}: whoever reads the schema may match that for ever.`;
      throw new Problem('SCHEMA_INVALID', message, { field });
    }
    const pattern = compilePattern(source, { maxCost: maxPatternCost, code: 'SCHEMA_INVALID', field });
    costLeft -= pattern.cost;
    if (costLeft < 0)
      throw new Problem('SCHEMA_INVALID', 'The regular expressions of the schema are too costly together.', { field });
    return { test: (text: string) => pattern.test(text), toString: () => `/${source}/` };
  };
  const compiler = draft.createCompiler({
    strict: false,
    logger: false,
    meta: false,
    validateSchema: false,
    allErrors: false,
    // Not what every object inherits, such as `constructor`.
    ownProperties: true,
    // 19.99 is a multiple of 0.01, whatever binary fractions make of it.
    multipleOfPrecision: 9,
    // A definition that is used a thousand times is compiled once.
    inlineRefs: false,
    formats,
    // The engine optimises well enough; leaving it to Ajv doubles the time to compile and saves none later.
    code: { optimize: false, regExp: Object.assign(regExp, { code: 'regExp' }) },
  });
  compiler.removeKeyword('uniqueItems');
  compiler.addKeyword(uniqueItems);
  try {
    return compiler.compile(schema);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('SCHEMA_INVALID', `The schema cannot be used: ${whyUnusable(error)}.`, { field, cause: error });
  }
}

function whyUnusable(error: unknown): string {
  // What is compiled is nested code, which the engine reads as deep as its stack goes.
  if (error instanceof RangeError) return 'it says too much in one place';
  return shorten(error instanceof Error ? error.message : 'it does not compile');
}

const { url, ...safeFormats } = fullFormats;
/** All formats of ajv-formats. Only `url` takes more than linear time, and gets a bound. */
const formats: NonNullable<Options['formats']> = {
  ...safeFormats,
  url: (text: string) => text.length <= 2_048 && url instanceof RegExp && url.test(text),
};

/** Ajv's own compares every pair of items. */
const uniqueItems = {
  keyword: 'uniqueItems',
  type: 'array' as const,
  schemaType: 'boolean' as const,
  error: { message: 'must NOT have duplicate items' },
  validate: (isWanted: boolean, items: readonly unknown[]) =>
    !isWanted || new Set(items.map(canonicalText)).size === items.length,
};

/** The same text for equal JSON values, whatever the order of their keys. */
function canonicalText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${canonicalText(inner)}`);
  return `{${members.sort().join()}}`;
}

function createCheck(validate: ValidateFunction): CompiledSchema {
  return {
    check(data) {
      try {
        if (validate(data)) return null;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return { path: 'data', reason: 'is nested too deep, or its schema refers to itself without going deeper' };
      }
      const errors = validate.errors ?? [];
      validate.errors = null;
      const error = worstError(errors);
      return { path: pathOf('data', error?.instancePath ?? ''), reason: reasonOf(error) };
    },
  };
}

/** The error that tells most: of the branches of a choice, the one that got furthest into the data. */
function worstError(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const levels = (error: ErrorObject | undefined) => error?.instancePath.split('/').length ?? 0;
  const causes = errors.filter((error) => error.keyword !== 'if');
  return causes.reduce((worst, error) => (levels(error) > levels(worst) ? error : worst), causes.at(-1) ?? errors[0]);
}

function pathOf(root: string, pointer: string): string {
  const parts = pointer.split('/').slice(1);
  return [root, ...parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))].join('.');
}

function reasonOf(error: ErrorObject | undefined): string {
  if (error === undefined) return 'does not match the schema';
  const { message = `breaks ${error.keyword}`, params } = error;
  switch (error.keyword) {
    case 'enum':
      return shorten(`must be one of ${JSON.stringify(params['allowedValues'])}`);
    case 'const':
      return shorten(`must be ${JSON.stringify(params['allowedValue'])}`);
    case 'additionalProperties':
      return shorten(`${message}: ${JSON.stringify(params['additionalProperty'])}`);
    case 'unevaluatedProperties':
      return shorten(`${message}: ${JSON.stringify(params['unevaluatedProperty'])}`);
    case 'propertyNames':
      return shorten(`must not have a property named ${JSON.stringify(params['propertyName'])}`);
    default:
      return shorten(message);
  }
}

function shorten(text: string): string {
  return text.length > maxReasonLength ? `${text.slice(0, maxReasonLength - 1)}…` : text;
}
