// The SDL of the whole schema, typed events included, for those who generate code from it. Printed in slices, since it may be
// megabytes long.
import { type GraphQLSchema, isIntrospectionType, isSpecifiedScalarType, printType } from 'graphql';
import type { Clock } from '../clock.js';
import { createSlices } from '../live/slices.js';
import type { TypedSchemas } from './typed-schemas.js';

/**
 * The SDL as of all that was acknowledged before the call, in parts: put together it may take a part of a second. Rejects when the
 * database does not answer.
 */
export type PrintSchema = () => Promise<readonly Buffer[]>;

const sliceMs = 8;

/** A printer that prints each schema once. */
export function createSchemaPrinter(schemas: TypedSchemas, clock: Pick<Clock, 'monotonicMs'>): PrintSchema {
  const printed = new WeakMap<GraphQLSchema, Promise<readonly Buffer[]>>();

  async function print(schema: GraphQLSchema): Promise<readonly Buffer[]> {
    const slices = createSlices(() => clock.monotonicMs(), sliceMs);
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    const parts: Buffer[] = [];
    for (const type of types.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      parts.push(Buffer.from(`${parts.length === 0 ? '' : '\n'}${printType(type)}\n`));
      const pause = slices.pause();
      if (pause !== null) await pause;
    }
    return parts;
  }

  return async () => {
    await schemas.caughtUp();
    const schema = await schemas.whole();
    let parts = printed.get(schema);
    if (parts === undefined) {
      parts = print(schema);
      printed.set(schema, parts);
    }
    return parts;
  };
}
