// Finds parts of a regular expression that every backtracking engine matches in exponential time: a repetition of what may be
// one repetition alone, such as `(a+)+`. Such a part can always be written without; what else an engine may be slow at is
// not looked for.

const token = /\\(?:u\{[0-9a-fA-F]+\}|[pP]\{[^{}]*\}|.)|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|<[^>]*>|:)|./suy;
const quantifier = /(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y;

/** One alternative of a group, so far. */
interface Alternative {
  /** Parts that must match something. */
  needed: number;
  /** Of those, parts that are endless repetitions. */
  endless: number;
  /** Parts that may be left out and are endless repetitions. */
  optionalEndless: number;
}

interface Group {
  readonly startsAt: number;
  readonly alternatives: Alternative[];
}

const newAlternative = (): Alternative => ({ needed: 0, endless: 0, optionalEndless: 0 });

/** True when the alternative can match by one endless repetition with nothing around it. */
function isRepetitionAlone({ needed, endless, optionalEndless }: Alternative): boolean {
  return (needed === 1 && endless === 1) || (needed === 0 && optionalEndless > 0);
}

/** The first part of a pattern that repeats a repetition, or null. `source` must parse. Never throws. */
export function findNestedRepetition(source: string): string | null {
  const open: Group[] = [{ startsAt: 0, alternatives: [newAlternative()] }];
  for (let at = 0; at < source.length; ) {
    token.lastIndex = at;
    const part = token.exec(source)?.[0] ?? source.charAt(at);
    const startsAt = at;
    at += part.length;
    if (part.startsWith('(')) {
      open.push({ startsAt, alternatives: [newAlternative()] });
      continue;
    }
    if (part === '|') {
      open.at(-1)?.alternatives.push(newAlternative());
      continue;
    }
    const closed = part === ')' ? open.pop() : undefined;
    const isAlone = closed?.alternatives.some(isRepetitionAlone) ?? false;
    quantifier.lastIndex = at;
    const repeated = quantifier.exec(source);
    at += repeated?.[0].length ?? 0;
    const { isEndless, isOptional } = readQuantifier(repeated);
    if (isAlone && isEndless) return source.slice(closed?.startsAt ?? 0, at);
    const current = open.at(-1)?.alternatives.at(-1);
    if (current === undefined || part === '^' || part === '$') continue;
    if (!isOptional) {
      current.needed += 1;
      if (isEndless || isAlone) current.endless += 1;
    } else if (isEndless || isAlone) current.optionalEndless += 1;
  }
  return null;
}

function readQuantifier(repeated: RegExpExecArray | null): { isEndless: boolean; isOptional: boolean } {
  if (repeated === null) return { isEndless: false, isOptional: false };
  const [text, least, comma, most] = repeated;
  if (least !== undefined) return { isEndless: comma === ',' && most === '', isOptional: Number(least) === 0 };
  return { isEndless: /^[*+]/.test(text), isOptional: /^[*?]/.test(text) };
}
