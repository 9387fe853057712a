// Filters over events in MongoDB's query language: checked and compiled once, then evaluated for every event. The operators
// are in filter-operators/; this file reads the filter and keeps its bounds.
import { compilePattern } from '../event-type/safe-pattern.js';
import { Problem } from '../problem.js';
import {
  every,
  type FieldPlace,
  type FilterObject,
  isFilterObject,
  type OperatorPlace,
  type Test,
} from './filter-operators/operator.js';
import { fieldOperators, queryOperators } from './filter-operators/operators.js';
import { parsePath, testPath } from './filter-operators/path.js';

/** What a filter may look at. */
export interface FilterableEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string | null;
  readonly time: Date;
  readonly sequence: number;
  /** A JSON value. */
  readonly data: unknown;
}

/** A filter ready to be evaluated. */
export interface EventFilter {
  /** Whether the event passes. Never throws; takes time linear in the event, and allocates nothing for most filters. */
  matches(event: FilterableEvent): boolean;
}

/** How many filters and expressions may be nested in each other. */
export const maxFilterNesting = 16;
/** How many operators and plain comparisons a filter may have. */
export const maxFilterConditions = 200;
/** The most a filter may weigh as JSON text, in bytes of UTF-8. */
export const maxFilterBytes = 16 * 1024;
/** How many regular expressions a filter may have. */
export const maxFilterPatterns = 10;

/** How many states the regular expressions of a filter may have together. */
export const maxPatternCost = 500;
/** A longer string matches no regular expression: the time that one takes grows with the string. In characters. */
export const maxPatternText = 16_384;
const maxJsonDepth = 64;
const maxPathKeys = 32;
// Each array index in a path doubles the ways there may be to follow it.
const maxPathIndexes = 8;

const attributes: readonly string[] = ['id', 'type', 'source', 'subject', 'time', 'data', 'sequence'];

/** Whether a filter lets everything pass: absent, null or without conditions. Never throws. */
export function isFilterEmpty(filter: unknown): boolean {
  return filter === undefined || filter === null || (isFilterObject(filter) && Object.keys(filter).length === 0);
}

/**
 * Compiles a filter such as `{"type": "order.paid", "data.amount": {"$gt": 100}}`, with MongoDB's meaning: paths go through
 * arrays, a comparison holds for some element of an array, null equals what is absent, kinds of values are not mixed.
 * Paths begin with an attribute of the event; `time` compares with RFC 3339 strings. Patterns are those of
 * `compilePattern`. An absent filter or null lets everything pass.
 * Raises FILTER_INVALID, whose field leads to the part that is wrong, and TOO_LARGE over 16 KiB.
 */
export function compileFilter(filter: unknown, field: string): EventFilter {
  if (filter === undefined || filter === null) return { matches: () => true };
  const bounds: Bounds = { conditions: 0, patterns: 0, patternCost: 0 };
  return { matches: compileQuery(copyFilter(filter, field), { field, nesting: 1, isEvent: true, bounds }) };
}

interface Bounds {
  conditions: number;
  patterns: number;
  patternCost: number;
}

/** Where in the filter the compiler is. */
interface Spot {
  readonly field: string;
  readonly nesting: number;
  /** The documents here are events, not parts of their data. */
  readonly isEvent: boolean;
  readonly bounds: Bounds;
}

/** A copy that nobody else holds, of plain JSON. */
function copyFilter(filter: unknown, field: string): unknown {
  if (!isPlainJson(filter, maxJsonDepth)) {
    return refuse(field, `A filter is plain JSON, nested at most ${maxFilterNesting} deep.`);
  }
  const text = JSON.stringify(filter);
  if (Buffer.byteLength(text) > maxFilterBytes) {
    throw new Problem('TOO_LARGE', `The filter has more than ${maxFilterBytes} bytes of JSON text.`, { field });
  }
  return JSON.parse(text);
}

function isPlainJson(value: unknown, depthLeft: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null)
    return value === null || typeof value === 'string' || typeof value === 'boolean';
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === null || prototype === Object.prototype;
  return isPlain && depthLeft > 0 && Object.values(value).every((inner) => isPlainJson(inner, depthLeft - 1));
}

function compileQuery(query: unknown, spot: Spot): Test {
  if (!isFilterObject(query)) return refuse(spot.field, 'A filter is an object of conditions.');
  checkNesting(spot);
  return every(
    Object.entries(query).map(([key, operand]) => {
      const here = { ...spot, field: `${spot.field}.${key}` };
      if (!key.startsWith('$')) return compilePath(key, operand, here);
      const operator = queryOperators.get(key);
      if (operator === undefined) return refuseOperator(key, [...queryOperators.keys()], here.field);
      countCondition(here);
      return operator.compile(operand, createPlace(here));
    }),
  );
}

