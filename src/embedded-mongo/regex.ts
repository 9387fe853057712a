// Regular expressions of MongoDB (PCRE) as JavaScript's. What cannot be had is refused by name.
import { BsonType, isIdentical, regexOf, stringOf, type Value } from './bson-raw.js';
import { CommandError, notSupported } from './errors.js';

/** Tells whether a value matches; `prefix` is the text every matching string begins with, if that is known. */
export type RegexTest = ((value: Value | undefined) => boolean) & { prefix?: string };

/** `{$regex: pattern, $options: flags}`; the pattern may be a string or a regular expression. */
export function compileRegex(pattern: Value, options: Value | undefined): RegexTest {
  const flags = options ? stringOf(options) : undefined;
  if (pattern.type === BsonType.string) return build(stringOf(pattern), flags ?? '', undefined);
  if (pattern.type !== BsonType.regex) throw new CommandError('BadValue', '$regex has to be a string');
  const given = regexOf(pattern);
  if (flags !== undefined && given.flags !== '')
    throw new CommandError('BadValue', 'options set in both $regex and $options');
  return build(given.pattern, flags ?? given.flags, undefined);
}

/** A regular expression as a value, as `{name: /^a/}`; it also equals itself. */
export function compileRegexValue(value: Value): RegexTest {
  const { pattern, flags } = regexOf(value);
  return build(pattern, flags, value);
}

function build(pattern: string, flags: string, itself: Value | undefined): RegexTest {
  let source = pattern;
  let allFlags = flags;
  const inline = /^\(\?([a-z]+)\)/.exec(source);
  if (inline) {
    source = source.slice(inline[0].length);
    allFlags += inline[1];
  }
  for (const flag of allFlags) {
    if (!'imsxu'.includes(flag)) throw new CommandError('BadValue', `invalid flag in regex options: ${flag}`);
  }
  if (allFlags.includes('x')) source = stripExtended(source);
  if (/\(\?[>|#R(0-9+-]|\\[AZzGQEKRXh]|[*+?}]\+|\[\[:/.test(source)) {
    throw notSupported(`The regular expression ${JSON.stringify(pattern)}, which uses what only PCRE has,`);
  }
  const regex = toRegExp(source, allFlags, pattern);
  const test: RegexTest = (value) => {
    if (value === undefined) return false;
    if (value.type === BsonType.string || value.type === BsonType.symbol) return regex.test(stringOf(value));
    return value.type === BsonType.regex && itself !== undefined && isIdentical(value, itself);
  };
  const prefix = prefixOf(source, allFlags);
  if (prefix) test.prefix = prefix;
  return test;
}

function toRegExp(source: string, flags: string, pattern: string): RegExp {
  const known = [...new Set(flags)].filter((flag) => 'ims'.includes(flag)).join('');
  try {
    return new RegExp(source, `${known}u`);
  } catch {
    // without "u" JavaScript takes needless escapes, as PCRE does
    try {
      return new RegExp(source, known);
    } catch {
      throw new CommandError('BadValue', `Regular expression is invalid: ${pattern}`);
    }
  }
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
