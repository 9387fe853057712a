// Regular expressions from outside, matched in time linear in the text: patterns are written as in JavaScript, and run by
// RE2 (automata, no backtracking), which cannot do what needs backtracking. Those parts are refused here, by name.
import { RE2JS, RE2JSException } from 're2js';
import { Problem, type ProblemCode } from '../problem.js';

/** The longest pattern, in characters. */
export const maxPatternLength = 1_000;

/** A compiled regular expression. */
export interface SafePattern {
  /** Whether the pattern is found anywhere in `text`. Never throws; takes at most `cost` steps per character. */
  test(text: string): boolean;
  /** How many states the automaton has: a bound of the steps per character, and a measure of its memory. */
  readonly cost: number;
}

/** How a pattern is read, and whom to blame. */
export interface PatternOptions {
  /** Any of `i` (ignore case), `m` (`^` and `$` also at line feeds), `s` (the dot matches line ends). Default none. */
  readonly flags?: string;
  /** The most states it may have. */
  readonly maxCost: number;
  /** Code of the problem raised for a pattern that is refused. */
  readonly code: ProblemCode;
  /** Path of the input that holds the pattern. */
  readonly field: string;
}

/**
 * Compiles an ECMA-262 pattern with its meaning under the `u` flag; what only parses without that flag (`\-`, a lone
 * brace) is taken as literally meant. Raises `options.code` for a pattern that does not parse, has a lookaround or a
 * backreference, an unknown escape or Unicode property, repeats a part more than 1,000 times, or is too long or costly.
 */
export function compilePattern(source: string, options: PatternOptions): SafePattern {
  const refuse: Refuse = (reason) => {
    throw new Problem(options.code, `The regular expression ${shorten(source)} ${reason}.`, { field: options.field });
  };
  if (source.length > maxPatternLength) refuse(`has more than ${maxPatternLength} characters`);
  const { flags = '' } = options;
  checkSyntax(source, refuse);
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(translate(source, flags.includes('s'), refuse), flagBits(flags));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace('error parsing regexp: ', '');
    return refuse(
      /invalid repeat count/.test(reason) ? 'repeats a part more than 1,000 times' : `cannot be used: ${reason}`,
    );
  }
  const cost = pattern.programSize();
  if (cost > options.maxCost) refuse(`is too costly: it needs ${cost} states, the limit is ${options.maxCost}`);
  return { test: (text) => pattern.test(text), cost };
}

type Refuse = (reason: string) => never;

function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function flagBits(flags: string): number {
  return (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0);
}

/** Only parses: an unmatched RegExp is not compiled by the engine. */
function checkSyntax(source: string, refuse: Refuse): void {
  try {
    new RegExp(source, 'u');
  } catch {
    try {
      new RegExp(source);
    } catch (error) {
      refuse(error instanceof Error ? `does not parse: ${error.message.split(': ').at(-1)}` : 'does not parse');
    }
  }
}

const escapeToken =
  '\\\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}|u\\{[0-9a-fA-F]+\\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|[pP]\\{[^{}]*\\}|[^])';
const tokenInClass = new RegExp(`${escapeToken}|[^]`, 'uy');
const tokenOutside = new RegExp(
  `${escapeToken}|\\(\\?(?:<[=!]|<[^>]*>|[^])|\\[\\^?\\]?|\\{\\d+(?:,\\d*)?\\}|[^]`,
  'uy',
);

const classEscape = /^\\[dDwWsSpP]/;

// White space and line ends as ECMA-262 defines them; RE2's own \s and dot know only ASCII and \n.
const space =
  '\\t\\n\\x0b\\f\\r \\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';
const noSpace =
  '\\x00-\\x08\\x0e-\\x1f!-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}';
const anyCharacter = '[\\x00-\\x{10ffff}]';
const noCharacter = '[^\\x00-\\x{10ffff}]';

