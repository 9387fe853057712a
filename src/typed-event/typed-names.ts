// The GraphQL names of one event type: its event, its payload and its field. Other names of its payload begin with that of the
// payload and an underscore, so that those of two event types are never the same.
import { collisionKey } from '../event-type/event-type-name.js';

/** What an event type is called in GraphQL. */
export interface TypedNames {
  /** `order.created` gives `OrderCreated`; other event types have others. */
  readonly prefix: string;
  /** Type of its events: `OrderCreatedEvent`. */
  readonly eventTypeName: string;
  /** Type of their payload: `OrderCreatedPayload`. */
  readonly payloadTypeName: string;
  /** Field of the subscription: `orderCreated`. */
  readonly fieldName: string;
}

/** The names of an event type. Never throws for a valid name. */
export function typedNamesOf(eventType: string): TypedNames {
  const prefix = collisionKey(eventType);
  return {
    prefix,
    eventTypeName: `${prefix}Event`,
    payloadTypeName: `${prefix}Payload`,
    fieldName: prefix.charAt(0).toLowerCase() + prefix.slice(1),
  };
}

/** The prefix in a type name that may belong to an event type; null for one that cannot. */
export function prefixOfTypeName(typeName: string): string | null {
  return /^([0-9A-Za-z]+)(?:Event|Payload)(?:_.*)?$/.exec(typeName)?.[1] ?? null;
}
