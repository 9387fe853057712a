// A copy of event types as the schemas see it, filled by hand: nothing is followed.
import type { EventType } from '../../src/event-type/event-type.js';
import { collisionKey } from '../../src/event-type/event-type-name.js';
import type { FollowedEventTypes } from '../../src/event-type/followed-event-types.js';
import { createSchema } from '../../src/graphql/schema.js';
import { createTypedSchemas, type TypedSchemas } from '../../src/graphql/typed-schemas.js';
import { createFakeClock } from './fake-clock.js';

/** An event type of version 1. */
export function eventTypeOf(name: string, schema: unknown, version = 1): EventType {
  const at = new Date(version);
  const id = `ety_${name}`;
  const dates = { createdAt: at, updatedAt: at, versionCreatedAt: at };
  return { id, name, description: null, schema, example: null, version, status: 'ACTIVE', ...dates };
}

/** A copy of some event types. */
export function createEventTypeCopy(...eventTypes: EventType[]): FollowedEventTypes {
  const byName = new Map(eventTypes.map((one) => [one.name, one]));
  let revision = 0;
  return {
    get: (name) => byName.get(name) ?? null,
    getByKey: (key) => [...byName.values()].find(({ name }) => collisionKey(name) === key) ?? null,
    all: () => byName.values(),
    get revision() {
      return revision;
    },
    apply(change) {
      revision += 1;
      if (change.kind === 'put') byName.set(change.eventType.name, change.eventType);
      else for (const [name, { id }] of byName) if (id === change.id) byName.delete(name);
    },
    caughtUp: async () => undefined,
    loaded: Promise.resolve(),
    close: async () => undefined,
  };
}

/** Schemas over some event types. */
export function schemasOf(...eventTypes: EventType[]): TypedSchemas {
  const copy = createEventTypeCopy(...eventTypes);
  return createTypedSchemas({ base: createSchema(), eventTypes: copy, isShared: false, clock: createFakeClock() });
}
