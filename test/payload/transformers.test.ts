// Transformers: what templates and expressions make, and that hostile ones harm nobody but their owner.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.js';
import { createJsonataPool } from '../../src/jsonata/jsonata-pool.js';
import { compileJsonTemplate } from '../../src/payload/json-template.js';
import { checkPayloadSettings, compilePayload, type PayloadSettings } from '../../src/payload/payload-settings.js';
import { createRenderRequest, fillHeaders, type RenderedRequest } from '../../src/payload/render-request.js';
import { parseTextTemplate } from '../../src/payload/text-template.js';

const pool = createJsonataPool(systemClock);
after(() => pool.close());
const renderRequest = createRenderRequest(pool);

const data = { user: { name: 'Zoë', age: 30, 'odd key': true }, lines: [{ sku: 'A', price: 2, count: 3 }], none: null };
const event = eventOf(data);

function eventOf(of: unknown) {
  return {
    id: 'evt_1',
    type: 'order.created',
    source: 'carillon',
    subject: 'order/42',
    time: new Date('2026-01-02T03:04:05.678Z'),
    data: of,
    dataJson: JSON.stringify(of),
    sequence: 7,
  };
}

async function send(settings: PayloadSettings, of = event, key = 'sub_1') {
  return renderRequest({ key, payload: compilePayload(settings), event: of, dataJson: of.dataJson });
}

async function bodyOf(settings: PayloadSettings, of = event): Promise<unknown> {
  const made = await send({ format: 'RAW', ...settings }, of);
  assert.ok(made.kind === 'rendered', JSON.stringify(made));
  return JSON.parse(made.body.toString());
}

async function failureOf(jsonata: string, key = jsonata): Promise<string> {
  const made = await send({ transform: { jsonata } }, event, key);
  return made.kind === 'failed' ? `${made.stage} ${made.code}` : made.body.toString();
}

const fill = (template: unknown, of: unknown = data): unknown =>
  JSON.parse(compileJsonTemplate(template, 'transform.template')(eventOf(of)));

test('a text that is one path keeps its type, within a longer text it is text', () => {
  assert.deepEqual(
    fill({
      age: '{{ data.user.age }}',
      line: '{{data.lines.0}}',
      all: '{{ data.lines }}',
      odd: '{{ data.user["odd key"] }}',
      missing: '{{ data.user.email }}',
      greeting: 'Hi {{ data.user.name }}, {{ data.none }}{{ data.nobody }}{{ data.user }}!',
      braces: '{{ "{{" }} }}',
      when: '{{ time }}',
      place: '{{ sequence }}',
      literal: [1, true, null, {}, [], 'x'],
      '{{ type }}': 'keys stay',
    }),
    {
      age: 30,
      line: data.lines[0],
      all: data.lines,
      odd: true,
      missing: null,
      greeting: 'Hi Zoë, {"name":"Zoë","age":30,"odd key":true}!',
      braces: '{{ }}',
      when: '2026-01-02T03:04:05.678Z',
      place: 7,
      literal: [1, true, null, {}, [], 'x'],
      '{{ type }}': 'keys stay',
    },
  );
});

test('a template without paths gives itself, and one path gives what it leads to, whatever the JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual(fill('{{ data }}', plain), plain);
      if (!JSON.stringify(plain).includes('{{')) assert.deepEqual(fill(plain ?? 0), plain ?? 0);
    }),
  );
});

test('paths lead to own properties only', () => {
  for (const path of [
    'data.constructor',
    'data.__proto__',
    'data.user.toString',
    'data.lines.length',
    'data.user.name.0',
  ])
    assert.equal(fill(`{{ ${path} }}`), null);
});

