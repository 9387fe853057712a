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
  /**
   * WebSocket frames (RFC 6455, section 5.2) of `next` messages of graphql-transport-ws; `id` as `toBytes(JSON)`. The next
   * call may change these bytes, unless `keep` was called before it.
   */
  toFrames(id: string): Buffer;
  /** Says that the system has not taken the last frames yet: they must stay as they are. */
  keep(): void;
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

/** Frames for ids of one length: only the ids are written anew for each socket. */
interface Frames {
  readonly bytes: Buffer;
  /** Where the ids stand. */
  readonly places: readonly number[];
  id: string;
  isKept: boolean;
}

/** A batch over results, framed once for each length of id. `cursorOf` is asked for server-sent events only. */
export function createBatch(results: readonly Rendered[], cursorOf: (sequence: number) => string): Batch {
  const byLength = new Map<number, Frames>();
  let last: Frames | null = null;

  return {
    count: results.length,
    toFrames(id) {
      let frames = last?.id.length === id.length ? last : byLength.get(id.length);
      if (frames === undefined) frames = frame(results, id);
      else if (frames.isKept && frames.id !== id) frames = copy(frames);
      if (frames.id !== id) {
        for (const place of frames.places) writeId(frames.bytes, id, place);
        frames.id = id;
      }
      if (last !== frames) byLength.set(id.length, frames);
      last = frames;
      return frames.bytes;
    },
    keep() {
      if (last !== null) last.isKept = true;
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

function frame(results: readonly Rendered[], id: string): Frames {
  const pieces: string[] = [];
  const places: number[] = [];
  let length = 0;
  const add = (piece: string): void => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const { payload } of results) {
    add(frameHead(messageHead.length + payload.length + messageId.length + id.length + 1));
    add(`${messageHead}${payload}${messageId}`);
    places.push(length);
    add(id);
    add('}');
  }
  return { bytes: Buffer.from(pieces.join(''), 'latin1'), places, id, isKept: false };
}

/** A call of `Buffer.write` costs ten times as much as so few bytes do. */
function writeId(bytes: Buffer, id: string, place: number): void {
  for (let index = 0; index < id.length; index += 1) bytes[place + index] = id.charCodeAt(index);
}

function copy({ bytes, places, id }: Frames): Frames {
  return { bytes: Buffer.from(bytes), places, id, isKept: false };
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
