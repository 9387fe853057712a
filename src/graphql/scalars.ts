// The scalars of the SDL: how values come in and go out.
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { parseInstant } from '../instant.js';

/** Deepest nesting of a JSON value; filters and schemas have narrower bounds of their own, and better words for them. */
const maxJsonDepth = 500;

/** Instants: `Date` inside, ISO 8601 outside. */
export const dateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  // Said here too: an implementation takes the place of the SDL's definition, description included.
  description:
    'An instant, ISO 8601 in UTC with milliseconds, such as `2026-01-31T12:00:00.000Z`; in payloads of events as the publisher wrote it.',
  serialize(value) {
    if (value instanceof Date) return value.toISOString();
    // The format `date-time` as it was checked at publishing lets a few more through than what comes in here.
    if (typeof value === 'string' && /^\d{4}-\d\d-\d\d[Tt\s]\d\d:\d\d:\d\d/.test(value)) return value;
    throw new GraphQLError('DateTime cannot show a value that is no instant');
  },
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(node.kind === Kind.STRING ? node.value : null),
});

/** JSON values as they are. */
export const jsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value. In a document write it as a literal or, better, pass it as a variable.',
  serialize: (value) => value,
  parseValue(value) {
    checkJson(value);
    return value;
  },
  parseLiteral: (node, variables) => readLiteral(node, variables ?? {}, 0),
});

function readInstant(value: unknown): Date {
  const date = typeof value === 'string' ? parseInstant(value) : null;
  if (date !== null) return date;
  throw new GraphQLError('DateTime must be an ISO 8601 instant with an offset, such as 2026-01-31T12:00:00.000Z');
}

/** Refuses what is nested too deep, and numbers such as 1e999, which would silently become null. */
function checkJson(value: unknown, depth = 0): void {
  if (typeof value === 'number') checkNumber(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth >= maxJsonDepth) throw tooDeep();
  if (Array.isArray(value)) for (const item of value) checkJson(item, depth + 1);
  // Not `Object.values`: this is done for every event, and copies nothing.
  else for (const key in value) checkJson((value as Record<string, unknown>)[key], depth + 1);
}

function checkNumber(number: number): number {
  if (Number.isFinite(number)) return number;
  throw new GraphQLError('JSON must not hold a number beyond 1.8e308');
}

function readLiteral(node: ValueNode, variables: Readonly<Record<string, unknown>>, depth: number): unknown {
  if (depth > maxJsonDepth) throw tooDeep();
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return checkNumber(Number(node.value));
    case Kind.NULL:
      return null;
    case Kind.VARIABLE:
      return variables[node.name.value];
    case Kind.LIST:
      return node.values.map((item) => readLiteral(item, variables, depth + 1));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, readLiteral(value, variables, depth + 1)]),
      );
    default:
      return node satisfies never;
  }
}

function tooDeep(): GraphQLError {
  return new GraphQLError(`JSON must be nested at most ${maxJsonDepth} levels deep`);
}
