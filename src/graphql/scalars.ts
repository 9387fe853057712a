// The scalars of the SDL: how values come in and go out.
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/** Deepest nesting of a JSON value; filters and schemas have narrower bounds of their own, and better words for them. */
const maxJsonDepth = 500;

/** Instants: `Date` inside, ISO 8601 outside. */
export const dateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  serialize(value) {
    if (value instanceof Date) return value.toISOString();
    throw new GraphQLError('DateTime cannot show a value that is no instant');
  },
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(node.kind === Kind.STRING ? node.value : null),
});

/** JSON values as they are. */
export const jsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  serialize: (value) => value,
  parseValue(value) {
    checkDepth(value);
    return value;
  },
  parseLiteral: (node, variables) => readLiteral(node, variables ?? {}, 0),
});

/** RFC 3339 section 5.6, with an offset or Z, years 1 to 9999. */
const instant = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

function readInstant(value: unknown): Date {
  const date = typeof value === 'string' && instant.test(value) ? new Date(value.toUpperCase()) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime()) || date.getTime() < -62_135_596_800_000) {
    throw new GraphQLError('DateTime must be an ISO 8601 instant with an offset, such as 2026-01-31T12:00:00.000Z');
  }
  return date;
}

function checkDepth(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxJsonDepth) throw tooDeep();
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
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
      return Number(node.value);
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
