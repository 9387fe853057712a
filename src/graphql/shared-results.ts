// Results of executions that webhooks and live clients share: each document is executed once for an event, whoever asks first.
// Only what some saved document needs is kept here; other live results are the hub's own affair.
import type { ExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Event } from '../event/event.js';

/** The result of one execution. */
export interface SharedResult {
  /** `data` as JSON text. */
  readonly dataJson: string;
  /** As they are shown; null when there are none. */
  readonly errors: readonly GraphQLFormattedError[] | null;
}

/** Runs a document for an event. Must not throw or reject: what goes wrong is a part of the result. */
export type RunDocument = (event: Event) => SharedResult | Promise<SharedResult>;

/** Results by group and event, within bounds. */
export interface SharedResults {
  /** From now on the results of a group are kept. */
  want(key: string): void;
  isWanted(key: string): boolean;
  /** The result kept, else that of `run`, which is then kept. */
  get(key: string, event: Event, run: RunDocument): SharedResult | Promise<SharedResult>;
  /** Executions since the start. */
  readonly executions: number;
}

/** Groups whose results are kept; a document that is still used is wanted again when it is next executed. */
const maxGroups = 2000;
const maxCharacters = 2_000_000;
/** What a result weighs besides its text. */
const overhead = 200;

/** Nothing is kept yet. */
export function createSharedResults(): SharedResults {
  const groups = new Map<string, number>();
  const kept = new Map<string, SharedResult | Promise<SharedResult>>();
  let characters = 0;
  let executions = 0;
  let lastGroup = 0;

  function want(key: string): void {
    if (groups.has(key)) return;
    const [oldest] = groups.keys();
    if (groups.size >= maxGroups && oldest !== undefined) groups.delete(oldest);
    lastGroup += 1;
    groups.set(key, lastGroup);
  }

  function weigh(result: SharedResult): void {
    characters += result.dataJson.length + overhead;
    for (const [key, oldest] of kept) {
      if (characters <= maxCharacters) return;
      kept.delete(key);
      if (!(oldest instanceof Promise)) characters -= oldest.dataJson.length + overhead;
    }
  }

  return {
    want,
    isWanted: (key) => groups.has(key),
    get(key, event, run) {
      want(key);
      const place = `${groups.get(key)} ${event.sequence}`;
      const known = kept.get(place);
      if (known !== undefined) return known;
      executions += 1;
      const result = run(event);
      kept.set(place, result);
      if (!(result instanceof Promise)) weigh(result);
      else
        void result.then((settled) => {
          if (kept.get(place) !== result) return;
          kept.set(place, settled);
          weigh(settled);
        });
      return result;
    },
    get executions() {
      return executions;
    },
  };
}

/** A result as it is shared. */
export function toSharedResult(
  { data, errors }: ExecutionResult,
  show: (error: unknown) => GraphQLFormattedError,
): SharedResult {
  return { dataJson: JSON.stringify(data ?? null), errors: errors === undefined ? null : errors.map(show) };
}

/** The same as a live client gets it. */
export function toLiveJson({ dataJson, errors }: SharedResult): string {
  return errors === null ? `{"data":${dataJson}}` : `{"data":${dataJson},"errors":${JSON.stringify(errors)}}`;
}
