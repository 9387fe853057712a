// The index of subscriptions by event type and by what their filters ask for: right against a plain scan, and blind to what
// does not match.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesEventType } from '../../src/event/event-type-pattern.js';
import { compileFilter } from '../../src/event/filter.js';
import { filterKeyOf } from '../../src/event/filter-key.js';
import { createMatchingIndex, type MatchingEntry } from '../../src/webhook-subscription/matching-index.js';

const entry = (id: string, eventTypes: readonly string[], application: string | null = 'app_1'): MatchingEntry => ({
  id,
  eventTypes,
  application,
  filterKey: null,
});
const event = (type: string, applicationId: string | null) => ({ type, applicationId });
const idsOf = (entries: Iterable<MatchingEntry>) => Array.from(entries, ({ id }) => id).sort();

const words = fc.constantFrom('a', 'b', 'c');
const names = fc.array(words, { minLength: 1, maxLength: 3 }).map((list) => list.join('.'));
const patterns = fc.oneof(
  names,
  names.map((name) => `${name}.*`),
  fc.constant('*'),
);
const ids = fc.constantFrom('1', '2', '3', '4', '5', '6');
const applications = fc.constantFrom(null, 'app_1', 'app_2');
const entries = fc.record({
  id: ids,
  eventTypes: fc.array(patterns, { maxLength: 4 }),
  application: applications,
  filterKey: fc.constant(null),
});
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: entries }, ids), { maxLength: 20 });

test('after any puts and removes, the candidates are those a plain scan finds, each once', () => {
  fc.assert(
    fc.property(steps, names, applications, (list, eventType, application) => {
      const index = createMatchingIndex();
      const plain = new Map<string, MatchingEntry>();
      for (const step of list) {
        if (typeof step === 'string') assert.equal(index.remove(step), plain.delete(step));
        else index.put(plain.set(step.id, step).get(step.id) ?? step);
      }
      const expected = [...plain.values()].filter(
        (item) =>
          matchesEventType(item.eventTypes, eventType) &&
          (application === null || item.application === application || item.application === null),
      );
      assert.deepEqual(idsOf(index.candidates(event(eventType, application))), idsOf(expected));
      assert.equal(index.size, plain.size);
    }),
    { numRuns: 1_000 },
  );
});

test('an entry is one candidate though several of its patterns match', () => {
  const index = createMatchingIndex();
  index.put(entry('1', ['*', 'order.*', 'order.item.*', 'order.item.added', 'order.item.added']));
  assert.deepEqual(idsOf(index.candidates(event('order.item.added', null))), ['1']);
});

test('an event addressed to an application is for its entries and for those of the platform', () => {
  const index = createMatchingIndex();
  index.put(entry('1', ['order.*'], 'app_1'));
  index.put(entry('2', ['order.*'], 'app_2'));
  index.put(entry('3', ['order.*'], null));
  assert.deepEqual(idsOf(index.candidates(event('order.paid', 'app_2'))), ['2', '3']);
  assert.deepEqual(idsOf(index.candidates(event('order.paid', 'app_9'))), ['3']);
  assert.deepEqual(idsOf(index.candidates(event('order.paid', null))), ['1', '2', '3']);
});

test('putting an entry again replaces its patterns and its application', () => {
  const index = createMatchingIndex();
  const eventTypes = ['order.paid'];
  index.put(entry('1', eventTypes, 'app_1'));
  eventTypes[0] = 'changed.behind.its.back';
  index.put(entry('1', ['user.*'], 'app_2'));
  assert.deepEqual(idsOf(index.candidates(event('order.paid', null))), []);
  assert.deepEqual(idsOf(index.candidates(event('user.left', 'app_1'))), []);
  assert.deepEqual(idsOf(index.candidates(event('user.left', 'app_2'))), ['1']);
  assert.equal(index.get('1')?.application, 'app_2');
  assert.equal(index.get('2'), null);
});