/** The same pattern in RE2's syntax, without captures. `source` parses as a JavaScript pattern. */
function translate(source: string, dotMatchesAll: boolean, refuse: Refuse): string {
  let inClass = false;
  let previous = '';
  let out = '';
  for (let at = 0; at < source.length; at += previous.length) {
    const token: RegExp = inClass ? tokenInClass : tokenOutside;
    token.lastIndex = at;
    const part: string = token.exec(source)?.[0] ?? source.charAt(at);
    const rest = source.slice(at + part.length, at + part.length + 2);
    if (part.startsWith('\\')) {
      out += translateEscape(part, { inClass, next: rest.charAt(0), refuse });
    } else if (inClass) {
      const isHyphen = part === '-' && (classEscape.test(previous) || classEscape.test(rest));
      out += part === '[' || isHyphen ? `\\${part}` : part;
      inClass = part !== ']';
    } else {
      out += translateOutside(part, dotMatchesAll, refuse);
      inClass = part === '[' || part === '[^';
    }
    previous = part;
  }
  return out;
}

function translateOutside(part: string, dotMatchesAll: boolean, refuse: Refuse): string {
  if (part === '.') return dotMatchesAll ? anyCharacter : '[^\\n\\r\\x{2028}\\x{2029}]';
  if (part === '[]') return noCharacter;
  if (part === '[^]') return anyCharacter;
  if (part === '(') return '(?:';
  if (part === '{' || part === '}' || part === ']') return `\\${part}`;
  if (!part.startsWith('(?') || part === '(?:') return part;
  if (/^\(\?<[^=!]/.test(part)) return '(?:';
  const name = part.includes('<') ? 'lookbehind' : 'lookahead';
  if (/^\(\?<?[=!]$/.test(part)) return refuse(`has a ${name} ${part}…), which cannot be matched in linear time`);
  return refuse(`has a group ${part} that is not supported`);
}

interface EscapePlace {
  readonly inClass: boolean;
  readonly next: string;
  readonly refuse: Refuse;
}

function translateEscape(part: string, { inClass, next, refuse }: EscapePlace): string {
  const letter = part.charAt(1);
  if ('dDwWtnvfr'.includes(letter)) return part;
  if (letter === 's') return inClass ? space : `[${space}]`;
  if (letter === 'S') return inClass ? noSpace : `[${noSpace}]`;
  if (letter === 'b') return inClass ? '\\x08' : part;
  if (letter === 'B' && !inClass) return part;
  if (letter === '0' && !/^[0-9]/.test(next)) return '\\x00';
  if (/[1-9k]/.test(letter)) return refuse(`has a backreference ${part}, which cannot be matched in linear time`);
  if (part.length > 2 && 'xuc'.includes(letter)) return `\\x{${codePoint(part).toString(16)}}`;
  if (part.length > 2 && 'pP'.includes(letter)) return translateProperty(part, refuse);
  if (/[0-9a-zA-Z]/.test(letter)) return refuse(`has the escape ${part}, which is not supported`);
  return /[!-/:-@[-^`{-~]/.test(letter) ? part : part.slice(1);
}

function codePoint(part: string): number {
  if (part.startsWith('\\c')) return part.charCodeAt(2) % 32;
  const [high, low] = part.match(/[0-9a-fA-F]+/g) ?? [];
  const first = Number.parseInt(high ?? '0', 16);
  return low === undefined ? first : (first - 0xd800) * 0x400 + (Number.parseInt(low, 16) - 0xdc00) + 0x10000;
}

const longCategories: Readonly<Record<string, string>> = {
  Letter: 'L',
  Lowercase_Letter: 'Ll',
  Uppercase_Letter: 'Lu',
  Mark: 'M',
  Number: 'N',
  Decimal_Number: 'Nd',
  Punctuation: 'P',
  Symbol: 'S',
  Separator: 'Z',
  Other: 'C',
};

function translateProperty(part: string, refuse: Refuse): string {
  const name = part.slice(3, -1).replace(/^(?:General_Category|gc)=/, '');
  const script = /^(?:Script|sc)=([A-Z][A-Za-z_]+)$/.exec(name)?.[1];
  const category = /^[LMNPSZC][a-z]?$/.test(name)
    ? name
    : Object.hasOwn(longCategories, name)
      ? longCategories[name]
      : undefined;
  const known = script ?? category;
  if (known === undefined)
    return refuse(
      `has the Unicode property ${part}, which is not supported; general categories (\\p{Lu}) and scripts (\\p{Script=Greek}) are`,
    );
  return `${part.slice(0, 3)}${known}}`;
}
