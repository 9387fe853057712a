// One suite for every body format: golden files for its bytes, and what all formats promise.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RenderableEvent } from '../../src/payload/payload-format.js';
import { findPayloadFormat, payloadFormats } from '../../src/payload/payload-formats.js';

const event: RenderableEvent = {
  id: 'evt_0000018bcfe56800000abcde',
  type: 'order.created',
  source: 'carillon',
  subject: 'order/42',
  time: new Date('2026-01-02T03:04:05.678Z'),
  data: { amount: 12.5, currency: 'EUR', lines: [{ sku: 'A-1', count: 2 }], note: 'Grüße €\n"\u2028', paid: null },
  sequence: 7,
};

const endings: Readonly<Record<string, string>> = { XML: 'xml', FORM: 'txt' };

for (const format of payloadFormats) {
  test(`${format.name} renders the golden body byte for byte`, () => {
    const golden = readFileSync(`test/payload/golden/${format.name.toLowerCase()}.${endings[format.name] ?? 'json'}`);
    assert.equal(format.render(event).body.toString('utf8'), golden.toString('utf8'));
  });

  test(`${format.name} renders the same bytes from JSON text as from the value`, () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const fromValue = format.render({ ...event, data });
        // What JSON says of a value: it has no negative zero.
        const dataJson = JSON.stringify(data);
        const fromText = format.render({ ...event, data: JSON.parse(dataJson), dataJson });
        assert.deepEqual(fromText, fromValue);
        assert.deepEqual(format.render({ ...event, data }), fromValue);
      }),
    );
  });

  test(`${format.name} is found by its name`, () => {
    assert.equal(findPayloadFormat(format.name), format);
  });
}

test('STANDARD is the default, and JSON with the keys type, timestamp and data in this order', () => {
  const rendered = payloadFormats[0].render({ ...event, type: 'a"b' });
  assert.equal(payloadFormats[0].name, 'STANDARD');
  assert.equal(rendered.contentType, 'application/json');
  const parsed: unknown = JSON.parse(rendered.body.toString('utf8'));
  assert.deepEqual(parsed, { type: 'a"b', timestamp: '2026-01-02T03:04:05.678Z', data: event.data });
  assert.ok(rendered.body.toString().startsWith('{"type":"a\\"b","timestamp":"'));
});

test('an event without data carries null', () => {
  const { body } = payloadFormats[0].render({ ...event, data: undefined });
  assert.deepEqual(JSON.parse(body.toString()), { type: event.type, timestamp: event.time.toISOString(), data: null });
});

test('a name that no format has finds nothing', () => {
  assert.equal(findPayloadFormat('standard'), null);
  assert.equal(findPayloadFormat('constructor'), null);
});

test('data that is text already is not looked at by formats that copy it', () => {
  const untouched = {
    ...{ id: 'e', type: 't', source: 's', subject: null, time: event.time, sequence: 1, dataJson: '{"a":1}' },
    get data(): unknown {
      return assert.fail('data was read');
    },
  };
  for (const name of ['STANDARD', 'CLOUDEVENTS_STRUCTURED', 'CLOUDEVENTS_BINARY', 'RAW'])
    assert.ok(findPayloadFormat(name)?.render(untouched).body.toString().includes('{"a":1}'));
});
