// The wire protocol: cutting a byte stream into messages, reading OP_MSG and OP_QUERY, writing their replies. Not what commands do.
import { BsonType, documentValue, isValidDocument, type Value } from './bson-raw.js';
import { BsonWriter, doubleValue } from './bson-write.js';
import type { Command } from './command.js';

/** No message may be longer (MongoDB's maxMessageSizeBytes). */
export const maxMessageBytes = 48_000_000;

const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;
const headerBytes = 16;

/** Bits of OP_MSG (MongoDB manual, "MongoDB Wire Protocol"). */
const flagChecksum = 1;
const flagMoreToCome = 2;
const flagExhaustAllowed = 0x10000;
const knownRequiredFlags = flagChecksum | flagMoreToCome;

/** A message that breaks the protocol: the connection is closed, nothing is answered. */
export class ProtocolError extends Error {}

/** A request as it came. */
export interface Request {
  readonly requestId: number;
  readonly isQuery: boolean;
  /** the client wants no answer */
  readonly isSilent: boolean;
  /** the client watches: it wants answer after answer to this one request */
  readonly isWatch: boolean;
  readonly command: Command;
}

/** Collects chunks and gives whole messages. Throws `ProtocolError` for an impossible length. */
export class MessageReader {
  private chunks: Buffer[] = [];
  private bytes = 0;

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** The next whole message, or undefined if it is not there yet. */
  next(): Buffer | undefined {
    if (this.bytes < 4) return undefined;
    let first = this.chunks[0] as Buffer;
    if (first.length < 4) first = this.join();
    const length = first.readInt32LE(0);
    if (length < headerBytes || length > maxMessageBytes + 16_384)
      throw new ProtocolError(`a message of ${length} bytes`);
    if (this.bytes < length) return undefined;
    if (first.length < length) first = this.join();
    this.bytes -= length;
    if (first.length > length) this.chunks[0] = first.subarray(length);
    else this.chunks.shift();
    return first.subarray(0, length);
  }

  private join(): Buffer {
    const whole = Buffer.concat(this.chunks);
    this.chunks = [whole];
    return whole;
  }
}

/** Reads a message. Throws `ProtocolError` if it is malformed or of an unknown kind. */
export function parseMessage(message: Buffer, connectionId: number): Request {
  const requestId = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  if (opCode === opMsg) return parseMsg(message, requestId, connectionId);
  if (opCode === opQuery) return parseQuery(message, requestId, connectionId);
  throw new ProtocolError(`unknown operation ${opCode}`);
}

function documentAt(message: Buffer, start: number, end: number): Buffer {
  if (start + 5 > end) throw new ProtocolError('a document is cut short');
  const length = message.readInt32LE(start);
  if (length < 5 || start + length > end || !isValidDocument(message, start, start + length))
    throw new ProtocolError('a document is malformed');
  return message.subarray(start, start + length);
}

function parseMsg(message: Buffer, requestId: number, connectionId: number): Request {
  if (message.length < headerBytes + 5) throw new ProtocolError('an OP_MSG is cut short');
  const flags = message.readUInt32LE(headerBytes);
  // bits 0-15 are required: one that is unknown must be an error
  if ((flags & 0xffff & ~knownRequiredFlags) !== 0) throw new ProtocolError(`unknown flags ${flags}`);
  const end = message.length - (flags & flagChecksum ? 4 : 0);
  let body: Buffer | undefined;
  const sequences = new Map<string, readonly Buffer[]>();
  let at = headerBytes + 4;
  while (at < end) {
    const kind = message[at];
    if (kind === 0) {
      if (body) throw new ProtocolError('an OP_MSG with two bodies');
      body = documentAt(message, at + 1, end);
      at += 1 + body.length;
    } else if (kind === 1) at = readSequence(message, { start: at + 1, end }, sequences);
    else throw new ProtocolError(`unknown section kind ${kind}`);
  }
  if (!body) throw new ProtocolError('an OP_MSG without a body');
  const fields = new Map(documentValue(body).fields());
  const db = textOf(fields.get('$db'));
  const command = commandOf(fields, { db: db ?? '', sequences, connectionId });
  const isWatch = (flags & flagExhaustAllowed) !== 0 && isWatching(command);
  return { requestId, isQuery: false, isSilent: (flags & flagMoreToCome) !== 0, isWatch, command };
}

