// Which results may be shared: an explicit table of the fields that are the same for everybody. What is not in it depends on
// who asks, and so makes a group for each kind of viewer; a new field is therefore never shared by accident.
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  isObjectType,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { Problem } from '../problem.js';
import type { Caller } from '../security/access.js';
import { payloadMark } from '../typed-event/compile-payload.js';
import { typedFieldMark } from './typed-event.js';

/** Fields whose values depend on the event alone, `Type.field`. */
export const sameForEverybody: ReadonlySet<string> = new Set([
  'Subscription.events',
  'Node.id',
  'Event.id',
  'Event.type',
  'Event.source',
  'Event.subject',
  'Event.time',
  'Event.data',
  'Event.typeVersion',
  'Event.sequence',
  'Event.cursor',
  'Event.orderingKey',
  'Event.deliverAt',
  // Typed events: their payload, and every field of the types of payloads.
  'TypedEvent.payload',
  'Payload.*',
]);

/** Arguments that choose events and leave the result of each as it is, `Type.field` to names. */
export const choosingArguments: Readonly<Record<string, readonly string[]>> = {
  'Subscription.events': ['types', 'filter', 'after', 'since', 'application'],
};

/** The row of the tables for a field: that of an event for its typed forms, one for all of the payloads. */
function rowOf(typeInfo: TypeInfo): string {
  const parent = typeInfo.getParentType();
  const field = typeInfo.getFieldDef();
  if (parent?.extensions['carillon'] === payloadMark) return 'Payload.*';
  if (field?.extensions['carillon'] === typedFieldMark) return 'Subscription.events';
  if (field?.extensions['carillon'] === payloadMark) return 'TypedEvent.payload';
  const isEvent = isObjectType(parent) && parent.getInterfaces().some(({ name }) => name === 'Event');
  return `${isEvent ? 'Event' : parent?.name}.${field?.name}`;
}

/** What one document says about sharing. */
export interface DocumentSharing {
  /** The document in one spelling. */
  readonly text: string;
  /** Says against which types it was read, where they may change. */
  readonly types: string;
  /** True when its results are the same for everybody. */
  readonly isForEverybody: boolean;
  /** Names of the variables that shape a result. */
  readonly shapingVariables: readonly string[];
  /** True when a directive may leave the operation without its field. */
  readonly isConditional: boolean;
}

/** Reads what a valid document says about sharing. Looks at all of it, also at other operations: that is on the safe side. */
export function readSharing(schema: GraphQLSchema, document: DocumentNode, types = ''): DocumentSharing {
  const typeInfo = new TypeInfo(schema);
  const shaping = new Set<string>();
  let isForEverybody = true;
  let isConditional = false;
  const field = (): string => rowOf(typeInfo);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field() {
        if (typeInfo.getFieldDef()?.name !== '__typename' && !sameForEverybody.has(field())) isForEverybody = false;
      },
      Argument({ name }) {
        // The arguments of directives have no entry: what decides whether a field is there shapes the result.
        const isOfDirective = typeInfo.getDirective() != null;
        return !isOfDirective && choosingArguments[field()]?.includes(name.value) === true ? false : undefined;
      },
      VariableDefinition: () => false,
      Variable({ name }) {
        shaping.add(name.value);
      },
      Directive() {
        const parent = typeInfo.getParentType();
        if (parent?.name === schema.getSubscriptionType()?.name) isConditional = true;
      },
    }),
  );
  return { text: print(document), types, isForEverybody, shapingVariables: [...shaping].sort(), isConditional };
}

/** The refusal of a conditional field at the top of a subscription (GraphQL, section 5.2.4.1). */
export function refuseConditional(): GraphQLError {
  return new GraphQLError('the field of a subscription must not depend on @skip or @include');
}

/** The key under which an operation's results are shared. Its variables must fit. */
export function toGroupKey(args: ExecutionArgs, sharing: DocumentSharing, caller: Caller): string {
  const operation = getOperationAST(args.document, args.operationName);
  const { coerced = {} } = getVariableValues(
    args.schema,
    operation?.variableDefinitions ?? [],
    args.variableValues ?? {},
  );
  const shaping = sharing.shapingVariables.map((name) => coerced[name] ?? null);
  const viewer = sharing.isForEverybody ? '' : JSON.stringify([caller.role, caller.applicationId]);
  return [sharing.text, sharing.types, args.operationName ?? '', JSON.stringify(shaping), viewer].join('\n');
}

/** Who a group is executed for. Whatever the group's key does not say cannot be asked of it: the field fails, nothing leaks. */
export function toGroupCaller(sharing: DocumentSharing, caller: Caller): Caller {
  const unknown = (): never => {
    throw new Problem('INTERNAL', 'a shared result depends on who asks; the table of shared fields is wrong');
  };
  if (!sharing.isForEverybody) {
    const { role, applicationId } = caller;
    return {
      role,
      applicationId,
      get apiKeyId() {
        return unknown();
      },
    };
  }
  return {
    get role() {
      return unknown();
    },
    get applicationId() {
      return unknown();
    },
    get apiKeyId() {
      return unknown();
    },
  };
}
