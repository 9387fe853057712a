// Readers of payload values: each gives a value as it is when it has the declared form, else an error in its place, so that an
// event of another version spoils one field and not the whole. How large an answer may grow is counted here too.
import { type GraphQLEnumType, GraphQLFloat, GraphQLInt, type GraphQLScalarType } from 'graphql';
import { Problem } from '../problem.js';

/** As much of a request's context as payloads need. */
export interface PayloadContext {
  readonly sizes: {
    /** Throws `TOO_LARGE` when an answer grows beyond its bound. */
    spend(bytes: number): void;
  };
}

/** Gives the value, null, or an error in its place. Throws `TOO_LARGE` alone. */
export type ReadValue = (value: unknown, context: PayloadContext) => unknown;

function misfit(expected: string): Problem {
  return new Problem('DATA_INVALID', `the data of this event has something else here than ${expected}`);
}

/** Values of a scalar: its texts and numbers as they are. */
export function readScalar(scalar: GraphQLScalarType): ReadValue {
  if (scalar === GraphQLInt || scalar === GraphQLFloat) {
    const fits = scalar === GraphQLInt ? (value: number) => (value | 0) === value : Number.isFinite;
    return (value) => (typeof value === 'number' && fits(value) ? value : misfit(`a number of ${scalar.name}`));
  }
  return (value, { sizes }) => {
    if (typeof value !== 'string') return misfit('a text');
    sizes.spend(value.length);
    return value;
  };
}

/** True and false. */
export const readBoolean: ReadValue = (value) => (typeof value === 'boolean' ? value : misfit('true or false'));

/** Any JSON. */
export const readJson: ReadValue = (value, { sizes }) => {
  sizes.spend(JSON.stringify(value).length);
  return value;
};

/** Values of an enum. */
export function readEnum(type: GraphQLEnumType): ReadValue {
  return (value) =>
    typeof value === 'string' && type.getValue(value) !== undefined ? value : misfit(`a value of ${type.name}`);
}

/** Objects; their fields are read when they are asked for. */
export const readObject: ReadValue = (value) =>
  typeof value === 'object' && !Array.isArray(value) ? value : misfit('an object');

/** Lists, each item read; an error takes the place of the item that does not fit. */
export function readList(readItem: ReadValue): ReadValue {
  return (value, context) => {
    if (!Array.isArray(value)) return misfit('a list');
    return value.map((item) => (item === null ? null : readItem(item, context)));
  };
}