/** A `hello` that waits for news; everything else is answered once, whatever its flags allow. */
function isWatching({ name, fields }: Command): boolean {
  const maxAwaitTimeMs = fields.get('maxAwaitTimeMS');
  const isHello = name === 'hello' || name === 'isMaster' || name === 'ismaster';
  return isHello && fields.has('topologyVersion') && maxAwaitTimeMs?.isNumber() === true && maxAwaitTimeMs.number() > 0;
}

function readSequence(
  message: Buffer,
  { start, end }: { start: number; end: number },
  into: Map<string, readonly Buffer[]>,
): number {
  if (start + 5 > end) throw new ProtocolError('a document sequence is cut short');
  const sequenceEnd = start + message.readInt32LE(start);
  const nameEnd = message.indexOf(0, start + 4);
  if (sequenceEnd > end || nameEnd < 0 || nameEnd >= sequenceEnd)
    throw new ProtocolError('a document sequence is malformed');
  const name = message.toString('utf8', start + 4, nameEnd);
  if (into.has(name)) throw new ProtocolError(`two document sequences called ${name}`);
  const documents: Buffer[] = [];
  let at = nameEnd + 1;
  while (at < sequenceEnd) {
    const document = documentAt(message, at, sequenceEnd);
    documents.push(document);
    at += document.length;
  }
  into.set(name, documents);
  return sequenceEnd;
}

function parseQuery(message: Buffer, requestId: number, connectionId: number): Request {
  const nameEnd = message.indexOf(0, headerBytes + 4);
  if (nameEnd < 0 || nameEnd + 9 > message.length) throw new ProtocolError('an OP_QUERY is cut short');
  const name = message.toString('utf8', headerBytes + 4, nameEnd);
  if (!name.endsWith('.$cmd')) throw new ProtocolError('an OP_QUERY that is no command');
  const body = documentAt(message, nameEnd + 9, message.length);
  const fields = new Map(documentValue(body).fields());
  const command = commandOf(fields, { db: name.slice(0, -5), sequences: new Map(), connectionId });
  return { requestId, isQuery: true, isSilent: false, isWatch: false, command };
}

function textOf(value: Value | undefined): string | undefined {
  return value?.type === BsonType.string ? value.text() : undefined;
}

function commandOf(fields: ReadonlyMap<string, Value>, rest: Omit<Command, 'name' | 'fields'>): Command {
  const [name] = fields.keys();
  if (name === undefined) throw new ProtocolError('an empty command');
  return { name, fields, ...rest };
}

const writer = new BsonWriter();

/** A reply as a whole message. `reply` is a plain object or a finished document; `extra` fields are added to it. */
export function writeReply(request: Request, reply: object | Buffer, extra: object): Buffer {
  writer.position = 0;
  writer.reserve(64);
  writer.int32(0);
  writer.int32(0);
  writer.int32(request.requestId);
  writer.int32(request.isQuery ? opReply : opMsg);
  writer.int32(request.isQuery ? 8 : request.isWatch ? flagMoreToCome : 0);
  if (request.isQuery) {
    writer.int64(0n);
    writer.int32(0);
    writer.int32(1);
  } else {
    writer.bytes[writer.position++] = 0;
  }
  const start = writer.beginDocument();
  if (Buffer.isBuffer(reply)) writer.raw(reply, 4, reply.length - 1);
  else for (const [name, value] of Object.entries(reply)) writer.plain(name, value);
  for (const [name, value] of Object.entries(extra)) writer.plain(name, value);
  writer.endDocument(start);
  writer.bytes.writeInt32LE(writer.position, 0);
  return writer.take();
}

/** `ok: 1` as MongoDB writes it. */
export const ok = doubleValue(1);

/** `ok: 0` likewise. */
export const notOk = doubleValue(0);