test('entries that do not match, and entries of other applications, are not looked at', () => {
  const index = createMatchingIndex();
  let looks = 0;
  const watch = (target: MatchingEntry) =>
    new Proxy(target, {
      get(from, key, receiver) {
        looks += 1;
        return Reflect.get(from, key, receiver);
      },
    });
  for (let number = 0; number < 20_000; number += 1) {
    index.put(watch(entry(`other-type-${number}`, [`other.type_${number}`, 'others.*'])));
    index.put(watch(entry(`other-app-${number}`, ['order.*', '*'], 'app_2')));
  }
  index.put(watch(entry('wanted', ['order.paid', 'order.*', '*'], 'app_1')));
  looks = 0;
  const found = [...index.candidates(event('order.paid', 'app_1'))];
  assert.equal(looks, 0);
  assert.deepEqual(idsOf(found), ['wanted']);
  assert.equal(looks, 1);
});

test('the first candidate is there before the others are looked for', () => {
  const index = createMatchingIndex();
  for (let number = 0; number < 1_000; number += 1) index.put(entry(String(number), ['order.paid']));
  for (const found of index.candidates(event('order.paid', null))) {
    assert.equal(found.id, '0');
    break;
  }
});

const scalars = fc.constantFrom<string | number | boolean | null>('x', 'y', 1, 0, true, null);
const datas = fc.oneof(scalars, fc.array(scalars, { maxLength: 3 }));
const conditions = fc.oneof(
  scalars,
  scalars.map(($eq) => ({ $eq })),
  fc.array(scalars, { maxLength: 3 }).map(($in) => ({ $in })),
  scalars.map(($ne) => ({ $ne })),
);
const simpleFilters = fc.dictionary(fc.constantFrom('data.a', 'data.b', 'subject', 'data.a.0'), conditions, {
  maxKeys: 3,
});
const filters = fc.oneof(
  fc.constant(null),
  simpleFilters,
  fc.record({ $and: fc.array(simpleFilters, { minLength: 1, maxLength: 3 }) }),
  fc.record({ $or: fc.array(simpleFilters, { minLength: 1, maxLength: 3 }) }),
);

test('whatever passes its filter is among the candidates', () => {
  const seen = fc.record({ subject: fc.constantFrom('x', 'y', null), data: fc.record({ a: datas, b: datas }) });
  const places = fc.array(fc.record({ filter: filters, eventTypes: fc.array(patterns, { maxLength: 3 }) }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(places, fc.array(seen, { minLength: 1, maxLength: 4 }), (list, events) => {
      const index = createMatchingIndex();
      const compiled = new Map<string, ReturnType<typeof compileFilter>>();
      for (const [number, { filter, eventTypes }] of list.entries()) {
        const id = String(number);
        compiled.set(id, compileFilter(filter, 'filter'));
        index.put({ ...entry(id, eventTypes, null), filterKey: filterKeyOf(filter) });
      }
      for (const { subject, data } of events) {
        const happened = {
          ...event('a.b', null),
          id: 'evt_1',
          source: '/',
          time: new Date(0),
          sequence: 1,
          subject,
          data,
        };
        const passes = ({ id }: MatchingEntry): boolean => compiled.get(id)?.matches(happened) === true;
        const expected = list.flatMap(({ eventTypes }, number) => {
          const one = entry(String(number), eventTypes, null);
          return matchesEventType(eventTypes, 'a.b') && passes(one) ? [one] : [];
        });
        const candidates = [...index.candidates(happened)];
        assert.equal(new Set(idsOf(candidates)).size, candidates.length);
        assert.deepEqual(idsOf(candidates.filter(passes)), idsOf(expected));
      }
      for (const id of compiled.keys()) index.remove(id);
      assert.deepEqual([...index.candidates({ ...event('a.b', null) })], []);
    }),
    { numRuns: 2_000 },
  );
});

test('of 20,000 filters that ask for another value each, none is looked at but the one that fits', () => {
  const index = createMatchingIndex();
  for (let customer = 0; customer < 20_000; customer += 1) {
    const filterKey = filterKeyOf({ 'data.amount': { $gt: 5 }, 'data.customer': customer });
    index.put({ ...entry(String(customer), ['order.paid', '*'], null), filterKey });
  }
  const happened = { ...event('order.paid', null), data: { customer: 4711, amount: 1 } };
  assert.deepEqual(idsOf(index.candidates(happened)), ['4711']);
});
