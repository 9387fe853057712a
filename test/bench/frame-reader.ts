// Reads WebSocket frames (RFC 6455, section 5.2) as they come in pieces, and masks those of a client. Counts rather than parses:
// the client of a bench must not be what is measured.

/** Takes pieces of a stream of frames. */
export type FrameReader = (piece: Buffer) => void;

/** What a reader tells. */
export interface FrameEvents {
  /** A text frame of so many bytes; its first bytes as far as they came in one piece. */
  readonly onText: (bytes: number, beginning: Buffer) => void;
  readonly onPing: () => void;
  readonly onClose: (code: number) => void;
}

const beginningBytes = 64;

/** A reader of unmasked frames. */
export function createFrameReader({ onText, onPing, onClose }: FrameEvents): FrameReader {
  let rest: Buffer = Buffer.alloc(0);
  let skip = 0;

  function take(opcode: number, length: number, payload: Buffer): void {
    if (opcode === 1) onText(length, payload.subarray(0, beginningBytes));
    if (opcode === 9) onPing();
    if (opcode === 8) onClose(payload.length >= 2 ? payload.readUInt16BE(0) : 1005);
  }

  return (piece) => {
    let data = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    rest = Buffer.alloc(0);
    for (;;) {
      const skipped = Math.min(skip, data.length);
      skip -= skipped;
      data = data.subarray(skipped);
      const head = readHead(data);
      if (skip > 0 || head === null) break;
      // The beginning of a message says what it is; the rest is only counted.
      const needed = head.bytes + Math.min(head.length, beginningBytes);
      if (data.length < needed) break;
      take(head.opcode, head.length, data.subarray(head.bytes, head.bytes + head.length));
      skip = head.bytes + head.length;
    }
    rest = data;
  };
}

interface Head {
  readonly opcode: number;
  readonly bytes: number;
  readonly length: number;
}

function readHead(data: Buffer): Head | null {
  const [first, second] = data;
  if (first === undefined || second === undefined) return null;
  const opcode = first & 0x0f;
  if (second < 126) return { opcode, bytes: 2, length: second };
  if (second === 126) return data.length < 4 ? null : { opcode, bytes: 4, length: data.readUInt16BE(2) };
  return data.length < 10 ? null : { opcode, bytes: 10, length: Number(data.readBigUInt64BE(2)) };
}

/** A masked frame; the mask is zero, which changes nothing. */
export function toClientFrame(text: string, opcode = 1): Buffer {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
