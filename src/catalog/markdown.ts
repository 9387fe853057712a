// The catalogue as Markdown. Whatever event types say is text: nothing in it becomes markup.
import { asyncApiPath, type CatalogEntry, exampleBodyOf, pathOfMarkdown, requestHeaders, rowsOf } from './catalog.js';
import { sendSnippet, verifySnippets } from './snippets.js';

/** All event types as a list with links. Never throws. */
export function renderMarkdownList(entries: readonly CatalogEntry[]): string {
  const lines = entries.map(({ name, description }) => {
    const link = `- [${escapeMarkdown(name)}](${pathOfMarkdown(name)})`;
    return description === '' ? link : `${link}: ${escapeMarkdown(description)}`;
  });
  return `# Events\n\nThe same as AsyncAPI: [asyncapi.json](${asyncApiPath})\n\n${lines.join('\n')}\n`;
}

/** One event type. Never throws. */
export function renderMarkdownPage(entry: CatalogEntry): string {
  const body = exampleBodyOf(entry);
  const rows = rowsOf(entry).map((row) => [
    row.path,
    row.type,
    row.isRequired ? 'yes' : 'no',
    row.description,
    row.constraints.join('; '),
  ]);
  const parts = [
    `# ${escapeMarkdown(entry.name)}`,
    ...(entry.description === '' ? [] : [escapeMarkdown(entry.description)]),
    ...(entry.version === null ? [] : [`Version ${entry.version}`]),
    '## Data',
    rows.length === 0
      ? '`data` may be any JSON.'
      : renderTable(['path', 'type', 'required', 'description', 'constraints'], rows),
    '## Example',
    body === null ? 'There is no example.' : renderCode('json', body),
    '## Headers',
    renderTable(
      ['header', 'description', 'example'],
      requestHeaders.map(({ name, description, example }) => [name, description.replaceAll('`', ''), example]),
    ),
    ...[...verifySnippets, sendSnippet].flatMap(({ title, language, code }) => [
      `## ${title}`,
      renderCode(language, code),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Text of one line that Markdown shows as it is. Never throws. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]()#+!|~$:@.-]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const toLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [toLine(head), toLine(head.map(() => '---')), ...rows.map((row) => toLine(row.map(escapeMarkdown)))].join(
    '\n',
  );
}

/** A fence longer than any in the code. */
function renderCode(language: string, code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${code.trimEnd()}\n${fence}`;
}
