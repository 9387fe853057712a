// Introspection of a large schema in slices: its result is tens of megabytes long, and made at once it would keep everything else
// from the event loop for seconds. Only the form in which tools ask is known here; others are executed like any document.
import { Readable } from 'node:stream';
import {
  assertValidSchema,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  Kind,
  visit,
} from 'graphql';
import type { Clock } from '../clock.js';
import { createSlices } from '../live/slices.js';

/** The body of an answer as it is read, or null when the request is to be executed like any other. */
export type Introspect = (args: ExecutionArgs) => Readable | null;

/** A schema with fewer types is asked at once. */
const minTypes = 500;
/** Types that are looked at before the time is. */
const typesAtOnce = 10;
const sliceMs = 8;
/** Stands for the types while the rest is made into JSON, where all texts are ours. */
const placeholder = '\u0000types';

/** Keys of a result under which the types are. */
interface TypesPlace {
  readonly schemaKey: string;
  readonly typesKey: string;
}

/** The function that introspects. All that run share one part of each turn of the event loop. */
export function createIntrospection(clock: Pick<Clock, 'monotonicMs'>): Introspect {
  const slices = createSlices(() => clock.monotonicMs(), sliceMs);

  async function* introspect(args: ExecutionArgs, { schemaKey, typesKey }: TypesPlace): AsyncGenerator<Buffer> {
    const types = Object.values(args.schema.getTypeMap());
    let end = '';
    for (let from = 0; from < types.length; from += typesAtOnce) {
      const schema = withTypes(args.schema, types.slice(from, from + typesAtOnce));
      const result = execute({ ...args, schema }) as ExecutionResult;
      const shown = Object.entries(Object(result.data?.[schemaKey]) as Record<string, unknown>);
      const some = JSON.stringify(Object.fromEntries(shown)[typesKey]).slice(1, -1);
      if (from === 0) {
        const without = shown.map(([key, value]) => [key, key === typesKey ? [placeholder] : value]);
        const rest = JSON.stringify({ data: { [schemaKey]: Object.fromEntries(without) } });
        const [before = '', after = ''] = rest.split(JSON.stringify(placeholder));
        end = after;
        yield Buffer.from(`${before}${some}`);
      } else yield Buffer.from(`,${some}`);
      const pause = slices.pause();
      if (pause !== null) await pause;
    }
    yield Buffer.from(end);
  }

  return (args) => {
    const place = findTypes(args.document);
    if (place === null || Object.keys(args.schema.getTypeMap()).length < minTypes) return null;
    assertValidSchema(args.schema);
    // Sent as it is made: a text of this size takes a part of a second to put together.
    return Readable.from(introspect(args, place), { objectMode: false });
  };
}

/** The same schema as one that would list these types alone; each of them still leads to all others. */
function withTypes(schema: GraphQLSchema, types: readonly GraphQLNamedType[]): GraphQLSchema {
  const listed = Object.fromEntries(types.map((type) => [type.name, type]));
  return Object.create(schema, {
    getTypeMap: { value: () => listed },
    getType: { value: (name: string) => schema.getType(name) },
  }) as GraphQLSchema;
}

/**
 * Where `{ __schema { types } }` puts the types: one operation of that field alone, its types asked for once and in plain sight,
 * and nothing that depends on variables.
 */
function findTypes(document: DocumentNode): TypesPlace | null {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  if (operation?.kind !== Kind.OPERATION_DEFINITION || operations.length > 1 || operation.operation !== 'query')
    return null;
  if ((operation.variableDefinitions ?? []).length > 0) return null;
  const [top, ...others] = operation.selectionSet.selections;
  if (top?.kind !== Kind.FIELD || others.length > 0 || !isPlain(top, '__schema')) return null;
  const types = top.selectionSet?.selections.find((one) => one.kind === Kind.FIELD && isPlain(one, 'types'));
  if (types?.kind !== Kind.FIELD) return null;
  let count = 0;
  visit(document, {
    Field({ name }) {
      if (name.value === 'types') count += 1;
    },
  });
  return count === 1 ? { schemaKey: keyOf(top), typesKey: keyOf(types) } : null;
}

function isPlain({ name, directives = [] }: FieldNode, wanted: string): boolean {
  return name.value === wanted && directives.length === 0;
}

function keyOf({ name, alias }: FieldNode): string {
  return (alias ?? name).value;
}