const badTemplates: readonly (readonly [unknown, RegExp])[] = [
  [{ a: '{{ nothing }}' }, /begins with one of id, type/],
  [{ a: ['{{ data..x }}'] }, /wrong at character 5/],
  [{ a: 'x {{ data' }, /character 3 are not closed/],
  [{ a: '{{ "x }}' }, /not closed/],
  ['{{}}', /begins with one of/],
  [`{{ data${'.a'.repeat(33)} }}`, /at most 32 keys/],
  [JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`), /at most 32 levels/],
  ['x'.repeat(65_536), /at most 65536 bytes/],
];
for (const [template, message] of badTemplates) {
  test(`the template ${JSON.stringify(template).slice(0, 40)} is refused by name`, async () => {
    await assert.rejects(checkPayloadSettings({ transform: { template } }, pool), message);
  });
}

test('a template cannot be made to repeat large data without end', async () => {
  const template = Array.from({ length: 1000 }, () => '{{ data }} {{ data }}');
  const made = await send({ transform: { template } }, eventOf('x'.repeat(200_000)));
  assert.deepEqual(made.kind === 'failed' && [made.stage, made.code], ['TRANSFORM', 'TRANSFORM_TOO_LARGE']);
});

test('an expression makes data of the event', async () => {
  const jsonata = '{"kind": type, "total": $sum(data.lines.(price * count)), "who": data.user.name}';
  assert.deepEqual(await bodyOf({ transform: { jsonata } }), { kind: 'order.created', total: 6, who: 'Zoë' });
  assert.equal(await bodyOf({ transform: { jsonata: 'data.nobody' } }), null);
});

test('an expression that does not parse is refused with its place', async () => {
  await assert.rejects(checkPayloadSettings({ transform: { jsonata: '{"a": data.}' } }, pool), (error: Error) => {
    assert.match(error.message, /wrong at character 12/);
    return 'field' in error && error.field === 'transform.jsonata';
  });
  for (const jsonata of ['', ' ', 'x'.repeat(16_385)])
    await assert.rejects(checkPayloadSettings({ transform: { jsonata } }, pool), /1 to 16384 characters/);
  const deep = `${'('.repeat(8000)}1${')'.repeat(8000)}`;
  await checkPayloadSettings({ transform: { jsonata: deep } }, pool).catch((error: Error) =>
    assert.match(error.message, /wrong/),
  );
});

test('an expression that ends with an error is a named failure', async () => {
  assert.equal(await failureOf('$error("no")'), 'TRANSFORM TRANSFORM_FAILED');
  assert.equal(await failureOf('data.user.name + 1'), 'TRANSFORM TRANSFORM_FAILED');
  assert.equal(await failureOf('$eval("1 +")'), 'TRANSFORM TRANSFORM_FAILED');
});

const hostile: readonly (readonly [string, RegExp])[] = [
  ['($f := function($x) { $f($x + 1) }; $f(0))', /TIMEOUT|DEEP|TOO_LARGE/],
  ['($f := function($x) { 1 + $f($x + 1) }; $f(0))', /DEEP/],
  ['$match($join([1..40].("a")) & "!", /^(a+)+$/)', /TIMEOUT/],
  ['$reduce([1..30], function($a) { $a & $a }, "aaaaaaaaaaaaaaaa")', /TOO_LARGE|TIMEOUT|FAILED/],
  ['[1..9999999]', /TOO_LARGE|FAILED|TIMEOUT/],
  ['$map([1..99999], function($i) { [1..99999] })', /TOO_LARGE|FAILED|TIMEOUT/],
  ['$pad("x", 400000000)', /TOO_LARGE|TIMEOUT|FAILED/],
  ['$reduce([1..300], function($a) { {"a": $a} }, 1)', /DEEP|FAILED/],
];
for (const [jsonata, expected] of hostile) {
  test(`the hostile ${jsonata.slice(0, 50)} is a named failure, and the event loop goes on`, async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 10);
    const began = performance.now();
    assert.match(await failureOf(jsonata), expected);
    clearInterval(timer);
    const tookMs = performance.now() - began;
    assert.ok(tookMs < 9000, `${tookMs} ms`);
    if (tookMs > 200) assert.ok(ticks > tookMs / 60, `${ticks} ticks in ${tookMs} ms`);
    assert.deepEqual(await bodyOf({ transform: { jsonata: 'data.user.age' } }), 30);
  });
}

test('no expression reaches what lies behind the data, or leaves anything behind', async () => {
  for (const jsonata of [
    'data.__proto__.polluted',
    'data.constructor.name',
    '$lookup(data, "constructor")',
    '$lookup(data, "__proto__")',
    '$string.constructor',
    'data ~> |$|{"__proto__": {"polluted": true}}|',
    '$merge([{}, {"__proto__": {"polluted": true}}])',
    '{"constructor": {"prototype": {"polluted": true}}}',
  ])
    await failureOf(jsonata);
  assert.equal(await bodyOf({ transform: { jsonata: 'data.polluted' } }), null);
  assert.equal(await failureOf('data.constructor("return process")()'), 'TRANSFORM TRANSFORM_FAILED');
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

test('who had to be ended is left alone for a while, and others are not', async () => {
  const bomb = '$match($join([1..40].("a")) & "!", /^(a+)+$/)';
  assert.match(await failureOf(bomb, 'sub_hostile'), /TIMEOUT/);
  const began = performance.now();
  const [again, other] = await Promise.all([
    Promise.all(Array.from({ length: 200 }, () => failureOf(bomb, 'sub_hostile'))),
    failureOf('type', 'sub_other'),
  ]);
  assert.deepEqual([...new Set(again)], ['TRANSFORM TRANSFORM_SUSPENDED']);
  assert.match(other, /"data":"order.created"/);
  assert.ok(performance.now() - began < 5000);
});

test('a thousand at once all get their own answer', async () => {
  const made = await Promise.all(
    Array.from({ length: 1000 }, (_, n) =>
      send({ format: 'RAW', transform: { jsonata: 'data.n * 2' } }, eventOf({ n }), `sub_${n % 50}`),
    ),
  );
  assert.deepEqual(
    made.map((one) => (one.kind === 'rendered' ? Number(one.body.toString()) : one.code)),
    Array.from({ length: 1000 }, (_, n) => n * 2),
  );
});

test('a GET request carries the data as its query', async () => {
  const made = await send({ method: 'GET', transform: { template: { name: '{{ data.user.name }}', n: [1] } } });
  assert.ok(made.kind === 'rendered');
  assert.deepEqual([made.query, made.body.length], ['name=Zo%C3%AB&n%5B0%5D=1', 0]);
  const long = await send({ method: 'GET' }, eventOf('x'.repeat(9000)));
  assert.deepEqual(long.kind === 'failed' && [long.stage, long.code], ['RENDER', 'TOO_LARGE']);
});

test('a text is sent as its characters under a content type that is not JSON', async () => {
  const csv = await send({ format: 'RAW', contentType: 'text/csv', transform: { template: '{{ data.user.name }};1' } });
  assert.deepEqual(
    [(csv as RenderedRequest).body.toString(), (csv as RenderedRequest).contentType],
    ['Zoë;1', 'text/csv'],
  );
  const json = await send({ format: 'RAW', contentType: 'application/vnd.x+json', transform: { template: 'x' } });
  assert.equal((json as RenderedRequest).body.toString(), '"x"');
});

for (const contentType of ['x', 'text/html\r\nx: y', `a/${'b'.repeat(127)}`, 'a/b; c', '']) {
  test(`the content type ${JSON.stringify(contentType).slice(0, 30)} is refused`, async () => {
    await assert.rejects(checkPayloadSettings({ format: 'RAW', contentType }, pool), /media type/);
  });
}

test('a content type is refused where it says nothing, also when the format is set later', async () => {
  await assert.rejects(
    checkPayloadSettings({ format: 'SLACK', contentType: 'text/plain' }, pool),
    /has a content type of its own/,
  );
  await assert.rejects(
    checkPayloadSettings({ format: 'FORM' }, pool, { contentType: 'text/plain' }),
    /for STANDARD, RAW, XML/,
  );
  await assert.rejects(checkPayloadSettings({ method: 'GET', contentType: 'text/plain' }, pool), /no body/);
  assert.deepEqual(await checkPayloadSettings({ format: null }, pool, { format: 'RAW', method: 'PUT' }), {
    method: 'PUT',
  });
});

test('headers are filled, encoded, left out when empty, and never hold a line break', () => {
  const header = (value: string) => [{ name: 'x-a', value: parseTextTemplate(value, 'headers.0.value') }];
  assert.deepEqual(fillHeaders(header('{{ subject }} {{ data.user.name }}'), event), [
    { name: 'x-a', value: 'order/42 Zo%C3%AB' },
  ]);
  assert.deepEqual(fillHeaders(header('{{ data.nobody }}'), event), []);
  for (const bad of ['a\r\nx: y', 'a\nb', 'a\u0000', '\u0085x']) {
    const filled = fillHeaders(header('v {{ data }}'), eventOf(bad));
    assert.ok('kind' in filled && filled.code === 'HEADER_INVALID' && !filled.message.includes('\n'));
  }
  const long = fillHeaders(header('{{ data }}'), eventOf('x'.repeat(4097)));
  assert.ok('kind' in long && long.code === 'HEADER_INVALID');
});
