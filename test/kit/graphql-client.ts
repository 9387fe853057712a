// Small GraphQL clients for tests: one request over HTTP, one live subscription over the real graphql-ws client, and the
// few operations that nearly every test begins with.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type {
  CreateEventTypeInput,
  CreateWebhookSubscriptionInput,
  Delivery,
  DeliveryStatus,
  Event,
  Mutation,
  PublishEventInput,
  Query,
  Role,
} from '../../src/graphql/generated.js';
import { until } from './until.js';

/** A type of the schema as it looks in JSON. */
export type Wire<T> = T extends Date ? string : T extends object ? { [Key in keyof T]: Wire<T[Key]> } : T;

/** What a query or mutation may answer. Only the fields that were asked for are there: a test knows what it asked. */
export type Answers = Wire<Query & Mutation>;

/** An element of GraphQL `errors`. */
export interface ShownError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly field?: string };
}

/** An answer over HTTP, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: Answers | null;
  readonly errors: readonly ShownError[];
}

/** Variables of an operation. */
export type Variables = Readonly<Record<string, unknown>>;

/** Asks one gateway with one key and gives the data; fails the test when there are errors. */
export type Ask = (query: string, variables?: Variables, key?: string) => Promise<Answers>;

/** POSTs an operation to `url` (without `/graphql`). `key` null sends no credential. Rejects when there is no HTTP answer. */
export function send(url: string, key: string | null, query: string, variables?: Variables): Promise<HttpAnswer> {
  return sendBody(url, key, JSON.stringify({ query, variables }));
}

/** POSTs a body as it is. */
export async function sendBody(url: string, key: string | null, body: string): Promise<HttpAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    body,
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const parsed: Partial<Pick<HttpAnswer, 'data' | 'errors'>> = text.startsWith('{') ? JSON.parse(text) : {};
  const { data = null, errors = [] } = parsed;
  return { status: response.status, headers: response.headers, text, data, errors };
}

/** POSTs an operation and gives its data; fails the test when there are errors. */
export async function graphql(url: string, key: string, query: string, variables?: Variables): Promise<Answers> {
  const { status, data, errors, text } = await send(url, key, query, variables);
  assert.deepEqual(errors, [], text.slice(0, 2000));
  assert.equal(status, 200, text.slice(0, 2000));
  return data ?? assert.fail('no data');
}

/** A result of a live subscription. */
export interface LiveResult {
  readonly data?: { readonly events?: Wire<Event> } | null;
  readonly errors?: readonly ShownError[];
}

/** How a live subscription ended. */
export type LiveEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'errors'; readonly errors: readonly ShownError[] }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** No connection could be made, or it broke without a close. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** A live subscription on a socket of its own. */
export interface Live {
  /** All results so far, in order. */
  readonly results: readonly LiveResult[];
  /** The events of these results. */
  readonly events: readonly Wire<Event>[];
  /** Code of the socket's close, or null while it is open. */
  readonly closeCode: number | null;
  /** Settles when the server has acknowledged the connection; rejects when the socket closes before. */
  readonly connected: Promise<void>;
  /** Settles when the subscription ends, in whichever way. */
  readonly ended: Promise<LiveEnd>;
  /** The events once there are at least `count`. Rejects after `withinMs`, default 10 s, saying how many there were. */
  next(count: number, withinMs?: number): Promise<readonly Wire<Event>[]>;
  /** Cuts the TCP connection without a word, as a broken network does. */
  terminate(): void;
  /** Completes the subscription and closes the socket. */
  close(): Promise<void>;
}

/** Opens a live subscription with the real graphql-ws client; it does not reconnect. `key` null sends no credential. */
export function openLive(url: string, key: string | null, query: string, variables: Variables = {}): Live {
  const results: LiveResult[] = [];
  const waiting = new Set<() => void>();
  const lookAll = (): void => {
    for (const look of [...waiting]) look();
  };
  let socket: WebSocket | null = null;
  let closeCode: number | null = null;
  const connected = createDeferred<void>();
  const closed = createDeferred<void>();
  const ended = createDeferred<LiveEnd>();
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: key === null ? {} : { authorization: `Bearer ${key}` },
    retryAttempts: 0,
    on: {
      opened: (opened) => {
        if (opened instanceof WebSocket) socket = opened;
      },
      connected: () => connected.resolve(),
      closed: (event) => {
        closeCode = readClose(event)?.code ?? 1006;
        connected.reject(new Error(`the socket was closed with ${closeCode}`));
        closed.resolve();
      },
    },
  });
  const unsubscribe = client.subscribe(
    { query, variables },
    {
      next(result) {
        results.push(result as LiveResult);
        lookAll();
      },
      error: (error) => ended.resolve(toEnd(error)),
      complete: () => ended.resolve({ kind: 'complete' }),
    },
  );
  void ended.promise.then(lookAll);
  const events = (): readonly Wire<Event>[] => results.flatMap(({ data }) => (data?.events ? [data.events] : []));

  return {
    results,
    get events() {
      return events();
    },
    get closeCode() {
      return closeCode;
    },
    connected: connected.promise,
    ended: ended.promise,
    next(count, withinMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`${count} events were awaited, ${results.length} came in within ${withinMs} ms`));
        }, withinMs);
        const look = (): void => {
          if (results.length < count) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(events());
        };
        waiting.add(look);
        look();
      });
    },
    terminate: () => socket?.terminate(),
    async close() {
      unsubscribe();
      await client.dispose();
      if (socket !== null) await closed.promise;
    },
  };
}

function readClose(event: unknown): { readonly code: number; readonly reason: string } | null {
  if (typeof event !== 'object' || event === null || !('code' in event) || typeof event.code !== 'number') return null;
  return { code: event.code, reason: 'reason' in event ? String(event.reason) : '' };
}

