// Who shares what: a group is one document with the variables that shape its result, executed once for each event; a cohort
// is the followers of a group that stand at the same position and move on together. What moves them is hub.ts.
import type { Event } from '../event/event.js';
import { type Rendered, toBytes } from './frames.js';
import type { Sink } from './sink.js';

/** What the members of a group share. */
export interface Shape {
  /** Equal for all who may share results. */
  readonly key: string;
  /**
   * The execution result for an event as JSON. Depends on nothing but the event and the shape. Must not throw or reject:
   * what goes wrong is a part of the result.
   */
  readonly render: (event: Event) => string | Promise<string>;
  /** True when a result stays true for ever and may be kept for those who read the event later. */
  readonly isLasting: boolean;
}

/** Which events pass. Whoever hands in the same object is tested together. */
export interface Selection {
  readonly wants: (event: Event) => boolean;
}

/** One operation that follows the log. */
export interface Member {
  readonly group: Group;
  readonly selection: Selection;
  readonly sink: Sink;
  /** Id of the operation as the sink writes it. */
  readonly id: string;
  /** Tells that the stream cannot go on. */
  readonly fail: (reason: unknown) => void;
  cohort: Cohort | null;
}

/** Followers at one position. */
export interface Cohort {
  readonly group: Group;
  position: number;
  readonly members: Map<Selection, Set<Member>>;
  size: number;
  /** Events behind the position that had to be read, and results that had to be waited for. */
  events: readonly Event[] | null;
  rendered: ReadonlyMap<number, Rendered> | null;
}

/** A group with its cohorts. */
export interface Group {
  readonly shape: Shape;
  /** Those that others may join, by their position: they wait for events or for their turn. */
  readonly open: Map<number, Cohort>;
  /** Results kept for later readers, by sequence. */
  readonly kept: Map<number, Rendered>;
  members: number;
}

/** A group without members. */
export function createGroup(shape: Shape): Group {
  return { shape, open: new Map(), kept: new Map(), members: 0 };
}

/** A cohort without members; nobody may join it before it is put into `open`. */
export function createCohort(group: Group, position: number): Cohort {
  return { group, position, members: new Map(), size: 0, events: null, rendered: null };
}

/** Adds a member that stands at the cohort's position. */
export function addMember(cohort: Cohort, member: Member): void {
  const sharing = cohort.members.get(member.selection);
  if (sharing === undefined) cohort.members.set(member.selection, new Set([member]));
  else sharing.add(member);
  member.cohort = cohort;
  cohort.size += 1;
}

/** Takes a member out of its cohort, if it is in one. */
export function removeMember(member: Member): void {
  const { cohort, selection } = member;
  const sharing = cohort?.members.get(selection);
  if (cohort === null || sharing?.delete(member) !== true) return;
  if (sharing.size === 0) cohort.members.delete(selection);
  member.cohort = null;
  cohort.size -= 1;
}

/** Makes one cohort of two at the same position; answers the one that is left. */
export function merge(one: Cohort, other: Cohort): Cohort {
  const [into, from] = one.size >= other.size ? [one, other] : [other, one];
  for (const sharing of from.members.values()) for (const member of sharing) addMember(into, member);
  from.members.clear();
  from.size = 0;
  return into;
}

/** Results kept by all groups together, within a number of bytes. */
export interface KeptResults {
  keep(group: Group, rendered: Rendered): void;
}

/** Keeps the latest results, at most `maxBytes` of them. */
export function createKeptResults(maxBytes: number): KeptResults {
  let queue: { readonly group: Group; readonly rendered: Rendered }[] = [];
  let first = 0;
  let bytes = 0;
  return {
    keep(group, rendered) {
      if (group.kept.has(rendered.sequence)) return;
      group.kept.set(rendered.sequence, rendered);
      queue.push({ group, rendered });
      bytes += rendered.payload.length;
      for (let oldest = queue[first]; bytes > maxBytes && oldest !== undefined; oldest = queue[first]) {
        oldest.group.kept.delete(oldest.rendered.sequence);
        bytes -= oldest.rendered.payload.length;
        first += 1;
      }
      // Moving the rest costs as much as it is long.
      if (first * 2 < queue.length || first < 1000) return;
      queue = queue.slice(first);
      first = 0;
    },
  };
}

/** The result for an event, kept, rendered now, or promised. */
export function render(group: Group, event: Event): Rendered | Promise<Rendered> {
  const known = group.kept.get(event.sequence);
  if (known !== undefined) return known;
  const json = group.shape.render(event);
  const toRendered = (text: string): Rendered => ({ sequence: event.sequence, payload: toBytes(text) });
  return typeof json === 'string' ? toRendered(json) : json.then(toRendered);
}
