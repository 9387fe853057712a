// What a request to /graphql/stream asks for: parsed once, at the door.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../problem.js';

/** An operation as it was sent. */
export interface StreamRequest {
  readonly method: string;
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Record<string, unknown> | null;
  /** `extensions.operationId`; null when it is missing. */
  readonly operationId: string | null;
  /** `Last-Event-ID`; null when it is missing or empty. */
  readonly lastEventId: string | null;
}

const shape = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z.object({ operationId: z.string().min(1).max(256).optional() }).nullish(),
});

/** Reads an operation from a body or, by GET, from the address. Throws `INVALID_INPUT`. */
export function readStreamRequest(request: FastifyRequest): StreamRequest {
  const parsed = shape.safeParse(request.method === 'GET' ? readAddress(request.url) : request.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Problem(
      'INVALID_INPUT',
      `the request is no GraphQL operation: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const { query, operationName = null, variables = null, extensions } = parsed.data;
  const lastEventId = request.headers['last-event-id'];
  return {
    method: request.method,
    query,
    operationName,
    variables,
    operationId: extensions?.operationId ?? null,
    lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : null,
  };
}

/** The token of a reserved stream, from its header or the address; null when there is none. */
export function streamToken({ headers, url }: FastifyRequest): string | null {
  const token = headers['x-graphql-event-stream-token'];
  if (typeof token === 'string') return token;
  return new URL(url, 'http://localhost').searchParams.get('token');
}

function readAddress(url: string): Record<string, unknown> {
  const parameters = new URL(url, 'http://localhost').searchParams;
  const json = (name: string): unknown => {
    const text = parameters.get(name);
    if (text === null || text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Problem('INVALID_INPUT', `${name} is no JSON`, { field: name, cause });
    }
  };
  return {
    query: parameters.get('query') ?? undefined,
    operationName: parameters.get('operationName') ?? undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  };
}