function toEnd(error: unknown): LiveEnd {
  if (Array.isArray(error)) return { kind: 'errors', errors: error };
  const close = readClose(error);
  return close === null ? { kind: 'failed', error } : { kind: 'closed', ...close };
}

function createDeferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: Error) => void } {
  let settle = { resolve: (_value: T): void => undefined, reject: (_reason: Error): void => undefined };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return { promise, ...settle };
}

/** A live subscription to `events` with everything that tests compare. */
export const liveEvents = `subscription ($types: [String!], $filter: JSON, $after: String, $since: DateTime, $application: ID) {
  events(types: $types, filter: $filter, after: $after, since: $since, application: $application) {
    id type source subject time data sequence cursor
  }
}`;

/** Creates an event type; fails the test when it is refused. */
export async function createEventType(
  ask: Ask,
  input: Partial<CreateEventTypeInput> & { name: string },
): Promise<void> {
  const query = `mutation ($input: CreateEventTypeInput!) {
    createEventType(input: $input) { eventType { id } userErrors { code field message } }
  }`;
  const { createEventType: payload } = await ask(query, { input });
  assert.deepEqual(payload.userErrors, []);
}

/** Creates an application with a key of its own. */
export async function createApplication(ask: Ask, name: string): Promise<{ id: string; key: string }> {
  const query = `mutation ($input: CreateApplicationInput!) {
    createApplication(input: $input) { application { id } userErrors { code field message } }
  }`;
  const { createApplication: payload } = await ask(query, { input: { name } });
  assert.deepEqual(payload.userErrors, []);
  const id = payload.application?.id ?? assert.fail();
  return { id, key: (await createKey(ask, 'APPLICATION', id)).key };
}

/** Creates a key. */
export async function createKey(ask: Ask, role: Role, application?: string): Promise<{ id: string; key: string }> {
  const query = `mutation ($input: CreateApiKeyInput!) {
    createApiKey(input: $input) { apiKey { id } key userErrors { code field message } }
  }`;
  const { createApiKey: payload } = await ask(query, { input: { name: `${role} of a test`, role, application } });
  assert.deepEqual(payload.userErrors, []);
  return { id: payload.apiKey?.id ?? assert.fail(), key: payload.key ?? assert.fail() };
}

/** Creates a webhook subscription, by default to all event types; fails the test when it is refused. */
export async function createWebhookSubscription(
  ask: Ask,
  input: Partial<CreateWebhookSubscriptionInput>,
  key?: string,
): Promise<{ id: string; secret: string }> {
  const query = `mutation ($input: CreateWebhookSubscriptionInput!) {
    createWebhookSubscription(input: $input) { webhookSubscription { id } secret userErrors { code field message } }
  }`;
  const { createWebhookSubscription: payload } = await ask(query, { input: { eventTypes: ['*'], ...input } }, key);
  assert.deepEqual(payload.userErrors, []);
  return { id: payload.webhookSubscription?.id ?? assert.fail(), secret: payload.secret ?? assert.fail() };
}

/** An event to publish; its time as text. */
export type PublishInput = Partial<Wire<Omit<PublishEventInput, 'data'>>> & {
  readonly type: string;
  readonly data?: unknown;
};

/** Publishes an event; fails the test when it is refused. */
export async function publish(ask: Ask, input: PublishInput, key?: string): Promise<Wire<Event>> {
  const query = `mutation ($input: PublishEventInput!) {
    publishEvent(input: $input) { event { id type cursor sequence time } duplicate userErrors { code field message } }
  }`;
  const { publishEvent } = await ask(query, { input }, key);
  assert.deepEqual(publishEvent.userErrors, []);
  return publishEvent.event ?? assert.fail();
}

/** Publishes up to 1,000 events in one call; fails the test when they are refused. */
export async function publishAll(ask: Ask, events: readonly PublishInput[]): Promise<readonly Wire<Event>[]> {
  const query = `mutation ($input: PublishEventsInput!) {
    publishEvents(input: $input) { events { id type cursor sequence } duplicates userErrors { code field message } }
  }`;
  const { publishEvents } = await ask(query, { input: { events } });
  assert.deepEqual(publishEvents.userErrors, []);
  return publishEvents.events;
}

/** Cursor of the end of the log: what is published from now on lies behind it; null while the log is empty. */
export async function readHead(ask: Ask): Promise<string | null> {
  const { events } = await ask('{ events(first: 1, order: NEWEST_FIRST) { nodes { cursor } } }');
  return events.nodes[0]?.cursor ?? null;
}

/** The deliveries of an event with their attempts, newest first; at most 100. */
export async function readDeliveries(ask: Ask, eventId: string): Promise<readonly Wire<Delivery>[]> {
  const query = `query ($event: ID) {
    deliveries(event: $event, first: 100) { nodes {
      id status attemptCount nextAttemptAt createdAt finishedAt
      event { id }
      webhookSubscription { id }
      attempts {
        id number startedAt durationMs url statusCode error { stage code message }
        responseHeaders { name value } responseBody responseBodyTruncated
      }
    } }
  }`;
  return (await ask(query, { event: eventId })).deliveries.nodes;
}

/** Waits until an event has `count` deliveries, all of this status, and gives them. */
export function waitForDeliveries(
  ask: Ask,
  eventId: string,
  { status, count = 1 }: { readonly status: DeliveryStatus; readonly count?: number },
): Promise<readonly Wire<Delivery>[]> {
  return until({ what: `${count} deliveries of ${eventId} that are ${status}` }, async () => {
    const found = await readDeliveries(ask, eventId);
    return found.length === count && found.every((delivery) => delivery.status === status) && found;
  });
}
