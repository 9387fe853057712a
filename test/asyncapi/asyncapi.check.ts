// AsyncAPI's own parser reads the catalogue's document. Not part of `npm test`, because the parser brings 54 MB: `npm run
// test:asyncapi` installs it in this folder and runs this file.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderAsyncApi } from '../../src/catalog/asyncapi.js';
import { type CatalogEntry, readCatalog } from '../../src/catalog/catalog.js';
import { cutOutEventSchemas } from '../kit/github-webhooks.js';
import { projectRoot } from '../kit/project-root.js';

/** What of the parser is used here (its manual, "validate"). Severity 0 is an error. */
interface Parser {
  validate(document: string): Promise<readonly { readonly severity: number; readonly message: string }[]>;
}

const load = createRequire(join(projectRoot, 'test/asyncapi/package.json'));

async function errorsOf(document: string): Promise<readonly string[]> {
  const { Parser } = load('@asyncapi/parser') as { Parser: new () => Parser };
  return (await new Parser().validate(document)).filter(({ severity }) => severity === 0).map(({ message }) => message);
}

test('the parser finds no error in the document of all of GitHub and our own event types', async () => {
  const github = cutOutEventSchemas().map(
    ({ name, schema, examples }): CatalogEntry => ({
      name,
      description: '',
      schema,
      version: 1,
      example: examples[0] ?? null,
    }),
  );
  assert.deepEqual(await errorsOf(await renderAsyncApi([...github, ...readCatalog([])], '1.2.3')), []);
});

test('the parser would find one', async () => {
  assert.notDeepEqual(await errorsOf(JSON.stringify({ asyncapi: '3.0.0', info: {} })), []);
});
