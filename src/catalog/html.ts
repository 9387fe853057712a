// The catalogue as HTML without any script. Whatever event types say is text: nothing in it becomes markup.
import { createHash } from 'node:crypto';
import {
  asyncApiPath,
  type CatalogEntry,
  exampleBodyOf,
  pathOfHtml,
  pathOfMarkdown,
  requestHeaders,
  rowsOf,
} from './catalog.js';
import { sendSnippet, verifySnippets } from './snippets.js';

const css = `:root{color-scheme:light dark;--line:light-dark(#d9dde3,#343a43);--soft:light-dark(#f4f6f8,#1b1f25);--dim:light-dark(#59636e,#9aa4b0);--link:light-dark(#0b57d0,#8ab4f8)}
body{font:16px/1.55 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1.5rem;background:light-dark(#fff,#121519);color:light-dark(#1b1f24,#e6e9ed)}
a{color:var(--link)}h1{overflow-wrap:anywhere;line-height:1.2}h2{margin-top:2.2rem;font-size:1.2rem}
nav,.dim{color:var(--dim)}.text{white-space:pre-wrap;overflow-wrap:anywhere}
code,pre{font:.875em/1.5 ui-monospace,monospace}code{overflow-wrap:anywhere}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem;overflow-x:auto}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .7rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}
th{color:var(--dim);font-weight:600;font-size:.78rem;letter-spacing:.04em;text-transform:uppercase;white-space:nowrap}
td:first-child{min-width:11rem}td:not(:first-child)>code{color:var(--dim)}
@media(max-width:44rem){body{padding:1rem}thead{display:none}tr{display:block;padding:.6rem 0;border-bottom:1px solid var(--line)}
td{display:block;padding:.1rem 0;border:0;overflow-wrap:anywhere}td:first-child{font-weight:600}td:empty{display:none}
.fields td:nth-child(2),.fields td:nth-child(3){display:inline;margin-right:.6rem;color:var(--dim)}}`;

/** What the pages may do: show themselves with their own style, and nothing else. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** All event types as a list with links. Never throws. */
export function renderHtmlList(entries: readonly CatalogEntry[]): string {
  const rows = entries.map(({ name, description }) => [
    `<a href="${pathOfHtml(name)}"><code>${escapeHtml(name)}</code></a>`,
    renderText(description),
  ]);
  return renderDocument(
    'Events',
    `<h1>Events</h1>
<p class="dim">What a webhook may bring. Also as <a href="/catalog.md">Markdown</a> and <a href="${asyncApiPath}">AsyncAPI</a>.</p>
${renderTable(['event', 'description'], rows)}`,
  );
}

/** One event type. Never throws. */
export function renderHtmlPage(entry: CatalogEntry): string {
  const { name, description, version, example } = entry;
  const rows = rowsOf(entry).map((row) => [
    `<code>${escapeHtml(row.path)}</code>`,
    escapeHtml(row.type),
    row.isRequired ? 'required' : 'optional',
    renderText(row.description),
    escapeHtml(row.constraints.join('; ')),
  ]);
  const table = renderTable(['path', 'type', 'presence', 'description', 'constraints'], rows, 'fields');
  const shown = exampleBodyOf(entry);
  const code = [...verifySnippets, sendSnippet].map((one) => `<h2>${one.title}</h2>\n${renderCode(one.code)}`);
  const headers = requestHeaders.map((header) => [
    `<code>${header.name}</code>`,
    renderText(header.description),
    `<code>${escapeHtml(header.example)}</code>`,
  ]);
  return renderDocument(
    name,
    `<nav><a href="/catalog">Events</a> · <a href="${pathOfMarkdown(name)}">Markdown</a></nav>
<h1>${escapeHtml(name)}</h1>
<p class="text">${renderText(description)}</p>${version === null ? '' : `\n<p class="dim">Version ${version}</p>`}
<h2>Data</h2>
${rows.length === 0 ? '<p><code>data</code> may be any JSON.</p>' : table}
<h2>Example</h2>
${shown === null || example === null ? '<p>There is no example.</p>' : renderCode(JSON.stringify(JSON.parse(shown), null, 2))}
<h2>Headers</h2>
${renderTable(['header', 'description', 'example'], headers)}
${code.join('\n')}`,
  );
}

/** What is shown where there is nothing. Never throws. */
export function renderHtmlMissing(): string {
  return renderDocument(
    'Not found',
    '<nav><a href="/catalog">Events</a></nav>\n<h1>Not found</h1>\n<p>There is no such event type in the catalogue.</p>',
  );
}

/** Text as HTML shows it, in an element or a quoted attribute. Never throws. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text with the one thing that descriptions commonly mark: code between backticks. */
function renderText(text: string): string {
  return escapeHtml(text).replace(/`([^`\n]+)`/g, '<code>$1</code>');
}

/** Cells are HTML already. */
function renderTable(head: readonly string[], rows: readonly (readonly string[])[], kind = ''): string {
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  const heads = head.map((cell) => `<th scope="col">${cell}</th>`).join('');
  return `<div class="wide"><table class="${kind}"><thead><tr>${heads}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

function renderCode(code: string): string {
  return `<pre><code>${escapeHtml(code)}</code></pre>`;
}

function renderDocument(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${css}</style></head><body>
${body}
</body></html>
`;
}
