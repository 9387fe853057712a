// The updater against a slow, simple model on plain objects.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize, serialize } from 'bson';
import fc from 'fast-check';
import { documentValue } from '../../src/embedded-mongo/bson-raw.js';
import { describeChange } from '../../src/embedded-mongo/diff.js';
import { compileUpdate } from '../../src/embedded-mongo/update.js';

type Plain = Record<string, unknown>;
type Step = readonly [operator: string, path: string, operand: unknown];

const leaf = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('x', 'y', true));
const list = fc.array(leaf, { maxLength: 4 });
const document = fc.record(
  {
    n: fc.integer({ min: -5, max: 5 }),
    s: leaf,
    l: list,
    d: fc.record({ n: fc.integer(), l: list }, { requiredKeys: [], noNullPrototype: true }),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom('$set', '$min', '$max'), fc.constantFrom('s', 'd.s', 'new', 'd.x.y'), leaf),
  fc.tuple(fc.constant('$unset'), fc.constantFrom('n', 'd.n', 'nothing'), fc.constant('')),
  fc.tuple(fc.constantFrom('$inc', '$mul'), fc.constantFrom('n', 'd.n', 'count'), fc.integer({ min: -3, max: 3 })),
  fc.tuple(fc.constantFrom('$push', '$addToSet', '$pull'), fc.constantFrom('l', 'd.l'), leaf),
  fc.tuple(fc.constant('$pullAll'), fc.constantFrom('l', 'd.l'), list),
  fc.tuple(fc.constant('$pop'), fc.constantFrom('l', 'd.l'), fc.constantFrom(1, -1)),
  fc.tuple(
    fc.constant('$push'),
    fc.constantFrom('l', 'd.l'),
    fc.record({ $each: list, $slice: fc.integer({ min: -4, max: 4 }), $position: fc.integer({ min: -2, max: 5 }) }),
  ),
);

const rank = (value: unknown) => ['number', 'string', 'boolean'].indexOf(typeof value);
const isLess = (a: unknown, b: unknown) => (rank(a) === rank(b) ? (a as number) < (b as number) : rank(a) < rank(b));

function model(target: Plain, [operator, path, operand]: Step): void {
  const parts = path.split('.');
  const last = parts.pop() as string;
  let place = target;
  const creates = !['$unset', '$pull', '$pullAll', '$pop'].includes(operator);
  for (const part of parts) {
    if (place[part] === undefined) {
      if (!creates) return;
      place[part] = {};
    }
    place = place[part] as Plain;
  }
  const now = place[last];
  const items = () => [...((now as unknown[]) ?? [])];
  switch (operator) {
    case '$set':
      place[last] = operand;
      break;
    case '$min':
      if (now === undefined || isLess(operand, now)) place[last] = operand;
      break;
    case '$max':
      if (now === undefined || isLess(now, operand)) place[last] = operand;
      break;
    case '$unset':
      delete place[last];
      break;
    case '$inc':
      place[last] = ((now as number) ?? 0) + (operand as number);
      break;
    case '$mul':
      place[last] = ((now as number) ?? 0) * (operand as number) + 0;
      break;
    case '$addToSet':
      place[last] = items().includes(operand) ? items() : [...items(), operand];
      break;
    case '$pull':
      if (now) place[last] = items().filter((item) => item !== operand);
      break;
    case '$pullAll':
      if (now) place[last] = items().filter((item) => !(operand as unknown[]).includes(item));
      break;
    case '$pop':
      if (now) place[last] = operand === 1 ? items().slice(0, -1) : items().slice(1);
      break;
    default:
      place[last] = pushed(items(), operand);
  }
}

function pushed(items: unknown[], operand: unknown): unknown[] {
  if (typeof operand !== 'object') return [...items, operand];
  const { $each, $slice, $position } = operand as { $each: unknown[]; $slice: number; $position: number };
  const at = $position < 0 ? Math.max(0, items.length + $position) : $position;
  items.splice(at, 0, ...$each);
  return $slice >= 0 ? items.slice(0, $slice) : items.slice($slice);
}

const bytesOf = (plain: object) => Buffer.from(serialize(plain));
const describeBytes = (before: Buffer, after: Buffer) =>
  describeChange(documentValue(before).fields(), documentValue(after).fields());

test('an update gives what a plain model gives, and describes it as a comparison of the whole documents does', () => {
  fc.assert(
    fc.property(
      document,
      fc.uniqueArray(step, { minLength: 1, maxLength: 4, selector: ([, path]) => path }),
      (before, steps) => {
        const update: Record<string, Plain> = {};
        for (const [operator, path, operand] of steps) update[operator] = { ...update[operator], [path]: operand };
        const compiled = compileUpdate(documentValue(bytesOf(update)), new Map());
        const { document: after, describe } = compiled.apply(bytesOf(before), { matchedIndex: -1, isInsert: false });
        const expected = structuredClone(before) as Plain;
        for (const each of steps) model(expected, each);
        assert.deepEqual(deserialize(after), deserialize(bytesOf(expected)));
        assert.deepEqual(describe?.(), describeBytes(bytesOf(before), after));
      },
    ),
    { numRuns: 3000 },
  );
});

test('the description of a change, applied to the document before, gives the document after', () => {
  fc.assert(
    fc.property(document, document, (before, after) => {
      const change = deserialize(describeBytes(bytesOf(before), bytesOf(after))) as {
        updatedFields: Plain;
        removedFields: string[];
        truncatedArrays: { field: string; newSize: number }[];
      };
      const rebuilt = structuredClone(before) as Plain;
      const at = (path: string): [Plain, string] => {
        const parts = path.split('.');
        const last = parts.pop() as string;
        return [parts.reduce((place, part) => place[part] as Plain, rebuilt), last];
      };
      for (const { field, newSize } of change.truncatedArrays) {
        const [place, name] = at(field);
        (place[name] as unknown[]).length = newSize;
      }
      for (const [path, value] of Object.entries(change.updatedFields)) {
        const [place, name] = at(path);
        place[name] = value;
      }
      for (const path of change.removedFields) {
        const [place, name] = at(path);
        delete place[name];
      }
      assert.deepEqual(rebuilt, after);
    }),
    { numRuns: 2000 },
  );
});
