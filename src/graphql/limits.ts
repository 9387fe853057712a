// Bounds of a document before it is executed: how deep, how many parts. The bounds of values are their rooms' business.
import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { defaultPageSize, maxPageSize } from '../paging.js';
import { Problem } from '../problem.js';

/** Deepest nesting of fields. The introspection query of GraphiQL needs 13. */
export const maxDepth = 15;

/** Most tokens of a document; passed to the parser. */
export const maxTokens = 5000;

/** Most root fields of one operation, aliases and those in fragments included. */
export const maxRootFields = 50;

/** Most fields of a document with its fragments spread out. */
export const maxFields = 2000;

/** Most records that an operation may read: a page counts as often as it may have elements, pages within pages multiply. */
export const maxRecords = 10_000;

/** Most values that an operation may answer: fields as often as the records that have them. */
export const maxValues = 200_000;

/** Longest alias; it is repeated in the answer with each value. */
export const maxAliasLength = 128;

/** A validation rule that refuses documents over the bounds with `DOCUMENT_TOO_COMPLEX`. */
export const documentLimits: ValidationRule = (context: ValidationContext): ASTVisitor => ({
  Document(document) {
    const message = findExcess(document);
    if (message === null) return undefined;
    // In the extensions, since Apollo makes an error of its own of this one and keeps only these.
    context.reportError(
      new GraphQLError(message, { extensions: { problem: new Problem('DOCUMENT_TOO_COMPLEX', message) } }),
    );
    return false;
  },
});

interface Size {
  readonly depth: number;
  readonly fields: number;
  /** Fields at its top, fragments spread out. */
  readonly topFields: number;
  readonly records: number;
  readonly values: number;
  readonly longestAlias: number;
  /** There are parts of a page at its top, fragments spread out. */
  readonly isPage: boolean;
}

const empty: Size = { depth: 0, fields: 0, topFields: 0, records: 0, values: 0, longestAlias: 0, isPage: false };

/** Fields between a page and its elements. */
const pageParts = new Set(['nodes', 'edges', 'node', 'pageInfo']);

function findExcess(document: DocumentNode): string | null {
  const fragments = new Map<string, SelectionSetNode>();
  for (const part of document.definitions) {
    if (part.kind === Kind.FRAGMENT_DEFINITION) fragments.set(part.name.value, part.selectionSet);
  }
  const sizes = new Map<string, Size | null>();

  /** Size of a selection with its fragments; each fragment is measured once, a cycle (another rule's case) counts nothing. */
  function measure(selection: SelectionSetNode): Size {
    let { depth, fields, topFields, records, values, longestAlias, isPage } = empty;
    for (const part of selection.selections) {
      const inner = measurePart(part);
      const own = part.kind === Kind.FIELD ? 1 : 0;
      depth = Math.max(depth, inner.depth + own);
      fields += inner.fields + own;
      topFields += own === 1 ? 1 : inner.topFields;
      records += part.kind === Kind.FIELD ? countRecords(part, inner) : inner.records;
      values += part.kind === Kind.FIELD ? 1 + inner.values * (sizeOfList(part, inner.isPage) ?? 1) : inner.values;
      isPage ||= part.kind === Kind.FIELD ? pageParts.has(part.name.value) : inner.isPage;
      const alias = part.kind === Kind.FIELD ? (part.alias?.value.length ?? 0) : 0;
      longestAlias = Math.max(longestAlias, inner.longestAlias, alias);
    }
    return { depth, fields, topFields, records, values, longestAlias, isPage };
  }

  function measurePart(part: SelectionSetNode['selections'][number]): Size {
    if (part.kind !== Kind.FRAGMENT_SPREAD) return part.selectionSet === undefined ? empty : measure(part.selectionSet);
    const name = part.name.value;
    const known = sizes.get(name);
    if (known !== undefined) return known ?? empty;
    const fragment = fragments.get(name);
    if (fragment === undefined) return empty;
    sizes.set(name, null);
    const size = measure(fragment);
    sizes.set(name, size);
    return size;
  }

  for (const part of document.definitions) {
    if (part.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, fields, topFields, records, values, longestAlias } = measure(part.selectionSet);
    if (depth > maxDepth) return `the document is nested ${depth} levels deep; at most ${maxDepth} are allowed`;
    if (fields > maxFields)
      return `the document has ${fields} fields with its fragments spread out; at most ${maxFields} are allowed`;
    if (records > maxRecords)
      return `the operation may read ${records} records; at most ${maxRecords} are allowed: ask for shorter pages within pages`;
    if (values > maxValues)
      return `the operation may answer ${values} values; at most ${maxValues} are allowed: ask for fewer records or fields`;
    if (longestAlias > maxAliasLength)
      return `the document has an alias of ${longestAlias} characters; at most ${maxAliasLength} are allowed`;
    if (topFields > maxRootFields)
      return `the operation has ${topFields} root fields; at most ${maxRootFields} are allowed`;
  }
  return null;
}

function countRecords(field: FieldNode, inner: Size): number {
  if (field.selectionSet === undefined) return 0;
  const size = sizeOfList(field, inner.isPage);
  return size === null ? inner.records : size * (1 + inner.records);
}

/** The most records that a field may have: 1 for a field that is no list, null for one that is a part of a page. */
function sizeOfList({ name, arguments: all = [] }: FieldNode, isPage: boolean): number | null {
  const given = (argument: string) => all.find((one) => one.name.value === argument)?.value;
  const [first, ids] = [given('first'), given('ids')];
  if (ids !== undefined) return ids.kind === Kind.LIST ? ids.values.length : maxPageSize;
  if (pageParts.has(name.value)) return null;
  // Sizes out of range are refused where the page is read, in better words; a negative one must not make room for others.
  if (first?.kind === Kind.INT) return Math.min(Math.max(Number(first.value), 1), maxPageSize);
  if (first !== undefined) return maxPageSize;
  return isPage ? defaultPageSize : 1;
}
