// Regular expressions of MongoDB (PCRE) run by RE2, in time linear in the text: no pattern can hold the thread. What RE2 lacks is
// refused by name.
import { BsonType, type Value } from './bson-raw.js';
import { badValue, notSupported } from './errors.js';
import { re2js } from './lazy.js';

/** Tells whether a value matches; `prefix` is the text every matching string begins with, if that is known. */
export type RegexTest = ((value: Value | undefined) => boolean) & { prefix?: string };

/** `{$regex: pattern, $options: flags}`; the pattern may be a string or a regular expression. */
export function compileRegex(pattern: Value, options: Value | undefined): RegexTest {
  const flags = options ? options.text() : undefined;
  if (pattern.type === BsonType.string) return build(pattern.text(), flags ?? '', undefined);
  if (pattern.type !== BsonType.regex) throw badValue('$regex has to be a string');
  const given = pattern.regex();
  if (flags !== undefined && given.flags !== '') throw badValue('options set in both $regex and $options');
  return build(given.pattern, flags ?? given.flags, undefined);
}

/** A regular expression as a value, as `{name: /^a/}`; it also equals itself. */
export function compileRegexValue(value: Value): RegexTest {
  const { pattern, flags } = value.regex();
  return build(pattern, flags, value);
}

function build(pattern: string, flags: string, itself: Value | undefined): RegexTest {
  for (const flag of flags) if (!'imsxu'.includes(flag)) throw badValue(`invalid flag in regex options: ${flag}`);
  const source = flags.includes('x') ? stripExtended(pattern) : pattern;
  const finds = compile(source, flags);
  const test: RegexTest = (value) => {
    if (value === undefined) return false;
    if (value.type === BsonType.string || value.type === BsonType.symbol) return finds(value.text());
    return value.type === BsonType.regex && itself !== undefined && value.isIdentical(itself);
  };
  const prefix = prefixOf(source, flags);
  if (prefix) test.prefix = prefix;
  return test;
}

/** Larger automata take long to build and to run. */
const maxStates = 10_000;

function compile(source: string, flags: string): (text: string) => boolean {
  const { RE2JS } = re2js();
  const mode = flags.replace(/[^ims]/g, '');
  try {
    const regex = RE2JS.compile(mode === '' ? source : `(?${mode})${source}`);
    if (regex.programSize() <= maxStates) return (text) => regex.test(text);
  } catch {
    if (/\(\?[=!<>|#R(0-9+-]|\\[1-9GKRXZgk]|[*+?}]\+/.test(source))
      throw notSupported(`The regular expression ${JSON.stringify(source)}, which needs backtracking,`);
    throw badValue(`Regular expression is invalid: ${source}`);
  }
  throw badValue(`Regular expression is too large: ${source.slice(0, 100)}`);
}

function stripExtended(source: string): string {
  return source.replace(/\\.|\[(?:\\.|[^\]\\])*\]|\s+|#[^\n]*/gs, (part) => (/^(\s|#)/.test(part) ? '' : part));
}

function prefixOf(source: string, flags: string): string | undefined {
  if (flags.includes('i') || flags.includes('m') || source.includes('|')) return undefined;
  const literal = /^\^([\w \-/:@,;]+)/.exec(source)?.[1];
  if (!literal) return undefined;
  const isRepeated = /^[*?{+]/.test(source.slice(literal.length + 1));
  return isRepeated ? literal.slice(0, -1) : literal;
}
