// Structured logs: lines of JSON on standard error. Masks what must never be written. Who logs what is said elsewhere.
import { pino } from 'pino';
import type { LogLevel } from './config.js';

/** Fields of a log line besides time, level and sentence. Never secrets, keys or bodies. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one sentence plus fields. Never throws. */
export interface Log {
  debug(sentence: string, fields?: LogFields): void;
  info(sentence: string, fields?: LogFields): void;
  warn(sentence: string, fields?: LogFields): void;
  error(sentence: string, fields?: LogFields): void;
  /** A log whose lines all carry `room`. */
  room(name: string): Log;
}

/** Field names that are written as `***`, wherever they stand in the first two levels. */
const masked = ['authorization', 'secret', 'key', 'password', 'token', 'cookie'];

/** Where lines go: anything with `write`. */
export interface LogSink {
  write(line: string): void;
}

/** A log at a level; lines go to standard error unless `sink` is given. The field `error` is written with stack and cause. */
export function createLog(level: LogLevel, sink?: LogSink): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: masked.flatMap((name) => [name, `*.${name}`]), censor: '***' },
    serializers: { error: (error: unknown) => describeError(error) },
  };
  const logger = pino(options, sink ?? pino.destination({ fd: 2, sync: true }));
  return wrap(logger);
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (sentence, fields = {}) => logger.debug(fields, sentence),
    info: (sentence, fields = {}) => logger.info(fields, sentence),
    warn: (sentence, fields = {}) => logger.warn(fields, sentence),
    error: (sentence, fields = {}) => logger.error(fields, sentence),
    room: (name) => wrap(logger.child({ room: name })),
  };
}

const maxCauses = 5;

/** Only these of an error: the database driver's errors carry the documents that were being written. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' && error !== null ? typeof error : error;
  const code: unknown = Reflect.get(error, 'code');
  const others: readonly unknown[] = error instanceof AggregateError ? error.errors.slice(0, maxCauses) : [];
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: error.stack,
    ...(error.cause == null || depth >= maxCauses ? {} : { cause: describeError(error.cause, depth + 1) }),
    ...(others.length === 0 || depth >= maxCauses
      ? {}
      : { errors: others.map((other) => describeError(other, depth + 1)) }),
  };
}
