// The GraphQL types of one event type with a JSON Schema: its event, its payload, its field of the subscription. Which of them a
// schema has is typed-schemas.ts.
import {
  assertInterfaceType,
  assertObjectType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLSchema,
  isScalarType,
} from 'graphql';
import type { Event } from '../event/event.js';
import type { EventType } from '../event-type/event-type.js';
import { compilePayload, payloadMark } from '../typed-event/compile-payload.js';
import type { ApiScalars } from '../typed-event/scalars.js';
import { isSubschema, type Subschema } from '../typed-event/subschema.js';
import { typedNamesOf } from '../typed-event/typed-names.js';
import type { RequestContext } from './context.js';

/** An event type as GraphQL has it. */
export interface TypedEvent {
  readonly name: string;
  readonly fieldName: string;
  readonly field: GraphQLFieldConfig<unknown, RequestContext>;
  readonly eventType: GraphQLObjectType;
  readonly types: readonly GraphQLNamedType[];
}

/** Makes the types of event types for one schema that they are added to. */
export interface TypedEventCompiler {
  /** All types of an event type. Takes milliseconds. Throws when it has none: ask `collisionOf` and `hasTypes` before. */
  readonly compile: (eventType: EventType) => TypedEvent;
  /** Its event alone, without the payload: enough for those who ask for its name. */
  readonly outline: (eventType: EventType) => GraphQLObjectType;
  /** The name that an event type would have and that is taken by the API itself; null when it can have its types. */
  readonly collisionOf: (eventTypeName: string) => string | null;
}

/** True for an event type with a schema that types can be made of. */
export function hasTypes(eventType: EventType): eventType is EventType & { readonly schema: Subschema } {
  return isSubschema(eventType.schema);
}

/** In the extensions of the fields of typed events: they choose as `events` does. */
export const typedFieldMark = { kind: 'typedField' } as const;

/** A compiler for a schema. Throws when that is not the API's. */
export function createTypedEventCompiler(base: GraphQLSchema): TypedEventCompiler {
  const interfaces = ['Event', 'Node'].map((name) => assertInterfaceType(base.getType(name)));
  const common = assertObjectType(base.getType('GenericEvent')).toConfig().fields as GraphQLFieldConfigMap<
    unknown,
    RequestContext
  >;
  const subscriptionFields = base.getSubscriptionType()?.getFields() ?? {};
  const events = assertObjectType(base.getSubscriptionType()).toConfig().fields['events'];
  if (events?.subscribe === undefined) throw new TypeError('the schema has no field for events');
  const { types: _types, ...args } = events.args ?? {};
  const subscribeEvents = events.subscribe;
  const scalars: ApiScalars = { dateTime: scalarOf(base, 'DateTime'), json: scalarOf(base, 'JSON') };
  const outlines = new Map<string, GraphQLObjectType>();

  const describeEvent = (name: string): string => `An event of the type \`${name}\`.`;

  return {
    compile(eventType) {
      const { name, description } = eventType;
      if (!hasTypes(eventType)) throw new TypeError(`the event type ${name} has no schema`);
      const { eventTypeName, payloadTypeName, fieldName } = typedNamesOf(name);
      const payload = compilePayload(eventType.schema, { name: payloadTypeName, scalars });
      const type = new GraphQLObjectType<unknown, RequestContext>({
        name: eventTypeName,
        description: [describeEvent(name), description].filter((text) => text !== null).join(' '),
        interfaces,
        fields: {
          ...common,
          payload: {
            type: payload.type,
            extensions: { carillon: payloadMark },
            description: `The data, by version ${eventType.version} of its schema. ${payload.note ?? ''}`.trim(),
            resolve(event, _args, context) {
              const { data } = event as Event;
              return data === null ? null : payload.read(data, context);
            },
          },
        },
      });
      const field: GraphQLFieldConfig<unknown, RequestContext> = {
        type: new GraphQLNonNull(type),
        description: `Events of the type \`${name}\` as they are published; otherwise as \`events\`.`,
        args,
        extensions: { carillon: typedFieldMark },
        subscribe: (root, given, context, info) => subscribeEvents(root, { ...given, types: [name] }, context, info),
        resolve: (event) => event,
      };
      return { name, fieldName, field, eventType: type, types: [type, ...payload.types] };
    },
    outline({ name }) {
      const known = outlines.get(name);
      if (known !== undefined) return known;
      const { eventTypeName } = typedNamesOf(name);
      const made = new GraphQLObjectType({
        name: eventTypeName,
        description: describeEvent(name),
        interfaces,
        fields: common,
      });
      outlines.set(name, made);
      return made;
    },
    collisionOf(eventTypeName) {
      const names = typedNamesOf(eventTypeName);
      const type = [names.eventTypeName, names.payloadTypeName].find((name) => base.getType(name) !== undefined);
      if (type !== undefined) return `the type ${type}`;
      return Object.hasOwn(subscriptionFields, names.fieldName) ? `the field Subscription.${names.fieldName}` : null;
    },
  };
}

function scalarOf(schema: GraphQLSchema, name: string): ApiScalars['json'] {
  const type = schema.getType(name);
  if (isScalarType(type)) return type;
  throw new TypeError(`the schema has no scalar ${name}`);
}
