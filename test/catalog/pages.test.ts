// The pages of an event type whose owner wishes ill: nothing of it becomes markup, in HTML and in Markdown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CatalogEntry } from '../../src/catalog/catalog.js';
import { contentSecurityPolicy, renderHtmlList, renderHtmlPage } from '../../src/catalog/html.js';
import { renderMarkdownList, renderMarkdownPage } from '../../src/catalog/markdown.js';

const evil = `</style></title><script>alert(1)</script>"'&<img src=x onerror=alert(1)> | [x](javascript:alert(1)) \`\`\`\n# big`;
const hostile: CatalogEntry = {
  name: evil,
  description: evil,
  version: 3,
  example: { [evil]: evil },
  schema: {
    description: evil,
    properties: { [evil]: { type: evil, description: evil, enum: [evil], pattern: evil, default: { [evil]: evil } } },
    patternProperties: { [evil]: { const: evil } },
  },
};

test('nothing that an event type says becomes HTML', () => {
  for (const html of [renderHtmlList([hostile]), renderHtmlPage(hostile)]) {
    assert.doesNotMatch(html, /<script|<img/);
    assert.equal(html.match(/<\/style>/g)?.length, 1);
    assert.equal(html.match(/<\/title>/g)?.length, 1);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => link ?? '');
    assert.ok(links.length > 0);
    for (const link of links) assert.match(link, /^\/catalog(?:\.md|\/[\w.%~!*'()-]+)?$/);
  }
});

test('nothing that an event type says becomes Markdown or HTML within it', () => {
  for (const text of [renderMarkdownList([hostile]), renderMarkdownPage(hostile)]) {
    const outsideCode = text.replace(/^(`{3,})\w+\n[\s\S]*?\n\1$/gm, '');
    assert.doesNotMatch(outsideCode, /<script|<img|^# big/m);
    assert.doesNotMatch(outsideCode, /\]\(javascript/);
  }
  const cells = renderMarkdownPage(hostile)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.match(/(?<!\\)\|/g)?.length);
  assert.deepEqual(new Set(cells), new Set([6, 4]));
});

test('a code fence is longer than any within the example', () => {
  assert.match(renderMarkdownPage({ ...hostile, example: '``````' }), /^`{7}json\n.*\n`{7}$/m);
});

test('the style is allowed by its hash, and scripts never', () => {
  assert.match(contentSecurityPolicy, /^default-src 'none'; style-src 'sha256-[\w+/=]+'; /);
  assert.doesNotMatch(contentSecurityPolicy, /script-src|unsafe/);
});

test('an event type without schema and example says so', () => {
  const bare = { name: 'a.b', description: '', schema: null, example: null, version: null };
  assert.match(renderHtmlPage(bare), /may be any JSON[\s\S]*There is no example/);
  assert.match(renderMarkdownPage(bare), /may be any JSON[\s\S]*There is no example/);
});
