// The rules of event types: creating, changing, archiving, deleting, and the compiled check that publishing uses.
// Access is the doors' business.
import type { Clock, NewId } from '../clock.js';
import type { Page, PageRequest } from '../paging.js';
import { Problem } from '../problem.js';
import { checkOptionalText } from '../text.js';
import type { EventType, EventTypeStatus, EventTypeVersion } from './event-type.js';
import { checkEventTypeName, collisionKey } from './event-type-name.js';
import type { EventTypeChange, EventTypeStore } from './event-type-store.js';
import { type CompiledSchema, compileSchema, compileSchemaWhenNeeded } from './json-schema.js';

/** A new event type as it comes from the door. */
export interface NewEventType {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly schema?: unknown;
  readonly example?: unknown;
}

/** Changes of an event type; what is undefined stays, a null takes away. */
export interface EventTypeChanges {
  readonly description?: string | null | undefined;
  readonly schema?: unknown;
  readonly example?: unknown;
  readonly status?: EventTypeStatus | null | undefined;
}

/** An active event type with its check, as publishing needs it. */
export interface PublishableType {
  readonly name: string;
  readonly version: number;
  /** Throws `DATA_INVALID`, its field the path under `data`, when the data does not match the schema. */
  readonly checkData: (data: unknown) => void;
}

/** Event types and their rules. */
export interface EventTypes {
  /** Throws `NAME_INVALID`, `NAME_TAKEN`, `SCHEMA_INVALID`, `DATA_INVALID` (the example), `INVALID_INPUT`. */
  create(input: NewEventType): Promise<EventType>;
  /** Throws as `create`, and `NOT_FOUND`, `CONFLICT`, or `IN_USE` when it would break saved documents and is not forced. */
  update(name: string, changes: EventTypeChanges, force?: boolean): Promise<EventType>;
  /** Throws `NOT_FOUND`, or `IN_USE` with what uses it. Answers the id. */
  delete(name: string): Promise<string>;
  get(id: string): Promise<EventType | null>;
  getByName(name: string): Promise<EventType | null>;
  list(request: PageRequest, status: EventTypeStatus | null): Promise<Page<EventType>>;
  /** All versions, newest first, at most 100. */
  versions(eventType: EventType): Promise<EventTypeVersion[]>;
  /** The type to publish under, at most one second old. Throws `EVENT_TYPE_UNKNOWN` (also for an archived one). */
  publishable(name: string): Promise<PublishableType>;
}

/** What the rules need. */
export interface EventTypesOptions {
  readonly store: EventTypeStore;
  readonly clock: Clock;
  readonly newId: NewId;
  /** What still refers to a type, in words; null when nothing does. */
  readonly usedBy: (name: string) => Promise<string | null>;
  /** What of the API has a GraphQL name that the event type's own would have too, in words; null when nothing has. */
  readonly collisionOf: (name: string) => string | null;
  /** Told of each change once it is written. */
  readonly changed: (change: EventTypeChange) => void;
  /** Webhook subscriptions whose documents a new version would break, a few of them. */
  readonly brokenBy: (next: EventType) => Promise<readonly string[]>;
  /** Called when a new version holds. */
  readonly versionChanged: () => Promise<void>;
}

const maxDescriptionLength = 4096;
/** How long another node's change may go unseen by publishing here. */
const freshForMs = 1000;
/** Compiled types kept; more are compiled again when used. */
const maxCached = 2000;

interface CachedType {
  readonly type: PublishableType;
  readonly eventType: EventType;
  readAtMs: number;
}

