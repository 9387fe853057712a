// The execution of a group's document for one event, the same for live clients and for webhooks: same caller, same context,
// same bytes.
import { type ExecutionArgs, type ExecutionResult, execute, type GraphQLFormattedError } from 'graphql';
import type { Event } from '../event/event.js';
import type { Caller } from '../security/access.js';
import { compileDocument } from './compiled-document.js';
import { createContext, type Rooms } from './context.js';
import { type RunDocument, type SharedResult, toSharedResult } from './shared-results.js';
import { type DocumentSharing, toGroupCaller } from './sharing.js';

/** What an execution needs. */
export interface SharedExecution {
  readonly args: ExecutionArgs;
  /** What the document says about sharing. */
  readonly sharing: DocumentSharing;
  /** One of those whom the group is executed for. */
  readonly caller: Caller;
  readonly rooms: Rooms;
  readonly show: (error: unknown) => GraphQLFormattedError;
}

/** The function that executes a document for each event; what goes wrong is a part of its results. */
export function createRun({ args, sharing, caller: one, rooms, show }: SharedExecution): RunDocument {
  const caller = toGroupCaller(sharing, one);
  const toResult = (result: ExecutionResult): SharedResult => toSharedResult(result, show);
  const toFailure = (error: unknown): SharedResult => ({ dataJson: 'null', errors: [show(error)] });
  // What is the same for everybody reads nothing but the event: no look-up is begun here and once more below.
  const write = sharing.isForEverybody ? compileDocument(args) : null;
  return (event: Event) => {
    const written = write?.(event, createContext(caller, rooms)) ?? null;
    if (written !== null) return { dataJson: inOnePiece(written), errors: null };
    try {
      // A context of its own for each event: what it loads is as it is now.
      const result = execute({ ...args, rootValue: event, contextValue: createContext(caller, rooms) });
      return result instanceof Promise ? result.then(toResult, toFailure) : toResult(result as ExecutionResult);
    } catch (error) {
      return toFailure(error);
    }
  };
}

/**
 * The same text. One that was put together from many is a tree of them in V8 until somebody looks into it; this one is kept, and the
 * garbage collector would follow each of its parts.
 */
function inOnePiece(text: string): string {
  text.charCodeAt(0);
  return text;
}
