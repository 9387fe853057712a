// The HTTP server: limits, errors as JSON, and draining. Routes are handed over by app.ts.
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { isUnreachable } from '../store.js';

/** What the server needs. */
export interface HttpServerOptions {
  readonly log: Log;
  /** Largest request body in bytes. */
  readonly maxBodyBytes: number;
  readonly newErrorId: () => string;
}

/** A server without routes. Errors of every route look like GraphQL's: `{ "errors": [{ "message", "extensions": { "code" } }] }`. */
export function createHttpServer({ log, maxBodyBytes, newErrorId }: HttpServerOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    // Data may have a key of any name: it is read key by key and kept as text, never merged into an object of ours.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    requestTimeout: 30_000,
    // How often the time-out is looked at.
    http: { connectionsCheckingInterval: 5000 },
    keepAliveTimeout: 72_000,
    // While stopping, running requests end and idle connections are closed.
    forceCloseConnections: 'idle',
    return503OnClosing: true,
  });
  server.setErrorHandler((error: FastifyError, _request, reply) => {
    const problem = toProblem(error, maxBodyBytes);
    // Closing at once would cut off a client that is still sending before it can read why: the rest is read and dropped.
    if (problem?.code === 'TOO_LARGE') reply.removeHeader('connection');
    if (problem !== null) return reply.code(problem.status).send(toBody(problem));
    const id = newErrorId();
    log.error('A request failed unexpectedly.', { errorId: id, error });
    return reply
      .code(500)
      .send(toBody(new Problem('INTERNAL', `something went wrong on our side; the log has it as ${id}`)));
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]?.slice(0, 200);
    return reply.code(404).send(toBody(new Problem('NOT_FOUND', `there is nothing at ${request.method} ${path}`)));
  });
  return server;
}

function toProblem(error: FastifyError | Error, maxBodyBytes: number): Problem | null {
  if (error instanceof Problem) return error.code === 'INTERNAL' ? null : error;
  if (isUnreachable(error)) return new Problem('STORE_UNAVAILABLE', 'the database does not answer', { cause: error });
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new Problem('TOO_LARGE', `the request body must have at most ${maxBodyBytes} bytes`, { cause: error });
  }
  // Fastify's own messages about malformed requests say what is wrong and nothing about us.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Problem('INVALID_INPUT', `the request is malformed: ${error.message}`, { cause: error });
  }
  return null;
}

function toBody({ code, field, message }: Problem): object {
  return { errors: [{ message, extensions: { code, ...(field === null ? {} : { field }) } }] };
}
