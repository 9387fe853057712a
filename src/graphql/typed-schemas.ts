// Schemas with typed events. A document is checked and executed against a small schema that has the types it names and no
// others, so that thousands of event types cost those nothing who do not use them, and a change of one touches nobody else. The
// whole schema, which only introspection and the SDL need, is made when it is asked for.
import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { Clock } from '../clock.js';
import type { EventType } from '../event-type/event-type.js';
import type { FollowedEventTypes } from '../event-type/followed-event-types.js';
import { createSlices } from '../live/slices.js';
import { prefixOfTypeName } from '../typed-event/typed-names.js';
import { createTypedEventCompiler, hasTypes, type TypedEvent } from './typed-event.js';

/** The event types that documents may name. */
export interface EventTypeView {
  getByKey(collisionKey: string): EventType | null;
  all(): Iterable<EventType>;
}

/** Schemas with typed events. */
export interface TypedSchemas {
  /** The API without typed events. */
  readonly base: GraphQLSchema;
  /** Grows when a document may have another schema than before. */
  readonly revision: number;
  /** The schema for a document; the whole one, later, when the document asks about the schema itself. */
  schemaFor(document: DocumentNode): GraphQLSchema | Promise<GraphQLSchema>;
  /** The schema for a document that sees one event type in a version of the past. */
  schemaAt(document: DocumentNode, past: EventType): GraphQLSchema;
  /** The schema for a document if one event type were as given. Not kept, and for checking alone. */
  schemaIf(document: DocumentNode, next: EventType): GraphQLSchema;
  /** The same for schemas in which a document has the same meaning. */
  keyOf(schema: GraphQLSchema): string;
  /** Names of the event types whose fields or types a document names. */
  namedIn(document: DocumentNode): readonly string[];
  /** The event type that a field of the subscription is of; null for none. */
  typedEventOf(fieldName: string): EventType | null;
  /** Version of an event type as it is known here; null for none. */
  versionOf(name: string): number | null;
  /** All of it. Made in slices; the latest one is kept for a minute. */
  whole(): Promise<GraphQLSchema>;
  /** Resolves when every event type acknowledged before, by any node, is known; null when that is so already. */
  caughtUp(): Promise<void> | null;
  /** The name that the events of an event type would take from the API itself; null when it can have its types. */
  readonly collisionOf: (eventTypeName: string) => string | null;
}

/** What schemas need. */
export interface TypedSchemasOptions {
  readonly base: GraphQLSchema;
  readonly eventTypes: FollowedEventTypes;
  readonly isShared: boolean;
  readonly clock: Clock;
}

/** Small schemas and compiled event types kept; they are made again when needed. */
const maxKept = 200;
const sliceMs = 8;
const keepWholeMs = 60_000;

