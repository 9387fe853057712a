// Subscriptions as operations: graphql-js checks arguments and access, the hub shows the events. Both transports, sockets and
// server-sent events, begin them here.
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import type { Event } from '../event/event.js';
import type { Shape } from '../live/group.js';
import type { Hub } from '../live/hub.js';
import type { Sink } from '../live/sink.js';
import type { RequestContext } from './context.js';
import { createRun } from './execute-shared.js';
import { isEventSource } from './live.js';
import { type SharedResults, toLiveJson } from './shared-results.js';
import { type DocumentSharing, readSharing, refuseConditional, toGroupKey } from './sharing.js';

/** The arguments of an operation that may be a subscription. */
export interface LiveArguments extends ExecutionArgs {
  readonly contextValue: RequestContext;
}

/** Where the results of a subscription go. */
export interface LiveTarget {
  readonly sink: Sink;
  /** Id of the operation as the sink writes it. */
  readonly id: string;
}

/**
 * A stream of results; `return` ends it at once. That of events says nothing: its results go to the sink, and `next` settles
 * when it ends.
 */
export type LiveStream = AsyncGenerator<ExecutionResult, undefined, undefined>;

/** Begins subscriptions. */
export interface LiveOperations {
  /** A stream, or the errors for which there is none. Never rejects. Shows nothing before the first `next`. */
  begin(args: LiveArguments, target: LiveTarget): Promise<LiveStream | ExecutionResult>;
}

/** What beginning needs. */
export interface LiveOperationsOptions {
  readonly hub: Hub;
  readonly show: (error: unknown) => GraphQLFormattedError;
  /** The same for schemas in which a document has the same meaning. */
  readonly results: SharedResults;
  readonly typesOf: (schema: GraphQLSchema) => string;
}

/** Operations shown by a hub. */
export function createLiveOperations({ hub, show, results, typesOf }: LiveOperationsOptions): LiveOperations {
  const known = new WeakMap<DocumentNode, DocumentSharing>();

  function sharingOf({ schema, document }: LiveArguments): DocumentSharing {
    const found = known.get(document);
    if (found !== undefined) return found;
    const sharing = readSharing(schema, document, typesOf(schema));
    known.set(document, sharing);
    return sharing;
  }

  function toShape(args: LiveArguments, sharing: DocumentSharing): Shape {
    const { caller, rooms } = args.contextValue;
    const key = toGroupKey(args, sharing, caller);
    const run = createRun({ args, sharing, caller, rooms, show });
    return {
      key,
      isLasting: sharing.isForEverybody,
      render(event: Event) {
        const result = results.isWanted(key) ? results.get(key, event, run) : run(event);
        return result instanceof Promise ? result.then(toLiveJson) : toLiveJson(result);
      },
    };
  }

  return {
    async begin(args, { sink, id }) {
      const sharing = sharingOf(args);
      if (sharing.isConditional) return { errors: [refuseConditional()] };
      const source = await createSourceEventStream(args).catch(toErrors);
      if (!(Symbol.asyncIterator in source)) return source;
      if (!isEventSource(source)) return mapSource(args, source[Symbol.asyncIterator]());
      const shape = toShape(args, sharing);
      const { selection, after } = source;
      return createSilentStream((fail) => hub.follow({ shape, selection, after, sink, id, fail }));
    },
  };
}

/** What is no stream of events is executed for each client by itself. */
function mapSource(args: LiveArguments, source: AsyncIterator<unknown>): LiveStream {
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  const stream: LiveStream = {
    async next() {
      const { done: isDone, value } = await source.next();
      return isDone === true ? done : { done: false, value: await execute({ ...args, rootValue: value }) };
    },
    async return() {
      await source.return?.();
      return done;
    },
    async throw(error: unknown) {
      await source.return?.();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

function toErrors(error: unknown): ExecutionResult {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return { errors: [error instanceof GraphQLError ? error : new GraphQLError('', { originalError })] };
}

function createSilentStream(start: (fail: (reason: unknown) => void) => () => void): LiveStream {
  let stop: (() => void) | null = null;
  let isEnded = false;
  let settle: { resolve(value: IteratorReturnResult<undefined>): void; reject(reason: unknown): void } | null = null;
  const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
  const end = (): void => {
    isEnded = true;
    stop?.();
    settle?.resolve(done);
  };
  const stream: LiveStream = {
    next() {
      if (isEnded) return Promise.resolve(done);
      const ending = new Promise<IteratorReturnResult<undefined>>((resolve, reject) => {
        settle = { resolve, reject };
      });
      stop ??= start((reason) => {
        isEnded = true;
        settle?.reject(reason);
      });
      return ending;
    },
    async return() {
      end();
      return done;
    },
    async throw(error: unknown) {
      end();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
