// Saved documents: what a webhook subscription's document asks for, what is wrong with it, and the data that it makes of an
// event. Which webhook subscriptions have one, and what becomes of broken ones, is webhook-subscription/.
import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { type Event, testEventType } from '../event/event.js';
import type { EventType } from '../event-type/event-type.js';
import { Problem } from '../problem.js';
import type { Caller } from '../security/access.js';
import { typedNamesOf } from '../typed-event/typed-names.js';
import type { DocumentInput, ReadDocument } from '../webhook-subscription/asked-events.js';
import type { ProblemOf } from '../webhook-subscription/rechecking-documents.js';
import type { Rooms } from './context.js';
import { checkDocument, parseDocument } from './documents.js';
import { createRun } from './execute-shared.js';
import type { RunDocument, SharedResult, SharedResults } from './shared-results.js';
import { readSharing, toGroupKey } from './sharing.js';
import type { TypedSchemas } from './typed-schemas.js';

/** As much of a webhook subscription as its data needs. */
export interface DocumentOwner {
  readonly document: { readonly query: string; readonly variables: DocumentInput['variables'] } | null;
  readonly eventTypes: readonly string[];
  readonly eventTypeVersion: number | null;
  readonly application: string | null;
}

/** Reads and executes saved documents. */
export interface SavedDocuments {
  readonly read: ReadDocument;
  /** What would be wrong with documents if an event type were as given; with null, what is wrong now. */
  problemsWith(next: EventType | null): ProblemOf;
  /** True when a document names the field or a type of an event type. Never throws. */
  names(query: string, eventType: string): boolean;
  /**
   * The data for a webhook subscription as JSON text: the document's result for the event, or the event's own. Throws or
   * rejects with `DATA_INVALID` when the document fails.
   */
  dataOf(event: Event, owner: DocumentOwner): string | Promise<string>;
}

/** What saved documents need. */
export interface SavedDocumentsOptions {
  readonly schemas: TypedSchemas;
  readonly results: SharedResults;
  readonly rooms: () => Rooms;
  readonly show: (error: unknown) => GraphQLFormattedError;
  /** An event type as it was in a version; null when there is none. */
  readonly versionOf: (name: string, version: number) => Promise<EventType | null>;
}

interface Prepared {
  readonly revision: number;
  readonly key: string;
  readonly run: RunDocument;
}

interface Read {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
}

const maxQueryLength = 20_000;
const refusedArguments = ['after', 'since', 'application'];
const maxPrepared = 2000;

/** Saved documents over schemas. */
export function createSavedDocuments(options: SavedDocumentsOptions): SavedDocuments {
  const { schemas, results, show } = options;
  const prepared = new Map<string, Prepared>();
  const places = new WeakMap<DocumentOwner, string>();

  function readAgainst(query: string, schemaFor: (document: DocumentNode) => GraphQLSchema): Read {
    if (query.length > maxQueryLength)
      throw new Problem('TOO_LARGE', `query must have at most ${maxQueryLength} characters`, { field: 'query' });
    const document = parseDocument(query);
    if (!('kind' in document)) throw toProblem(document);
    const checked = checkDocument(schemaFor(document), document);
    if (!('document' in checked)) throw toProblem(checked);
    return checked;
  }

  function currentSchema(document: DocumentNode): GraphQLSchema {
    const schema = schemas.schemaFor(document);
    if (!(schema instanceof Promise)) return schema;
    throw new Problem('INVALID_INPUT', 'query must not ask about the schema', { field: 'query' });
  }

  const pinned = (past: EventType | null) => (document: DocumentNode) =>
    past === null ? currentSchema(document) : schemas.schemaAt(document, past);

  async function read({ query, variables, eventTypeVersion }: DocumentInput): ReturnType<ReadDocument> {
    await schemas.caughtUp();
    const now = readQuestion(readLoosely(query, eventTypeVersion), variables, schemas);
    if (eventTypeVersion === null) return now;
    const [name = ''] = now.eventTypes;
    const past = await options.versionOf(name, eventTypeVersion);
    return readQuestion(readAgainst(query, pinned(past)), variables, schemas);
  }

  /** With a pin the document may not fit the current version; its field alone says which event type it is about. */
  function readLoosely(query: string, eventTypeVersion: number | null): Read {
    if (eventTypeVersion === null) return readAgainst(query, currentSchema);
    const document = parseDocument(query);
    if (!('kind' in document)) throw toProblem(document);
    return { document, schema: currentSchema(document) };
  }

  /** Equal for documents that are prepared alike. */
  function placeOf(owner: DocumentOwner): string {
    const known = places.get(owner);
    if (known !== undefined) return known;
    const { document, eventTypeVersion, application } = owner;
    const place = JSON.stringify([document?.query, document?.variables, eventTypeVersion, application]);
    places.set(owner, place);
    return place;
  }

  async function prepare(owner: DocumentOwner, place: string): Promise<Prepared> {
    const past =
      owner.eventTypeVersion === null
        ? null
        : await options.versionOf(owner.eventTypes[0] ?? '', owner.eventTypeVersion);
    return prepareNow(owner, place, past);
  }

  function prepareNow(owner: DocumentOwner, place: string, past: EventType | null): Prepared {
    const { query, variables } = owner.document ?? { query: '', variables: null };
    const { revision } = schemas;
    const { schema, document } = readAgainst(query, pinned(past));
    const caller = callerOf(owner.application);
    const sharing = readSharing(schema, document, schemas.keyOf(schema));
    const args = { schema, document, variableValues: variables };
    const key = toGroupKey(args, sharing, caller);
    const run = createRun({ args, sharing, caller, rooms: options.rooms(), show });
    const made = { revision, key, run };
    const [oldest] = prepared.keys();
    if (prepared.size >= maxPrepared && oldest !== undefined) prepared.delete(oldest);
    prepared.set(place, made);
    return made;
  }

  function dataOf(event: Event, owner: DocumentOwner): string | Promise<string> {
    // A test event shows the way and has no data that a document could be about.
    if (owner.document === null || event.type === testEventType) return event.dataJson;
    const place = placeOf(owner);
    const show = (made: Prepared): string | Promise<string> => {
      const result = results.get(made.key, event, made.run);
      return result instanceof Promise ? result.then(toDataJson) : toDataJson(result);
    };
    const isNews = (schemas.versionOf(event.type) ?? 0) < event.typeVersion ? schemas.caughtUp() : null;
    if (isNews !== null) return isNews.then(() => prepare(owner, place)).then(show);
    const known = prepared.get(place);
    if (known?.revision === schemas.revision) return show(known);
    return owner.eventTypeVersion === null ? show(prepareNow(owner, place, null)) : prepare(owner, place).then(show);
  }

  return {
    read,
    problemsWith(next) {
      const known = new Map<string, string | null>();
      const schemaFor = (document: DocumentNode): GraphQLSchema =>
        next === null ? currentSchema(document) : schemas.schemaIf(document, next);
      const find = (query: string): string | null => {
        try {
          readAgainst(query, schemaFor);
          return null;
        } catch (error) {
          if (error instanceof Problem) return error.message;
          throw error;
        }
      };
      return ({ document, eventTypeVersion }) => {
        // What is pinned does not change.
        if (document === null || eventTypeVersion !== null) return null;
        const found = known.get(document.query);
        if (found !== undefined) return found;
        const problem = find(document.query);
        known.set(document.query, problem);
        return problem;
      };
    },
    names(query, eventType) {
      // Most documents are about others: they need not be read.
      const { prefix, fieldName } = typedNamesOf(eventType);
      if (!query.includes(prefix) && !query.includes(fieldName)) return false;
      const document = parseDocument(query);
      return 'kind' in document && schemas.namedIn(document).includes(eventType);
    },
    dataOf,
  };
}