/** Schemas over event types. */
export function createTypedSchemas({ base, eventTypes, isShared, clock }: TypedSchemasOptions): TypedSchemas {
  const compiler = createTypedEventCompiler(base);
  const compiled = createKept<TypedEvent>(maxKept);
  const schemas = createKept<GraphQLSchema>(maxKept);
  const keys = new WeakMap<GraphQLSchema, string>([[base, '']]);
  let latest: { readonly revision: number; readonly schema: Promise<GraphQLSchema> } | null = null;
  let names: { readonly revision: number; readonly hash: string } | null = null;

  const isTyped = (eventType: EventType): boolean =>
    hasTypes(eventType) && compiler.collisionOf(eventType.name) === null;
  const keyOfType = ({ id, version }: EventType): string => `${id}:${version}`;

  /** Changes when an event type gets its types or loses them. */
  function hashOfNames(): string {
    if (names?.revision !== eventTypes.revision) {
      const all = [...eventTypes.all()].filter(isTyped).map(({ name }) => name);
      const hash = createHash('sha256').update(all.sort().join()).digest('base64');
      names = { revision: eventTypes.revision, hash };
    }
    return names.hash;
  }

  function build(typed: readonly TypedEvent[], others: readonly GraphQLNamedType[]): GraphQLSchema {
    const { subscription, types, ...config } = base.toConfig();
    if (subscription == null) throw new TypeError('the schema has no subscriptions');
    const fields = Object.fromEntries(typed.map((one) => [one.fieldName, one.field]));
    const extended = new GraphQLObjectType({
      ...subscription.toConfig(),
      fields: { ...subscription.toConfig().fields, ...fields },
    });
    return new GraphQLSchema({
      ...config,
      subscription: extended,
      types: [...types.filter((type) => type !== subscription), ...typed.flatMap((one) => one.types), ...others],
      // Made of parts that are valid; test/typed-event/github.test.ts checks a whole.
      assumeValid: true,
    });
  }

  function compileKept(eventType: EventType): TypedEvent {
    return compiled.get(keyOfType(eventType), () => compiler.compile(eventType));
  }

  function schemaOf(needs: DocumentNeeds, view: EventTypeView): GraphQLSchema {
    const { needed, others } = choose(needs, view);
    if (needed.length === 0 && others.length === 0) return base;
    const key = [...needed.map(keyOfType), ...(needs.asksForNames ? [hashOfNames()] : [])].join(' ');
    return schemas.get(key, () => keep(build(needed.map(compileKept), others.map(compiler.outline)), key));
  }

  /** The event types that a document names, and the others if it asks for the names of types. */
  function choose({ prefixes, asksForNames }: DocumentNeeds, view: EventTypeView): Chosen {
    const found = [...prefixes].flatMap((prefix) => view.getByKey(prefix) ?? []).filter(isTyped);
    const needed = [...new Set(found)].sort((a, b) => (a.name < b.name ? -1 : 1));
    const others = asksForNames ? [...view.all()].filter((one) => isTyped(one) && !needed.includes(one)) : [];
    return { needed, others };
  }

  /** The event types with one of them as given. */
  function viewWith(given: EventType): EventTypeView {
    const put = (found: EventType): EventType => (found.name === given.name ? given : found);
    return {
      getByKey(prefix) {
        const found = eventTypes.getByKey(prefix);
        return found === null ? null : put(found);
      },
      all: () => [...eventTypes.all()].map(put),
    };
  }

  function keep(schema: GraphQLSchema, key: string): GraphQLSchema {
    keys.set(schema, key);
    return schema;
  }

  async function buildWhole(): Promise<GraphQLSchema> {
    const slices = createSlices(() => clock.monotonicMs(), sliceMs);
    const typed: TypedEvent[] = [];
    for (const eventType of [...eventTypes.all()].filter(isTyped).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const one = compiled.peek(keyOfType(eventType)) ?? compiler.compile(eventType);
      for (const type of one.types) if (type instanceof GraphQLObjectType) type.getFields();
      typed.push(one);
      const pause = slices.pause();
      if (pause !== null) await pause;
    }
    return typed.length === 0 ? base : keep(build(typed, []), `whole ${eventTypes.revision}`);
  }

  function whole(): Promise<GraphQLSchema> {
    const { revision } = eventTypes;
    if (latest?.revision === revision) return latest.schema;
    const made = { revision, schema: buildWhole() };
    latest = made;
    clock.after(keepWholeMs, () => {
      if (latest === made) latest = null;
    });
    return made.schema;
  }

  return {
    base,
    get revision() {
      return eventTypes.revision;
    },
    schemaFor(document) {
      const needs = readNeeds(document);
      return needs.asksForSchema ? whole() : schemaOf(needs, eventTypes);
    },
    schemaAt: (document, past) => schemaOf(readNeeds(document), viewWith(past)),
    schemaIf(document, next) {
      const { needed, others } = choose(readNeeds(document), viewWith(next));
      const typed = needed.map((one) => (one === next ? compiler.compile(one) : compileKept(one)));
      return build(typed, others.map(compiler.outline));
    },
    namedIn: (document) => choose(readNeeds(document), eventTypes).needed.map(({ name }) => name),
    keyOf: (schema) => keys.get(schema) ?? '',
    typedEventOf(fieldName) {
      const found = eventTypes.getByKey(fieldName.charAt(0).toUpperCase() + fieldName.slice(1));
      return found !== null && isTyped(found) ? found : null;
    },
    versionOf: (name) => eventTypes.get(name)?.version ?? null,
    whole,
    caughtUp: () => (isShared ? eventTypes.caughtUp() : null),
    collisionOf: compiler.collisionOf,
  };
}

interface Chosen {
  readonly needed: readonly EventType[];
  readonly others: readonly EventType[];
}

interface DocumentNeeds {
  /** Words that an event type's names may begin with. */
  readonly prefixes: ReadonlySet<string>;
  /** Names of types are a part of its result. */
  readonly asksForNames: boolean;
  /** Introspection. */
  readonly asksForSchema: boolean;
}

function readNeeds(document: DocumentNode): DocumentNeeds {
  const prefixes = new Set<string>();
  let asksForNames = false;
  let asksForSchema = false;
  visit(document, {
    NamedType({ name }) {
      const prefix = prefixOfTypeName(name.value);
      if (prefix !== null) prefixes.add(prefix);
    },
    Field({ name: { value } }) {
      asksForNames ||= value === '__typename';
      asksForSchema ||= value === '__schema' || value === '__type';
    },
  });
  for (const part of document.definitions) {
    const isOfSubscription =
      part.kind === Kind.OPERATION_DEFINITION
        ? part.operation === 'subscription'
        : part.kind === Kind.FRAGMENT_DEFINITION && part.typeCondition.name.value === 'Subscription';
    if (isOfSubscription && 'selectionSet' in part) addTopFields(part.selectionSet, prefixes);
  }
  return { prefixes, asksForNames, asksForSchema };
}

function addTopFields({ selections }: SelectionSetNode, prefixes: Set<string>): void {
  for (const one of selections) {
    if (one.kind === Kind.INLINE_FRAGMENT) addTopFields(one.selectionSet, prefixes);
    if (one.kind === Kind.FIELD) prefixes.add(one.name.value.charAt(0).toUpperCase() + one.name.value.slice(1));
  }
}

interface Kept<T> {
  get(key: string, make: () => T): T;
  peek(key: string): T | undefined;
}

/** The most recently used values, at most `size` of them. */
function createKept<T>(size: number): Kept<T> {
  const values = new Map<string, T>();
  return {
    get(key, make) {
      const value = values.get(key) ?? make();
      values.delete(key);
      values.set(key, value);
      const [oldest] = values.keys();
      if (values.size > size && oldest !== undefined) values.delete(oldest);
      return value;
    },
    peek: (key) => values.get(key),
  };
}
