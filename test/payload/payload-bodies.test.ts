// Bodies as other programs read them: CloudEvents by its SDK, XML by a real parser, forms by URLSearchParams, chats by their limits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { encodeFields, flatten } from '../../src/payload/flatten.js';
import type { RenderableEvent } from '../../src/payload/payload-format.js';
import { findPayloadFormat } from '../../src/payload/payload-formats.js';

const event: RenderableEvent = {
  id: 'evt_0000018bcfe56800000abcde',
  type: 'order.created',
  source: 'carillon',
  subject: 'order/42',
  time: new Date('2026-01-02T03:04:05.678Z'),
  data: { amount: 12.5 },
  sequence: 7,
};

function render(name: string, parts: Partial<RenderableEvent> = {}) {
  const format = findPayloadFormat(name) ?? assert.fail(name);
  const { body, contentType, headers = {} } = format.render({ ...event, ...parts });
  return { text: body.toString('utf8'), headers: { ...headers, 'content-type': contentType } };
}

for (const name of ['CLOUDEVENTS_STRUCTURED', 'CLOUDEVENTS_BINARY']) {
  test(`${name} is read by the SDK of CloudEvents as the event that it was`, () => {
    for (const parts of [{}, { subject: null }, { data: [1, { a: 'ü' }] }, { source: '/a/b?c=d' }]) {
      const { text, headers } = render(name, parts);
      const parsed = HTTP.toEvent({ headers, body: text });
      assert.ok(!Array.isArray(parsed));
      const sent = { ...event, ...parts };
      assert.ok(parsed instanceof CloudEvent && parsed.validate());
      assert.deepEqual(
        [parsed.id, parsed.type, parsed.source, parsed.subject ?? null, parsed.time, parsed.specversion],
        [sent.id, sent.type, sent.source, sent.subject, '2026-01-02T03:04:05.678Z', '1.0'],
      );
      assert.deepEqual(parsed.data ?? null, sent.data);
    }
  });
}

test('attributes in headers are percent-encoded as UTF-8, and hold no line break', () => {
  const { headers } = render('CLOUDEVENTS_BINARY', { subject: 'a "b" 50 %\r\nx: y €😀\ud800' });
  assert.equal(
    (headers as Record<string, string>)['ce-subject'],
    'a%20%22b%22%2050%20%25%0D%0Ax:%20y%20%E2%82%AC%F0%9F%98%80%EF%BF%BD',
  );
});

test('XML is well-formed whatever the data is, and the parser finds the data in it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.string({ unit: 'binary' }), (data, subject) => {
      const { text } = render('XML', { data, subject });
      assert.equal(XMLValidator.validate(text), true, text);
    }),
    { numRuns: 300 },
  );
});

test('keys that are no element names become entries, and texts keep their white space', () => {
  const { text } = render('XML', {
    data: { 'a b': 1, 'xml-thing': 2, '<x>': '&\n\u0000', ok_1: [true, null], '': {}, '1st': 'é' },
  });
  const parser = new XMLParser({ ignoreAttributes: false, trimValues: false, isArray: (name) => name === 'entry' });
  const parsed = parser.parse(text) as { event: { data: { entry: { '@_key': string; '#text'?: unknown }[] } } };
  assert.deepEqual(
    parsed.event.data.entry.map((one) => one['@_key']),
    ['a b', 'xml-thing', '<x>', '', '1st'],
  );
  assert.ok(text.includes('<ok_1><item>true</item><item nil="true"/></ok_1>'));
  assert.ok(text.includes('&amp;&#10;\ufffd'));
});

test('a form names what is nested in brackets', () => {
  const data = { user: { name: 'Zoë & co' }, lines: [{ sku: 'A' }, { sku: 'B' }], none: null, empty: [], on: true };
  assert.deepEqual(flatten(data), [
    ['user[name]', 'Zoë & co'],
    ['lines[0][sku]', 'A'],
    ['lines[1][sku]', 'B'],
    ['none', ''],
    ['on', 'true'],
  ]);
  assert.deepEqual(flatten('x'), [['data', 'x']]);
  assert.deepEqual([...new URLSearchParams(encodeFields(flatten(data)))], flatten(data));
});

for (const [name, message] of [
  ['FORM', /at most 32 levels/],
  ['XML', /at most 100 levels/],
] as const) {
  test(`${name} refuses what is nested too deep by name`, () => {
    const data: unknown = JSON.parse(`${'['.repeat(400)}1${']'.repeat(400)}`);
    assert.throws(() => render(name, { data }), message);
  });
}

test('a form refuses more than 1,000 fields by name', () => {
  assert.equal(flatten(Array.from({ length: 1000 }, () => 1)).length, 1000);
  assert.throws(() => flatten(Array.from({ length: 1001 }, () => 1)), /at most 1000 fields/);
});

const huge = { text: '😀'.repeat(30_000), content: '😀'.repeat(30_000) };

test('chat messages keep to the limits of their platforms, whatever the event is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ maxLength: 500 }), fc.boolean(), (data, subject, isHuge) => {
      const given = {
        data: isHuge ? Object.fromEntries('abcdefghijklmn'.split('').map((key) => [key, huge.text])) : data,
        subject,
      };
      const discord = JSON.parse(render('DISCORD', given).text) as DiscordMessage;
      const [embed] = discord.embeds ?? [];
      if (embed?.title !== undefined) {
        assert.ok(embed.title.length <= 256 && embed.fields.length <= 25);
        assert.ok(embed.fields.every((field) => field.name.length <= 256 && field.value.length <= 1024));
        const all = embed.title + embed.fields.map((field) => field.name + field.value).join('');
        assert.ok(all.length <= 6000);
      }
      const slack = JSON.parse(render('SLACK', given).text) as SlackMessage;
      for (const { type, text } of slack.blocks ?? [])
        if (text !== undefined) assert.ok(text.text.length <= (type === 'header' ? 150 : 3000));
      assert.ok(Buffer.byteLength(render('TEAMS', given).text) <= 28 * 1024);
    }),
  );
  assert.ok((JSON.parse(render('DISCORD', { data: huge }).text) as DiscordMessage).content?.length === 1999);
  assert.ok(((JSON.parse(render('SLACK', { data: huge }).text) as SlackMessage).text ?? '').length <= 40_000);
  assert.ok(Buffer.byteLength(render('TEAMS', { data: huge }).text) <= 28 * 1024);
});

interface DiscordMessage {
  readonly content?: string;
  readonly allowed_mentions: { readonly parse: string[] };
  readonly embeds?: { readonly title: string; readonly fields: { readonly name: string; readonly value: string }[] }[];
}

interface SlackMessage {
  readonly text?: string;
  readonly blocks?: { readonly type: string; readonly text?: { readonly text: string } }[];
}

test('a message made for the platform is sent as it is, and nobody is mentioned unless it says so', () => {
  const blocks = [{ type: 'divider' }];
  assert.deepEqual(JSON.parse(render('SLACK', { data: { blocks } }).text), { blocks });
  assert.deepEqual(JSON.parse(render('DISCORD', { data: { content: 'hi' } }).text), {
    allowed_mentions: { parse: [] },
    content: 'hi',
  });
  assert.deepEqual(JSON.parse(render('TEAMS', { data: { attachments: [1] } }).text), { attachments: [1] });
  const mention = JSON.parse(render('SLACK', { data: { note: '<!channel> & <@U1>' } }).text) as SlackMessage;
  assert.equal(mention.blocks?.[1]?.text?.text, '*note:* &lt;!channel&gt; &amp; &lt;@U1&gt;');
});
