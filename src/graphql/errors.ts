// How problems look in GraphQL: the user's in `userErrors` of a mutation's payload, everything else in `errors` with a code,
// and what is nobody's fault but ours as INTERNAL with an id that the log explains.
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { isUnreachable } from '../store.js';

const stackExceeded = 'Maximum call stack size exceeded';

/** An element of `userErrors`. */
export interface ShownUserError {
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
}

/**
 * Runs a mutation: a problem of the user becomes the payload `nothing` plus one user error, its field under `input`.
 * Other errors are thrown on.
 */
export async function withUserErrors<Payload extends object, Nothing extends object>(
  nothing: Nothing,
  run: () => Promise<Payload>,
): Promise<(Payload | Nothing) & { userErrors: ShownUserError[] }> {
  try {
    return { ...(await run()), userErrors: [] };
  } catch (error) {
    if (!(error instanceof Problem) || error.side !== 'user') throw error;
    const { code, message } = error;
    return { ...nothing, userErrors: [{ code, field: error.field === null ? null : `input.${error.field}`, message }] };
  }
}

/** A problem as an element of GraphQL `errors`. */
export function toGraphQLError(problem: Problem, original?: GraphQLError): GraphQLError {
  const { code, field, message, status } = problem;
  return new GraphQLError(message, {
    ...(original === undefined ? {} : { nodes: original.nodes ?? null, path: original.path ?? null }),
    extensions: { code, ...(field === null ? {} : { field }), http: { status } },
  });
}

/**
 * What a client sees of an error that came out of executing an operation. Problems keep code and message; mistakes in
 * the document keep theirs; anything else is logged and shown as INTERNAL with its id.
 */
export function showError(error: unknown, log: Log, newErrorId: () => string): GraphQLFormattedError {
  const cause = error instanceof GraphQLError ? (error.extensions['problem'] ?? error.originalError) : error;
  const original = error instanceof GraphQLError ? error : undefined;
  if (cause instanceof Problem && cause.code !== 'INTERNAL') {
    if (cause.side === 'fault') log.error('An operation failed.', { code: cause.code, error: cause });
    return withoutHttp(toGraphQLError(cause, original).toJSON());
  }
  if (original?.message === stackExceeded) {
    // Apollo hands on the message alone of what the parser, which calls itself for each level, ran into.
    const problem = new Problem('DOCUMENT_TOO_COMPLEX', 'the document is nested too deep to be read');
    return withoutHttp(toGraphQLError(problem).toJSON());
  }
  if (original !== undefined && (cause === undefined || cause === null || cause instanceof GraphQLError)) {
    const code = typeof original.extensions['code'] === 'string' ? original.extensions['code'] : 'BAD_USER_INPUT';
    return { ...withoutHttp(original.toJSON()), extensions: { ...pick(original.extensions), code } };
  }
  if (isUnreachable(cause)) {
    log.error('The database cannot be reached.', { error: cause });
    return withoutHttp(
      toGraphQLError(new Problem('STORE_UNAVAILABLE', 'the database does not answer'), original).toJSON(),
    );
  }
  const id = newErrorId();
  log.error('An operation failed unexpectedly.', { errorId: id, error: cause });
  const problem = new Problem('INTERNAL', `something went wrong on our side; the log has it as ${id}`);
  return withoutHttp(toGraphQLError(problem, original).toJSON());
}

function withoutHttp(shown: GraphQLFormattedError): GraphQLFormattedError {
  return shown.extensions === undefined ? shown : { ...shown, extensions: pick(shown.extensions) };
}

function pick(extensions: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { http: _http, stacktrace: _stacktrace, ...rest } = extensions;
  return rest;
}
