// Documents of typed events as functions that write their result as JSON, in a fraction of the time that executing them takes
// (decision 16). They know the ordinary course alone: fields without arguments that give values of their types. Whatever else
// happens with an event, they give it up, and it is executed by graphql-js, which has the last word.
import {
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLBoolean,
  type GraphQLField,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLString,
  getVariableValues,
  isAbstractType,
  isLeafType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Event } from '../event/event.js';
import type { RequestContext } from './context.js';
import { typedFieldMark } from './typed-event.js';

/** Writes `data` for an event as JSON, or gives null when that is beyond it. Never throws. */
export type WriteData = (event: Event, context: RequestContext) => string | null;

/** Writes a value that is not null. Throws `givenUp`, or whatever a resolver throws. */
type Write = (value: unknown, context: RequestContext) => string;

interface Compilation {
  /** Objects that may still be written for: types that lead to each other would make too many. */
  readonly budget: { objects: number };
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

const maxObjects = 500;
const givenUp = new Error('beyond a compiled document');

/**
 * The function of a document that is valid for its schema and the same for everybody (`readSharing`); null for one that asks for more
 * than the fields of a typed event.
 */
export function compileDocument({ schema, document, variableValues }: ExecutionArgs): WriteData | null {
  const operation = document.definitions.find(
    (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
  );
  const root = schema.getSubscriptionType();
  if (operation?.operation !== 'subscription' || root == null) return null;
  const given = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (given.errors !== undefined) return null;
  const named = document.definitions.filter(
    (one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION,
  );
  const fragments = new Map(named.map((fragment) => [fragment.name.value, fragment]));
  try {
    return compileRoot({ schema, fragments, budget: { objects: maxObjects } }, root, operation.selectionSet);
  } catch (error) {
    if (error === givenUp) return null;
    throw error;
  }
}

function compileRoot(compilation: Compilation, root: GraphQLObjectType, selectionSet: SelectionSetNode): WriteData {
  const [[key, nodes] = ['', []], ...others] = collect(compilation, root, [selectionSet]);
  const field = root.getFields()[nodes[0]?.name.value ?? ''];
  const mark = field?.extensions['carillon'];
  if (field === undefined || mark !== typedFieldMark || others.length > 0) throw givenUp;
  const write = compileType(compilation, field.type, nodes);
  return (event, context) => {
    try {
      return `{${JSON.stringify(key)}:${write(event, context)}}`;
    } catch {
      return null;
    }
  };
}

/** Fields by response key, in the order of their first places (GraphQL specification, section 6.3.2). */
function collect(
  { schema, fragments }: Compilation,
  type: GraphQLObjectType,
  selectionSets: readonly SelectionSetNode[],
): Map<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  const applies = (condition: string | undefined): boolean => {
    if (condition === undefined || condition === type.name) return true;
    const other = schema.getType(condition);
    return isAbstractType(other) && schema.isSubType(other, type);
  };
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if ((selection.directives ?? []).length > 0) throw givenUp;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const nodes = found.get(key);
        if (nodes === undefined) found.set(key, [selection]);
        else nodes.push(selection);
        continue;
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition?.name.value)) visit(selection.selectionSet);
        continue;
      }
      const fragment = fragments.get(selection.name.value);
      if (fragment === undefined || visited.has(selection.name.value)) continue;
      visited.add(selection.name.value);
      if (applies(fragment.typeCondition.name.value)) visit(fragment.selectionSet);
    }
  };
  for (const selectionSet of selectionSets) visit(selectionSet);
  return found;
}

function compileType(compilation: Compilation, type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
  if (type instanceof GraphQLNonNull) return compileType(compilation, type.ofType as GraphQLOutputType, nodes);
  if (type instanceof GraphQLList) return compileList(compilation, type.ofType as GraphQLOutputType, nodes);
  if (isLeafType(type)) return compileLeaf(type);
  if (isObjectType(type)) return compileObject(compilation, type, nodes);
  const writes = new Map(
    compilation.schema.getPossibleTypes(type).map((one) => [one.name, compileObject(compilation, one, nodes)]),
  );
  const { resolveType } = type;
  if (resolveType == null) throw givenUp;
  return (value, context) => {
    const name: unknown = resolveType(value, context, undefined as never, type);
    const write = typeof name === 'string' ? writes.get(name) : undefined;
    if (write === undefined) throw givenUp;
    return write(value, context);
  };
}

function compileLeaf(type: GraphQLLeafType): Write {
  const write = (value: unknown): string => {
    const json: string | undefined = JSON.stringify(type.serialize(value));
    if (json === undefined || json === 'null') throw givenUp;
    return json;
  };
  const isItsOwn = ownValues.get(type);
  // These are what they are.
  return isItsOwn === undefined ? write : (value) => (isItsOwn(value) ? JSON.stringify(value) : write(value));
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** Which values the scalars of the specification give as they are. */
const ownValues = new Map<GraphQLLeafType, (value: unknown) => boolean>([
  [GraphQLString, isText],
  [GraphQLID, isText],
  [GraphQLInt, (value) => typeof value === 'number' && (value | 0) === value],
  [GraphQLFloat, (value) => typeof value === 'number' && Number.isFinite(value)],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
]);

function compileList(compilation: Compilation, item: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
  const write = orNull(item, compileType(compilation, item, nodes));
  return (value, context) => {
    if (!Array.isArray(value)) throw givenUp;
    let json = '';
    for (const one of value) json += json === '' ? write(one, context) : `,${write(one, context)}`;
    return `[${json}]`;
  };
}

function compileObject(compilation: Compilation, type: GraphQLObjectType, nodes: readonly FieldNode[]): Write {
  // What is recursive ends where the document does.
  const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  compilation.budget.objects -= 1;
  if (type.isTypeOf != null || compilation.budget.objects < 0) throw givenUp;
  const fields = [...collect(compilation, type, selectionSets)].map(([key, same], index) => {
    const head = `${index === 0 ? '' : ','}${JSON.stringify(key)}:`;
    const name = same[0]?.name.value ?? '';
    if (name === '__typename') return { head, write: (): string => JSON.stringify(type.name) };
    const field = type.getFields()[name];
    if (field === undefined || field.args.length > 0) throw givenUp;
    return { head, write: compileField(field, orNull(field.type, compileType(compilation, field.type, same))) };
  });
  return (source, context) => {
    let json = '{';
    for (const { head, write } of fields) json += head + write(source, context);
    return `${json}}`;
  };
}

function compileField({ name, resolve }: GraphQLField<unknown, RequestContext>, write: Write): Write {
  if (resolve === undefined) {
    return (source, context) => {
      if (typeof source !== 'object' || source === null) throw givenUp;
      return write((source as Readonly<Record<string, unknown>>)[name], context);
    };
  }
  // Whoever asks for more than its own name finds nothing, and that gives the document up.
  const info = { fieldName: name } as GraphQLResolveInfo;
  return (source, context) => write(resolve(source, {}, context, info), context);
}

/** What is nothing, or is not known yet, or is an error. */
function orNull(type: GraphQLOutputType, write: Write): Write {
  const isRequired = type instanceof GraphQLNonNull;
  return (value, context) => {
    if (value == null) {
      if (isRequired) throw givenUp;
      return 'null';
    }
    if (value instanceof Error || value instanceof Promise || typeof value === 'function') throw givenUp;
    return write(value, context);
  };
}
