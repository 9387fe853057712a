// JSON as fields of a form: how nesting becomes names. Used for form bodies and for the query of a GET request.
import { Problem } from '../problem.js';

/** Most fields of a form. */
export const maxFields = 1000;
/** Deepest nesting of a form. */
export const maxFieldDepth = 32;

/**
 * The fields of a value as `[name, value]`: keys of objects and indexes of arrays stand in brackets behind the first one, as
 * in `user[name]` and `lines[0][sku]`; a value that is no object or array is the field `data`. Null is an empty text, an
 * empty object or array no field. Throws `TOO_LARGE` for more than 1,000 fields or 32 levels.
 */
export function flatten(value: unknown): [string, string][] {
  const fields: [string, string][] = [];
  add(fields, '', value, 0);
  return fields;
}

function add(fields: [string, string][], name: string, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) {
    if (fields.length === maxFields) throw new Problem('TOO_LARGE', `a form has at most ${maxFields} fields`);
    fields.push([name === '' ? 'data' : name, toText(value)]);
    return;
  }
  if (depth === maxFieldDepth) throw new Problem('TOO_LARGE', `a form is nested at most ${maxFieldDepth} levels deep`);
  for (const [key, item] of Object.entries(value)) add(fields, name === '' ? key : `${name}[${key}]`, item, depth + 1);
}

function toText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value as string | number | boolean);
}

/** Fields as `application/x-www-form-urlencoded`. Never throws. */
export function encodeFields(fields: readonly (readonly [string, string])[]): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
}
