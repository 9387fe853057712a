// Patterns from outside: the same answers as JavaScript's own engine, and never more than linear time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePattern } from '../../src/event-type/safe-pattern.js';

const options = { maxCost: 2_500, code: 'SCHEMA_INVALID', field: 'input.schema' } as const;
const refused = { code: 'SCHEMA_INVALID', field: 'input.schema' };

/** Parts that patterns are put together of; each pattern of them is valid under the `u` flag or without. */
const atoms = fc.constantFrom(
  ...[
    'a',
    'b',
    'é',
    '😀',
    '.',
    '\\d',
    '\\w',
    '\\s',
    '\\S',
    '\\D',
    '\\W',
    '\\b',
    '\\B',
    '^',
    '$',
    '-',
    '\\.',
    '\\/',
    '&&',
  ],
  ...[
    '[ab]',
    '[^a]',
    '[a-c-]',
    '[\\w-]',
    '[\\s\\d]',
    '[\\S]',
    '[^\\s]',
    '[[]',
    '[(?:]',
    '[\\]]',
    '[\\b]',
    '[^]',
    '[]',
    '[😀-😂]',
  ],
  ...[
    '\\u0061',
    '\\x61',
    '\\u{1F600}',
    '\\ud83d\\ude00',
    '\\cJ',
    '\\0',
    '\\n',
    '\\t',
    '\\p{L}',
    '\\P{Lu}',
    '\\p{Script=Greek}',
    '(?<x>a)',
  ],
);
const quantifiers = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?');
const patterns = fc
  .array(fc.tuple(atoms, quantifiers, fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((parts) =>
    parts.map(([atom, quantifier, isChoice]) => `(?:${atom})${quantifier}${isChoice ? '|' : ''}`).join(''),
  )
  .filter((source) => source.split('(?<x>').length <= 2);
const letters = fc.constantFrom(
  ...'ab1 .-/&[](?:'.split(''),
  'é',
  'É',
  '😀',
  'α',
  '\n',
  '\r',
  '\u2028',
  '\u00a0',
  '\ufeff',
  '\v',
  '\b',
  '\0',
);
const texts = fc.array(letters, { maxLength: 6 }).map((list) => list.join(''));

test('a pattern finds what JavaScript finds', () => {
  fc.assert(
    fc.property(
      patterns,
      fc.array(texts, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (source, list, dotMatchesAll) => {
        const flags = dotMatchesAll ? 's' : '';
        const native = new RegExp(source, `u${flags}`);
        const pattern = compilePattern(source, { ...options, flags });
        for (const text of list)
          assert.equal(pattern.test(text), native.test(text), `${source} on ${JSON.stringify(text)}`);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('what parses only without the u flag is taken as meant', () => {
  assert.ok(compilePattern('^[\\w-.]+$', options).test('a-b.c'));
  assert.ok(compilePattern('^a\\_\\-b{,2}$', options).test('a_-b{,2}'));
  assert.ok(compilePattern('^{{.+}}$', options).test('{{x}}'));
});

test('case is ignored and lines are told apart when asked', () => {
  assert.ok(compilePattern('^ÉA$', { ...options, flags: 'i' }).test('éa'));
  assert.ok(compilePattern('^b$', { ...options, flags: 'm' }).test('a\nb\nc'));
  assert.ok(!compilePattern('^b$', options).test('a\nb\nc'));
  assert.ok(!compilePattern('^b$', options).test('b\n'));
});

const refusals: readonly [string, RegExp][] = [
  ['^(?=.*[A-Z]).{8,}$', /has a lookahead \(\?=/],
  ['a(?!b)', /has a lookahead \(\?!/],
  ['(?<=a)b', /has a lookbehind \(\?<=/],
  ['(?<!a)b', /has a lookbehind \(\?<!/],
  ['(a)\\1', /has a backreference \\1/],
  ['(?<x>a)\\k<x>', /has a backreference \\k/],
  ['(a', /does not parse: Unterminated group/],
  ['a**', /does not parse: Nothing to repeat/],
  ['(?i)a', /does not parse: Invalid group/],
  ['\\Aa\\z', /has the escape \\A/],
  ['\\Qa\\E', /has the escape \\Q/],
  ['\\012', /has the escape \\0/],
  ['\\p{Emoji}', /has the Unicode property \\p\{Emoji\}/],
  ['a{1001}', /repeats a part more than 1,000 times/],
  ['(a{100}){100}', /repeats a part more than 1,000 times/],
  ['(?:[ab]c?){900}d{900}', /needs \d+ states, the limit is 2500/],
  ['a'.repeat(1_001), /more than 1000 characters/],
];

for (const [source, message] of refusals) {
  test(`${source.slice(0, 30)} is refused by name`, () => {
    assert.throws(() => compilePattern(source, options), { ...refused, message });
  });
}

test('patterns that backtrack for ever elsewhere answer at once on long texts', () => {
  const text = `${'a'.repeat(200_000)}!`;
  for (const source of [
    '^(a+)+$',
    '^(a|aa)+$',
    '^(a|a?)+$',
    '(x+x+)+y',
    '^(.*)(.*)(.*)(.*)(.*)b$',
    '^([a-z0-9]+\\.?)*$',
  ]) {
    assert.equal(compilePattern(source, options).test(text), false);
  }
});
