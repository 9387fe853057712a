// The short way of an ordinary request: a JSON body with a good document, executed and answered without the steps that only
// unusual requests need. Everything else, mistakes included, goes through Apollo Server, which has the last word on them.
import type { Readable } from 'node:stream';
import { execute, type GraphQLFormattedError, getOperationAST } from 'graphql';
import type { RequestContext } from './context.js';
import type { CheckDocument } from './documents.js';
import type { Introspect } from './introspection.js';

/** A request as it came in. */
export interface OrdinaryRequest {
  /** The parsed body. */
  readonly body: unknown;
  /** The `accept` header. */
  readonly accept: string | undefined;
}

/** Answers the body of a 200, or null when the request has to go the long way; then nothing was executed. */
export type ShortWay = (request: OrdinaryRequest, context: RequestContext) => Promise<string | Readable | null>;

/** What the short way needs. */
export interface ShortWayOptions {
  readonly check: CheckDocument;
  readonly introspect: Introspect;
  readonly show: (error: unknown) => GraphQLFormattedError;
}

/** The short way. */
export function createShortWay({ check, introspect, show }: ShortWayOptions): ShortWay {
  return async ({ body, accept }, contextValue) => {
    if (!isOrdinary(body) || !takesJson(accept)) return null;
    const checking = check(body.query);
    const checked = checking instanceof Promise ? await checking : checking;
    if (!('document' in checked)) return null;
    const { schema, document } = checked;
    const operation = getOperationAST(document, body.operationName);
    if (operation?.operation !== 'query' && operation?.operation !== 'mutation') return null;
    const variableValues = body.variables ?? null;
    const args = { schema, document, variableValues, operationName: body.operationName ?? null, contextValue };
    const introspecting = introspect(args);
    if (introspecting !== null) return introspecting;
    const result = await execute(args);
    if (result.errors === undefined) return JSON.stringify(result);
    // Without data nothing was executed: the variables do not fit.
    if (result.data === undefined) return null;
    return JSON.stringify({ errors: result.errors.map(show), data: result.data });
  };
}

interface OrdinaryBody {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null;
}

function isOrdinary(body: unknown): body is OrdinaryBody {
  if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string') return false;
  const { variables = null, operationName = null, extensions = null } = body as Record<string, unknown>;
  const isMap = typeof variables === 'object' && !Array.isArray(variables);
  return isMap && (operationName === null || typeof operationName === 'string') && extensions === null;
}

function takesJson(accept: string | undefined): boolean {
  // The last one is what GraphiQL says.
  return accept === undefined || ['*/*', 'application/json', 'application/json, multipart/mixed'].includes(accept);
}
