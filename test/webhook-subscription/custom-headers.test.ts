// Headers that users may add.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../../src/problem.js';
import { checkCustomHeaders } from '../../src/webhook-subscription/custom-headers.js';

function problemOf(headers: { name: string; value: string }[]): Problem {
  try {
    checkCustomHeaders(headers, 'input.headers');
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'HEADER_INVALID');
    return error;
  }
  return assert.fail('accepted');
}

test('gives the headers back with lower-case names', () => {
  const headers = checkCustomHeaders(
    [
      { name: 'Authorization', value: 'Bearer abc  def' },
      { name: 'X-Team', value: 'a\tb' },
      { name: 'User-Agent', value: 'mine' },
      { name: '__proto__', value: 'kept' },
    ],
    'headers',
  );
  assert.deepEqual(Object.entries(headers), [
    ['authorization', 'Bearer abc  def'],
    ['x-team', 'a\tb'],
    ['user-agent', 'mine'],
    ['__proto__', 'kept'],
  ]);
});

test('refuses the headers that only the gateway may set, in any case', () => {
  const names = ['Host', 'CONTENT-LENGTH', 'content-type', 'Content-Encoding', 'Transfer-Encoding', 'Connection', 'TE'];
  const more = ['Keep-Alive', 'Trailer', 'Upgrade', 'Expect', 'Proxy-Authorization', 'Webhook-Id', 'webhook-signature'];
  for (const name of [...names, ...more, 'Accept-Encoding']) {
    assert.equal(problemOf([{ name, value: 'x' }]).field, 'input.headers.0.name', name);
  }
});

test('refuses names that are no token or longer than 128', () => {
  for (const name of ['', 'a b', 'a:', 'ä', 'a\r\nb', 'a\u0000', '(x)', 'x'.repeat(129)]) {
    assert.equal(problemOf([{ name, value: 'x' }]).field, 'input.headers.0.name', name);
  }
  assert.ok(checkCustomHeaders([{ name: 'x'.repeat(128), value: 'x' }], 'headers'));
});

test('refuses values with line ends, controls, other alphabets, blanks at an end or more than 4096 characters', () => {
  for (const value of [
    '',
    ' ',
    ' a',
    'a ',
    '\ta',
    'a\r\nx: y',
    'a\nb',
    'a\u0000b',
    'a\u007fb',
    'é',
    'x'.repeat(4097),
  ]) {
    const problem = problemOf([
      { name: 'a', value: 'x' },
      { name: 'b', value },
    ]);
    assert.equal(problem.field, 'input.headers.1.value');
  }
  assert.ok(checkCustomHeaders([{ name: 'a', value: 'x'.repeat(4096) }], 'headers'));
});

test('refuses a name that is given twice in different case', () => {
  const twice = [
    { name: 'X-Team', value: 'a' },
    { name: 'x-team', value: 'b' },
  ];
  assert.equal(problemOf(twice).field, 'input.headers.1.name');
});

test('allows 20 headers and refuses 21', () => {
  const many = Array.from({ length: 21 }, (_, index) => ({ name: `x-${index}`, value: 'v' }));
  assert.equal(Object.keys(checkCustomHeaders(many.slice(1), 'headers')).length, 20);
  assert.equal(problemOf(many).field, 'input.headers');
});

test('whatever is given, no line end passes and no refusal repeats the value', () => {
  const name = fc.string({ unit: fc.constantFrom('x', '-', ':', ' ', '\r', '\n', 'ä') });
  const value = fc
    .string({ unit: fc.constantFrom('v', ' ', '\t', '\r', '\n', '\0', 'ä') })
    .map((text) => `secret${text}`);
  fc.assert(
    fc.property(name, value, (givenName, givenValue) => {
      try {
        const [[checkedName, checkedValue] = []] = Object.entries(
          checkCustomHeaders([{ name: givenName, value: givenValue }], 'headers'),
        );
        assert.match(`${checkedName}: ${checkedValue}`, /^[x-]+: secret[v \t]*$/);
      } catch (error) {
        assert.ok(error instanceof Problem);
        assert.ok(!error.message.includes('secret'));
      }
    }),
  );
});
