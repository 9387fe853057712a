// Documents parsed and validated once each, for whoever executes them.
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { Problem } from '../problem.js';
import { toGraphQLError } from './errors.js';
import { documentLimits, maxTokens } from './limits.js';

/** Answers the document of a source text, or what is wrong with it. Never throws. */
export type CheckDocument = (source: string) => DocumentNode | readonly GraphQLError[];

/** Documents kept. */
const maxDocuments = 1000;
/** Characters of source text of all documents kept: parsed, a document may weigh a hundred times its text. */
const maxKeptInAll = 1_000_000;
/** Longest source text that is kept. */
const maxKeptLength = 20_000;

/** A check that remembers good documents, within bounds. */
export function createDocumentCheck(schema: GraphQLSchema): CheckDocument {
  const known = new Map<string, DocumentNode>();
  let keptInAll = 0;
  return (source) => {
    const found = known.get(source);
    if (found !== undefined) return found;
    const checked = checkDocument(schema, source);
    if ('kind' in checked && source.length <= maxKeptLength) {
      if (known.size >= maxDocuments || keptInAll + source.length > maxKeptInAll) {
        known.clear();
        keptInAll = 0;
      }
      known.set(source, checked);
      keptInAll += source.length;
    }
    return checked;
  };
}

function checkDocument(schema: GraphQLSchema, source: string): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(source, { maxTokens });
    const errors = validate(schema, document, [...specifiedRules, documentLimits]);
    return errors.length > 0 ? errors : document;
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    // The parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    return [toGraphQLError(new Problem('DOCUMENT_TOO_COMPLEX', 'the document is nested too deep to be read'))];
  }
}
