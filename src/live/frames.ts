// Results as bytes: rendered once, then framed for each transport. A text here holds bytes, one to a character (latin1), so
// that pieces can be joined without being encoded again. Who gets them is hub.ts.

/** What one event looks like to a group. */
export interface Rendered {
  readonly sequence: number;
  /** The execution result as JSON, its UTF-8 bytes as latin1 characters. */
  readonly payload: string;
}

/** Results that go out together. */
export interface Batch {
  /** How many. */
  readonly count: number;
  /** WebSocket frames (RFC 6455, section 5.2) of `next` messages of graphql-transport-ws; `id` as `toBytes(JSON)`. */
  toFrames(id: string): string;
  /** Server-sent events of the graphql-sse protocol; `id` as `toBytes(JSON)`, null in distinct connections mode. */
  toServerSentEvents(id: string | null): string;
}

/** The UTF-8 bytes of a text as latin1 characters. */
export function toBytes(text: string): string {
  const bytes = Buffer.byteLength(text);
  return bytes === text.length ? text : Buffer.from(text).toString('latin1');
}

// The id goes last: then all that stands before it is the same for every operation with an id of the same length.
const messageHead = '{"type":"next","payload":';
const messageId = ',"id":';

/** A batch over results, framed once for each length of id. `cursorOf` is asked for server-sent events only. */
export function createBatch(results: readonly Rendered[], cursorOf: (sequence: number) => string): Batch {
  /** By length of id: what stands before, between and behind the ids. */
  const pieces = new Map<number, readonly string[]>();
  let last: { readonly id: string; readonly text: string } | null = null;

  return {
    count: results.length,
    toFrames(id) {
      if (last?.id === id) return last.text;
      let known = pieces.get(id.length);
      if (known === undefined) {
        known = cutFrames(results, id.length);
        pieces.set(id.length, known);
      }
      last = { id, text: known.join(id) };
      return last.text;
    },
    toServerSentEvents(id) {
      const each = results.map(({ sequence, payload }) => {
        const data = id === null ? payload : `{"id":${id},"payload":${payload}}`;
        return `event: next\nid: ${cursorOf(sequence)}\ndata: ${data}\n\n`;
      });
      return each.join('');
    },
  };
}

function cutFrames(results: readonly Rendered[], idLength: number): readonly string[] {
  const pieces: string[] = [];
  let open = '';
  for (const { payload } of results) {
    const length = messageHead.length + payload.length + messageId.length + idLength + 1;
    pieces.push(`${open}${frameHead(length)}${messageHead}${payload}${messageId}`);
    open = '}';
  }
  return [...pieces, open];
}

/** FIN and opcode "text", no mask, then the length in as few bytes as the protocol allows. */
function frameHead(length: number): string {
  if (length < 126) return String.fromCharCode(0x81, length);
  if (length < 65_536) return String.fromCharCode(0x81, 126, length >> 8, length & 0xff);
  const high = Math.floor(length / 2 ** 32);
  const bytes = [high, length >>> 0].flatMap((word) => [
    word >>> 24,
    (word >>> 16) & 0xff,
    (word >>> 8) & 0xff,
    word & 0xff,
  ]);
  return String.fromCharCode(0x81, 127, ...bytes);
}
