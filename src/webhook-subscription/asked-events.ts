// What a webhook subscription asks for: event types and a filter, said plainly or by a GraphQL document, and the version of an
// event type that it is pinned to. Documents are read by the GraphQL door, which hands its reader in.
import { checkEventTypePattern } from '../event/event-type-pattern.js';
import { compileFilter } from '../event/filter.js';
import { ownEventTypes } from '../event/own-events.js';
import { Problem } from '../problem.js';
import type { SavedDocument, WebhookSubscription } from './webhook-subscription.js';

/** What an input may say about it; what is undefined stays, null takes away. */
export interface AskedEventsInput {
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly filter?: unknown;
  readonly query?: string | null | undefined;
  readonly variables?: unknown;
  readonly eventTypeVersion?: number | null | undefined;
}

/** What a record keeps of it. */
export type AskedEvents = Pick<WebhookSubscription, 'eventTypes' | 'filter' | 'document' | 'eventTypeVersion'>;

/** A document with what it is executed with. */
export interface DocumentInput {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>> | null;
  readonly eventTypeVersion: number | null;
  readonly applicationId: string | null;
}

/** Reads documents. Throws `INVALID_INPUT`, its field `query`, `variables` or `eventTypeVersion`. */
export type ReadDocument = (
  input: DocumentInput,
) => Promise<{ readonly eventTypes: readonly string[]; readonly filter: unknown }>;

/** What checking needs. */
export interface AskedEventsRules {
  readonly readDocument: ReadDocument;
  readonly eventTypeExists: (name: string) => Promise<boolean>;
  readonly versionExists: (eventType: string, version: number) => Promise<boolean>;
}

const maxEventTypes = 100;

/**
 * What a webhook subscription asks for from now on; `current` is null for a new one. Throws `INVALID_INPUT`,
 * `EVENT_TYPE_UNKNOWN`, `FILTER_INVALID`, `NAME_INVALID`.
 */
export async function checkAskedEvents(
  input: AskedEventsInput,
  { current, applicationId }: { readonly current: AskedEvents | null; readonly applicationId: string | null },
  rules: AskedEventsRules,
): Promise<AskedEvents> {
  const query = input.query === undefined ? (current?.document?.query ?? null) : input.query;
  const variables = checkVariables(
    input.variables === undefined ? (current?.document?.variables ?? null) : input.variables,
    query,
  );
  const version = input.eventTypeVersion === undefined ? (current?.eventTypeVersion ?? null) : input.eventTypeVersion;
  const said =
    query === null
      ? await checkPlain(input, current, rules)
      : await checkDocument(input, { query, variables, eventTypeVersion: version, applicationId }, rules);
  if (version !== null) await checkVersion(version, said.eventTypes, rules);
  return { ...said, eventTypeVersion: version };
}

async function checkPlain(
  { eventTypes, filter }: AskedEventsInput,
  current: AskedEvents | null,
  rules: AskedEventsRules,
): Promise<Omit<AskedEvents, 'eventTypeVersion'>> {
  const named = eventTypes ?? null;
  if (named === null && current === null)
    throw new Problem('INVALID_INPUT', 'eventTypes or query must be given', { field: 'eventTypes' });
  return {
    eventTypes: named === null ? (current?.eventTypes ?? []) : await checkEventTypes(named, rules),
    filter: filter === undefined ? (current?.filter ?? null) : checkFilter(filter),
    document: null,
  };
}

async function checkDocument(
  { eventTypes, filter }: AskedEventsInput,
  input: DocumentInput,
  rules: AskedEventsRules,
): Promise<Omit<AskedEvents, 'eventTypeVersion'>> {
  if (filter != null)
    throw new Problem('INVALID_INPUT', 'with a query, the filter is an argument of its field', { field: 'filter' });
  const read = await rules.readDocument(input);
  const chosen = await checkEventTypes(read.eventTypes, rules);
  const isSame = eventTypes == null || [...new Set(eventTypes)].sort().join() === [...chosen].sort().join();
  if (!isSame) {
    const message = `eventTypes contradicts the query, which asks for ${chosen.join(', ')}; leave it out`;
    throw new Problem('INVALID_INPUT', message, { field: 'eventTypes' });
  }
  const { query, variables } = input;
  return { eventTypes: chosen, filter: checkFilter(read.filter), document: { query, variables, problem: null } };
}

async function checkEventTypes(eventTypes: readonly string[], rules: AskedEventsRules): Promise<readonly string[]> {
  if (eventTypes.length < 1 || eventTypes.length > maxEventTypes) {
    const message = `eventTypes must have 1 to ${maxEventTypes} names or patterns, has ${eventTypes.length}`;
    throw new Problem('INVALID_INPUT', message, { field: 'eventTypes' });
  }
  const patterns = [...new Set(eventTypes.map((text, index) => checkEventTypePattern(text, `eventTypes.${index}`)))];
  await Promise.all(
    patterns.map(async (pattern) => {
      if (pattern.includes('*') || Object.hasOwn(ownEventTypes, pattern) || (await rules.eventTypeExists(pattern)))
        return;
      const field = `eventTypes.${eventTypes.indexOf(pattern)}`;
      throw new Problem('EVENT_TYPE_UNKNOWN', `there is no event type "${pattern}"; create it first`, { field });
    }),
  );
  return patterns;
}

function checkFilter(filter: unknown): unknown {
  if (filter == null) return null;
  compileFilter(filter, 'filter');
  return filter;
}

function checkVariables(variables: unknown, query: string | null): SavedDocument['variables'] {
  if (variables == null) return null;
  if (query === null) throw new Problem('INVALID_INPUT', 'variables need a query', { field: 'variables' });
  if (typeof variables !== 'object' || Array.isArray(variables))
    throw new Problem('INVALID_INPUT', 'variables must be an object', { field: 'variables' });
  return variables as Readonly<Record<string, unknown>>;
}

async function checkVersion(version: number, eventTypes: readonly string[], rules: AskedEventsRules): Promise<void> {
  const [name] = eventTypes;
  const field = 'eventTypeVersion';
  if (name === undefined || eventTypes.length > 1 || name.includes('*'))
    throw new Problem('INVALID_INPUT', 'eventTypeVersion needs exactly one event type, and no pattern', { field });
  if (!(await rules.versionExists(name, version)))
    throw new Problem('INVALID_INPUT', `${name} has no version ${version}`, { field });
}
