// Repetitions of repetitions in regular expressions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNestedRepetition } from '../../src/event-type/nested-repetition.js';

for (const [source, part] of [
  ['^(a+)+$', '(a+)+'],
  ['^(?:a*)*$', '(?:a*)*'],
  ['((a+))+x', '((a+))+'],
  ['(\\w+\\s?)*$', '(\\w+\\s?)*'],
  ['([^a+]*?)+', '([^a+]*?)+'],
  ['(b|[a-z]+)*', '(b|[a-z]+)*'],
  ['x(?<name>\\)+){2,}', '(?<name>\\)+){2,}'],
  ['(a{1,}){0,}', '(a{1,}){0,}'],
] as const) {
  test(`${source} repeats a repetition`, () => {
    assert.equal(findNestedRepetition(source), part);
  });
}

for (const source of [
  '^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+$',
  '^([a-z]+\\.)*[a-z]+$',
  '(a+b)+',
  '(a+)',
  '(a+)?b+',
  '(a+){3}',
  '([(a+)+])',
  '\\(a+\\)+',
  '[)+]+',
  '',
  '(ab?)+',
  '(a|b)*',
]) {
  test(`${source} is left alone`, () => {
    assert.equal(findNestedRepetition(source), null);
  });
}
