// The scalars of formats that only payloads of events have, and which scalar a format becomes. Those of the whole API are
// handed in.
import { GraphQLFloat, GraphQLInt, GraphQLScalarType, GraphQLString } from 'graphql';
import type { Shape } from './shape.js';

/** Scalars of the API that payloads use too. */
export interface ApiScalars {
  /** Must show a text as it is. */
  readonly dateTime: GraphQLScalarType;
  readonly json: GraphQLScalarType;
}

const asItIs = (value: unknown): unknown => value;

/** Format `uri`. */
export const uriScalar = new GraphQLScalarType({
  name: 'URI',
  description: 'A URI (RFC 3986), as the publisher wrote it.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3986',
  serialize: asItIs,
});

/** Format `uuid`. */
export const uuidScalar = new GraphQLScalarType({
  name: 'UUID',
  description: 'A UUID (RFC 9562), as the publisher wrote it.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc9562',
  serialize: asItIs,
});

/** Format `email`. */
export const emailAddressScalar = new GraphQLScalarType({
  name: 'EmailAddress',
  description: 'An email address (RFC 5321), as the publisher wrote it.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2',
  serialize: asItIs,
});

const scalars = new Map([
  ['uri', uriScalar],
  ['uuid', uuidScalar],
  ['email', emailAddressScalar],
]);

/** The scalar of a text. Other formats are texts like any other. */
export function scalarOfText(format: string | null, { dateTime }: ApiScalars): GraphQLScalarType {
  return format === 'date-time' ? dateTime : (scalars.get(format ?? '') ?? GraphQLString);
}

/** `Int` where every value allowed fits it, else `Float`, which keeps all the digits that JSON has. */
export function scalarOfNumber({ types, isSmall, values }: Pick<Shape, 'types' | 'isSmall' | 'values'>): {
  readonly scalar: GraphQLScalarType;
  readonly note: string | null;
} {
  if (types?.has('integer') !== true) return { scalar: GraphQLFloat, note: null };
  const areSmall = values?.every((value) => typeof value === 'number' && (value | 0) === value) === true;
  if (isSmall || areSmall) return { scalar: GraphQLInt, note: null };
  return { scalar: GraphQLFloat, note: 'A whole number, which may outgrow `Int`.' };
}
