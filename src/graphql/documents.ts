// Documents parsed and validated once each, for whoever executes them, each against the schema that has the types it names.
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { Problem } from '../problem.js';
import { toGraphQLError } from './errors.js';
import { documentLimits, maxTokens } from './limits.js';
import type { TypedSchemas } from './typed-schemas.js';

/** A good document and the schema that it is to be executed against. */
export interface CheckedDocument {
  readonly document: DocumentNode;
  readonly schema: GraphQLSchema;
}

/** A good document, or what is wrong with it. */
export type DocumentCheck = CheckedDocument | readonly GraphQLError[];

/**
 * Answers the document of a source text, or what is wrong with it: at once, but for documents that ask about the schema and
 * for mistakes that may be none on another node. Rejects when the database does not answer.
 */
export type CheckDocument = (source: string) => DocumentCheck | Promise<DocumentCheck>;

interface KnownDocument extends CheckedDocument {
  /** Revision of the schemas at which `schema` was the right one. */
  revision: number;
}

/** Documents kept. */
const maxDocuments = 1000;
/** Characters of source text of all documents kept: parsed, a document may weigh a hundred times its text. */
const maxKeptInAll = 1_000_000;
/** Longest source text that is kept. */
const maxKeptLength = 20_000;

/** A check that remembers good documents, within bounds. */
export function createDocumentCheck(schemas: TypedSchemas): CheckDocument {
  const known = new Map<string, KnownDocument>();
  let keptInAll = 0;

  function keep(source: string, checked: CheckedDocument): CheckedDocument {
    if (source.length > maxKeptLength) return checked;
    if (known.size >= maxDocuments || keptInAll + source.length > maxKeptInAll) {
      known.clear();
      keptInAll = 0;
    }
    if (!known.has(source)) keptInAll += source.length;
    const kept = { ...checked, revision: schemas.revision };
    known.set(source, kept);
    return kept;
  }

  function check(source: string): DocumentCheck | Promise<DocumentCheck> {
    const document = parseDocument(source);
    if (!('kind' in document)) return document;
    const schema = schemas.schemaFor(document);
    // Only small schemas are kept: the whole one is large and soon out of date.
    if (schema instanceof Promise) return schema.then((whole) => checkDocument(whole, document));
    const checked = checkDocument(schema, document);
    return 'schema' in checked ? keep(source, checked) : checked;
  }

  /** What this node does not know, another one may have acknowledged just now. */
  async function checkAgain(source: string, failed: DocumentCheck): Promise<DocumentCheck> {
    const { revision } = schemas;
    await schemas.caughtUp();
    return schemas.revision === revision ? failed : check(source);
  }

  return (source) => {
    const found = known.get(source);
    if (found !== undefined) {
      if (found.revision === schemas.revision) return found;
      if (schemas.schemaFor(found.document) === found.schema) {
        found.revision = schemas.revision;
        return found;
      }
    }
    const checked = check(source);
    if (checked instanceof Promise || 'schema' in checked || schemas.caughtUp() === null) return checked;
    return checkAgain(source, checked);
  };
}

/** The document of a source text, or why it is none. Never throws. */
export function parseDocument(source: string): DocumentNode | readonly GraphQLError[] {
  try {
    return parse(source, { maxTokens });
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    // The parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    return [tooDeep()];
  }
}

/** Validates a document, the bounds of its size included. Never throws. */
export function checkDocument(schema: GraphQLSchema, document: DocumentNode): DocumentCheck {
  try {
    const errors = validate(schema, document, [...specifiedRules, documentLimits]);
    return errors.length > 0 ? errors : { document, schema };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [tooDeep()];
  }
}

const tooDeep = (): GraphQLError =>
  toGraphQLError(new Problem('DOCUMENT_TOO_COMPLEX', 'the document is nested too deep to be read'));