/** Who a webhook subscription is: its application, or the platform itself. */
function callerOf(applicationId: string | null): Caller {
  return { role: applicationId === null ? 'ADMIN' : 'APPLICATION', applicationId, apiKeyId: null };
}

function toDataJson({ dataJson, errors }: SharedResult): string {
  const [first] = errors ?? [];
  if (first === undefined) return dataJson;
  const path = first.path === undefined ? '' : ` at ${first.path.join('.')}`;
  throw new Problem('DATA_INVALID', `the document fails for this event${path}: ${first.message}`);
}

function toProblem([first]: readonly GraphQLError[]): Problem {
  const [at] = first?.locations ?? [];
  const place = at === undefined ? '' : ` (line ${at.line}, column ${at.column})`;
  return new Problem('INVALID_INPUT', `query: ${first?.message ?? 'cannot be read'}${place}`, { field: 'query' });
}

function refuse(node: { readonly loc?: DocumentNode['loc'] }, reason: string): Problem {
  const { loc } = node;
  const place = loc === undefined ? '' : ` (line ${loc.startToken.line}, column ${loc.startToken.column})`;
  return new Problem('INVALID_INPUT', `query ${reason}${place}`, { field: 'query' });
}

/** What a valid document asks for. */
function readQuestion(
  { schema, document }: Read,
  variables: DocumentInput['variables'],
  schemas: TypedSchemas,
): Awaited<ReturnType<ReadDocument>> {
  const operations = document.definitions.filter(
    (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
  );
  const [operation] = operations;
  if (operation === undefined || operations.length > 1 || operation.operation !== 'subscription')
    throw refuse(operations[1] ?? operation ?? document, 'must be exactly one operation, a subscription');
  if (readSharing(schema, document).isConditional)
    throw refuse(operation, 'must not depend on @skip or @include at its top');
  const field = findTopField(document, operation.selectionSet) ?? undefined;
  const definition = schema.getSubscriptionType()?.getFields()[field?.name.value ?? ''];
  const typed = schemas.typedEventOf(field?.name.value ?? '');
  if (field === undefined || definition === undefined || (field.name.value !== 'events' && typed === null))
    throw refuse(field ?? operation, 'must ask for `events` or for one typed event');
  for (const argument of field.arguments ?? [])
    if (refusedArguments.includes(argument.name.value))
      throw refuse(
        argument,
        `must not have the argument ${argument.name.value}: a webhook subscription says that itself`,
      );
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
  if (coerced === undefined)
    throw new Problem('INVALID_INPUT', errors[0]?.message ?? 'variables do not fit', { field: 'variables' });
  const values = getArgumentValues(definition, field, coerced);
  const types: unknown = values['types'];
  const eventTypes = typed === null ? (Array.isArray(types) ? types.map(String) : ['*']) : [typed.name];
  return { eventTypes, filter: values['filter'] ?? null };
}

const isFragment =
  (name: string) =>
  (part: DefinitionNode): part is FragmentDefinitionNode =>
    part.kind === Kind.FRAGMENT_DEFINITION && part.name.value === name;

function findTopField(document: DocumentNode, { selections }: SelectionSetNode): FieldNode | null {
  for (const one of selections) {
    if (one.kind === Kind.FIELD) return one;
    const inner = one.kind === Kind.INLINE_FRAGMENT ? one : document.definitions.find(isFragment(one.name.value));
    const found = inner === undefined ? null : findTopField(document, inner.selectionSet);
    if (found !== null) return found;
  }
  return null;
}
