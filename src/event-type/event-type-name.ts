// The grammar of event type names, and when two names are too alike. Whether a name is in use is the store's question.
import { Problem } from '../problem.js';

/** The longest event type name, in characters. */
export const maxEventTypeNameLength = 128;

/** The first word of the names of our own operational events, which nobody else may use. */
const reservedWord = 'carillon';

const grammar = /^[a-z][a-z0-9]*(?:[._][a-z0-9]+)*$/;
const grammarText = `An event type name is made of lower-case words (a-z, 0-9) joined by single dots or underscores, begins with a letter and has 1 to ${maxEventTypeNameLength} characters, such as order.created`;

/**
 * Whether `text` is an event type name: lower-case ASCII words of letters and digits, joined by single dots or
 * underscores, beginning with a letter, 1 to 128 characters. Names reserved for our own events pass. Never throws.
 */
export function isEventTypeName(text: string): boolean {
  return text.length <= maxEventTypeNameLength && grammar.test(text);
}

/**
 * Gives `text` back if somebody may create an event type of this name.
 * Raises NAME_INVALID, saying the grammar and what is wrong; also for names whose first word is `carillon`.
 */
export function checkEventTypeName(text: string, field: string): string {
  if (!isEventTypeName(text)) {
    throw new Problem('NAME_INVALID', `${grammarText}; this one ${describeFault(text)}.`, { field });
  }
  if (wordsOf(text)[0] === reservedWord) {
    throw new Problem(
      'NAME_INVALID',
      `Names that begin with the word ${reservedWord} are kept for the gateway's own events.`,
      {
        field,
      },
    );
  }
  return text;
}

/**
 * The words of a valid name in PascalCase (`order.created` and `order_created` give `OrderCreated`). Names with the same
 * key would become the same GraphQL type, so only one of them may exist. Never throws.
 */
export function collisionKey(name: string): string {
  return wordsOf(name)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function wordsOf(name: string): string[] {
  return name.split(/[._]/);
}

/** What is wrong with a text that is no event type name; says the first thing found. */
export function describeFault(text: string): string {
  if (text === '') return 'is empty';
  if (text.length > maxEventTypeNameLength) return `has ${text.length} characters`;
  const stranger = /[^a-z0-9._]/u.exec(text)?.[0];
  if (stranger !== undefined) return `has the character ${JSON.stringify(stranger)}`;
  if (!/^[a-z]/.test(text)) return 'does not begin with a letter';
  return 'has two separators in a row or one at the end';
}
