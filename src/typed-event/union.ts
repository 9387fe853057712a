// How the members of a union are told apart by the data alone: by a property whose values differ, or by one that only one member
// may have. Where neither is sure there is no union.
import { Problem } from '../problem.js';
import type { Shape } from './shape.js';

/** A member of a choice: an object. */
export interface UnionMember {
  readonly shape: Shape;
  /** The only values of a property; null when there are others. */
  valuesOf(property: string): readonly unknown[] | null;
}

/** Answers which member an object is. Throws `DATA_INVALID` when it is none. */
export type TellMember = (data: Readonly<Record<string, unknown>>) => number;

/** What tells the members apart, or null when nothing surely does. */
export function findDiscriminator(members: readonly UnionMember[]): TellMember | null {
  return byValue(members) ?? byPresence(members);
}

function byValue(members: readonly UnionMember[]): TellMember | null {
  const [first] = members;
  for (const property of first?.shape.required ?? []) {
    if (!members.every(({ shape }) => shape.required.has(property) && shape.properties.has(property))) continue;
    const byValues = new Map<unknown, number>();
    const isClear = members.every((member, index) => {
      const values = member.valuesOf(property);
      if (values === null || values.length === 0) return false;
      return values.every((value) => {
        if (byValues.has(value) || (typeof value === 'object' && value !== null)) return false;
        byValues.set(value, index);
        return true;
      });
    });
    if (isClear) return (data) => byValues.get(data[property]) ?? refuse();
  }
  return null;
}

/** Each member but one has a property that it must have and no other may; what has none of these is the one. */
function byPresence(members: readonly UnionMember[]): TellMember | null {
  const marks = members.map(
    ({ shape }, index) =>
      [...shape.required].find((property) =>
        members.every((other, at) => at === index || (other.shape.isClosed && !other.shape.properties.has(property))),
      ) ?? null,
  );
  if (marks.filter((mark) => mark === null).length > 1) return null;
  const rest = marks.indexOf(null);
  return (data) => {
    const index = marks.findIndex((mark) => mark !== null && Object.hasOwn(data, mark));
    if (index >= 0) return index;
    return rest >= 0 ? rest : refuse();
  };
}

function refuse(): never {
  throw new Problem('DATA_INVALID', 'the data of this event is none of the members of this union');
}
