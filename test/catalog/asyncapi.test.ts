// The AsyncAPI document held against the schema that AsyncAPI publishes for it, and where its references lead.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { renderAsyncApi } from '../../src/catalog/asyncapi.js';
import { type CatalogEntry, readCatalog } from '../../src/catalog/catalog.js';
import { renderHtmlPage } from '../../src/catalog/html.js';
import { renderMarkdownPage } from '../../src/catalog/markdown.js';
import { isSubschema } from '../../src/typed-event/subschema.js';
import { cutOutEventSchemas } from '../kit/github-webhooks.js';

const load = createRequire(import.meta.url);
let isAsyncApi: ValidateFunction;

before(() => {
  const published = load('@asyncapi/specs/schemas/3.0.0.json') as object;
  // It brings the draft-07 schema of schemas with it.
  const ajv = new Ajv({ strict: false, logger: false, meta: false, validateSchema: false, formats: fullFormats });
  isAsyncApi = ajv.compile(published);
});

const toEntry = (name: string, schema: unknown, example: unknown = null): CatalogEntry => ({
  name,
  description: '',
  schema,
  version: 1,
  example,
});

type Json = Readonly<Record<string, unknown>>;

/** The document, once it is known to be valid and every reference to lead somewhere. */
async function readValid(entries: readonly CatalogEntry[]): Promise<Json> {
  const document: unknown = JSON.parse(await renderAsyncApi(entries, '1.2.3'));
  assert.ok(isSubschema(document));
  assert.ok(isAsyncApi(document), JSON.stringify(isAsyncApi.errors?.slice(0, 3)));
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('$ref' in value && typeof value.$ref === 'string')
      assert.notEqual(targetOf(document, value.$ref), undefined, value.$ref);
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(document['channels']);
  visit(document['operations']);
  visit(document['components']);
  return document;
}

function targetOf(document: unknown, reference: string): unknown {
  assert.match(reference, /^#\//);
  return reference
    .slice(2)
    .split('/')
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? (at as Json)[step] : undefined), document);
}

const schemaOf = (document: Json, name: string): Json => targetOf(document, `#/components/schemas/${name}`) as Json;

test('no event type but our own gives a valid document', async () => {
  const document = await readValid(readCatalog([]));
  assert.ok(Object.keys(document['channels'] as object).every((name) => name.startsWith('carillon.')));
});

test('all of GitHub gives a valid document, and a page each', async () => {
  const events = cutOutEventSchemas();
  assert.ok(events.length > 100);
  const entries = events.map(({ name, schema, examples }) => toEntry(name, schema, examples[0] ?? null));
  const document = await readValid(entries);
  assert.equal(Object.keys(document['operations'] as object).length, events.length);
  assert.ok(JSON.stringify(document).length < 16 * 1024 * 1024);
  for (const entry of entries) {
    assert.ok(renderHtmlPage(entry).length < 512 * 1024, entry.name);
    assert.ok(renderMarkdownPage(entry).length < 512 * 1024, entry.name);
  }
});

test('references by pointer, anchor and id lead to where the schema stands in the document', async () => {
  const schema = {
    $id: 'https://example.com/order',
    properties: {
      whole: { $ref: '#' },
      byId: { $ref: 'https://example.com/order' },
      byPointer: { $ref: '#/$defs/a~1b%20c' },
      byIdAndPointer: { $ref: 'https://example.com/order#/$defs/never' },
      byAnchor: { $ref: '#here' },
      byInnerId: { $ref: 'part' },
      $ref: { type: 'string' },
      $id: { const: { $ref: '#/nowhere' } },
    },
    $defs: {
      'a/b c': { $anchor: 'here', type: 'string' },
      never: false,
      part: { $id: 'part', type: 'number' },
    },
  };
  const document = JSON.parse(await renderAsyncApi([toEntry('order', schema)], '1')) as Json;
  const base = '#/components/schemas/order';
  const { properties, $id, $defs } = schemaOf(document, 'order') as Record<string, Record<string, unknown>>;
  assert.deepEqual(properties, {
    whole: { $ref: base },
    byId: { $ref: base },
    byPointer: { $ref: `${base}/$defs/a~1b%20c` },
    byIdAndPointer: { $ref: `${base}/$defs/never` },
    byAnchor: { $ref: `${base}/$defs/a~1b%20c` },
    byInnerId: { $ref: `${base}/$defs/part` },
    $ref: { type: 'string' },
    $id: { const: { $ref: '#/nowhere' } },
  });
  assert.equal($id, undefined);
  assert.deepEqual($defs?.['part'], { type: 'number' });
});

test('names like __proto__ and what JSON must escape stay as they are', async () => {
  const text = '{"properties":{"__proto__":{"type":"string","description":"\\"<\\u2028 Zoë \\ud83d"}}}';
  const document = await readValid([toEntry('a.b', JSON.parse(text), JSON.parse('{"__proto__":1}'))]);
  assert.equal(JSON.stringify(schemaOf(document, 'a.b')), JSON.stringify(JSON.parse(text)));
});

test('other work goes on while a large document is put together', async () => {
  const entries = Array.from({ length: 50 }, (_, index) => toEntry(`order.n${index}`, { type: 'object' }));
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await renderAsyncApi(entries, '1');
  isDone = true;
  assert.ok(turns >= 40, `${turns} turns`);
});
