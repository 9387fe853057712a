// One client: its messages are answered one after the other; a client that does not read is not read from.
import type { Socket } from 'node:net';
import { timestampValue } from './bson-write.js';
import { type Command, checkFields, type Reply } from './command.js';
import { type CommandHandler, commands } from './commands/list.js';
import type { Engine } from './engine.js';
import { CommandError } from './errors.js';
import { MessageReader, notOk, ok, ProtocolError, parseMessage, type Request, writeReply } from './wire.js';

/** Whole messages that may wait for their turn before the socket is paused. */
const maxWaiting = 32;

/** Serves a client until it goes. `warn` gets what the client should not be told. */
export function serveConnection(
  socket: Socket,
  engine: Engine,
  options: { connectionId: number; warn: (message: string) => void },
): void {
  const reader = new MessageReader();
  const waiting: Request[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    for (let request = waiting.shift(); request; request = waiting.shift()) {
      if (waiting.length < maxWaiting && socket.isPaused()) socket.resume();
      do {
        const answer = await answerTo(request, engine, options.warn);
        if (socket.destroyed) break;
        // what the client does not take is not produced: wait until its buffer is empty again
        if (answer && !socket.write(answer)) await drained(socket);
      } while (request.isWatch && waiting.length === 0);
    }
    isRunning = false;
  }

  socket.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
      for (let message = reader.next(); message; message = reader.next())
        waiting.push(parseMessage(message, options.connectionId));
    } catch (error) {
      if (!(error instanceof ProtocolError)) options.warn(`a message could not be read: ${String(error)}`);
      socket.destroy();
      return;
    }
    if (waiting.length >= maxWaiting) socket.pause();
    if (!isRunning && waiting.length > 0) void run();
  });
  socket.on('error', () => socket.destroy());
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

async function answerTo(
  request: Request,
  engine: Engine,
  warn: (message: string) => void,
): Promise<Buffer | undefined> {
  const { command } = request;
  let reply: Reply;
  let isOk = true;
  try {
    reply = await runCommand(command, engine);
  } catch (error) {
    isOk = false;
    if (!(error instanceof CommandError))
      warn(`${command.name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    reply = errorReply(error);
  }
  if (request.isSilent) return undefined;
  if (request.isQuery) return writeReply(request, reply, { ok: isOk ? ok : notOk });
  const operationTime = timestampValue(engine.oplog.durable);
  return writeReply(request, reply, {
    ok: isOk ? ok : notOk,
    $clusterTime: { clusterTime: operationTime },
    operationTime,
  });
}

function runCommand(command: Command, engine: Engine): Reply | Promise<Reply> {
  const handler: CommandHandler | undefined = Object.hasOwn(commands, command.name)
    ? commands[command.name]
    : undefined;
  if (!handler) throw new CommandError('CommandNotFound', `no such command: '${command.name}'`);
  if (handler.fields !== 'any') checkFields(command, handler.fields);
  return handler.run(command, engine);
}

function errorReply(error: unknown): Reply {
  if (error instanceof CommandError) {
    return { errmsg: error.message, code: error.code, codeName: error.codeName, ...error.details };
  }
  return {
    errmsg: `the embedded store failed: ${error instanceof Error ? error.message : String(error)}`,
    code: 1,
    codeName: 'InternalError',
  };
}
