// The event as an XML 1.0 document: `<event>` with `id`, `type`, `timestamp` and `data`. An object is its keys as elements, an
// array its items as elements `item`. Source: https://www.w3.org/TR/xml/
import { Problem } from '../problem.js';
import { toWellFormed } from '../text.js';
import type { PayloadFormat, RenderableEvent, RenderedPayload } from './payload-format.js';

/** The format `XML`. */
export const xmlFormat = { name: 'XML', takesContentType: true, render: renderXml } as const satisfies PayloadFormat;

const maxDepth = 100;
const maxBytes = 4 * 1024 * 1024;
/** Names of XML without colons, which belong to namespaces, in ASCII: receivers read the rest each in their own way. */
const elementName = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
/** Section 2.2: what is no `Char` cannot be written, not even escaped. */
const noCharacter = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

function renderXml(event: RenderableEvent): RenderedPayload {
  const out = new XmlText();
  out.add('<?xml version="1.0" encoding="UTF-8"?>\n<event>');
  addElement(out, 'id', event.id, 0);
  addElement(out, 'type', event.type, 0);
  addElement(out, 'timestamp', event.time.toISOString(), 0);
  addElement(out, 'data', event.data ?? null, 0);
  out.add('</event>');
  return { contentType: 'application/xml', body: Buffer.from(out.text) };
}

class XmlText {
  text = '';

  add(part: string): void {
    this.text += part;
    if (this.text.length > maxBytes) throw new Problem('TOO_LARGE', `an XML body has at most ${maxBytes} bytes`);
  }
}

/** A key that is no element name is the element `entry` with the key in its attribute `key`. */
function addElement(out: XmlText, key: string, value: unknown, depth: number): void {
  if (depth > maxDepth) throw new Problem('TOO_LARGE', `an XML body is nested at most ${maxDepth} levels deep`);
  const isName = elementName.test(key) && !/^xml/i.test(key);
  const name = isName ? key : 'entry';
  const attribute = isName ? '' : ` key="${escapeText(key)}"`;
  if (value === null || value === undefined) {
    out.add(`<${name}${attribute} nil="true"/>`);
    return;
  }
  out.add(`<${name}${attribute}>`);
  if (Array.isArray(value)) for (const item of value) addElement(out, 'item', item, depth + 1);
  else if (typeof value === 'object') {
    for (const [inner, item] of Object.entries(value)) addElement(out, inner, item, depth + 1);
  } else out.add(escapeText(String(value as string | number | boolean)));
  out.add(`</${name}>`);
}

/** Text for content and attributes. Characters that XML does not have become U+FFFD. */
function escapeText(text: string): string {
  return toWellFormed(text)
    .replace(noCharacter, '\ufffd')
    .replace(/[&<>"\t\n\r]/g, (character) => escapes[character] ?? '');
}
