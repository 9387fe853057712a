// How GraphiQL's operations reach the gateway: HTTP for queries and mutations, one WebSocket for subscriptions.
import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { GraphQLError } from 'graphql';
import { createClient } from 'graphql-ws';

/** The state of the WebSocket; `idle` before the first subscription and after the last. */
export type LiveState = 'idle' | 'connecting' | 'open' | 'lost';

/** A way to the gateway for one key. */
export interface Transport {
  readonly fetcher: Fetcher;
  /** Ends running subscriptions and closes the WebSocket. */
  close(): void;
}

/** Answers every operation with the one sentence that helps; used while there is no key. */
export const signedOutFetcher: Fetcher = () => ({ errors: [new GraphQLError('Enter an API key above first.')] });

/**
 * Opens the way to the gateway this page came from. The WebSocket is opened by the first subscription and closed after
 * the last; a lost one is opened again for as long as a subscription runs, after 1 s, 2 s, 4 s, then every 8 s.
 */
export function openTransport(key: string, onLive: (state: LiveState) => void): Transport {
  const address = new URL('/graphql', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const authorization = `Bearer ${key}`;
  const wsClient = createClient({
    url: address.href,
    connectionParams: { authorization },
    lazy: true,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** Math.min(retries, 3))),
    // A gateway that is not there yet is a plain event. 4403 says that the credential has ended: the same key would be
    // refused again.
    shouldRetry: (event) => event instanceof Event && !(event instanceof CloseEvent && event.code === 4403),
    on: {
      connecting: () => onLive('connecting'),
      connected: () => onLive('open'),
      closed: (event) => onLive(event instanceof CloseEvent && event.code === 1000 ? 'idle' : 'lost'),
    },
  });
  const send = createGraphiQLFetcher({
    url: '/graphql',
    headers: { authorization },
    wsClient: {
      ...wsClient,
      subscribe: (payload, sink) =>
        wsClient.subscribe(payload, { ...sink, error: (problem) => sink.error(withoutStack(problem)) }),
    },
    enableIncrementalDelivery: false,
  });
  const fetcher: Fetcher = async (parameters, options) => {
    try {
      return await send(parameters, options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { errors: [new GraphQLError(`The gateway gave no answer that can be read: ${reason}`)] };
    }
  };
  return { fetcher, close: () => void wsClient.dispose() };
}

/** GraphiQL prints the stack of an `Error`, which helps nobody who reads the response pane. */
function withoutStack(problem: unknown): unknown {
  if (problem instanceof CloseEvent) return { message: `The live connection ended: ${problem.code} ${problem.reason}` };
  return problem instanceof Error ? { message: problem.message } : problem;
}