function compilePath(text: string, operand: unknown, spot: Spot): Test {
  const path = parsePath(text);
  if (spot.isEvent && !attributes.includes(path.keys[0] ?? '')) {
    return refuse(spot.field, `A path begins with an attribute of the event: ${attributes.join(', ')}.`);
  }
  if (path.keys.some((key) => key === '' || key.startsWith('$'))) {
    return refuse(spot.field, 'A path is made of names joined by single dots, none of them beginning with $.');
  }
  if (path.keys.length > maxPathKeys || path.indexes.filter((index) => index >= 0).length > maxPathIndexes) {
    return refuse(spot.field, `A path has at most ${maxPathKeys} names, of which ${maxPathIndexes} are array indexes.`);
  }
  const values: Values = {
    isTime: spot.isEvent && text === 'time',
    some: (test) => testPath(path, test, true),
    whole: (test) => testPath(path, test, false),
  };
  return isExpression(operand)
    ? compileExpression(operand, values, spot)
    : compileOperator('$eq', { $eq: operand }, values, spot);
}

/** How an expression reaches the values it is about. */
type Values = Pick<FieldPlace, 'isTime' | 'some' | 'whole'>;

/** A value tested by itself: an element of an array. */
const itself: Values = { isTime: false, some: (test) => test, whole: (test) => test };

function isExpression(operand: unknown): boolean {
  return isFilterObject(operand) && Object.keys(operand).some((key) => key.startsWith('$'));
}

function compileExpression(expression: unknown, values: Values, spot: Spot): Test {
  if (!isFilterObject(expression) || Object.keys(expression).length === 0) {
    return refuse(spot.field, 'An object of at least one operator belongs here, such as {"$gt": 1}.');
  }
  checkNesting(spot);
  return every(
    Object.keys(expression).map((name) =>
      compileOperator(name, expression, values, { ...spot, field: `${spot.field}.${name}` }),
    ),
  );
}

function compileOperator(name: string, siblings: FilterObject, values: Values, spot: Spot): Test {
  const operator = fieldOperators.get(name);
  if (operator === undefined) return refuseOperator(name, [...fieldOperators.keys()], spot.field);
  countCondition(spot);
  return operator.compile(siblings[name], {
    ...createPlace({ ...spot, isEvent: false }),
    ...values,
    siblings,
    expression: (expression, part) => compileExpression(expression, values, deeper(spot, part)),
    valueExpression: (expression) => compileExpression(expression, itself, deeper(spot)),
    pattern: (source, flags) => compileFilterPattern(source, flags, spot),
  });
}

function createPlace(spot: Spot): OperatorPlace {
  return {
    refuse: (reason) => refuse(spot.field, `${spot.field.slice(spot.field.lastIndexOf('.') + 1)} ${reason}.`),
    query: (filter, part) => compileQuery(filter, deeper(spot, part)),
  };
}

function deeper(spot: Spot, part?: string): Spot {
  const field = part === undefined ? spot.field : `${spot.field}.${part}`;
  return { ...spot, field, nesting: spot.nesting + 1 };
}

function compileFilterPattern(source: string, flags: string, spot: Spot): Test {
  spot.bounds.patterns += 1;
  if (spot.bounds.patterns > maxFilterPatterns) {
    return refuse(spot.field, `A filter has at most ${maxFilterPatterns} regular expressions.`);
  }
  const maxCost = maxPatternCost - spot.bounds.patternCost;
  const pattern = compilePattern(source, { flags, maxCost, code: 'FILTER_INVALID', field: spot.field });
  spot.bounds.patternCost += pattern.cost;
  return (value) => typeof value === 'string' && value.length <= maxPatternText && pattern.test(value);
}

function countCondition(spot: Spot): void {
  spot.bounds.conditions += 1;
  if (spot.bounds.conditions <= maxFilterConditions) return;
  refuse(spot.field, `A filter has at most ${maxFilterConditions} conditions.`);
}

function checkNesting(spot: Spot): void {
  if (spot.nesting > maxFilterNesting) refuse(spot.field, `A filter is nested at most ${maxFilterNesting} deep.`);
}

function refuseOperator(name: string, known: readonly string[], field: string): never {
  return refuse(field, `There is no operator ${JSON.stringify(name)} here; known are ${known.join(', ')}.`);
}

function refuse(field: string, message: string): never {
  throw new Problem('FILTER_INVALID', message, { field });
}
