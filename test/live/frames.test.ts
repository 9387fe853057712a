// Frames: what ws makes of a message is what is written, byte for byte but for the order of its keys.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import * as ws from 'ws';
import { createBatch, toBytes } from '../../src/live/frames.js';

const cursorOf = (sequence: number): string => `cursor${sequence}`;

/** What ws reads frames with; its types do not have it. */
const Receiver = Reflect.get(ws, 'Receiver') as new (options: object) => Writable;

/** The messages that ws reads out of bytes. */
async function readFrames(bytes: Buffer, count: number): Promise<unknown[]> {
  const receiver = new Receiver({ isServer: false });
  const messages: unknown[] = [];
  receiver.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString())));
  receiver.end(bytes);
  await once(receiver, 'finish');
  assert.equal(messages.length, count);
  return messages;
}

test('frames of every size are read by ws as the messages that they are', async () => {
  for (const size of [0, 1, 40, 60, 80, 125, 126, 1000, 65_480, 65_500, 65_535, 65_536, 200_000]) {
    const payload = { data: { text: 'x'.repeat(size) } };
    const batch = createBatch([{ sequence: 1, payload: toBytes(JSON.stringify(payload)) }], cursorOf);
    for (const id of ['1', 'é✓', 'f3ad8e1c-5d5f-4a0f-9b55-0a8a1d2b3c4d']) {
      const [message] = await readFrames(batch.toFrames(toBytes(JSON.stringify(id))), 1);
      assert.deepEqual(message, { id, type: 'next', payload });
    }
  }
});

test('any results and ids, in any order, are read as they were written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }),
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 5 }),
      async (values, ids) => {
        const results = values.map((value, sequence) => ({ sequence, payload: toBytes(JSON.stringify(value)) }));
        const batch = createBatch(results, cursorOf);
        for (const id of ids) {
          const messages = await readFrames(batch.toFrames(toBytes(JSON.stringify(id))), values.length);
          const expected = values.map((value) => ({ id, type: 'next', payload: JSON.parse(JSON.stringify(value)) }));
          assert.deepEqual(messages, expected);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('frames that were kept stay as they are, whatever is framed after them', async () => {
  const batch = createBatch([{ sequence: 1, payload: '{"n":1}' }], cursorOf);
  const ids = ['"a"', '"b"', '"b"', '"long"', '"c"', '"a"', '"more"', '"a"'];
  const kept = ids.map((id, index) => {
    const bytes = batch.toFrames(id);
    if (index % 3 !== 2) batch.keep();
    return { id, bytes, isKept: index % 3 !== 2 };
  });
  for (const { id, bytes, isKept } of kept) {
    const [message] = await readFrames(bytes, 1);
    if (isKept) assert.deepEqual(message, { id: JSON.parse(id), type: 'next', payload: { n: 1 } });
  }
});

test('server-sent events carry the cursor as their id', () => {
  const results = [1, 2].map((sequence) => ({ sequence, payload: `{"n":${sequence}}` }));
  const batch = createBatch(results, cursorOf);
  assert.equal(
    batch.toServerSentEvents(null),
    'event: next\nid: cursor1\ndata: {"n":1}\n\nevent: next\nid: cursor2\ndata: {"n":2}\n\n',
  );
  assert.match(batch.toServerSentEvents('"op"'), /data: \{"id":"op","payload":\{"n":2\}\}\n\n$/);
});