/** Event types over a store. */
export function createEventTypes(options: EventTypesOptions): EventTypes {
  const { store, clock, newId, usedBy, changed } = options;
  const cache = new Map<string, CachedType>();
  const readings = new Map<string, Promise<PublishableType>>();

  async function mustGet(name: string): Promise<EventType> {
    const found = await store.getByName(name);
    if (found === null) throw new Problem('NOT_FOUND', `there is no event type ${quote(name)}`, { field: 'name' });
    return found;
  }

  function publishable(name: string): Promise<PublishableType> {
    const cached = cache.get(name);
    if (cached !== undefined && clock.monotonicMs() - cached.readAtMs < freshForMs) return Promise.resolve(cached.type);
    let reading = readings.get(name);
    if (reading === undefined) {
      reading = readPublishable(name, cached).finally(() => readings.delete(name));
      readings.set(name, reading);
    }
    return reading;
  }

  async function readPublishable(name: string, cached: CachedType | undefined): Promise<PublishableType> {
    const nowMs = clock.monotonicMs();
    const eventType = await store.getByName(name);
    if (eventType === null || eventType.status !== 'ACTIVE') {
      cache.delete(name);
      const reason = eventType === null ? 'there is no event type' : 'archived is the event type';
      throw new Problem('EVENT_TYPE_UNKNOWN', `${reason} ${quote(name)}`, { field: 'type' });
    }
    if (cached?.eventType.version === eventType.version && cached.eventType.id === eventType.id) {
      cached.readAtMs = nowMs;
      return cached.type;
    }
    const { schema } = eventType;
    return remember(eventType, schema === null ? null : compileSchemaWhenNeeded(schema, 'schema'), nowMs);
  }

  function remember(eventType: EventType, compiled: CompiledSchema | null, readAtMs: number): PublishableType {
    const type = toPublishable(eventType, compiled);
    if (cache.size >= maxCached) cache.delete(cache.keys().next().value ?? eventType.name);
    cache.set(eventType.name, { type, eventType, readAtMs });
    return type;
  }

  /** Only a schema makes types. */
  function refuseCollision({ name, schema }: EventType, field: string): void {
    const taken = schema === null ? null : options.collisionOf(name);
    if (taken === null) return;
    const message = `the GraphQL types of ${quote(name)} would collide with ${taken}; choose another name, or leave the schema out`;
    throw new Problem('NAME_TAKEN', message, { field });
  }

  async function refuseBroken(next: EventType): Promise<void> {
    const broken = await options.brokenBy(next);
    if (broken.length === 0) return;
    const message = `the new schema would break the documents of webhook subscriptions such as ${broken.join(', ')}; change them first, or say force`;
    throw new Problem('IN_USE', message, { field: 'schema' });
  }

  return {
    async create(input) {
      const now = clock.now();
      const eventType: EventType = {
        id: newId('eventType'),
        name: checkEventTypeName(input.name, 'name'),
        description: checkOptionalText(input.description, 'description', maxDescriptionLength),
        schema: input.schema ?? null,
        example: input.example ?? null,
        version: 1,
        status: 'ACTIVE',
        createdAt: now,
        updatedAt: now,
        versionCreatedAt: now,
      };
      const compiled = checkExample(eventType);
      refuseCollision(eventType, 'name');
      await store.create(eventType, collisionKey(eventType.name));
      changed({ kind: 'put', eventType });
      // As if read long ago: what is remembered is the compiled schema, and publishing looks whether it still holds.
      remember(eventType, compiled, Number.NEGATIVE_INFINITY);
      return eventType;
    },
    async update(name, changes, force = false) {
      const current = await mustGet(name);
      const next = applyChanges(current, changes, clock.now());
      const compiled = checkExample(next);
      if (current.schema === null) refuseCollision(next, 'schema');
      const isNewVersion = next.version !== current.version;
      if (isNewVersion && !force) await refuseBroken(next);
      if (!(await store.replace(current, next))) {
        throw new Problem('CONFLICT', `${quote(name)} was changed by somebody else meanwhile; read it and try again`, {
          field: 'name',
        });
      }
      changed({ kind: 'put', eventType: next });
      if (isNewVersion) await options.versionChanged();
      remember(next, compiled, Number.NEGATIVE_INFINITY);
      return next;
    },
    async delete(name) {
      const found = await mustGet(name);
      const user = await usedBy(name);
      if (user !== null)
        throw new Problem('IN_USE', `${quote(name)} is in use: ${user}; archive it instead`, { field: 'name' });
      await store.delete(found);
      changed({ kind: 'remove', id: found.id });
      cache.delete(name);
      return found.id;
    },
    get: (id) => store.get(id),
    getByName: (name) => store.getByName(name),
    list: (request, status) => store.list(request, status),
    async versions({ id, version, schema, versionCreatedAt }) {
      return [{ version, schema, createdAt: versionCreatedAt }, ...(await store.listSuperseded(id, 99))];
    },
    publishable,
  };
}

function applyChanges(current: EventType, changes: EventTypeChanges, now: Date): EventType {
  const schema = changes.schema === undefined ? current.schema : changes.schema;
  const isNewVersion = JSON.stringify(schema) !== JSON.stringify(current.schema);
  return {
    ...current,
    description:
      changes.description === undefined
        ? current.description
        : checkOptionalText(changes.description, 'description', maxDescriptionLength),
    schema,
    example: changes.example === undefined ? current.example : changes.example,
    status: changes.status ?? current.status,
    version: isNewVersion ? current.version + 1 : current.version,
    versionCreatedAt: isNewVersion ? now : current.versionCreatedAt,
    // Grows with every change, since a change is recognised by it.
    updatedAt: new Date(Math.max(now.getTime(), current.updatedAt.getTime() + 1)),
  };
}

/** The compiled schema, once the example is known to match it. */
function checkExample({ schema, example }: EventType): CompiledSchema | null {
  const compiled = schema === null ? null : compileSchema(schema, 'schema');
  const violation = example === null ? null : (compiled?.check(example) ?? null);
  if (violation === null) return compiled;
  const path = violation.path.replace(/^data/, 'example');
  const message = `the example does not match the schema: ${path} ${violation.reason}`;
  throw new Problem('DATA_INVALID', message, { field: path });
}

function toPublishable({ name, version }: EventType, compiled: CompiledSchema | null): PublishableType {
  return {
    name,
    version,
    checkData(data) {
      const violation = compiled?.check(data) ?? null;
      if (violation === null) return;
      const message = `data does not match version ${version} of ${name}: ${violation.path} ${violation.reason}`;
      throw new Problem('DATA_INVALID', message, { field: violation.path });
    },
  };
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 128));
}
