// The SDL of the whole schema, typed events included, for those who generate code from it. Printed in slices, since it may be
// megabytes long.
import { type GraphQLSchema, isIntrospectionType, isSpecifiedScalarType, printType } from 'graphql';
import type { Clock } from '../clock.js';
import { createSlices } from '../live/slices.js';
import type { TypedSchemas } from './typed-schemas.js';

/** The SDL as of all that was acknowledged before the call. Rejects when the database does not answer. */
export type PrintSchema = () => Promise<string>;

const sliceMs = 8;

/** A printer that prints each schema once. */
export function createSchemaPrinter(schemas: TypedSchemas, clock: Pick<Clock, 'monotonicMs'>): PrintSchema {
  const printed = new WeakMap<GraphQLSchema, Promise<string>>();

  async function print(schema: GraphQLSchema): Promise<string> {
    const slices = createSlices(() => clock.monotonicMs(), sliceMs);
    const types = Object.values(schema.getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
    );
    const texts: string[] = [];
    for (const type of types.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      texts.push(printType(type));
      const pause = slices.pause();
      if (pause !== null) await pause;
    }
    return `${texts.join('\n\n')}\n`;
  }

  return async () => {
    await schemas.caughtUp();
    const schema = await schemas.whole();
    let text = printed.get(schema);
    if (text === undefined) {
      text = print(schema);
      printed.set(schema, text);
    }
    return text;
  };
}
