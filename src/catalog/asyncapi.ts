// The catalogue as an AsyncAPI 3.0 document, from the point of view of those who receive.
// Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createResolveReference, isSubschema, type Subschema } from '../typed-event/subschema.js';
import { type CatalogEntry, exampleBodyOf, requestHeaders } from './catalog.js';

/** Keywords whose values are schemas by name. */
const namedSchemas = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
/** Keywords whose values are data. */
const dataKeywords = new Set(['const', 'enum', 'default', 'examples', 'example']);

/**
 * The document as JSON text: a channel, an operation and a message for each event type. It is put together one event type
 * after the other with other work in between, since all schemas together may be many megabytes. Never throws.
 */
export async function renderAsyncApi(entries: readonly CatalogEntry[], version: string): Promise<string> {
  const channels: string[] = [];
  const operations: string[] = [];
  const messages: string[] = [];
  const schemas: string[] = [member('WebhookHeaders', headersSchema)];
  for (const entry of entries) {
    const { name } = entry;
    channels.push(member(name, { address: null, messages: { [name]: { $ref: `#/components/messages/${name}` } } }));
    const channel = `#/channels/${name}`;
    const messageInChannel = { $ref: `${channel}/messages/${name}` };
    operations.push(member(name, { action: 'receive', channel: { $ref: channel }, messages: [messageInChannel] }));
    messages.push(member(name, toMessage(entry)));
    schemas.push(member(name, toDataSchema(entry)));
    await nextTurn();
  }
  const head = JSON.stringify({
    asyncapi: '3.0.0',
    info: { ...info, version },
    defaultContentType: 'application/json',
  });
  const components = `{"messages":{${messages.join()}},"schemas":{${schemas.join()}}}`;
  return `${head.slice(0, -1)},"channels":{${channels.join()}},"operations":{${operations.join()}},"components":${components}}`;
}

const info = {
  title: 'Events',
  description: 'What a webhook may bring: requests after Standard Webhooks, to the address of a webhook subscription.',
};

function member(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

const headersSchema = {
  type: 'object',
  required: requestHeaders.map(({ name }) => name),
  properties: Object.fromEntries(
    requestHeaders.map(({ name, description, example }) => [
      name,
      { type: 'string', description, examples: [example] },
    ]),
  ),
};

function toMessage(entry: CatalogEntry): object {
  const { name, description } = entry;
  const body = exampleBodyOf(entry);
  return {
    name,
    title: name,
    ...(description === '' ? {} : { description }),
    contentType: 'application/json',
    headers: { $ref: '#/components/schemas/WebhookHeaders' },
    payload: {
      type: 'object',
      required: ['type', 'timestamp', 'data'],
      properties: {
        type: { type: 'string', const: name },
        timestamp: { type: 'string', format: 'date-time', description: 'When the event happened, in UTC.' },
        data: { $ref: `#/components/schemas/${name}` },
      },
    },
    ...(body === null ? {} : { examples: [{ payload: JSON.parse(body) }] }),
  };
}

/** References within a schema lead to where it stands in the document; it has no address of its own there. */
function toDataSchema({ name, schema }: CatalogEntry): unknown {
  if (!isSubschema(schema)) return {};
  const { $schema: _draft, ...rest } = schema;
  return rebase(rest, createRebaseReference(schema, `#/components/schemas/${name}`));
}

type RebaseReference = (reference: string) => string;

function rebase(schema: unknown, rebaseReference: RebaseReference): unknown {
  if (Array.isArray(schema)) return schema.map((inner) => rebase(inner, rebaseReference));
  if (!isSubschema(schema)) return schema;
  // An id within would be what references are relative to.
  const kept = Object.entries(schema).filter(([keyword, value]) => keyword !== '$id' || typeof value !== 'string');
  return Object.fromEntries(
    kept.map(([keyword, value]): [string, unknown] => {
      if (keyword === '$ref' && typeof value === 'string') return [keyword, rebaseReference(value)];
      if (dataKeywords.has(keyword)) return [keyword, value];
      if (!namedSchemas.has(keyword) || !isSubschema(value)) return [keyword, rebase(value, rebaseReference)];
      const named = Object.entries(value).map(([key, inner]) => [key, rebase(inner, rebaseReference)]);
      return [keyword, Object.fromEntries(named)];
    }),
  );
}

/** References by pointer stay pointers; those by anchor or id become one, for what they name is unknown outside the schema. */
function createRebaseReference(root: Subschema, base: string): RebaseReference {
  let pointers: ReadonlyMap<object, string> | null = null;
  const resolveReference = createResolveReference(root);
  return (reference) => {
    const local = withoutRootId(root, reference);
    if (local === '' || local === '#') return base;
    if (local.startsWith('#/')) return `${base}${local.slice(1)}`;
    pointers ??= readPointers(root);
    const target = resolveReference(local);
    const pointer = isSubschema(target) ? pointers.get(target) : undefined;
    return pointer === undefined ? reference : `${base}${pointer}`;
  };
}

/** A reference that says the address of the whole before the place in it. */
function withoutRootId(root: Subschema, reference: string): string {
  const id = root['$id'];
  if (typeof id !== 'string' || !reference.startsWith(`${id.replace(/#$/, '')}#`)) return reference;
  return reference.slice(reference.indexOf('#'));
}

/** The JSON Pointer (RFC 6901) of every object within the schema, as a URI fragment has it. */
function readPointers(root: Subschema): ReadonlyMap<object, string> {
  const pointers = new Map<object, string>();
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value !== 'object' || value === null) return;
    pointers.set(value, pointer);
    for (const [key, inner] of Object.entries(value))
      visit(
        inner,
        `${pointer}/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')).replaceAll('%24', '$')}`,
      );
  };
  visit(root, '');
  return pointers;
}
