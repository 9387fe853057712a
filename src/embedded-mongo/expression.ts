// The expressions of `$expr`, computed by mingo on decoded documents.
import type { Document } from 'bson';
import type { Query } from 'mingo';
import type { Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import { badValue } from './errors.js';
import { bson, mingo } from './lazy.js';

/** A document as JavaScript values; numbers lose their exact BSON type. */
function decode(document: Buffer): Document {
  return bson().deserialize(document, { promoteBuffers: false, useBigInt64: false });
}

/** The test of `{$expr: expression}`. */
export function compileExpression(expression: Value): (document: Buffer) => boolean {
  const wrapped = decode(writeDocument({ v: expression }));
  let query: Query;
  try {
    query = new (mingo().Query)({ $expr: wrapped['v'] }, { scriptEnabled: false });
  } catch (error) {
    throw badValue(`$expr: ${error instanceof Error ? error.message : String(error)}`);
  }
  return (document) => {
    try {
      return query.test(decode(document));
    } catch (error) {
      throw badValue(`$expr: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}
