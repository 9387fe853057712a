// The operators of the filter language. A new one is a file beside this and a line here.
import { all } from './all.js';
import { elemMatch } from './elem-match.js';
import { eq, ne } from './equality.js';
import { exists } from './exists.js';
import { isIn, nin } from './in.js';
import { and, nor, or } from './logic.js';
import { mod } from './mod.js';
import { not } from './not.js';
import type { FieldOperator, QueryOperator } from './operator.js';
import { gt, gte, lt, lte } from './ordering.js';
import { options, regex } from './regex.js';
import { size } from './size.js';
import { isType } from './type.js';

/** Operators beside the paths of a filter, by name. */
export const queryOperators: ReadonlyMap<string, QueryOperator> = byName([and, or, nor]);

/** Operators on a path, by name. */
export const fieldOperators: ReadonlyMap<string, FieldOperator> = byName([
  eq,
  ne,
  gt,
  gte,
  lt,
  lte,
  isIn,
  nin,
  exists,
  isType,
  not,
  all,
  elemMatch,
  size,
  mod,
  regex,
  options,
]);

function byName<T extends { readonly name: string }>(operators: readonly T[]): ReadonlyMap<string, T> {
  return new Map(operators.map((operator) => [operator.name, operator]));
}
