import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Application as ApplicationRecord } from '../application/application.js';
import type { ApiKey as ApiKeyRecord } from '../application/api-key.js';
import type { EventType as EventTypeRecord } from '../event-type/event-type.js';
import type { Event as EventRecord } from '../event/event.js';
import type { WebhookSubscription as WebhookSubscriptionRecord } from '../webhook-subscription/webhook-subscription.js';
import type { Delivery as DeliveryRecord, DeliveryAttempt as DeliveryAttemptRecord } from '../delivery/delivery.js';
import type { LiveClient as LiveClientRecord } from '../live/live-clients.js';
import type { Replay as ReplayRecord } from '../delivery/replay.js';
import type { Stats as StatsRecord } from '../stats/read-stats.js';
import type { CountedSpan, Times } from '../stats/stats.js';
import type { Trigger as TriggerRecord, Mapping as MappingRecord, Trigger as InboundWebhookRecord, Trigger as ScheduleRecord, Trigger as ChangeStreamRecord } from '../trigger/trigger.js';
import type { Caller, RequestContext } from './context.js';
import type { AnyNode } from './node.js';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An instant, ISO 8601 in UTC with milliseconds, such as `2026-01-31T12:00:00.000Z`; in payloads of events as the publisher wrote it. */
  DateTime: { input: Date; output: Date; }
  /** Any JSON value. In a document write it as a literal or, better, pass it as a variable. */
  JSON: { input: unknown; output: unknown; }
};

/** A bearer credential. The key itself is shown once, when it is created; only its hash is kept. */
export type ApiKey = Node & {
  __typename?: 'ApiKey';
  /** The application it is bound to, for the role `APPLICATION`. */
  application?: Maybe<Application>;
  /** When it was created. */
  createdAt: Scalars['DateTime']['output'];
  /** When it becomes worthless by itself; null for never. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** First characters of the key, to recognise it by. */
  hint: Scalars['String']['output'];
  /** Identifier, `key_…`. It is no secret. */
  id: Scalars['ID']['output'];
  /** What it is for, 1 to 128 characters. */
  name: Scalars['String']['output'];
  /** When it was revoked; null while it works. */
  revokedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What it may do. */
  role: Role;
};

/** A page of keys, newest first. */
export type ApiKeyConnection = {
  __typename?: 'ApiKeyConnection';
  /** Elements with their cursors. */
  edges: Array<ApiKeyEdge>;
  /** Elements alone. */
  nodes: Array<ApiKey>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** A key in a page. */
export type ApiKeyEdge = {
  __typename?: 'ApiKeyEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The key. */
  node: ApiKey;
};

/** A consumer of the platform (a tenant). It owns webhook subscriptions and keys, and has its own view of the events. */
export type Application = Node & {
  __typename?: 'Application';
  /** Its keys, newest first, revoked ones too. Null unless asked with an `ADMIN` key. */
  apiKeys?: Maybe<ApiKeyConnection>;
  /** When it was created. */
  createdAt: Scalars['DateTime']['output'];
  /** Your own reference for it, unique over all applications, 1 to 128 characters; null when none was given. */
  externalId?: Maybe<Scalars['String']['output']>;
  /** Identifier, `app_…`. */
  id: Scalars['ID']['output'];
  /** Display name, 1 to 128 characters. */
  name: Scalars['String']['output'];
  /** When it was last changed. */
  updatedAt: Scalars['DateTime']['output'];
};


/** A consumer of the platform (a tenant). It owns webhook subscriptions and keys, and has its own view of the events. */
export type ApplicationApiKeysArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** A page of applications, newest first. */
export type ApplicationConnection = {
  __typename?: 'ApplicationConnection';
  /** Elements with their cursors. */
  edges: Array<ApplicationEdge>;
  /** Elements alone. */
  nodes: Array<Application>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** An application in a page. */
export type ApplicationEdge = {
  __typename?: 'ApplicationEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The application. */
  node: Application;
};

/** The application, or what was wrong. */
export type ApplicationPayload = {
  __typename?: 'ApplicationPayload';
  /** As it is now; null when there are errors. */
  application?: Maybe<Application>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
};

/** What came of an attempt, in classes. */
export type AttemptClass =
  /** No complete answer; the error says why. */
  | 'NO_ANSWER'
  /** Any other status. */
  | 'OTHER'
  /** A status from 200 to 299. */
  | 'S2XX'
  /** A status from 300 to 399. */
  | 'S3XX'
  /** A status from 400 to 499. */
  | 'S4XX'
  /** A status from 500 to 599. */
  | 'S5XX';

/**
 * Milliseconds by stage; null for a stage that did not happen: a connection that was used again resolves, connects and secures
 * nothing. The stage in which a request failed has the time until then.
 */
export type AttemptTiming = {
  __typename?: 'AttemptTiming';
  /** From the head of the answer to its end. */
  bodyMs?: Maybe<Scalars['Float']['output']>;
  /** Making the TCP connection. */
  connectMs?: Maybe<Scalars['Float']['output']>;
  /** Resolving the name; null for a literal address. */
  dnsMs?: Maybe<Scalars['Float']['output']>;
  /** From handing the request to the connection to the head of the answer. */
  firstByteMs?: Maybe<Scalars['Float']['output']>;
  /** The TLS handshake; null for http. */
  tlsMs?: Maybe<Scalars['Float']['output']>;
};

/** Name and password. */
export type BasicVerificationInput = {
  /** 1 to 512 characters. */
  password: Scalars['String']['input'];
  /** 1 to 512 characters. */
  username: Scalars['String']['input'];
};

/** The delivery, or what was wrong. */
export type CancelDeliveryPayload = {
  __typename?: 'CancelDeliveryPayload';
  /** As it is now; null when there are errors. */
  delivery?: Maybe<Delivery>;
  /** Empty when it is cancelled. */
  userErrors: Array<UserError>;
};

/** The replay, or what was wrong. */
export type CancelReplayPayload = {
  __typename?: 'CancelReplayPayload';
  /** As it is now; null when there are errors. */
  replay?: Maybe<Replay>;
  /** Empty when it is cancelled. */
  userErrors: Array<UserError>;
};

/** What a change stream is set to. */
export type ChangeStreamConfiguration = {
  __typename?: 'ChangeStreamConfiguration';
  /** Collection. */
  collection: Scalars['String']['output'];
  /** Database; null for the one that the gateway itself uses. */
  database?: Maybe<Scalars['String']['output']>;
  /** Event types by change. */
  eventTypes: WatchedEventTypes;
  /** The changes that are told. */
  operations: Array<WatchedOperation>;
  /** Stages that changes pass, in MongoDB's aggregation language. */
  pipeline: Scalars['JSON']['output'];
};

/**
 * Publishes what changes in a collection, in order, none lost and none twice through crashes. It tells what changes from when it
 * was created or enabled, to the second; with `uri`, from when it first runs. One node watches; when it dies another goes on
 * within ten seconds. The mapping sees `{ operation, documentKey, document, update, at, eventType }`, values that JSON has no
 * word for as relaxed extended JSON; the payload is all of these but `at` and `eventType` by default. When the database no longer
 * has the changes since the last one, `lastError` says `CURSOR_EXPIRED`, and it goes on from then.
 */
export type ChangeStreamInput = {
  /** Collection; none of the gateway's own. */
  collection: Scalars['String']['input'];
  /** Database; required with `uri`. */
  database?: InputMaybe<Scalars['String']['input']>;
  /** Event types by change. */
  eventTypes?: InputMaybe<WatchedEventTypesInput>;
  /** The changes that are told; all when left out. */
  operations?: InputMaybe<Array<WatchedOperation>>;
  /** At most 20 stages in MongoDB's aggregation language, such as `[{"$match": {"fullDocument.paid": true}}]`. */
  pipeline?: InputMaybe<Scalars['JSON']['input']>;
  /** Connection string of another MongoDB, kept secret; left out for the one that the gateway itself uses. */
  uri?: InputMaybe<Scalars['String']['input']>;
};

/** What was closed, or what was wrong. */
export type CloseConnectionPayload = {
  __typename?: 'CloseConnectionPayload';
  /** Identifier of the closed connection; null when there are errors. */
  closedId?: Maybe<Scalars['ID']['output']>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
};

/** A new key. */
export type CreateApiKeyInput = {
  /** The application, required for the role `APPLICATION` and refused for the others. */
  application?: InputMaybe<Scalars['ID']['input']>;
  /** When it becomes worthless by itself, an instant to come; never when left out. Live connections end then. */
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** What it is for, 1 to 128 characters. */
  name: Scalars['String']['input'];
  /** What it may do. */
  role: Role;
};

/** The new key, or what was wrong. */
export type CreateApiKeyPayload = {
  __typename?: 'CreateApiKeyPayload';
  /** The record; null when there are errors. */
  apiKey?: Maybe<ApiKey>;
  /** The key itself, `crl_…`. Keep it: it is shown only here. */
  key?: Maybe<Scalars['String']['output']>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
};

/** A new application. */
export type CreateApplicationInput = {
  /** Your own reference, unique, 1 to 128 characters. */
  externalId?: InputMaybe<Scalars['String']['input']>;
  /** Display name, 1 to 128 characters. */
  name: Scalars['String']['input'];
};

/** A new event type. */
export type CreateEventTypeInput = {
  /** What it means; at most 4,096 characters. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** Example of the data; it must match the schema. */
  example?: InputMaybe<Scalars['JSON']['input']>;
  /** Dotted or snake name, lower case, at most 128 characters. */
  name: Scalars['String']['input'];
  /** JSON Schema of the data, at most 256 KiB and 1,000 members in one `properties`; left out, any JSON is allowed. */
  schema?: InputMaybe<Scalars['JSON']['input']>;
};

/** A new trigger. */
export type CreateTriggerInput = {
  /** Its owner, to whom its events are addressed; for all when left out. */
  application?: InputMaybe<Scalars['ID']['input']>;
  /** What its kind is set to; decides the kind. */
  configuration: TriggerConfigurationInput;
  /** Whether it begins at once. */
  enabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Type of its events. Either this or `mapping.type` is required. */
  eventType?: InputMaybe<Scalars['String']['input']>;
  /** How parts of an event are made of what happened. */
  mapping?: InputMaybe<TriggerMappingInput>;
  /** Lower-case words joined by dots, underscores or hyphens, 1 to 128 characters; unique among those of one owner. */
  name: Scalars['String']['input'];
};

/** A new webhook subscription. */
export type CreateWebhookSubscriptionInput = {
  /** The application it belongs to. With an application's key: that one, and may be left out. */
  application?: InputMaybe<Scalars['ID']['input']>;
  /** A media type in place of the format's own, at most 128 characters; for `STANDARD`, `RAW` and `XML`. */
  contentType?: InputMaybe<Scalars['String']['input']>;
  /** It is disabled after this many seconds of nothing but failures: 60 to 2,592,000 (30 days); default 432,000 (five days). */
  disableAfterSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** Pins it to a version of its only event type: see `WebhookSubscription.eventTypeVersion`. */
  eventTypeVersion?: InputMaybe<Scalars['Int']['input']>;
  /** Names or patterns, 1 to 100: `order.created`, `order.*`, `*`. Required without `query`, which says them itself. */
  eventTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** MongoDB query language over the event, such as `{"data.amount": {"$gt": 100}}`. */
  filter?: InputMaybe<Scalars['JSON']['input']>;
  /** What the body looks like; default `STANDARD`. */
  format?: InputMaybe<PayloadFormat>;
  /** Whether receivers are asked before they are sent to, now and on each resume; default `NONE`. */
  handshake?: InputMaybe<Handshake>;
  /** At most 20 headers. */
  headers?: InputMaybe<Array<HeaderInput>>;
  /** Most requests at once, over all processes: 1 to 1,000; default: no limit of its own. */
  maxConcurrency?: InputMaybe<Scalars['Int']['input']>;
  /** The method of requests; default `POST`. */
  method?: InputMaybe<RequestMethod>;
  /** Display name, at most 128 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** In which order deliveries go out; default `NONE`. */
  ordering?: InputMaybe<Ordering>;
  /**
   * GraphQL document of one subscription to `events` or to a typed event, at most 20,000 characters: what a live client would
   * get as `data` is the body's `data`. Its arguments choose the events; `after`, `since` and `application` may not be given.
   */
  query?: InputMaybe<Scalars['String']['input']>;
  /** Default: no limit. */
  rateLimit?: InputMaybe<RateLimitInput>;
  /** When a delivery is tried again, and when it is given up; default: ten attempts over three days. */
  retryPolicy?: InputMaybe<RetryPolicyInput>;
  /** Signing secret, `whsec_` and 24 to 64 bytes in base64; made when left out. */
  secret?: InputMaybe<Scalars['String']['input']>;
  /** Which of the targets gets a request; default `ROUND_ROBIN`. */
  targetStrategy?: InputMaybe<TargetStrategy>;
  /** Where to POST, in place of `url`: 1 to 10 targets. */
  targets?: InputMaybe<Array<TargetInput>>;
  /** Deadline of one request in milliseconds, from connecting to the end of the answer: 1,000 to 60,000; default 15,000. */
  timeoutMs?: InputMaybe<Scalars['Int']['input']>;
  /** What makes new data of an event; default: it is sent as published. */
  transform?: InputMaybe<TransformInput>;
  /** Where to POST: an http or https URL without credentials, at most 2,048 characters. Either this or `targets` is required. */
  url?: InputMaybe<Scalars['String']['input']>;
  /** Variables of `query`, an object. */
  variables?: InputMaybe<Scalars['JSON']['input']>;
  /** What happens behind an exhausted delivery when order is kept; default `GO_ON`. */
  whenExhausted?: InputMaybe<ExhaustedBehaviour>;
  /** What becomes of events while it is paused or disabled; default `KEEP`. */
  whilePaused?: InputMaybe<PausedBehaviour>;
};

/** The new webhook subscription, or what was wrong. */
export type CreateWebhookSubscriptionPayload = {
  __typename?: 'CreateWebhookSubscriptionPayload';
  /** The signing secret. Keep it: it is shown only here. */
  secret?: Maybe<Scalars['String']['output']>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
  /** The record; null when there are errors. */
  webhookSubscription?: Maybe<WebhookSubscription>;
};

/** Names one record. */
export type DeleteInput = {
  /** Identifier. */
  id: Scalars['ID']['input'];
};

/** What was deleted, or what was wrong. */
export type DeleteRecordPayload = {
  __typename?: 'DeleteRecordPayload';
  /** Identifier of the deleted record; null when there are errors. */
  deletedId?: Maybe<Scalars['ID']['output']>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
};

/** One event for one webhook subscription; there is exactly one for each pair. */
export type Delivery = Node & {
  __typename?: 'Delivery';
  /** How many requests were made. */
  attemptCount: Scalars['Int']['output'];
  /** The requests made, in order, the first 100. */
  attempts: Array<DeliveryAttempt>;
  /** When it was planned. */
  createdAt: Scalars['DateTime']['output'];
  /** What is told; null when the event has expired from the log. */
  event?: Maybe<Event>;
  /** When it succeeded, was exhausted or cancelled. */
  finishedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Identifier, `dlv_…`. */
  id: Scalars['ID']['output'];
  /** When it is tried next; null when it is finished, waits for its webhook subscription to be resumed, or for its turn. */
  nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  /** How far it is. */
  status: DeliveryStatus;
  /** Who is told; null when it was deleted. */
  webhookSubscription?: Maybe<WebhookSubscription>;
};


/** One event for one webhook subscription; there is exactly one for each pair. */
export type DeliveryAttemptsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** One HTTP request made for a delivery, and what came back. */
export type DeliveryAttempt = Node & {
  __typename?: 'DeliveryAttempt';
  /** What it was made for; null when that was deleted, which may be before its attempts. */
  delivery?: Maybe<Delivery>;
  /** From its begin to the end of the answer, in milliseconds. */
  durationMs: Scalars['Float']['output'];
  /** What went wrong without an answer; null when there was one. */
  error?: Maybe<DeliveryError>;
  /** What was told; null when the event has expired from the log. */
  event?: Maybe<Event>;
  /** Identifier of the event, also when that has expired. */
  eventId: Scalars['ID']['output'];
  /** Type of the event. */
  eventType: Scalars['String']['output'];
  /** Identifier, `att_…`. */
  id: Scalars['ID']['output'];
  /** The method of the request. */
  method: RequestMethod;
  /** From 1. */
  number: Scalars['Int']['output'];
  /**
   * First 16 KiB of the request body. In the format `STANDARD` without a transformer it is not kept but made from the event again,
   * so it is null when the event has expired; any other is kept as it was sent. Null when no request could be made.
   */
  requestBody?: Maybe<Scalars['String']['output']>;
  /** True when the request body is longer than what is shown. */
  requestBodyTruncated: Scalars['Boolean']['output'];
  /** Request headers; values of custom ones and of those that hold secrets are `***`. Empty when no request could be made. */
  requestHeaders: Array<Header>;
  /** First 16 KiB of the response body; null when there was no answer. */
  responseBody?: Maybe<Scalars['String']['output']>;
  /** True when the response body was longer than what is kept. */
  responseBodyTruncated: Scalars['Boolean']['output'];
  /** Response headers, at most 64 and 8 KiB. */
  responseHeaders: Array<Header>;
  /** When the request began. */
  startedAt: Scalars['DateTime']['output'];
  /** The class of the status. */
  statusClass: AttemptClass;
  /** HTTP status; null when there was no complete answer. */
  statusCode?: Maybe<Scalars['Int']['output']>;
  /** Where the time went. */
  timing: AttemptTiming;
  /** Where the request went. */
  url: Scalars['String']['output'];
  /** Who was told; null when it was deleted. */
  webhookSubscription?: Maybe<WebhookSubscription>;
};

/** A page of attempts, newest first. */
export type DeliveryAttemptConnection = {
  __typename?: 'DeliveryAttemptConnection';
  /** Elements with their cursors. */
  edges: Array<DeliveryAttemptEdge>;
  /** Elements alone. */
  nodes: Array<DeliveryAttempt>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** An attempt in a page. */
export type DeliveryAttemptEdge = {
  __typename?: 'DeliveryAttemptEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The attempt. */
  node: DeliveryAttempt;
};

/** A page of deliveries, newest first. */
export type DeliveryConnection = {
  __typename?: 'DeliveryConnection';
  /** Elements with their cursors. */
  edges: Array<DeliveryEdge>;
  /** Elements alone. */
  nodes: Array<Delivery>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** A delivery in a page. */
export type DeliveryEdge = {
  __typename?: 'DeliveryEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The delivery. */
  node: Delivery;
};

/** Why there was no answer. */
export type DeliveryError = {
  __typename?: 'DeliveryError';
  /** System's or gateway's code, such as `ECONNREFUSED`. */
  code: Scalars['String']['output'];
  /** One sentence. */
  message: Scalars['String']['output'];
  /** Where it ended. */
  stage: DeliveryErrorStage;
};

/** Where an attempt ended without a complete answer. */
export type DeliveryErrorStage =
  /** The connection ended within the answer. */
  | 'BODY'
  /** No connection. */
  | 'CONNECT'
  /** The name could not be resolved. */
  | 'DNS'
  /** The connection ended before an answer. */
  | 'FIRST_BYTE'
  /** The address is in a network that may not be delivered to. */
  | 'GUARD'
  /** The request could not be made from the event and the webhook subscription. */
  | 'RENDER'
  /** No complete answer in time. */
  | 'TIMEOUT'
  /** No secure connection. */
  | 'TLS'
  /** The transformer of the webhook subscription failed. */
  | 'TRANSFORM'
  /** The request could not be sent. */
  | 'WRITE';

/** How far a delivery is. */
export type DeliveryStatus =
  /** Will not be tried: it was cancelled, or the webhook subscription was deleted. */
  | 'CANCELLED'
  /** Every attempt failed; `retryDelivery` tries again. */
  | 'EXHAUSTED'
  /** Not tried yet. */
  | 'PENDING'
  /** Failed at least once and will be tried again. */
  | 'RETRYING'
  /** A receiver answered 2xx. */
  | 'SUCCEEDED';

/** Times in milliseconds. All but `count` are null when nothing was measured. */
export type Durations = {
  __typename?: 'Durations';
  /** How many were measured; a whole number. */
  count: Scalars['Float']['output'];
  /** Longest. */
  maxMs?: Maybe<Scalars['Float']['output']>;
  /** Mean. */
  meanMs?: Maybe<Scalars['Float']['output']>;
  /** Half took no longer, told at most a quarter too long. */
  medianMs?: Maybe<Scalars['Float']['output']>;
  /** 95 of 100 took no longer, told at most a quarter too long. */
  p95Ms?: Maybe<Scalars['Float']['output']>;
};

/**
 * What happened: a CloudEvents 1.0 record with a place in the log. Those of an event type with a JSON Schema have a type of
 * their own with the field `payload`: `order.created` gives `OrderCreatedEvent`. All others are a `GenericEvent`.
 */
export type Event = {
  /** Application it is addressed to; null when it is for all, or when you may not see it. */
  application?: Maybe<Application>;
  /** Opaque position in the log: pass it as `after` to go on behind this event, live or historic. */
  cursor: Scalars['String']['output'];
  /** The payload; it matched the schema of its type when it was published. */
  data?: Maybe<Scalars['JSON']['output']>;
  /** When webhooks are told; null for at once. */
  deliverAt?: Maybe<Scalars['DateTime']['output']>;
  /** What became of it, one for each webhook subscription that asked for it, newest first. An application sees its own. */
  deliveries: DeliveryConnection;
  /** Identifier; receivers see it as `webhook-id`. */
  id: Scalars['ID']['output'];
  /** Events of one key reach a webhook subscription in order where that asks for it; null for none. */
  orderingKey?: Maybe<Scalars['String']['output']>;
  /** Place in the log: 1, 2, 3, … without holes, in the order of commits. A decimal number as text, since it may outgrow `Int`. */
  sequence: Scalars['String']['output'];
  /** Where it comes from: a URI reference (CloudEvents `source`). */
  source: Scalars['String']['output'];
  /** What it is about within the source (CloudEvents `subject`). */
  subject?: Maybe<Scalars['String']['output']>;
  /** When it happened. */
  time: Scalars['DateTime']['output'];
  /** Name of its event type. */
  type: Scalars['String']['output'];
  /** Version of the event type that the data was checked against. */
  typeVersion: Scalars['Int']['output'];
};


/**
 * What happened: a CloudEvents 1.0 record with a place in the log. Those of an event type with a JSON Schema have a type of
 * their own with the field `payload`: `order.created` gives `OrderCreatedEvent`. All others are a `GenericEvent`.
 */
export type EventDeliveriesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** A page of the log. */
export type EventConnection = {
  __typename?: 'EventConnection';
  /** Elements with their cursors. */
  edges: Array<EventEdge>;
  /** Elements alone. */
  nodes: Array<Event>;
  /**
   * Where this page stands. With a filter a page may be shorter than asked, even empty, with `hasNextPage` true: at most
   * 10,000 events are looked at for one page; go on with `endCursor`.
   */
  pageInfo: PageInfo;
};

/** An event in a page. */
export type EventEdge = {
  __typename?: 'EventEdge';
  /** The event's position in the log. */
  cursor: Scalars['String']['output'];
  /** The event. */
  node: Event;
};

/** In which order to read the log. */
export type EventOrder =
  /** The latest first; `after` then goes back in time. */
  | 'NEWEST_FIRST'
  /** As it happened. */
  | 'OLDEST_FIRST';

/** What may happen: a name with the JSON Schema of its data. */
export type EventType = Node & {
  __typename?: 'EventType';
  /** When it was created. */
  createdAt: Scalars['DateTime']['output'];
  /** What it means, for those who subscribe; at most 4,096 characters. */
  description?: Maybe<Scalars['String']['output']>;
  /** Example of the data; it matches the schema. */
  example?: Maybe<Scalars['JSON']['output']>;
  /** Identifier, `ety_…`. */
  id: Scalars['ID']['output'];
  /** Dotted or snake name such as `order.created`; at most 128 characters, never changes. */
  name: Scalars['String']['output'];
  /** JSON Schema (draft 2020-12, or draft-07 by `$schema`) of the event's data; null when any JSON is allowed. */
  schema?: Maybe<Scalars['JSON']['output']>;
  /** Whether events may be published. */
  status: EventTypeStatus;
  /** When it was last changed. */
  updatedAt: Scalars['DateTime']['output'];
  /** Starts at 1 and grows by one with every change of the schema. */
  version: Scalars['Int']['output'];
  /** All versions of the schema, newest first, at most 100. */
  versions: Array<EventTypeVersion>;
};

/** A page of event types, by name. */
export type EventTypeConnection = {
  __typename?: 'EventTypeConnection';
  /** Elements with their cursors. */
  edges: Array<EventTypeEdge>;
  /** Elements alone. */
  nodes: Array<EventType>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** An event type in a page. */
export type EventTypeEdge = {
  __typename?: 'EventTypeEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The event type. */
  node: EventType;
};

/** Names one event type. */
export type EventTypeNameInput = {
  /** Name such as `order.created`. */
  name: Scalars['String']['input'];
};

/** The event type, or what was wrong. */
export type EventTypePayload = {
  __typename?: 'EventTypePayload';
  /** How a new version compares with the one before; null when this made no new version. */
  comparison?: Maybe<SchemaComparison>;
  /** As it is now; null when there are errors. */
  eventType?: Maybe<EventType>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
};

/** Whether events of a type may be published. */
export type EventTypeStatus =
  /** Events may be published. */
  | 'ACTIVE'
  /** No new events; past ones and their deliveries stay. */
  | 'ARCHIVED';

/** One version of an event type's schema. */
export type EventTypeVersion = {
  __typename?: 'EventTypeVersion';
  /** When it began to hold. */
  createdAt: Scalars['DateTime']['output'];
  /** The JSON Schema; null when any JSON was allowed. */
  schema?: Maybe<Scalars['JSON']['output']>;
  /** From 1. */
  version: Scalars['Int']['output'];
};

/** What happens, when order is kept, to the deliveries behind one that is exhausted. */
export type ExhaustedBehaviour =
  /** They go out. */
  | 'GO_ON'
  /** They wait until it was retried with success, or cancelled. */
  | 'STOP';

/** Delays that grow: `baseSeconds * factor ^ n`, at most `capSeconds`. */
export type ExponentialSchedule = {
  __typename?: 'ExponentialSchedule';
  /** Attempts in all, the first included. */
  attempts: Scalars['Int']['output'];
  /** Delay before the second attempt in seconds. */
  baseSeconds: Scalars['Float']['output'];
  /** No delay is longer, in seconds. */
  capSeconds: Scalars['Float']['output'];
  /** Each delay is this many times the one before. */
  factor: Scalars['Float']['output'];
};

/** Delays that grow: `baseSeconds * factor ^ n`, at most `capSeconds`. */
export type ExponentialScheduleInput = {
  /** Attempts in all, the first included: 1 to 50; default 15. */
  attempts?: InputMaybe<Scalars['Int']['input']>;
  /** Delay before the second attempt in seconds: 0.1 to 86,400; default 5. */
  baseSeconds?: InputMaybe<Scalars['Float']['input']>;
  /** No delay is longer, in seconds: from `baseSeconds` to 302,400; default 14,400, or `baseSeconds` when that is longer. */
  capSeconds?: InputMaybe<Scalars['Float']['input']>;
  /** Each delay is this many times the one before: 1 to 10; default 2. */
  factor?: InputMaybe<Scalars['Float']['input']>;
};

/** An occurrence made by hand. */
export type FireTriggerInput = {
  /** What happened; for an inbound webhook its body. */
  data?: InputMaybe<Scalars['JSON']['input']>;
  /** Identifier of the trigger. */
  trigger: Scalars['ID']['input'];
};

/** The event, or what was wrong. */
export type FireTriggerPayload = {
  __typename?: 'FireTriggerPayload';
  /** True when it had been published before. */
  duplicate: Scalars['Boolean']['output'];
  /** As it stands in the log; null when there are errors. */
  event?: Maybe<Event>;
  /** Empty when it is in the log. */
  userErrors: Array<UserError>;
};

/** An event of a type without a JSON Schema. */
export type GenericEvent = Event & Node & {
  __typename?: 'GenericEvent';
  /** Application it is addressed to; null when it is for all, or when you may not see it. */
  application?: Maybe<Application>;
  /** Opaque position in the log: pass it as `after` to go on behind this event, live or historic. */
  cursor: Scalars['String']['output'];
  /** The payload; it matched the schema of its type when it was published. */
  data?: Maybe<Scalars['JSON']['output']>;
  /** When webhooks are told; null for at once. */
  deliverAt?: Maybe<Scalars['DateTime']['output']>;
  /** What became of it, one for each webhook subscription that asked for it, newest first. An application sees its own. */
  deliveries: DeliveryConnection;
  /** Identifier; receivers see it as `webhook-id`. */
  id: Scalars['ID']['output'];
  /** Events of one key reach a webhook subscription in order where that asks for it; null for none. */
  orderingKey?: Maybe<Scalars['String']['output']>;
  /** Place in the log: 1, 2, 3, … without holes, in the order of commits. A decimal number as text, since it may outgrow `Int`. */
  sequence: Scalars['String']['output'];
  /** Where it comes from: a URI reference (CloudEvents `source`). */
  source: Scalars['String']['output'];
  /** What it is about within the source (CloudEvents `subject`). */
  subject?: Maybe<Scalars['String']['output']>;
  /** When it happened. */
  time: Scalars['DateTime']['output'];
  /** Name of its event type. */
  type: Scalars['String']['output'];
  /** Version of the event type that the data was checked against. */
  typeVersion: Scalars['Int']['output'];
};


/** An event of a type without a JSON Schema. */
export type GenericEventDeliveriesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** Whether receivers are asked before they are sent to. */
export type Handshake =
  /**
   * As the abuse protection of CloudEvents webhooks has it: each target gets `OPTIONS` with `WebHook-Request-Origin`, the DNS name of
   * this gateway, and `WebHook-Request-Rate` in requests a minute where a rate limit is set. It agrees by answering at once with
   * `WebHook-Allowed-Origin`, that name or `*`; its `WebHook-Allowed-Rate` lowers the rate limit.
   */
  | 'CLOUDEVENTS'
  /** They are not. */
  | 'NONE';

/** A header field of a request or a response. */
export type Header = {
  __typename?: 'Header';
  /** Field name. */
  name: Scalars['String']['output'];
  /** Field value. Those of custom request headers show as `***`, since any of them may be a credential. */
  value: Scalars['String']['output'];
};

/** A custom request header. */
export type HeaderInput = {
  /** Field name; `content-type`, `webhook-*` and connection headers may not be set. */
  name: Scalars['String']['input'];
  /** Field value, at most 4,096 visible ASCII characters. */
  value: Scalars['String']['input'];
};

/** An HMAC of your own. */
export type HmacVerificationInput = {
  /** `sha1`, `sha256`, `sha384` or `sha512`. */
  algorithm?: InputMaybe<Scalars['String']['input']>;
  /** `hex` or `base64`. */
  encoding?: InputMaybe<Scalars['String']['input']>;
  /** Header of the signature. */
  header: Scalars['String']['input'];
  /** What stands before the signature, such as `sha256=`. */
  prefix?: InputMaybe<Scalars['String']['input']>;
  /** 1 to 512 characters. */
  secret: Scalars['String']['input'];
  /** What is signed: `{body}` once, and `{timestamp}` where there is one, such as `{timestamp}.{body}`. At most 128 characters. */
  template?: InputMaybe<Scalars['String']['input']>;
  /** Header of the timestamp in seconds since 1970; none when left out. */
  timestampHeader?: InputMaybe<Scalars['String']['input']>;
  /** How far the timestamp may be from now, in seconds: 1 to 86,400. */
  toleranceSeconds?: InputMaybe<Scalars['Int']['input']>;
};

/** What an inbound webhook is set to. Its mapping sees `{ body, headers, query }`; names of headers are lower-case. */
export type InboundWebhookConfiguration = {
  __typename?: 'InboundWebhookConfiguration';
  /** Origins that may send CloudEvents here, by the handshake of their specification. */
  cloudEventsOrigins: Array<Scalars['String']['output']>;
  /** Header by which a delivery is known, lower-case; null where the scheme has none, or it stands in the body. */
  deliveryIdHeader?: Maybe<Scalars['String']['output']>;
  /** Where to POST, `/triggers/trg_…`, behind the gateway's address. */
  path: Scalars['String']['output'];
  /** How its senders are proved. */
  scheme: VerificationScheme;
  /** What the scheme is set to, without secrets. */
  verification?: Maybe<Scalars['JSON']['output']>;
};

/** Other systems' webhooks. */
export type InboundWebhookInput = {
  /** Answers the `OPTIONS` handshake of CloudEvents for these origins, at most 20 host names, or `*`. */
  cloudEventsOrigins?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Header by which a delivery is known; that of the scheme when left out. The second delivery of one name is a duplicate. */
  deliveryIdHeader?: InputMaybe<Scalars['String']['input']>;
  /** Answers Meta's `hub.challenge` for this token, 1 to 512 characters. */
  metaVerifyToken?: InputMaybe<Scalars['String']['input']>;
  /** How the sender is proved. */
  verification: VerificationInput;
};

/** A client that is connected for live events, to whichever node. */
export type LiveClient = Node & {
  __typename?: 'LiveClient';
  /** Its key; null for the key of the settings. */
  apiKey?: Maybe<ApiKey>;
  /** Application its key is bound to; null for the other roles, or when it was deleted. */
  application?: Maybe<Application>;
  /** When its key expires; null for never. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Identifier, `con_…`; pass it to `closeConnection`. */
  id: Scalars['ID']['output'];
  /** Node that it is connected to: a text that each node makes at its start. */
  nodeId: Scalars['String']['output'];
  /** When it connected. */
  openedAt: Scalars['DateTime']['output'];
  /** Bytes that wait for it to read on. */
  pendingBytes: Scalars['Int']['output'];
  /** Address of the other end of the connection. */
  remoteAddress: Scalars['String']['output'];
  /** Role of its key. */
  role: Role;
  /** Operations that run on it. */
  subscriptions: Scalars['Int']['output'];
  /** How events get to it. */
  transport: Transport;
};

/** A page of live clients, in the order in which they came. */
export type LiveClientConnection = {
  __typename?: 'LiveClientConnection';
  /** Elements with their cursors. */
  edges: Array<LiveClientEdge>;
  /** Elements alone. */
  nodes: Array<LiveClient>;
  /** Where this page stands. */
  pageInfo: PageInfo;
  /** Nodes that live and did not answer within two seconds: their clients are missing here. Otherwise 0. */
  silentNodes: Scalars['Int']['output'];
};

/** A live client in a page. */
export type LiveClientEdge = {
  __typename?: 'LiveClientEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The client. */
  node: LiveClient;
};

/** What becomes of due times that passed while no process was there, or while it was down. */
export type MissedPolicy =
  /** All of them are fired in their order, the latest `maxMissed`. */
  | 'ALL'
  /** The latest of them is fired, once. */
  | 'ONCE'
  /** Nothing: it goes on with the next one. */
  | 'SKIP';

export type Mutation = {
  __typename?: 'Mutation';
  /** Ends publishing under this type; `updateEventType` with `status: ACTIVE` begins it again. */
  archiveEventType: EventTypePayload;
  /**
   * Cancels a delivery that is not finished, or one that is exhausted and holds up those behind it. Refused (`CONFLICT`) for
   * any other. A request that is on its way may still arrive.
   */
  cancelDelivery: CancelDeliveryPayload;
  /** Ends a replay. What it has made due is delivered all the same. Refused (`CONFLICT`) for one that has ended. */
  cancelReplay: CancelReplayPayload;
  /** Ends a live connection for good, on whichever node: its client is told not to come back by itself (close code 1008). */
  closeConnection: CloseConnectionPayload;
  /** Creates a key. The answer is the only place where the key is ever shown. */
  createApiKey: CreateApiKeyPayload;
  /** Creates an application. */
  createApplication: ApplicationPayload;
  /** Creates an event type. */
  createEventType: EventTypePayload;
  /** Creates a trigger. */
  createTrigger: TriggerPayload;
  /** Creates a webhook subscription. The answer is the only place where its signing secret is shown. */
  createWebhookSubscription: CreateWebhookSubscriptionPayload;
  /** Deletes an application with its keys and webhook subscriptions. Its past deliveries stay until they expire. */
  deleteApplication: DeleteRecordPayload;
  /**
   * Deletes an event type. Refused (`IN_USE`) while the log has events of it, or a trigger, a webhook subscription or the saved
   * document of one names it.
   */
  deleteEventType: DeleteRecordPayload;
  /** Deletes a trigger. */
  deleteTrigger: DeleteRecordPayload;
  /** Deletes a webhook subscription and cancels what was pending for it. */
  deleteWebhookSubscription: DeleteRecordPayload;
  /** Publishes as if it had happened, through mapping and checks, also while the trigger is disabled. */
  fireTrigger: FireTriggerPayload;
  /** Stops serving it; its events are kept as deliveries. */
  pauseWebhookSubscription: WebhookSubscriptionPayload;
  /** Publishes one event. When this answers without errors, the event is durable and will be told to all who asked for it. */
  publishEvent: PublishEventPayload;
  /**
   * Publishes up to 1,000 events, next to each other and in this order unless others publish meanwhile. When one of them is
   * refused, none is written.
   */
  publishEvents: PublishEventsPayload;
  /**
   * Starts telling a webhook subscription of past events, those of a time and of types, by what became of them. Each is delivered
   * as if it happened now: once, filtered, under its rate limit, and kept while the webhook subscription is paused or its receiver
   * is down. A delivery there has been is made again under its own identifier. Replays go after everything else, at most about
   * 2,000 of their deliveries for a webhook subscription are unfinished at a time, and they keep no order: they neither wait for
   * other deliveries nor hold them up. At most 10 run for a webhook subscription at the same time (`CONFLICT`). Test events are not
   * replayed.
   */
  replayEvents: ReplayEventsPayload;
  /** Serves it again, beginning with the deliveries kept. */
  resumeWebhookSubscription: WebhookSubscriptionPayload;
  /**
   * Tries a delivery again now, also one that succeeded or is exhausted; the schedule begins anew. Refused (`CONFLICT`)
   * for a cancelled one, for one that waits behind others whose order is kept, and when the event or the webhook subscription
   * is gone.
   */
  retryDelivery: RetryDeliveryPayload;
  /** Makes a key worthless and ends its live connections, at once on this node and within two seconds on the others. */
  revokeApiKey: RevokeApiKeyPayload;
  /** Gives it a new signing secret. Requests are signed with both until the old one has expired. */
  rotateWebhookSecret: RotateWebhookSecretPayload;
  /**
   * Publishes an event of type `carillon.test` and plans its delivery to this webhook subscription alone, whatever its
   * event types and filter, so that the whole way can be seen.
   */
  sendTestEvent: SendTestEventPayload;
  /** Changes an application; what is left out stays. */
  updateApplication: ApplicationPayload;
  /** Changes an event type; what is left out stays. A changed schema makes a new version. */
  updateEventType: EventTypePayload;
  /** Changes a trigger; what is left out stays. The change holds on every node when this answers. */
  updateTrigger: TriggerPayload;
  /** Changes a webhook subscription; what is left out stays. */
  updateWebhookSubscription: WebhookSubscriptionPayload;
};


export type MutationArchiveEventTypeArgs = {
  input: EventTypeNameInput;
};


export type MutationCancelDeliveryArgs = {
  input: DeleteInput;
};


export type MutationCancelReplayArgs = {
  input: DeleteInput;
};


export type MutationCloseConnectionArgs = {
  input: DeleteInput;
};


export type MutationCreateApiKeyArgs = {
  input: CreateApiKeyInput;
};


export type MutationCreateApplicationArgs = {
  input: CreateApplicationInput;
};


export type MutationCreateEventTypeArgs = {
  input: CreateEventTypeInput;
};


export type MutationCreateTriggerArgs = {
  input: CreateTriggerInput;
};


export type MutationCreateWebhookSubscriptionArgs = {
  input: CreateWebhookSubscriptionInput;
};


export type MutationDeleteApplicationArgs = {
  input: DeleteInput;
};


export type MutationDeleteEventTypeArgs = {
  input: EventTypeNameInput;
};


export type MutationDeleteTriggerArgs = {
  input: DeleteInput;
};


export type MutationDeleteWebhookSubscriptionArgs = {
  input: DeleteInput;
};


export type MutationFireTriggerArgs = {
  input: FireTriggerInput;
};


export type MutationPauseWebhookSubscriptionArgs = {
  input: PauseWebhookSubscriptionInput;
};


export type MutationPublishEventArgs = {
  input: PublishEventInput;
};


export type MutationPublishEventsArgs = {
  input: PublishEventsInput;
};


export type MutationReplayEventsArgs = {
  input: ReplayEventsInput;
};


export type MutationResumeWebhookSubscriptionArgs = {
  input: DeleteInput;
};


export type MutationRetryDeliveryArgs = {
  input: DeleteInput;
};


export type MutationRevokeApiKeyArgs = {
  input: DeleteInput;
};


export type MutationRotateWebhookSecretArgs = {
  input: RotateWebhookSecretInput;
};


export type MutationSendTestEventArgs = {
  input: SendTestEventInput;
};


export type MutationUpdateApplicationArgs = {
  input: UpdateApplicationInput;
};


export type MutationUpdateEventTypeArgs = {
  input: UpdateEventTypeInput;
};


export type MutationUpdateTriggerArgs = {
  input: UpdateTriggerInput;
};


export type MutationUpdateWebhookSubscriptionArgs = {
  input: UpdateWebhookSubscriptionInput;
};

/** No proof. */
export type NoVerificationInput = {
  /** Must be true: everybody who knows the address is believed. */
  accept: Scalars['Boolean']['input'];
};

/** Something with an identifier that `node` can look up. */
export type Node = {
  /** Identifier, unique over all kinds of records. */
  id: Scalars['ID']['output'];
};

/** In which order the deliveries of a webhook subscription go out. */
export type Ordering =
  /** Events with the same ordering key one after the other, in the order of the log; others do not wait for them. */
  | 'BY_KEY'
  /** In none: each as soon as it can. */
  | 'NONE'
  /** All one after the other, in the order of the log. */
  | 'STRICT';

/** Where a page of a list stands. `startCursor` and `endCursor` are null when the page is empty. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** Cursor to pass as `after` for the next page. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** True when more follows after `endCursor`. */
  hasNextPage: Scalars['Boolean']['output'];
  /** True when the page was asked for with `after`. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first element. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** Names a webhook subscription to pause. */
export type PauseWebhookSubscriptionInput = {
  /** Identifier. */
  id: Scalars['ID']['input'];
  /** Why, for those who look at it later; at most 256 characters. */
  reason?: InputMaybe<Scalars['String']['input']>;
};

/** What becomes of events that happen while a webhook subscription is paused or disabled. */
export type PausedBehaviour =
  /** They are kept as deliveries and go out on resume. */
  | 'KEEP'
  /** They are not delivered, also not later. */
  | 'SKIP';

/** What the body of a request looks like. The signature always covers the bytes sent. */
export type PayloadFormat =
  /** The data alone; the attributes of CloudEvents 1.0 are headers `ce-…`. */
  | 'CLOUDEVENTS_BINARY'
  /** A CloudEvents 1.0 object, `application/cloudevents+json`. */
  | 'CLOUDEVENTS_STRUCTURED'
  /** A message of Discord: the data when it has `content` or `embeds`, else a summary of the event. It mentions nobody. */
  | 'DISCORD'
  /**
   * The data's fields, `application/x-www-form-urlencoded`: `user[name]=…&lines[0][sku]=…`; at most 1,000 fields, 32 levels. Null
   * is an empty text, an empty object or array no field, and data that is no object or array the field `data`.
   */
  | 'FORM'
  /** The data alone, as JSON; with a `contentType` that is not JSON, a text is sent as its characters. */
  | 'RAW'
  /** A message of Slack: the data when it has `text`, `blocks` or `attachments`, else a summary of the event. */
  | 'SLACK'
  /** JSON `{"type", "timestamp", "data"}`, as Standard Webhooks recommends. */
  | 'STANDARD'
  /** A message of Microsoft Teams: the data when it has `attachments`, its `text` in a card, else a summary of the event. */
  | 'TEAMS'
  /**
   * XML: `<event>` with `<id>`, `<type>`, `<timestamp>` and `<data>`. A key that is no element name is `<entry key="…">`, an item
   * of an array `<item>`, null has `nil="true"`; characters that XML does not have become U+FFFD. At most 100 levels.
   */
  | 'XML';

/** What to look at: a webhook subscription or a draft of one, and an event or an example. */
export type PreviewDeliveryInput = {
  /** The data of the example; at most 256 KiB of JSON. Not with `event`. */
  data?: InputMaybe<Scalars['JSON']['input']>;
  /** A webhook subscription as it would be created. Its secret is made up when it has none. */
  draft?: InputMaybe<CreateWebhookSubscriptionInput>;
  /** An event of the log. Either this or `eventType` is required. */
  event?: InputMaybe<Scalars['ID']['input']>;
  /** The type of an example: its data is `data`, or else the example of the event type, or else null. */
  eventType?: InputMaybe<Scalars['String']['input']>;
  /** A webhook subscription. Either this or `draft` is required. */
  webhookSubscription?: InputMaybe<Scalars['ID']['input']>;
};

/** What would be sent, or why nothing could be. */
export type PreviewDeliveryPayload = {
  __typename?: 'PreviewDeliveryPayload';
  /** Why no request could be made of the event; null when there is one. */
  failure?: Maybe<DeliveryError>;
  /** The request; null when there is none. */
  request?: Maybe<PreviewedRequest>;
  /** Empty when the input is right. */
  userErrors: Array<UserError>;
};

/** A request as it would be sent. */
export type PreviewedRequest = {
  __typename?: 'PreviewedRequest';
  /** Its body, whole. */
  body: Scalars['String']['output'];
  /** Size of the body in bytes. */
  bodyBytes: Scalars['Int']['output'];
  /** Its headers, the real signature among them; values of custom ones are `***`. */
  headers: Array<Header>;
  /** Its method. */
  method: RequestMethod;
  /** Where it would go: the first target. */
  url: Scalars['String']['output'];
};

/** A new event. */
export type PublishEventInput = {
  /** Addresses the event to one application; it is for all when left out. */
  application?: InputMaybe<Scalars['ID']['input']>;
  /** The payload; at most 256 KiB of JSON, and it must match the type's schema. */
  data?: InputMaybe<Scalars['JSON']['input']>;
  /**
   * When webhooks are told, at most 366 days ahead; at once when left out or past. The event is in the log at once, and
   * live clients see it at once. Order is not kept for such an event.
   */
  deliverAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Your own identifier, 1 to 128 visible ASCII characters; made when left out. Publishing the same again answers the first event. */
  id?: InputMaybe<Scalars['ID']['input']>;
  /** Publishing again with the same key and content answers the first event, with other content is an error; 1 to 256 characters. */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Events of one key reach a webhook subscription in order where that asks for it (`ordering: BY_KEY`); 1 to 256 characters. */
  orderingKey?: InputMaybe<Scalars['String']['input']>;
  /** Where it comes from, a URI reference of at most 2,048 characters; `carillon` when left out. */
  source?: InputMaybe<Scalars['String']['input']>;
  /** What it is about, at most 1,024 characters. */
  subject?: InputMaybe<Scalars['String']['input']>;
  /** When it happened; now when left out. */
  time?: InputMaybe<Scalars['DateTime']['input']>;
  /** Name of an active event type. */
  type: Scalars['String']['input'];
};

/** The event, or what was wrong. */
export type PublishEventPayload = {
  __typename?: 'PublishEventPayload';
  /** True when this event had been published before (same `idempotencyKey` or `id`) and nothing was written now. */
  duplicate: Scalars['Boolean']['output'];
  /** As it stands in the log; null when there are errors. */
  event?: Maybe<Event>;
  /** Empty when it is in the log. */
  userErrors: Array<UserError>;
};

/** New events. */
export type PublishEventsInput = {
  /** 1 to 1,000 events. */
  events: Array<PublishEventInput>;
};

/** The events, or what was wrong. */
export type PublishEventsPayload = {
  __typename?: 'PublishEventsPayload';
  /** Identifiers of those that had been published before. */
  duplicates: Array<Scalars['ID']['output']>;
  /** In the order of the input; empty when the input was refused. */
  events: Array<Event>;
  /** Empty when all are in the log. */
  userErrors: Array<UserError>;
};

export type Query = {
  __typename?: 'Query';
  /** Keys of all roles, newest first, revoked ones too. */
  apiKeys: ApiKeyConnection;
  /** One application; null when there is none that you may see. */
  application?: Maybe<Application>;
  /** Applications, newest first. With a key of one application: that one. */
  applications: ApplicationConnection;
  /** Live clients of all nodes. A node that has died is gone with its clients within ten seconds. */
  connections: LiveClientConnection;
  /**
   * Deliveries, newest first. An application sees its own. Served by an index: `event`, `webhookSubscription`, `status`,
   * `application`, `from` and `to`, where several are given the first of these with `from` and `to`. The others, and `eventType`,
   * are looked for among at most 10,000 deliveries for one page, which may then be short; `endCursor` goes on behind them.
   */
  deliveries: DeliveryConnection;
  /** One delivery; null when there is none that you may see. */
  delivery?: Maybe<Delivery>;
  /**
   * Attempts, newest first by when they began. An application sees its own. Served by an index: `event`, `webhookSubscription`,
   * `from`, `to`, and of `statusClasses` all but `S2XX`. A status or an error implies its class. The other conditions are looked
   * for among at most 10,000 attempts for one page (of one class, where failures are asked for), which may then be short;
   * `endCursor` goes on behind them.
   */
  deliveryAttempts: DeliveryAttemptConnection;
  /** One event; null when there is none that you may see. */
  event?: Maybe<Event>;
  /** One event type by its name; null when there is none. */
  eventType?: Maybe<EventType>;
  /** Event types in the order of their names. */
  eventTypes: EventTypeConnection;
  /** The log. An application sees what is addressed to it or to all. */
  events: EventConnection;
  /** Any record by its identifier; null when there is none that you may see. */
  node?: Maybe<Node>;
  /** Records by their identifiers, in the order asked, null for those that you may not see. At most 100. */
  nodes: Array<Maybe<Node>>;
  /**
   * The exact request that would be sent to a webhook subscription, or to a draft of one, for an event or an example. Nothing is
   * sent and nothing is stored. Whether the webhook subscription wants such an event is not looked at.
   */
  previewDelivery: PreviewDeliveryPayload;
  /** One replay; null when there is none that you may see. */
  replay?: Maybe<Replay>;
  /** Replays, newest first. An application sees its own. */
  replays: ReplayConnection;
  /** How much happened, how fast, and how much of it went wrong: of everything, of one event type, or of one trigger. */
  stats: Stats;
  /** One trigger; null when there is none. */
  trigger?: Maybe<Trigger>;
  /** Triggers, newest first. */
  triggers: TriggerConnection;
  /** Who asks: the role of the credential that came with the request. */
  viewer: Viewer;
  /** One webhook subscription; null when there is none that you may see. */
  webhookSubscription?: Maybe<WebhookSubscription>;
  /** Webhook subscriptions, newest first. An application sees its own. */
  webhookSubscriptions: WebhookSubscriptionConnection;
};


export type QueryApiKeysArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryApplicationArgs = {
  id: Scalars['ID']['input'];
};


export type QueryApplicationsArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryConnectionsArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryDeliveriesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  application: InputMaybe<Scalars['ID']['input']>;
  event: InputMaybe<Scalars['ID']['input']>;
  eventType: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  from: InputMaybe<Scalars['DateTime']['input']>;
  status: InputMaybe<DeliveryStatus>;
  to: InputMaybe<Scalars['DateTime']['input']>;
  webhookSubscription: InputMaybe<Scalars['ID']['input']>;
};


export type QueryDeliveryArgs = {
  id: Scalars['ID']['input'];
};


export type QueryDeliveryAttemptsArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  application: InputMaybe<Scalars['ID']['input']>;
  errorCode: InputMaybe<Scalars['String']['input']>;
  errorStage: InputMaybe<DeliveryErrorStage>;
  event: InputMaybe<Scalars['ID']['input']>;
  eventType: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  from: InputMaybe<Scalars['DateTime']['input']>;
  statusClasses: InputMaybe<Array<AttemptClass>>;
  statusCode: InputMaybe<Scalars['Int']['input']>;
  to: InputMaybe<Scalars['DateTime']['input']>;
  webhookSubscription: InputMaybe<Scalars['ID']['input']>;
};


export type QueryEventArgs = {
  id: Scalars['ID']['input'];
};


export type QueryEventTypeArgs = {
  name: Scalars['String']['input'];
};


export type QueryEventTypesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  status: InputMaybe<EventTypeStatus>;
};


export type QueryEventsArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  application: InputMaybe<Scalars['ID']['input']>;
  filter: InputMaybe<Scalars['JSON']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  order?: InputMaybe<EventOrder>;
  types: InputMaybe<Array<Scalars['String']['input']>>;
};


export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


export type QueryNodesArgs = {
  ids: Array<Scalars['ID']['input']>;
};


export type QueryPreviewDeliveryArgs = {
  input: PreviewDeliveryInput;
};


export type QueryReplayArgs = {
  id: Scalars['ID']['input'];
};


export type QueryReplaysArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  status: InputMaybe<ReplayStatus>;
  webhookSubscription: InputMaybe<Scalars['ID']['input']>;
};


export type QueryStatsArgs = {
  eventType: InputMaybe<Scalars['String']['input']>;
  range?: StatsRange;
  trigger: InputMaybe<Scalars['String']['input']>;
};


export type QueryTriggerArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTriggersArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryWebhookSubscriptionArgs = {
  id: Scalars['ID']['input'];
};


export type QueryWebhookSubscriptionsArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  application: InputMaybe<Scalars['ID']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  status: InputMaybe<WebhookSubscriptionStatus>;
};

/** A token bucket over the requests of a webhook subscription. Waiting for it is no attempt. */
export type RateLimit = {
  __typename?: 'RateLimit';
  /** Most requests at once after a rest. */
  burst: Scalars['Int']['output'];
  /** Requests per second in the long run. */
  perSecond: Scalars['Float']['output'];
};

/** A token bucket over the requests of a webhook subscription. */
export type RateLimitInput = {
  /** Most requests at once after a rest: 1 to 10,000; default: those of one second, at least 1. */
  burst?: InputMaybe<Scalars['Int']['input']>;
  /** Requests per second in the long run: 0.01 to 10,000. */
  perSecond: Scalars['Float']['input'];
};

/** Events of the past told to a webhook subscription again, or for the first time, as a job in the background. */
export type Replay = Node & {
  __typename?: 'Replay';
  /** Cursor behind which it was to begin; null when none was given. */
  after?: Maybe<Scalars['String']['output']>;
  /** When it was started. */
  createdAt: Scalars['DateTime']['output'];
  /** Deliveries it has made due. */
  deliveriesMade: Scalars['Int']['output'];
  /** Events that left the log before it came to them. */
  eventsExpired: Scalars['Int']['output'];
  /** Events it has looked at, those that had expired included. */
  eventsLookedAt: Scalars['Int']['output'];
  /** Events there are to look at, whether they are asked for or not. */
  eventsTotal: Scalars['Int']['output'];
  /** When it ended; null while it runs. */
  finishedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Identifier, `rpl_…`. */
  id: Scalars['ID']['output'];
  /**
   * When the oldest event that the log had at its start was accepted: what is older is gone and cannot be replayed. Null when the
   * log was empty.
   */
  logBeganAt?: Maybe<Scalars['DateTime']['output']>;
  /** Which events it takes. */
  selection: Array<ReplaySelection>;
  /** Instant at which it was to begin; null when none was given. */
  since?: Maybe<Scalars['DateTime']['output']>;
  /** How far it is. */
  status: ReplayStatus;
  /** Why it has ended so; null while it runs and when it is finished. */
  statusReason?: Maybe<Scalars['String']['output']>;
  /** The event types it was asked for, names or patterns; empty for all. */
  types: Array<Scalars['String']['output']>;
  /** Instant before which it was to end; null when none was given. */
  until?: Maybe<Scalars['DateTime']['output']>;
  /** Who is told; null when it was deleted. */
  webhookSubscription?: Maybe<WebhookSubscription>;
};

/** A page of replays, newest first. */
export type ReplayConnection = {
  __typename?: 'ReplayConnection';
  /** Elements with their cursors. */
  edges: Array<ReplayEdge>;
  /** Elements alone. */
  nodes: Array<Replay>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** A replay in a page. */
export type ReplayEdge = {
  __typename?: 'ReplayEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The replay. */
  node: Replay;
};

/** What to replay. Without `after`, `since` and `until` it is all that the log has. */
export type ReplayEventsInput = {
  /** Only events behind this cursor; not together with `since`. */
  after?: InputMaybe<Scalars['String']['input']>;
  /** Only events accepted at or after this instant, which must not be in the future. */
  since?: InputMaybe<Scalars['DateTime']['input']>;
  /** Which events to take, by what became of them. */
  status?: InputMaybe<Array<ReplaySelection>>;
  /** Names or patterns: `order.created`, `order.*`, `*`. At most 100; all that it names when left out. */
  types?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Only events accepted before this instant; until now when left out or not yet come. */
  until?: InputMaybe<Scalars['DateTime']['input']>;
  /** Who is to be told. */
  webhookSubscription: Scalars['ID']['input'];
};

/** The replay, or what was wrong. */
export type ReplayEventsPayload = {
  __typename?: 'ReplayEventsPayload';
  /** As it began; null when there are errors. */
  replay?: Maybe<Replay>;
  /** Empty when it is started. */
  userErrors: Array<UserError>;
};

/** Which events a replay takes, by what became of them. */
export type ReplaySelection =
  /** Those whose delivery is `CANCELLED`. */
  | 'CANCELLED'
  /**
   * All that the webhook subscription would get now: those that failed, succeeded, or were never delivered. Not those that are on
   * their way anyway, nor those that somebody cancelled.
   */
  | 'EVERYTHING'
  /** Those whose delivery is `EXHAUSTED`. */
  | 'FAILED'
  /** Those without a delivery: from before the webhook subscription was created or changed, or skipped while it was paused. */
  | 'NEVER_DELIVERED'
  /** Those whose delivery is `RETRYING`: they are tried now, with a new schedule. */
  | 'RETRYING'
  /** Those whose delivery is `SUCCEEDED`: they are told again. */
  | 'SUCCEEDED';

/** How far a replay is. */
export type ReplayStatus =
  /** Somebody cancelled it. What it had made due is delivered all the same. */
  | 'CANCELLED'
  /** It cannot go on; `statusReason` says why. */
  | 'FAILED'
  /** It has looked at all events; the last of its deliveries may still be on their way. */
  | 'FINISHED'
  /** It looks for events, or waits until fewer of its deliveries are unfinished. */
  | 'RUNNING';

/** The method of a request. */
export type RequestMethod =
  /**
   * No body: the data's fields are the query, as in the format `FORM`, at most 8,192 characters behind the query of the target. The
   * signature covers the whole query, from behind the `?`.
   */
  | 'GET'
  /** The body in the format set. */
  | 'PATCH'
  /** The body in the format set. */
  | 'POST'
  /** The body in the format set. */
  | 'PUT';

/** The delivery, or what was wrong. */
export type RetryDeliveryPayload = {
  __typename?: 'RetryDeliveryPayload';
  /** As it is now; null when there are errors. */
  delivery?: Maybe<Delivery>;
  /** Empty when it is on its way. */
  userErrors: Array<UserError>;
};

/** When a delivery is tried again, and when it is given up. */
export type RetryPolicy = {
  __typename?: 'RetryPolicy';
  /** It is given up when the next attempt would begin more than this many seconds after the first. */
  deadlineSeconds: Scalars['Int']['output'];
  /** Delays before the second, third, … attempt in seconds, before jitter; counted from the end of the attempt before. */
  delaysSeconds: Array<Scalars['Float']['output']>;
  /** What an exponential schedule was made of; null for others. */
  exponential?: Maybe<ExponentialSchedule>;
  /** Each delay is drawn evenly from 1 - jitter to 1 + jitter times its length. */
  jitter: Scalars['Float']['output'];
  /** Attempts after which it is given up, the first included. */
  maxAttempts: Scalars['Int']['output'];
  /** A longer `Retry-After` of a 429 or 503 counts as this, in seconds. */
  maxRetryAfterSeconds: Scalars['Int']['output'];
  /** Statuses after which it is given up at once. 410 always is one of them. */
  neverRetriedStatuses: Array<Scalars['String']['output']>;
  /** What the delays are made of. */
  schedule: RetryScheduleKind;
  /** Statuses that succeed, such as `2xx` and `409`. */
  successStatuses: Array<Scalars['String']['output']>;
};

/**
 * A retry policy; what is left out or null has its default. The schedule is `STANDARD` unless `delaysSeconds` or `exponential`
 * is given, and not both. Its delays add up to at most 302,400 seconds (three and a half days), and no attempt begins later than
 * that after the first, also when jitter or `Retry-After` would have it so: then the event is surely kept until it ends.
 */
export type RetryPolicyInput = {
  /** Gives up when the next attempt would begin more than this many seconds after the first: 1 to 302,400; default 302,400. */
  deadlineSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** Delays before the second, third, … attempt in seconds: at most 49, each 0.1 to 302,400. `[]` is a single attempt. */
  delaysSeconds?: InputMaybe<Array<Scalars['Float']['input']>>;
  /** Delays that grow by a factor up to a cap. */
  exponential?: InputMaybe<ExponentialScheduleInput>;
  /** Each delay is drawn evenly from 1 - jitter to 1 + jitter times its length: 0 to 1; default 0.1. */
  jitter?: InputMaybe<Scalars['Float']['input']>;
  /** A longer `Retry-After` of a 429 or 503 counts as this, in seconds: 0 (ignore it) to 86,400; default 86,400. */
  maxRetryAfterSeconds?: InputMaybe<Scalars['Int']['input']>;
  /**
   * At most 20 classes or codes from 200 to 599 after which it is given up at once, unless they succeed, such as `[\"4xx\"]`;
   * default none. 410 always is one of them, and disables the webhook subscription.
   */
  neverRetriedStatuses?: InputMaybe<Array<Scalars['String']['input']>>;
  /** 1 to 20 classes or codes from 200 to 599 that succeed, but not `410`, such as `["2xx", "409"]`; default `["2xx"]`. */
  successStatuses?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** What the delays between attempts are made of. */
export type RetryScheduleKind =
  /** Delays that grow by a factor up to a cap. */
  | 'EXPONENTIAL'
  /** A list of delays. */
  | 'LIST'
  /** 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h. */
  | 'STANDARD';

/** The revoked key, or what was wrong. */
export type RevokeApiKeyPayload = {
  __typename?: 'RevokeApiKeyPayload';
  /** The record; null when there are errors. */
  apiKey?: Maybe<ApiKey>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
};

/** What a credential may do. */
export type Role =
  /** Everything. */
  | 'ADMIN'
  /** Manage and read what belongs to one application. */
  | 'APPLICATION'
  /** Publish events and read event types. */
  | 'PUBLISHER'
  /** Read everything, change nothing. */
  | 'READER';

/** Names a webhook subscription whose secret is renewed. */
export type RotateWebhookSecretInput = {
  /** Identifier. */
  id: Scalars['ID']['input'];
  /** How long the old secret signs too, in seconds: 0 to 604,800. */
  overlapSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** The new secret, `whsec_…`; made when left out. */
  secret?: InputMaybe<Scalars['String']['input']>;
};

/** The new secret, or what was wrong. */
export type RotateWebhookSecretPayload = {
  __typename?: 'RotateWebhookSecretPayload';
  /** Until when the old secret signs too; null when it does not. */
  previousSecretExpiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** The new signing secret. Keep it: it is shown only here. */
  secret?: Maybe<Scalars['String']['output']>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
  /** The record; null when there are errors. */
  webhookSubscription?: Maybe<WebhookSubscription>;
};

/** What a schedule is set to. */
export type ScheduleConfiguration = {
  __typename?: 'ScheduleConfiguration';
  /** Cron expression; null for an interval. */
  cron?: Maybe<Scalars['String']['output']>;
  /** `data` of what the mapping sees. */
  data?: Maybe<Scalars['JSON']['output']>;
  /** Nothing is due after. */
  endAt?: Maybe<Scalars['DateTime']['output']>;
  /** Seconds from one due time to the next; null for a cron expression. */
  intervalSeconds?: Maybe<Scalars['Float']['output']>;
  /** Most of them that `ALL` fires. */
  maxMissed: Scalars['Int']['output'];
  /** What becomes of missed due times. */
  missed: MissedPolicy;
  /** The next due times from now on, fewer when it ends. */
  nextTimes: Array<Scalars['DateTime']['output']>;
  /** Nothing is due before; an interval is counted from here, or from when the trigger was created. */
  startAt?: Maybe<Scalars['DateTime']['output']>;
  /** Time zone of the cron expression. */
  timeZone: Scalars['String']['output'];
};


/** What a schedule is set to. */
export type ScheduleConfigurationNextTimesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
};

/**
 * Fires at due times: each once over all nodes, also through crashes. The mapping sees `{ scheduledAt, data }`; the payload is
 * `data` by default. What was due before the latest change of the trigger is not due any more.
 */
export type ScheduleInput = {
  /**
   * Minute, hour, day of month, month, day of week, with seconds before them if you like: `0 9 * * 1-5`, `*\/10 * * * * *`.
   * Either this or `intervalSeconds`.
   */
  cron?: InputMaybe<Scalars['String']['input']>;
  /** `data` of what the mapping sees, at most 65,536 bytes of JSON. */
  data?: InputMaybe<Scalars['JSON']['input']>;
  /** Nothing is due after. */
  endAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Seconds from one due time to the next, 0.05 to 31,622,400. */
  intervalSeconds?: InputMaybe<Scalars['Float']['input']>;
  /** Most of them that `ALL` fires, 1 to 10,000. */
  maxMissed?: InputMaybe<Scalars['Int']['input']>;
  /** What becomes of due times that were missed by more than a second. */
  missed?: InputMaybe<MissedPolicy>;
  /** Nothing is due before; an interval is counted from here. */
  startAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Time zone of the cron expression, such as `Europe/Berlin`; UTC when left out. */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** One difference of two versions of a schema. */
export type SchemaChange = {
  __typename?: 'SchemaChange';
  /** What this change alone keeps. */
  kind: SchemaCompatibility;
  /** Dotted path such as `data.customer.name`; `[]` stands for the items of a list. */
  path: Scalars['String']['output'];
  /** Why, in a few words. */
  reason: Scalars['String']['output'];
};

/** What a new version of a schema means for those who know the one before. */
export type SchemaComparison = {
  __typename?: 'SchemaComparison';
  /** What changed where, at most 100. */
  changes: Array<SchemaChange>;
  /** All changes together. */
  compatibility: SchemaCompatibility;
};

/** Whether two versions of a schema understand each other's data. */
export type SchemaCompatibility =
  /** The new version understands old data; who knows the old one may not understand new data. */
  | 'BACKWARD'
  /** Neither, or it cannot be told. */
  | 'BREAKING'
  /** Who knows the old version understands new data; the new version may not understand old data. */
  | 'FORWARD'
  /** Each version understands the data of the other. */
  | 'FULL';

/** A shared secret. */
export type SecretInput = {
  /** 1 to 512 characters. */
  secret: Scalars['String']['input'];
};

/** Names a webhook subscription to try. */
export type SendTestEventInput = {
  /** The payload; a short greeting when left out. At most 256 KiB of JSON. */
  data?: InputMaybe<Scalars['JSON']['input']>;
  /** Identifier. */
  id: Scalars['ID']['input'];
};

/** The test event with its delivery, or what was wrong. */
export type SendTestEventPayload = {
  __typename?: 'SendTestEventPayload';
  /** Its delivery; look at it again for the outcome. */
  delivery?: Maybe<Delivery>;
  /** The event; null when there are errors. */
  event?: Maybe<Event>;
  /** Empty when it is on its way. */
  userErrors: Array<UserError>;
};

/** What Slack signs with. */
export type SlackVerificationInput = {
  /** The signing secret of the app, 1 to 512 characters. */
  signingSecret: Scalars['String']['input'];
  /** How far the timestamp may be from now, in seconds: 1 to 86,400. */
  toleranceSeconds?: InputMaybe<Scalars['Int']['input']>;
};

/** What was counted over a range of time by all processes together; the last two seconds may be missing. */
export type Stats = {
  __typename?: 'Stats';
  /** Name of the event type; null when these figures are not of one. */
  eventType?: Maybe<Scalars['String']['output']>;
  /** The same by event type, at most 100, those with the most events first; empty in figures of one thing. */
  eventTypes: Array<Stats>;
  /** Events taken into the log; a whole number. */
  events: Scalars['Float']['output'];
  /** Events taken into the log, per second of the range. */
  eventsPerSecond: Scalars['Float']['output'];
  /** Requests to receivers that failed; a whole number. */
  failedRequests: Scalars['Float']['output'];
  /** Part of what was handed over that became an event, from 0 to 1; null when nothing was handed over. */
  parseSuccessRate?: Maybe<Scalars['Float']['output']>;
  /** From being handed over until being in the log. */
  processing: Durations;
  /** The range asked for. */
  range: StatsRange;
  /** Events that were refused: data that is not valid, too large, or not to be parsed; a whole number. */
  refused: Scalars['Float']['output'];
  /** Requests to receivers, from their beginning until the answer or the failure. */
  sending: Durations;
  /** Beginning of the range. */
  since: Scalars['DateTime']['output'];
  /** The same by span, oldest first; spans in which nothing was counted are absent. */
  spans: Array<StatsSpan>;
  /** Name of the trigger; null when these figures are not of one. */
  trigger?: Maybe<Scalars['String']['output']>;
  /** The same by trigger, at most 100, those with the most events first; empty in figures of one thing. */
  triggers: Array<Stats>;
  /** Its end: now. */
  until: Scalars['DateTime']['output'];
};

/** How far back figures go; the span in which the range begins counts whole. */
export type StatsRange =
  /** The last 24 hours, in spans of an hour. */
  | 'DAY'
  /** The last hour, in spans of a minute. */
  | 'HOUR'
  /** The last minute, in spans of ten seconds. */
  | 'MINUTE'
  /** The last 30 days, in spans of a day (UTC). */
  | 'MONTH';

/** What was counted in one span of time. */
export type StatsSpan = {
  __typename?: 'StatsSpan';
  /** Its beginning. */
  at: Scalars['DateTime']['output'];
  /** Events taken into the log; a whole number. */
  events: Scalars['Float']['output'];
  /** Requests to receivers that failed; a whole number. */
  failedRequests: Scalars['Float']['output'];
  /** From being handed over until being in the log. */
  processing: Durations;
  /** Events that were refused; a whole number. */
  refused: Scalars['Float']['output'];
  /** Requests to receivers. */
  sending: Durations;
};

export type Subscription = {
  __typename?: 'Subscription';
  /**
   * Deliveries as they change: planned, tried again, succeeded, exhausted, cancelled, by whichever process. Each is shown as it
   * is after the change; a client that reads slower than a delivery changes gets its latest state only. One that stays behind
   * by more than 5,000 deliveries is ended with `OVERLOADED`. Begins with the next change: what is now, `deliveries` tells.
   * An application sees its own.
   */
  deliveries: Delivery;
  /**
   * Events as they are published. With `after` or `since`: those of the past first, then live, each once and in order.
   * Resume with the `cursor` of the last event you saw; `CURSOR_EXPIRED` says that events in between are gone.
   * An application sees what is addressed to it or to all.
   */
  events: Event;
  /** A replay as it is, whenever it has got further, and at its end; then the stream completes. */
  replay: Replay;
  /** The same figures now, and every two seconds from now on. */
  stats: Stats;
};


export type SubscriptionDeliveriesArgs = {
  application: InputMaybe<Scalars['ID']['input']>;
  event: InputMaybe<Scalars['ID']['input']>;
  eventType: InputMaybe<Scalars['String']['input']>;
  status: InputMaybe<DeliveryStatus>;
  webhookSubscription: InputMaybe<Scalars['ID']['input']>;
};


export type SubscriptionEventsArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  application: InputMaybe<Scalars['ID']['input']>;
  filter: InputMaybe<Scalars['JSON']['input']>;
  since: InputMaybe<Scalars['DateTime']['input']>;
  types: InputMaybe<Array<Scalars['String']['input']>>;
};


export type SubscriptionReplayArgs = {
  id: Scalars['ID']['input'];
};


export type SubscriptionStatsArgs = {
  eventType: InputMaybe<Scalars['String']['input']>;
  range?: StatsRange;
  trigger: InputMaybe<Scalars['String']['input']>;
};

/** Where requests go. */
export type Target = {
  __typename?: 'Target';
  /** Where events are POSTed to. */
  url: Scalars['String']['output'];
  /** Its share among the targets. */
  weight: Scalars['Int']['output'];
};

/** One of several targets. */
export type TargetInput = {
  /** Where to POST: an http or https URL without credentials, at most 2,048 characters; not that of another target. */
  url: Scalars['String']['input'];
  /** Its share among the targets: 1 to 100; default 1. */
  weight?: InputMaybe<Scalars['Int']['input']>;
};

/** Which of several targets gets a request. One that keeps failing is left out for a while. */
export type TargetStrategy =
  /** The first in the order of the list; the next ones only while those before fail. Weights make no difference. */
  | 'FAILOVER'
  /** The one with the fewest requests under way for its weight. */
  | 'LEAST_PENDING'
  /** Each in its turn, as often as its weight says. */
  | 'ROUND_ROBIN';

/** A shared secret over text with a timestamp. */
export type TimedSecretInput = {
  /** 1 to 512 characters; for Standard Webhooks `whsec_` and base64. */
  secret: Scalars['String']['input'];
  /** How far the timestamp may be from now, in seconds: 1 to 86,400. */
  toleranceSeconds?: InputMaybe<Scalars['Int']['input']>;
};

/** A token. */
export type TokenInput = {
  /** 1 to 512 characters. */
  token: Scalars['String']['input'];
};

/** What makes new data of an event before the format puts it into a body. One of the two is set. */
export type Transform = {
  __typename?: 'Transform';
  /** A JSONata expression; null when it is a template. */
  jsonata?: Maybe<Scalars['String']['output']>;
  /** Literal JSON with paths; null when it is an expression. */
  template?: Maybe<Scalars['JSON']['output']>;
};

/**
 * What makes new data of an event before the format puts it into a body; `RAW` sends what it makes alone. It sees the event as
 * `{id, type, source, subject, time, data, sequence}` and may make at most 1,048,576 bytes of JSON. When it fails, no request is
 * made: the attempt says so with the stage `TRANSFORM`, and the delivery is tried again every minute to every hour, for at most
 * three and a half days, without using up its schedule.
 */
export type TransformInput =
  /**
   * A JSONata expression of at most 16,384 characters, such as `{"total": $sum(data.lines.(price * count))}`. It runs in a process
   * of its own, for at most one second, with 96 MB and 200 nested calls. What gives nothing is null.
   */
  { jsonata: Scalars['String']['input']; template?: never; }
  |  /**
   * Literal JSON of at most 65,536 bytes and 32 levels in whose texts `{{ path }}` is filled: `data.user.name`, `data.lines.0.sku`,
   * `data["any key"]`, or another attribute of the event. A text that is one path alone keeps the type of what it leads to, null
   * when that is nothing; within a longer text objects are JSON and nothing is empty. Two braces are `{{ "{{" }}`.
   */
  { jsonata?: never; template: Scalars['JSON']['input']; };

/** How events get to a live client. */
export type Transport =
  /** Server-sent events. */
  | 'SERVER_SENT_EVENTS'
  /** graphql-transport-ws over a WebSocket. */
  | 'WEBSOCKET';

/** What makes events happen without an API call. */
export type Trigger = Node & {
  __typename?: 'Trigger';
  /** Its owner, to whom its events are addressed; null for the platform, whose events are for all. */
  application?: Maybe<Application>;
  /** What its kind is set to, without secrets. */
  configuration: TriggerConfiguration;
  /** What it did so far, over all nodes; those of others may be up to two seconds late. */
  counts: TriggerCounts;
  /** When it was created. */
  createdAt: Scalars['DateTime']['output'];
  /** False while it refuses whatever comes; `fireTrigger` works all the same. */
  enabled: Scalars['Boolean']['output'];
  /** Type of the events it publishes, unless the mapping says another; null when the mapping always does. */
  eventType?: Maybe<Scalars['String']['output']>;
  /** Identifier, `trg_…`. */
  id: Scalars['ID']['output'];
  /** Its kind; it cannot be changed. */
  kind: TriggerKind;
  /** How parts of an event are made of what happened. */
  mapping: TriggerMapping;
  /** Its name, such as `user_registered_trigger`. */
  name: Scalars['String']['output'];
  /** When it was last changed. */
  updatedAt: Scalars['DateTime']['output'];
};

/** What a kind is set to. */
export type TriggerConfiguration = ChangeStreamConfiguration | InboundWebhookConfiguration | ScheduleConfiguration;

/** What a kind is set to: exactly one field. */
export type TriggerConfigurationInput =
  /** Changes of a collection. */
  { changeStream: ChangeStreamInput; inboundWebhook?: never; schedule?: never; }
  |  /** Other systems' webhooks at `POST /triggers/:id`. */
  { changeStream?: never; inboundWebhook: InboundWebhookInput; schedule?: never; }
  |  /** Due times. */
  { changeStream?: never; inboundWebhook?: never; schedule: ScheduleInput; };

/** A page of triggers, newest first. */
export type TriggerConnection = {
  __typename?: 'TriggerConnection';
  /** Elements with their cursors. */
  edges: Array<TriggerEdge>;
  /** Elements alone. */
  nodes: Array<Trigger>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** What a trigger did. */
export type TriggerCounts = {
  __typename?: 'TriggerCounts';
  /** Occurrences that had become events before. May outgrow `Int`. */
  duplicates: Scalars['Float']['output'];
  /** Occurrences that became events. May outgrow `Int`. */
  fired: Scalars['Float']['output'];
  /** Why an occurrence was last refused; null when none was. A sender that is not proved leaves no trace here. */
  lastError?: Maybe<TriggerError>;
  /** When it last published an event; null when it never did. */
  lastFiredAt?: Maybe<Scalars['DateTime']['output']>;
  /** Occurrences that were refused by the mapping, the event type's schema or a limit. May outgrow `Int`. */
  refused: Scalars['Float']['output'];
};

/** A trigger in a page. */
export type TriggerEdge = {
  __typename?: 'TriggerEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The trigger. */
  node: Trigger;
};

/** Why an occurrence did not become an event. */
export type TriggerError = {
  __typename?: 'TriggerError';
  /** When it was refused. */
  at: Scalars['DateTime']['output'];
  /** A code of the error table. */
  code: Scalars['String']['output'];
  /** What was at fault, such as `mapping.type`; null when no single field was. */
  field?: Maybe<Scalars['String']['output']>;
  /** What was wrong, at most 500 characters. */
  message: Scalars['String']['output'];
  /** The beginning of what happened as JSON text, at most 2,048 characters. */
  sample: Scalars['String']['output'];
};

/** The kind of a trigger. */
export type TriggerKind =
  /** Publishes what changes in a collection of a MongoDB. */
  | 'CHANGE_STREAM'
  /** Takes other systems' webhooks at `POST /triggers/:id`. */
  | 'INBOUND_WEBHOOK'
  /** Fires at due times, by a cron expression or an interval. */
  | 'SCHEDULE';

/** JSONata expressions over what happened; null where the default of the kind holds. */
export type TriggerMapping = {
  __typename?: 'TriggerMapping';
  /** Its payload. */
  data?: Maybe<Scalars['String']['output']>;
  /** What makes a second one a duplicate. */
  idempotencyKey?: Maybe<Scalars['String']['output']>;
  /** Its ordering key. */
  orderingKey?: Maybe<Scalars['String']['output']>;
  /** What it is about. */
  subject?: Maybe<Scalars['String']['output']>;
  /** Type of the event. */
  type?: Maybe<Scalars['String']['output']>;
};

/**
 * JSONata expressions of at most 4,096 characters over what happened; what is left out has the default of the kind. Names,
 * paths of names, literals and objects of these are evaluated at once; anything else in a process of its own, within a second.
 */
export type TriggerMappingInput = {
  /** Its payload. */
  data?: InputMaybe<Scalars['String']['input']>;
  /** What makes a second one a duplicate, a text; in place of the sender's delivery id. */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Its ordering key, a text. */
  orderingKey?: InputMaybe<Scalars['String']['input']>;
  /** What it is about, a text. */
  subject?: InputMaybe<Scalars['String']['input']>;
  /** Type of the event, a text; where it gives nothing, `eventType` holds. */
  type?: InputMaybe<Scalars['String']['input']>;
};

/** The trigger, or what was wrong. */
export type TriggerPayload = {
  __typename?: 'TriggerPayload';
  /** As it is now; null when there are errors. */
  trigger?: Maybe<Trigger>;
  /** Empty when it was done. */
  userErrors: Array<UserError>;
};

/** What Twilio signs with. */
export type TwilioVerificationInput = {
  /** The auth token, 1 to 512 characters. */
  authToken: Scalars['String']['input'];
  /** The address as Twilio knows it, without a query: it is signed. At most 2,048 characters. */
  url: Scalars['String']['input'];
};

/** Changes of an application; what is left out stays. */
export type UpdateApplicationInput = {
  /** Your own reference, unique; null takes it away. */
  externalId?: InputMaybe<Scalars['String']['input']>;
  /** Which one. */
  id: Scalars['ID']['input'];
  /** Display name, 1 to 128 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
};

/** Changes of an event type; what is left out stays. */
export type UpdateEventTypeInput = {
  /** What it means; null takes it away. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** New example; null takes it away. */
  example?: InputMaybe<Scalars['JSON']['input']>;
  /**
   * A schema that breaks documents of webhook subscriptions is refused (`IN_USE`) unless this is true. Those that it breaks are
   * `DISABLED` then, `queryProblem` says why, and their deliveries are kept until the document or the schema is mended.
   */
  force?: InputMaybe<Scalars['Boolean']['input']>;
  /** Which one. */
  name: Scalars['String']['input'];
  /** New JSON Schema; null allows any JSON. A change makes a new version. */
  schema?: InputMaybe<Scalars['JSON']['input']>;
  /** `ACTIVE` takes an archived type back. */
  status?: InputMaybe<EventTypeStatus>;
};

/** Changes of a trigger; what is left out stays. */
export type UpdateTriggerInput = {
  /** All of its configuration anew, secrets too; of the same kind. */
  configuration?: InputMaybe<TriggerConfigurationInput>;
  /** Whether it takes what comes. */
  enabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** Another event type; null when the mapping says it. */
  eventType?: InputMaybe<Scalars['String']['input']>;
  /** Which one. */
  id: Scalars['ID']['input'];
  /** All expressions anew; null takes them away. */
  mapping?: InputMaybe<TriggerMappingInput>;
  /** Another name. */
  name?: InputMaybe<Scalars['String']['input']>;
};

/** Changes of a webhook subscription; what is left out stays, and null takes a setting back to its default. */
export type UpdateWebhookSubscriptionInput = {
  /** A media type in place of the format's own; null for that. */
  contentType?: InputMaybe<Scalars['String']['input']>;
  /** It is disabled after this many seconds of nothing but failures: 60 to 2,592,000; null for the default, 432,000. */
  disableAfterSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** Pins it to a version of its only event type; null takes the pin away. */
  eventTypeVersion?: InputMaybe<Scalars['Int']['input']>;
  /** Names or patterns, 1 to 100. */
  eventTypes?: InputMaybe<Array<Scalars['String']['input']>>;
  /** New filter; null takes it away. */
  filter?: InputMaybe<Scalars['JSON']['input']>;
  /** What the body looks like; null for the default, `STANDARD`. */
  format?: InputMaybe<PayloadFormat>;
  /**
   * Whether receivers are asked before they are sent to; null for the default, `NONE`. They are asked when this, `rateLimit`, `url`
   * or `targets` is given, and nothing is changed unless all agree.
   */
  handshake?: InputMaybe<Handshake>;
  /** All headers anew; null takes them away. */
  headers?: InputMaybe<Array<HeaderInput>>;
  /** Which one. */
  id: Scalars['ID']['input'];
  /** Most requests at once, over all processes: 1 to 1,000; null for no limit of its own. */
  maxConcurrency?: InputMaybe<Scalars['Int']['input']>;
  /** The method of requests; null for the default, `POST`. */
  method?: InputMaybe<RequestMethod>;
  /** Display name; null takes it away. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** In which order deliveries go out; null for the default, `NONE`. */
  ordering?: InputMaybe<Ordering>;
  /** New document; null sends the data of events as it is again. */
  query?: InputMaybe<Scalars['String']['input']>;
  /** New limit; null for none. */
  rateLimit?: InputMaybe<RateLimitInput>;
  /** The retry policy anew as a whole; null for the default. Deliveries under way go on under the new one. */
  retryPolicy?: InputMaybe<RetryPolicyInput>;
  /** Which of the targets gets a request; null for the default, `ROUND_ROBIN`. */
  targetStrategy?: InputMaybe<TargetStrategy>;
  /** All targets anew, in place of `url`: 1 to 10. */
  targets?: InputMaybe<Array<TargetInput>>;
  /** Deadline of one request in milliseconds: 1,000 to 60,000; null for the default, 15,000. */
  timeoutMs?: InputMaybe<Scalars['Int']['input']>;
  /** What makes new data of an event; null takes it away. */
  transform?: InputMaybe<TransformInput>;
  /** Where to POST from now on, in place of all targets. */
  url?: InputMaybe<Scalars['String']['input']>;
  /** New variables of `query`; null takes them away. */
  variables?: InputMaybe<Scalars['JSON']['input']>;
  /**
   * What happens behind an exhausted delivery when order is kept; null for the default, `GO_ON`, which also lets go what waits
   * behind deliveries that were exhausted before.
   */
  whenExhausted?: InputMaybe<ExhaustedBehaviour>;
  /** What becomes of events while it is paused or disabled; null for the default, `KEEP`. */
  whilePaused?: InputMaybe<PausedBehaviour>;
};

/** What is wrong with an input. When there is one, nothing was written. */
export type UserError = {
  __typename?: 'UserError';
  /** A code of the error table, such as `NAME_TAKEN`. */
  code: Scalars['String']['output'];
  /** Dotted path of the input at fault, such as `input.filter.data.amount`; null when no single field is. */
  field?: Maybe<Scalars['String']['output']>;
  /** One sentence that says what is wrong and which limit holds. */
  message: Scalars['String']['output'];
};

/** A scheme: exactly one field. */
export type VerificationInput =
  /** HTTP Basic. */
  { basic: BasicVerificationInput; bearer?: never; github?: never; gitlab?: never; hmac?: never; none?: never; shopify?: never; slack?: never; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** `Authorization: Bearer`. */
  { basic?: never; bearer: TokenInput; github?: never; gitlab?: never; hmac?: never; none?: never; shopify?: never; slack?: never; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** `X-Hub-Signature-256` of GitHub and Meta. */
  { basic?: never; bearer?: never; github: SecretInput; gitlab?: never; hmac?: never; none?: never; shopify?: never; slack?: never; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** `X-Gitlab-Token` of GitLab. */
  { basic?: never; bearer?: never; github?: never; gitlab: TokenInput; hmac?: never; none?: never; shopify?: never; slack?: never; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** Any other HMAC. */
  { basic?: never; bearer?: never; github?: never; gitlab?: never; hmac: HmacVerificationInput; none?: never; shopify?: never; slack?: never; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** No proof. */
  { basic?: never; bearer?: never; github?: never; gitlab?: never; hmac?: never; none: NoVerificationInput; shopify?: never; slack?: never; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** `X-Shopify-Hmac-Sha256` of Shopify. */
  { basic?: never; bearer?: never; github?: never; gitlab?: never; hmac?: never; none?: never; shopify: SecretInput; slack?: never; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** `X-Slack-Signature` of Slack. */
  { basic?: never; bearer?: never; github?: never; gitlab?: never; hmac?: never; none?: never; shopify?: never; slack: SlackVerificationInput; standardWebhooks?: never; stripe?: never; twilio?: never; }
  |  /** `webhook-signature` of Standard Webhooks. */
  { basic?: never; bearer?: never; github?: never; gitlab?: never; hmac?: never; none?: never; shopify?: never; slack?: never; standardWebhooks: TimedSecretInput; stripe?: never; twilio?: never; }
  |  /** `Stripe-Signature` of Stripe. */
  { basic?: never; bearer?: never; github?: never; gitlab?: never; hmac?: never; none?: never; shopify?: never; slack?: never; standardWebhooks?: never; stripe: TimedSecretInput; twilio?: never; }
  |  /** `X-Twilio-Signature` of Twilio. */
  { basic?: never; bearer?: never; github?: never; gitlab?: never; hmac?: never; none?: never; shopify?: never; slack?: never; standardWebhooks?: never; stripe?: never; twilio: TwilioVerificationInput; };

/** How the sender of an inbound webhook proves who it is. */
export type VerificationScheme =
  /** HTTP Basic. */
  | 'BASIC'
  /** A bearer token. */
  | 'BEARER'
  /** `X-Hub-Signature-256`; Meta signs alike. */
  | 'GITHUB'
  /** `X-Gitlab-Token`. */
  | 'GITLAB'
  /** Any other HMAC. */
  | 'HMAC'
  /** None: whoever knows the address is believed. */
  | 'NONE'
  /** `X-Shopify-Hmac-Sha256`. */
  | 'SHOPIFY'
  /** `X-Slack-Signature`; answers `url_verification`. */
  | 'SLACK'
  /** `webhook-signature` with `v1`. */
  | 'STANDARD_WEBHOOKS'
  /** `Stripe-Signature`. */
  | 'STRIPE'
  /** `X-Twilio-Signature`. */
  | 'TWILIO';

/** Who asks. */
export type Viewer = {
  __typename?: 'Viewer';
  /** Application the credential is bound to; null for the other roles. */
  application?: Maybe<Application>;
  /** Role of the credential. */
  role: Role;
};

/** Event types by change; null where the trigger's own holds. */
export type WatchedEventTypes = {
  __typename?: 'WatchedEventTypes';
  /** For a document that is gone. */
  delete?: Maybe<Scalars['String']['output']>;
  /** For a new document. */
  insert?: Maybe<Scalars['String']['output']>;
  /** For a replaced document. */
  replace?: Maybe<Scalars['String']['output']>;
  /** For changed fields. */
  update?: Maybe<Scalars['String']['output']>;
};

/** Event types by change; the trigger's own where left out. */
export type WatchedEventTypesInput = {
  /** For a document that is gone. */
  delete?: InputMaybe<Scalars['String']['input']>;
  /** For a new document. */
  insert?: InputMaybe<Scalars['String']['input']>;
  /** For a replaced document. */
  replace?: InputMaybe<Scalars['String']['input']>;
  /** For changed fields. */
  update?: InputMaybe<Scalars['String']['input']>;
};

/** A change of a document. */
export type WatchedOperation =
  /** A document is gone. */
  | 'DELETE'
  /** A document is new. */
  | 'INSERT'
  /** A document was replaced by another. */
  | 'REPLACE'
  /** Fields of a document were changed. */
  | 'UPDATE';

/** Who wants events by HTTP, which ones, and where to. */
export type WebhookSubscription = Node & {
  __typename?: 'WebhookSubscription';
  /** The application it belongs to; null for the platform's own, which see every event. */
  application?: Maybe<Application>;
  /** A content type in place of the format's own; null for that. */
  contentType?: Maybe<Scalars['String']['output']>;
  /** When it was created. */
  createdAt: Scalars['DateTime']['output'];
  /** What became of its events, newest first. */
  deliveries: DeliveryConnection;
  /** It is disabled after this many seconds of nothing but failures; default 432,000 (five days). */
  disableAfterSeconds: Scalars['Int']['output'];
  /**
   * Version of its only event type that it is pinned to; null for none. With `query`, that is checked and executed against this
   * version of the schema; without, only events of this version are sent.
   */
  eventTypeVersion?: Maybe<Scalars['Int']['output']>;
  /** Names or patterns: `order.created`, `order.*`, `*`. */
  eventTypes: Array<Scalars['String']['output']>;
  /** MongoDB query language over the event; null when every event of these types is wanted. */
  filter?: Maybe<Scalars['JSON']['output']>;
  /** What the body looks like; default `STANDARD`. */
  format: PayloadFormat;
  /** Whether receivers are asked before they are sent to; default `NONE`. */
  handshake: Handshake;
  /** Headers sent with every request, besides those of the gateway. */
  headers: Array<Header>;
  /** Identifier, `sub_…`. */
  id: Scalars['ID']['output'];
  /** Most requests at once, over all processes; null for no limit of its own. */
  maxConcurrency?: Maybe<Scalars['Int']['output']>;
  /** The method of requests; default `POST`. */
  method: RequestMethod;
  /** Display name, at most 128 characters. */
  name?: Maybe<Scalars['String']['output']>;
  /** In which order deliveries go out; default `NONE`. */
  ordering: Ordering;
  /** GraphQL subscription whose result is the body's `data`; null when the event's data is sent as it is. */
  query?: Maybe<Scalars['String']['output']>;
  /** Why `query` does not fit the schema any more; null while it does. Its deliveries are kept meanwhile. */
  queryProblem?: Maybe<Scalars['String']['output']>;
  /** The lower of what was set and what the receivers allowed in their handshake; null for no limit. */
  rateLimit?: Maybe<RateLimit>;
  /** When a delivery is tried again, and when it is given up. */
  retryPolicy: RetryPolicy;
  /** Whether it is served. */
  status: WebhookSubscriptionStatus;
  /** Why it is not served; null while it is. */
  statusReason?: Maybe<Scalars['String']['output']>;
  /** Which of the targets gets a request; default `ROUND_ROBIN`. */
  targetStrategy: TargetStrategy;
  /** Where requests go: at least one. */
  targets: Array<Target>;
  /** Deadline of one request in milliseconds, from connecting to the end of the answer. */
  timeoutMs: Scalars['Int']['output'];
  /** What makes new data of an event; null when it is sent as published. */
  transform?: Maybe<Transform>;
  /** When it was last changed. */
  updatedAt: Scalars['DateTime']['output'];
  /** Where events are POSTed to; the first one of several targets. */
  url: Scalars['String']['output'];
  /** Variables of `query`; null for none. */
  variables?: Maybe<Scalars['JSON']['output']>;
  /** What happens behind an exhausted delivery when order is kept; default `GO_ON`. */
  whenExhausted: ExhaustedBehaviour;
  /** What becomes of events while it is paused or disabled; default `KEEP`. */
  whilePaused: PausedBehaviour;
};


/** Who wants events by HTTP, which ones, and where to. */
export type WebhookSubscriptionDeliveriesArgs = {
  after: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  status: InputMaybe<DeliveryStatus>;
};

/** A page of webhook subscriptions, newest first. */
export type WebhookSubscriptionConnection = {
  __typename?: 'WebhookSubscriptionConnection';
  /** Elements with their cursors. */
  edges: Array<WebhookSubscriptionEdge>;
  /** Elements alone. */
  nodes: Array<WebhookSubscription>;
  /** Where this page stands. */
  pageInfo: PageInfo;
};

/** A webhook subscription in a page. */
export type WebhookSubscriptionEdge = {
  __typename?: 'WebhookSubscriptionEdge';
  /** Cursor to go on from. */
  cursor: Scalars['String']['output'];
  /** The webhook subscription. */
  node: WebhookSubscription;
};

/** The webhook subscription, or what was wrong. */
export type WebhookSubscriptionPayload = {
  __typename?: 'WebhookSubscriptionPayload';
  /** Empty when it was done. */
  userErrors: Array<UserError>;
  /** As it is now; null when there are errors. */
  webhookSubscription?: Maybe<WebhookSubscription>;
};

/** Whether a webhook subscription is served. */
export type WebhookSubscriptionStatus =
  /** Deliveries go out. */
  | 'ACTIVE'
  /**
   * The receiver answered 410 Gone, or nothing but failures for `disableAfterSeconds`. Like paused: resume when the receiver is
   * back.
   */
  | 'DISABLED'
  /** Deliveries are kept and go out on resume, unless `whilePaused` says otherwise. */
  | 'PAUSED';



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;



/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  TriggerConfiguration:
    | ( ChangeStreamRecord )
    | ( InboundWebhookRecord )
    | ( ScheduleRecord )
  ;
};


/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  ApiKey: ResolverTypeWrapper<ApiKeyRecord>;
  ApiKeyConnection: ResolverTypeWrapper<Omit<ApiKeyConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['ApiKeyEdge']>, nodes: Array<ResolversTypes['ApiKey']> }>;
  ApiKeyEdge: ResolverTypeWrapper<Omit<ApiKeyEdge, 'node'> & { node: ResolversTypes['ApiKey'] }>;
  Application: ResolverTypeWrapper<ApplicationRecord>;
  ApplicationConnection: ResolverTypeWrapper<Omit<ApplicationConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['ApplicationEdge']>, nodes: Array<ResolversTypes['Application']> }>;
  ApplicationEdge: ResolverTypeWrapper<Omit<ApplicationEdge, 'node'> & { node: ResolversTypes['Application'] }>;
  ApplicationPayload: ResolverTypeWrapper<Omit<ApplicationPayload, 'application'> & { application?: Maybe<ResolversTypes['Application']> }>;
  AttemptClass: AttemptClass;
  AttemptTiming: ResolverTypeWrapper<AttemptTiming>;
  BasicVerificationInput: BasicVerificationInput;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  CancelDeliveryPayload: ResolverTypeWrapper<Omit<CancelDeliveryPayload, 'delivery'> & { delivery?: Maybe<ResolversTypes['Delivery']> }>;
  CancelReplayPayload: ResolverTypeWrapper<Omit<CancelReplayPayload, 'replay'> & { replay?: Maybe<ResolversTypes['Replay']> }>;
  ChangeStreamConfiguration: ResolverTypeWrapper<ChangeStreamRecord>;
  ChangeStreamInput: ChangeStreamInput;
  CloseConnectionPayload: ResolverTypeWrapper<CloseConnectionPayload>;
  CreateApiKeyInput: CreateApiKeyInput;
  CreateApiKeyPayload: ResolverTypeWrapper<Omit<CreateApiKeyPayload, 'apiKey'> & { apiKey?: Maybe<ResolversTypes['ApiKey']> }>;
  CreateApplicationInput: CreateApplicationInput;
  CreateEventTypeInput: CreateEventTypeInput;
  CreateTriggerInput: CreateTriggerInput;
  CreateWebhookSubscriptionInput: CreateWebhookSubscriptionInput;
  CreateWebhookSubscriptionPayload: ResolverTypeWrapper<Omit<CreateWebhookSubscriptionPayload, 'webhookSubscription'> & { webhookSubscription?: Maybe<ResolversTypes['WebhookSubscription']> }>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeleteInput: DeleteInput;
  DeleteRecordPayload: ResolverTypeWrapper<DeleteRecordPayload>;
  Delivery: ResolverTypeWrapper<DeliveryRecord>;
  DeliveryAttempt: ResolverTypeWrapper<DeliveryAttemptRecord>;
  DeliveryAttemptConnection: ResolverTypeWrapper<Omit<DeliveryAttemptConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['DeliveryAttemptEdge']>, nodes: Array<ResolversTypes['DeliveryAttempt']> }>;
  DeliveryAttemptEdge: ResolverTypeWrapper<Omit<DeliveryAttemptEdge, 'node'> & { node: ResolversTypes['DeliveryAttempt'] }>;
  DeliveryConnection: ResolverTypeWrapper<Omit<DeliveryConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['DeliveryEdge']>, nodes: Array<ResolversTypes['Delivery']> }>;
  DeliveryEdge: ResolverTypeWrapper<Omit<DeliveryEdge, 'node'> & { node: ResolversTypes['Delivery'] }>;
  DeliveryError: ResolverTypeWrapper<DeliveryError>;
  DeliveryErrorStage: DeliveryErrorStage;
  DeliveryStatus: DeliveryStatus;
  Durations: ResolverTypeWrapper<Times>;
  Event: ResolverTypeWrapper<EventRecord>;
  EventConnection: ResolverTypeWrapper<Omit<EventConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['EventEdge']>, nodes: Array<ResolversTypes['Event']> }>;
  EventEdge: ResolverTypeWrapper<Omit<EventEdge, 'node'> & { node: ResolversTypes['Event'] }>;
  EventOrder: EventOrder;
  EventType: ResolverTypeWrapper<EventTypeRecord>;
  EventTypeConnection: ResolverTypeWrapper<Omit<EventTypeConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['EventTypeEdge']>, nodes: Array<ResolversTypes['EventType']> }>;
  EventTypeEdge: ResolverTypeWrapper<Omit<EventTypeEdge, 'node'> & { node: ResolversTypes['EventType'] }>;
  EventTypeNameInput: EventTypeNameInput;
  EventTypePayload: ResolverTypeWrapper<Omit<EventTypePayload, 'eventType'> & { eventType?: Maybe<ResolversTypes['EventType']> }>;
  EventTypeStatus: EventTypeStatus;
  EventTypeVersion: ResolverTypeWrapper<EventTypeVersion>;
  ExhaustedBehaviour: ExhaustedBehaviour;
  ExponentialSchedule: ResolverTypeWrapper<ExponentialSchedule>;
  ExponentialScheduleInput: ExponentialScheduleInput;
  FireTriggerInput: FireTriggerInput;
  FireTriggerPayload: ResolverTypeWrapper<Omit<FireTriggerPayload, 'event'> & { event?: Maybe<ResolversTypes['Event']> }>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  GenericEvent: ResolverTypeWrapper<EventRecord>;
  Handshake: Handshake;
  Header: ResolverTypeWrapper<Header>;
  HeaderInput: HeaderInput;
  HmacVerificationInput: HmacVerificationInput;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  InboundWebhookConfiguration: ResolverTypeWrapper<InboundWebhookRecord>;
  InboundWebhookInput: InboundWebhookInput;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  LiveClient: ResolverTypeWrapper<LiveClientRecord>;
  LiveClientConnection: ResolverTypeWrapper<Omit<LiveClientConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['LiveClientEdge']>, nodes: Array<ResolversTypes['LiveClient']> }>;
  LiveClientEdge: ResolverTypeWrapper<Omit<LiveClientEdge, 'node'> & { node: ResolversTypes['LiveClient'] }>;
  MissedPolicy: MissedPolicy;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  NoVerificationInput: NoVerificationInput;
  Node: ResolverTypeWrapper<AnyNode>;
  Ordering: Ordering;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  PauseWebhookSubscriptionInput: PauseWebhookSubscriptionInput;
  PausedBehaviour: PausedBehaviour;
  PayloadFormat: PayloadFormat;
  PreviewDeliveryInput: PreviewDeliveryInput;
  PreviewDeliveryPayload: ResolverTypeWrapper<Omit<PreviewDeliveryPayload, 'failure'> & { failure?: Maybe<ResolversTypes['DeliveryError']> }>;
  PreviewedRequest: ResolverTypeWrapper<PreviewedRequest>;
  PublishEventInput: PublishEventInput;
  PublishEventPayload: ResolverTypeWrapper<Omit<PublishEventPayload, 'event'> & { event?: Maybe<ResolversTypes['Event']> }>;
  PublishEventsInput: PublishEventsInput;
  PublishEventsPayload: ResolverTypeWrapper<Omit<PublishEventsPayload, 'events'> & { events: Array<ResolversTypes['Event']> }>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RateLimit: ResolverTypeWrapper<RateLimit>;
  RateLimitInput: RateLimitInput;
  Replay: ResolverTypeWrapper<ReplayRecord>;
  ReplayConnection: ResolverTypeWrapper<Omit<ReplayConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['ReplayEdge']>, nodes: Array<ResolversTypes['Replay']> }>;
  ReplayEdge: ResolverTypeWrapper<Omit<ReplayEdge, 'node'> & { node: ResolversTypes['Replay'] }>;
  ReplayEventsInput: ReplayEventsInput;
  ReplayEventsPayload: ResolverTypeWrapper<Omit<ReplayEventsPayload, 'replay'> & { replay?: Maybe<ResolversTypes['Replay']> }>;
  ReplaySelection: ReplaySelection;
  ReplayStatus: ReplayStatus;
  RequestMethod: RequestMethod;
  RetryDeliveryPayload: ResolverTypeWrapper<Omit<RetryDeliveryPayload, 'delivery'> & { delivery?: Maybe<ResolversTypes['Delivery']> }>;
  RetryPolicy: ResolverTypeWrapper<RetryPolicy>;
  RetryPolicyInput: RetryPolicyInput;
  RetryScheduleKind: RetryScheduleKind;
  RevokeApiKeyPayload: ResolverTypeWrapper<Omit<RevokeApiKeyPayload, 'apiKey'> & { apiKey?: Maybe<ResolversTypes['ApiKey']> }>;
  Role: Role;
  RotateWebhookSecretInput: RotateWebhookSecretInput;
  RotateWebhookSecretPayload: ResolverTypeWrapper<Omit<RotateWebhookSecretPayload, 'webhookSubscription'> & { webhookSubscription?: Maybe<ResolversTypes['WebhookSubscription']> }>;
  ScheduleConfiguration: ResolverTypeWrapper<ScheduleRecord>;
  ScheduleInput: ScheduleInput;
  SchemaChange: ResolverTypeWrapper<SchemaChange>;
  SchemaComparison: ResolverTypeWrapper<SchemaComparison>;
  SchemaCompatibility: SchemaCompatibility;
  SecretInput: SecretInput;
  SendTestEventInput: SendTestEventInput;
  SendTestEventPayload: ResolverTypeWrapper<Omit<SendTestEventPayload, 'delivery' | 'event'> & { delivery?: Maybe<ResolversTypes['Delivery']>, event?: Maybe<ResolversTypes['Event']> }>;
  SlackVerificationInput: SlackVerificationInput;
  Stats: ResolverTypeWrapper<StatsRecord>;
  StatsRange: StatsRange;
  StatsSpan: ResolverTypeWrapper<CountedSpan>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Target: ResolverTypeWrapper<Target>;
  TargetInput: TargetInput;
  TargetStrategy: TargetStrategy;
  TimedSecretInput: TimedSecretInput;
  TokenInput: TokenInput;
  Transform: ResolverTypeWrapper<Transform>;
  TransformInput: TransformInput;
  Transport: Transport;
  Trigger: ResolverTypeWrapper<TriggerRecord>;
  TriggerConfiguration: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['TriggerConfiguration']>;
  TriggerConfigurationInput: TriggerConfigurationInput;
  TriggerConnection: ResolverTypeWrapper<Omit<TriggerConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['TriggerEdge']>, nodes: Array<ResolversTypes['Trigger']> }>;
  TriggerCounts: ResolverTypeWrapper<TriggerCounts>;
  TriggerEdge: ResolverTypeWrapper<Omit<TriggerEdge, 'node'> & { node: ResolversTypes['Trigger'] }>;
  TriggerError: ResolverTypeWrapper<TriggerError>;
  TriggerKind: TriggerKind;
  TriggerMapping: ResolverTypeWrapper<MappingRecord>;
  TriggerMappingInput: TriggerMappingInput;
  TriggerPayload: ResolverTypeWrapper<Omit<TriggerPayload, 'trigger'> & { trigger?: Maybe<ResolversTypes['Trigger']> }>;
  TwilioVerificationInput: TwilioVerificationInput;
  UpdateApplicationInput: UpdateApplicationInput;
  UpdateEventTypeInput: UpdateEventTypeInput;
  UpdateTriggerInput: UpdateTriggerInput;
  UpdateWebhookSubscriptionInput: UpdateWebhookSubscriptionInput;
  UserError: ResolverTypeWrapper<UserError>;
  VerificationInput: VerificationInput;
  VerificationScheme: VerificationScheme;
  Viewer: ResolverTypeWrapper<Caller>;
  WatchedEventTypes: ResolverTypeWrapper<Readonly<Record<string, string>>>;
  WatchedEventTypesInput: WatchedEventTypesInput;
  WatchedOperation: WatchedOperation;
  WebhookSubscription: ResolverTypeWrapper<WebhookSubscriptionRecord>;
  WebhookSubscriptionConnection: ResolverTypeWrapper<Omit<WebhookSubscriptionConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['WebhookSubscriptionEdge']>, nodes: Array<ResolversTypes['WebhookSubscription']> }>;
  WebhookSubscriptionEdge: ResolverTypeWrapper<Omit<WebhookSubscriptionEdge, 'node'> & { node: ResolversTypes['WebhookSubscription'] }>;
  WebhookSubscriptionPayload: ResolverTypeWrapper<Omit<WebhookSubscriptionPayload, 'webhookSubscription'> & { webhookSubscription?: Maybe<ResolversTypes['WebhookSubscription']> }>;
  WebhookSubscriptionStatus: WebhookSubscriptionStatus;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  ApiKey: ApiKeyRecord;
  ApiKeyConnection: Omit<ApiKeyConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['ApiKeyEdge']>, nodes: Array<ResolversParentTypes['ApiKey']> };
  ApiKeyEdge: Omit<ApiKeyEdge, 'node'> & { node: ResolversParentTypes['ApiKey'] };
  Application: ApplicationRecord;
  ApplicationConnection: Omit<ApplicationConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['ApplicationEdge']>, nodes: Array<ResolversParentTypes['Application']> };
  ApplicationEdge: Omit<ApplicationEdge, 'node'> & { node: ResolversParentTypes['Application'] };
  ApplicationPayload: Omit<ApplicationPayload, 'application'> & { application?: Maybe<ResolversParentTypes['Application']> };
  AttemptTiming: AttemptTiming;
  BasicVerificationInput: BasicVerificationInput;
  Boolean: Scalars['Boolean']['output'];
  CancelDeliveryPayload: Omit<CancelDeliveryPayload, 'delivery'> & { delivery?: Maybe<ResolversParentTypes['Delivery']> };
  CancelReplayPayload: Omit<CancelReplayPayload, 'replay'> & { replay?: Maybe<ResolversParentTypes['Replay']> };
  ChangeStreamConfiguration: ChangeStreamRecord;
  ChangeStreamInput: ChangeStreamInput;
  CloseConnectionPayload: CloseConnectionPayload;
  CreateApiKeyInput: CreateApiKeyInput;
  CreateApiKeyPayload: Omit<CreateApiKeyPayload, 'apiKey'> & { apiKey?: Maybe<ResolversParentTypes['ApiKey']> };
  CreateApplicationInput: CreateApplicationInput;
  CreateEventTypeInput: CreateEventTypeInput;
  CreateTriggerInput: CreateTriggerInput;
  CreateWebhookSubscriptionInput: CreateWebhookSubscriptionInput;
  CreateWebhookSubscriptionPayload: Omit<CreateWebhookSubscriptionPayload, 'webhookSubscription'> & { webhookSubscription?: Maybe<ResolversParentTypes['WebhookSubscription']> };
  DateTime: Scalars['DateTime']['output'];
  DeleteInput: DeleteInput;
  DeleteRecordPayload: DeleteRecordPayload;
  Delivery: DeliveryRecord;
  DeliveryAttempt: DeliveryAttemptRecord;
  DeliveryAttemptConnection: Omit<DeliveryAttemptConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['DeliveryAttemptEdge']>, nodes: Array<ResolversParentTypes['DeliveryAttempt']> };
  DeliveryAttemptEdge: Omit<DeliveryAttemptEdge, 'node'> & { node: ResolversParentTypes['DeliveryAttempt'] };
  DeliveryConnection: Omit<DeliveryConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['DeliveryEdge']>, nodes: Array<ResolversParentTypes['Delivery']> };
  DeliveryEdge: Omit<DeliveryEdge, 'node'> & { node: ResolversParentTypes['Delivery'] };
  DeliveryError: DeliveryError;
  Durations: Times;
  Event: EventRecord;
  EventConnection: Omit<EventConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['EventEdge']>, nodes: Array<ResolversParentTypes['Event']> };
  EventEdge: Omit<EventEdge, 'node'> & { node: ResolversParentTypes['Event'] };
  EventType: EventTypeRecord;
  EventTypeConnection: Omit<EventTypeConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['EventTypeEdge']>, nodes: Array<ResolversParentTypes['EventType']> };
  EventTypeEdge: Omit<EventTypeEdge, 'node'> & { node: ResolversParentTypes['EventType'] };
  EventTypeNameInput: EventTypeNameInput;
  EventTypePayload: Omit<EventTypePayload, 'eventType'> & { eventType?: Maybe<ResolversParentTypes['EventType']> };
  EventTypeVersion: EventTypeVersion;
  ExponentialSchedule: ExponentialSchedule;
  ExponentialScheduleInput: ExponentialScheduleInput;
  FireTriggerInput: FireTriggerInput;
  FireTriggerPayload: Omit<FireTriggerPayload, 'event'> & { event?: Maybe<ResolversParentTypes['Event']> };
  Float: Scalars['Float']['output'];
  GenericEvent: EventRecord;
  Header: Header;
  HeaderInput: HeaderInput;
  HmacVerificationInput: HmacVerificationInput;
  ID: Scalars['ID']['output'];
  InboundWebhookConfiguration: InboundWebhookRecord;
  InboundWebhookInput: InboundWebhookInput;
  Int: Scalars['Int']['output'];
  JSON: Scalars['JSON']['output'];
  LiveClient: LiveClientRecord;
  LiveClientConnection: Omit<LiveClientConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['LiveClientEdge']>, nodes: Array<ResolversParentTypes['LiveClient']> };
  LiveClientEdge: Omit<LiveClientEdge, 'node'> & { node: ResolversParentTypes['LiveClient'] };
  Mutation: Record<PropertyKey, never>;
  NoVerificationInput: NoVerificationInput;
  Node: AnyNode;
  PageInfo: PageInfo;
  PauseWebhookSubscriptionInput: PauseWebhookSubscriptionInput;
  PreviewDeliveryInput: PreviewDeliveryInput;
  PreviewDeliveryPayload: Omit<PreviewDeliveryPayload, 'failure'> & { failure?: Maybe<ResolversParentTypes['DeliveryError']> };
  PreviewedRequest: PreviewedRequest;
  PublishEventInput: PublishEventInput;
  PublishEventPayload: Omit<PublishEventPayload, 'event'> & { event?: Maybe<ResolversParentTypes['Event']> };
  PublishEventsInput: PublishEventsInput;
  PublishEventsPayload: Omit<PublishEventsPayload, 'events'> & { events: Array<ResolversParentTypes['Event']> };
  Query: Record<PropertyKey, never>;
  RateLimit: RateLimit;
  RateLimitInput: RateLimitInput;
  Replay: ReplayRecord;
  ReplayConnection: Omit<ReplayConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['ReplayEdge']>, nodes: Array<ResolversParentTypes['Replay']> };
  ReplayEdge: Omit<ReplayEdge, 'node'> & { node: ResolversParentTypes['Replay'] };
  ReplayEventsInput: ReplayEventsInput;
  ReplayEventsPayload: Omit<ReplayEventsPayload, 'replay'> & { replay?: Maybe<ResolversParentTypes['Replay']> };
  RetryDeliveryPayload: Omit<RetryDeliveryPayload, 'delivery'> & { delivery?: Maybe<ResolversParentTypes['Delivery']> };
  RetryPolicy: RetryPolicy;
  RetryPolicyInput: RetryPolicyInput;
  RevokeApiKeyPayload: Omit<RevokeApiKeyPayload, 'apiKey'> & { apiKey?: Maybe<ResolversParentTypes['ApiKey']> };
  RotateWebhookSecretInput: RotateWebhookSecretInput;
  RotateWebhookSecretPayload: Omit<RotateWebhookSecretPayload, 'webhookSubscription'> & { webhookSubscription?: Maybe<ResolversParentTypes['WebhookSubscription']> };
  ScheduleConfiguration: ScheduleRecord;
  ScheduleInput: ScheduleInput;
  SchemaChange: SchemaChange;
  SchemaComparison: SchemaComparison;
  SecretInput: SecretInput;
  SendTestEventInput: SendTestEventInput;
  SendTestEventPayload: Omit<SendTestEventPayload, 'delivery' | 'event'> & { delivery?: Maybe<ResolversParentTypes['Delivery']>, event?: Maybe<ResolversParentTypes['Event']> };
  SlackVerificationInput: SlackVerificationInput;
  Stats: StatsRecord;
  StatsSpan: CountedSpan;
  String: Scalars['String']['output'];
  Subscription: Record<PropertyKey, never>;
  Target: Target;
  TargetInput: TargetInput;
  TimedSecretInput: TimedSecretInput;
  TokenInput: TokenInput;
  Transform: Transform;
  TransformInput: TransformInput;
  Trigger: TriggerRecord;
  TriggerConfiguration: ResolversUnionTypes<ResolversParentTypes>['TriggerConfiguration'];
  TriggerConfigurationInput: TriggerConfigurationInput;
  TriggerConnection: Omit<TriggerConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['TriggerEdge']>, nodes: Array<ResolversParentTypes['Trigger']> };
  TriggerCounts: TriggerCounts;
  TriggerEdge: Omit<TriggerEdge, 'node'> & { node: ResolversParentTypes['Trigger'] };
  TriggerError: TriggerError;
  TriggerMapping: MappingRecord;
  TriggerMappingInput: TriggerMappingInput;
  TriggerPayload: Omit<TriggerPayload, 'trigger'> & { trigger?: Maybe<ResolversParentTypes['Trigger']> };
  TwilioVerificationInput: TwilioVerificationInput;
  UpdateApplicationInput: UpdateApplicationInput;
  UpdateEventTypeInput: UpdateEventTypeInput;
  UpdateTriggerInput: UpdateTriggerInput;
  UpdateWebhookSubscriptionInput: UpdateWebhookSubscriptionInput;
  UserError: UserError;
  VerificationInput: VerificationInput;
  Viewer: Caller;
  WatchedEventTypes: Readonly<Record<string, string>>;
  WatchedEventTypesInput: WatchedEventTypesInput;
  WebhookSubscription: WebhookSubscriptionRecord;
  WebhookSubscriptionConnection: Omit<WebhookSubscriptionConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['WebhookSubscriptionEdge']>, nodes: Array<ResolversParentTypes['WebhookSubscription']> };
  WebhookSubscriptionEdge: Omit<WebhookSubscriptionEdge, 'node'> & { node: ResolversParentTypes['WebhookSubscription'] };
  WebhookSubscriptionPayload: Omit<WebhookSubscriptionPayload, 'webhookSubscription'> & { webhookSubscription?: Maybe<ResolversParentTypes['WebhookSubscription']> };
};

export type ApiKeyResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApiKey'] = ResolversParentTypes['ApiKey']> = {
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  hint?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  role?: Resolver<ResolversTypes['Role'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApiKeyConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApiKeyConnection'] = ResolversParentTypes['ApiKeyConnection']> = {
  edges?: Resolver<Array<ResolversTypes['ApiKeyEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['ApiKey']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ApiKeyEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApiKeyEdge'] = ResolversParentTypes['ApiKeyEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
};

export type ApplicationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Application'] = ResolversParentTypes['Application']> = {
  apiKeys?: Resolver<Maybe<ResolversTypes['ApiKeyConnection']>, ParentType, ContextType, RequireFields<ApplicationApiKeysArgs, 'first'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  externalId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApplicationConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApplicationConnection'] = ResolversParentTypes['ApplicationConnection']> = {
  edges?: Resolver<Array<ResolversTypes['ApplicationEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Application']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ApplicationEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApplicationEdge'] = ResolversParentTypes['ApplicationEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Application'], ParentType, ContextType>;
};

export type ApplicationPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApplicationPayload'] = ResolversParentTypes['ApplicationPayload']> = {
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type AttemptTimingResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AttemptTiming'] = ResolversParentTypes['AttemptTiming']> = {
  bodyMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  connectMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  dnsMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  firstByteMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  tlsMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type CancelDeliveryPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CancelDeliveryPayload'] = ResolversParentTypes['CancelDeliveryPayload']> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type CancelReplayPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CancelReplayPayload'] = ResolversParentTypes['CancelReplayPayload']> = {
  replay?: Resolver<Maybe<ResolversTypes['Replay']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type ChangeStreamConfigurationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ChangeStreamConfiguration'] = ResolversParentTypes['ChangeStreamConfiguration']> = {
  collection?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  database?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  eventTypes?: Resolver<ResolversTypes['WatchedEventTypes'], ParentType, ContextType>;
  operations?: Resolver<Array<ResolversTypes['WatchedOperation']>, ParentType, ContextType>;
  pipeline?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type CloseConnectionPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CloseConnectionPayload'] = ResolversParentTypes['CloseConnectionPayload']> = {
  closedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type CreateApiKeyPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CreateApiKeyPayload'] = ResolversParentTypes['CreateApiKeyPayload']> = {
  apiKey?: Resolver<Maybe<ResolversTypes['ApiKey']>, ParentType, ContextType>;
  key?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type CreateWebhookSubscriptionPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CreateWebhookSubscriptionPayload'] = ResolversParentTypes['CreateWebhookSubscriptionPayload']> = {
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhookSubscription?: Resolver<Maybe<ResolversTypes['WebhookSubscription']>, ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeleteRecordPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeleteRecordPayload'] = ResolversParentTypes['DeleteRecordPayload']> = {
  deletedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DeliveryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Delivery'] = ResolversParentTypes['Delivery']> = {
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  attempts?: Resolver<Array<ResolversTypes['DeliveryAttempt']>, ParentType, ContextType, RequireFields<DeliveryAttemptsArgs, 'first'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['DeliveryStatus'], ParentType, ContextType>;
  webhookSubscription?: Resolver<Maybe<ResolversTypes['WebhookSubscription']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DeliveryAttemptResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeliveryAttempt'] = ResolversParentTypes['DeliveryAttempt']> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  durationMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['DeliveryError']>, ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>;
  eventId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  eventType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  method?: Resolver<ResolversTypes['RequestMethod'], ParentType, ContextType>;
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  requestBody?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  requestBodyTruncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  requestHeaders?: Resolver<Array<ResolversTypes['Header']>, ParentType, ContextType>;
  responseBody?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  responseBodyTruncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  responseHeaders?: Resolver<Array<ResolversTypes['Header']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  statusClass?: Resolver<ResolversTypes['AttemptClass'], ParentType, ContextType>;
  statusCode?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  timing?: Resolver<ResolversTypes['AttemptTiming'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  webhookSubscription?: Resolver<Maybe<ResolversTypes['WebhookSubscription']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DeliveryAttemptConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeliveryAttemptConnection'] = ResolversParentTypes['DeliveryAttemptConnection']> = {
  edges?: Resolver<Array<ResolversTypes['DeliveryAttemptEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['DeliveryAttempt']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type DeliveryAttemptEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeliveryAttemptEdge'] = ResolversParentTypes['DeliveryAttemptEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['DeliveryAttempt'], ParentType, ContextType>;
};

export type DeliveryConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeliveryConnection'] = ResolversParentTypes['DeliveryConnection']> = {
  edges?: Resolver<Array<ResolversTypes['DeliveryEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Delivery']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type DeliveryEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeliveryEdge'] = ResolversParentTypes['DeliveryEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>;
};

export type DeliveryErrorResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['DeliveryError'] = ResolversParentTypes['DeliveryError']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['DeliveryErrorStage'], ParentType, ContextType>;
};

export type DurationsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Durations'] = ResolversParentTypes['Durations']> = {
  count?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  maxMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  meanMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  medianMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  p95Ms?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type EventResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Event'] = ResolversParentTypes['Event']> = {
  __resolveType: TypeResolveFn<'GenericEvent', ParentType, ContextType>;
};

export type EventConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EventConnection'] = ResolversParentTypes['EventConnection']> = {
  edges?: Resolver<Array<ResolversTypes['EventEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Event']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type EventEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EventEdge'] = ResolversParentTypes['EventEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Event'], ParentType, ContextType>;
};

export type EventTypeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EventType'] = ResolversParentTypes['EventType']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  example?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  schema?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['EventTypeStatus'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  versions?: Resolver<Array<ResolversTypes['EventTypeVersion']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type EventTypeConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EventTypeConnection'] = ResolversParentTypes['EventTypeConnection']> = {
  edges?: Resolver<Array<ResolversTypes['EventTypeEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['EventType']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type EventTypeEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EventTypeEdge'] = ResolversParentTypes['EventTypeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['EventType'], ParentType, ContextType>;
};

export type EventTypePayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EventTypePayload'] = ResolversParentTypes['EventTypePayload']> = {
  comparison?: Resolver<Maybe<ResolversTypes['SchemaComparison']>, ParentType, ContextType>;
  eventType?: Resolver<Maybe<ResolversTypes['EventType']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type EventTypeVersionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['EventTypeVersion'] = ResolversParentTypes['EventTypeVersion']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  schema?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type ExponentialScheduleResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ExponentialSchedule'] = ResolversParentTypes['ExponentialSchedule']> = {
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  baseSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  capSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  factor?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type FireTriggerPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['FireTriggerPayload'] = ResolversParentTypes['FireTriggerPayload']> = {
  duplicate?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type GenericEventResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['GenericEvent'] = ResolversParentTypes['GenericEvent']> = {
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  data?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  deliverAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  deliveries?: Resolver<ResolversTypes['DeliveryConnection'], ParentType, ContextType, RequireFields<GenericEventDeliveriesArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  orderingKey?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  sequence?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  time?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  typeVersion?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type HeaderResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Header'] = ResolversParentTypes['Header']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type InboundWebhookConfigurationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['InboundWebhookConfiguration'] = ResolversParentTypes['InboundWebhookConfiguration']> = {
  cloudEventsOrigins?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  deliveryIdHeader?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  scheme?: Resolver<ResolversTypes['VerificationScheme'], ParentType, ContextType>;
  verification?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type LiveClientResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['LiveClient'] = ResolversParentTypes['LiveClient']> = {
  apiKey?: Resolver<Maybe<ResolversTypes['ApiKey']>, ParentType, ContextType>;
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  nodeId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  openedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  pendingBytes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  remoteAddress?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['Role'], ParentType, ContextType>;
  subscriptions?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  transport?: Resolver<ResolversTypes['Transport'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type LiveClientConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['LiveClientConnection'] = ResolversParentTypes['LiveClientConnection']> = {
  edges?: Resolver<Array<ResolversTypes['LiveClientEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['LiveClient']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  silentNodes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type LiveClientEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['LiveClientEdge'] = ResolversParentTypes['LiveClientEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['LiveClient'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  archiveEventType?: Resolver<ResolversTypes['EventTypePayload'], ParentType, ContextType, RequireFields<MutationArchiveEventTypeArgs, 'input'>>;
  cancelDelivery?: Resolver<ResolversTypes['CancelDeliveryPayload'], ParentType, ContextType, RequireFields<MutationCancelDeliveryArgs, 'input'>>;
  cancelReplay?: Resolver<ResolversTypes['CancelReplayPayload'], ParentType, ContextType, RequireFields<MutationCancelReplayArgs, 'input'>>;
  closeConnection?: Resolver<ResolversTypes['CloseConnectionPayload'], ParentType, ContextType, RequireFields<MutationCloseConnectionArgs, 'input'>>;
  createApiKey?: Resolver<ResolversTypes['CreateApiKeyPayload'], ParentType, ContextType, RequireFields<MutationCreateApiKeyArgs, 'input'>>;
  createApplication?: Resolver<ResolversTypes['ApplicationPayload'], ParentType, ContextType, RequireFields<MutationCreateApplicationArgs, 'input'>>;
  createEventType?: Resolver<ResolversTypes['EventTypePayload'], ParentType, ContextType, RequireFields<MutationCreateEventTypeArgs, 'input'>>;
  createTrigger?: Resolver<ResolversTypes['TriggerPayload'], ParentType, ContextType, RequireFields<MutationCreateTriggerArgs, 'input'>>;
  createWebhookSubscription?: Resolver<ResolversTypes['CreateWebhookSubscriptionPayload'], ParentType, ContextType, RequireFields<MutationCreateWebhookSubscriptionArgs, 'input'>>;
  deleteApplication?: Resolver<ResolversTypes['DeleteRecordPayload'], ParentType, ContextType, RequireFields<MutationDeleteApplicationArgs, 'input'>>;
  deleteEventType?: Resolver<ResolversTypes['DeleteRecordPayload'], ParentType, ContextType, RequireFields<MutationDeleteEventTypeArgs, 'input'>>;
  deleteTrigger?: Resolver<ResolversTypes['DeleteRecordPayload'], ParentType, ContextType, RequireFields<MutationDeleteTriggerArgs, 'input'>>;
  deleteWebhookSubscription?: Resolver<ResolversTypes['DeleteRecordPayload'], ParentType, ContextType, RequireFields<MutationDeleteWebhookSubscriptionArgs, 'input'>>;
  fireTrigger?: Resolver<ResolversTypes['FireTriggerPayload'], ParentType, ContextType, RequireFields<MutationFireTriggerArgs, 'input'>>;
  pauseWebhookSubscription?: Resolver<ResolversTypes['WebhookSubscriptionPayload'], ParentType, ContextType, RequireFields<MutationPauseWebhookSubscriptionArgs, 'input'>>;
  publishEvent?: Resolver<ResolversTypes['PublishEventPayload'], ParentType, ContextType, RequireFields<MutationPublishEventArgs, 'input'>>;
  publishEvents?: Resolver<ResolversTypes['PublishEventsPayload'], ParentType, ContextType, RequireFields<MutationPublishEventsArgs, 'input'>>;
  replayEvents?: Resolver<ResolversTypes['ReplayEventsPayload'], ParentType, ContextType, RequireFields<MutationReplayEventsArgs, 'input'>>;
  resumeWebhookSubscription?: Resolver<ResolversTypes['WebhookSubscriptionPayload'], ParentType, ContextType, RequireFields<MutationResumeWebhookSubscriptionArgs, 'input'>>;
  retryDelivery?: Resolver<ResolversTypes['RetryDeliveryPayload'], ParentType, ContextType, RequireFields<MutationRetryDeliveryArgs, 'input'>>;
  revokeApiKey?: Resolver<ResolversTypes['RevokeApiKeyPayload'], ParentType, ContextType, RequireFields<MutationRevokeApiKeyArgs, 'input'>>;
  rotateWebhookSecret?: Resolver<ResolversTypes['RotateWebhookSecretPayload'], ParentType, ContextType, RequireFields<MutationRotateWebhookSecretArgs, 'input'>>;
  sendTestEvent?: Resolver<ResolversTypes['SendTestEventPayload'], ParentType, ContextType, RequireFields<MutationSendTestEventArgs, 'input'>>;
  updateApplication?: Resolver<ResolversTypes['ApplicationPayload'], ParentType, ContextType, RequireFields<MutationUpdateApplicationArgs, 'input'>>;
  updateEventType?: Resolver<ResolversTypes['EventTypePayload'], ParentType, ContextType, RequireFields<MutationUpdateEventTypeArgs, 'input'>>;
  updateTrigger?: Resolver<ResolversTypes['TriggerPayload'], ParentType, ContextType, RequireFields<MutationUpdateTriggerArgs, 'input'>>;
  updateWebhookSubscription?: Resolver<ResolversTypes['WebhookSubscriptionPayload'], ParentType, ContextType, RequireFields<MutationUpdateWebhookSubscriptionArgs, 'input'>>;
};

export type NodeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'ApiKey' | 'Application' | 'Delivery' | 'DeliveryAttempt' | 'EventType' | 'GenericEvent' | 'LiveClient' | 'Replay' | 'Trigger' | 'WebhookSubscription', ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PreviewDeliveryPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PreviewDeliveryPayload'] = ResolversParentTypes['PreviewDeliveryPayload']> = {
  failure?: Resolver<Maybe<ResolversTypes['DeliveryError']>, ParentType, ContextType>;
  request?: Resolver<Maybe<ResolversTypes['PreviewedRequest']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type PreviewedRequestResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PreviewedRequest'] = ResolversParentTypes['PreviewedRequest']> = {
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  bodyBytes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  headers?: Resolver<Array<ResolversTypes['Header']>, ParentType, ContextType>;
  method?: Resolver<ResolversTypes['RequestMethod'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PublishEventPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PublishEventPayload'] = ResolversParentTypes['PublishEventPayload']> = {
  duplicate?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type PublishEventsPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PublishEventsPayload'] = ResolversParentTypes['PublishEventsPayload']> = {
  duplicates?: Resolver<Array<ResolversTypes['ID']>, ParentType, ContextType>;
  events?: Resolver<Array<ResolversTypes['Event']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  apiKeys?: Resolver<ResolversTypes['ApiKeyConnection'], ParentType, ContextType, RequireFields<QueryApiKeysArgs, 'first'>>;
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType, RequireFields<QueryApplicationArgs, 'id'>>;
  applications?: Resolver<ResolversTypes['ApplicationConnection'], ParentType, ContextType, RequireFields<QueryApplicationsArgs, 'first'>>;
  connections?: Resolver<ResolversTypes['LiveClientConnection'], ParentType, ContextType, RequireFields<QueryConnectionsArgs, 'first'>>;
  deliveries?: Resolver<ResolversTypes['DeliveryConnection'], ParentType, ContextType, RequireFields<QueryDeliveriesArgs, 'first'>>;
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType, RequireFields<QueryDeliveryArgs, 'id'>>;
  deliveryAttempts?: Resolver<ResolversTypes['DeliveryAttemptConnection'], ParentType, ContextType, RequireFields<QueryDeliveryAttemptsArgs, 'first'>>;
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType, RequireFields<QueryEventArgs, 'id'>>;
  eventType?: Resolver<Maybe<ResolversTypes['EventType']>, ParentType, ContextType, RequireFields<QueryEventTypeArgs, 'name'>>;
  eventTypes?: Resolver<ResolversTypes['EventTypeConnection'], ParentType, ContextType, RequireFields<QueryEventTypesArgs, 'first'>>;
  events?: Resolver<ResolversTypes['EventConnection'], ParentType, ContextType, RequireFields<QueryEventsArgs, 'first' | 'order'>>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<Array<Maybe<ResolversTypes['Node']>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  previewDelivery?: Resolver<ResolversTypes['PreviewDeliveryPayload'], ParentType, ContextType, RequireFields<QueryPreviewDeliveryArgs, 'input'>>;
  replay?: Resolver<Maybe<ResolversTypes['Replay']>, ParentType, ContextType, RequireFields<QueryReplayArgs, 'id'>>;
  replays?: Resolver<ResolversTypes['ReplayConnection'], ParentType, ContextType, RequireFields<QueryReplaysArgs, 'first'>>;
  stats?: Resolver<ResolversTypes['Stats'], ParentType, ContextType, RequireFields<QueryStatsArgs, 'range'>>;
  trigger?: Resolver<Maybe<ResolversTypes['Trigger']>, ParentType, ContextType, RequireFields<QueryTriggerArgs, 'id'>>;
  triggers?: Resolver<ResolversTypes['TriggerConnection'], ParentType, ContextType, RequireFields<QueryTriggersArgs, 'first'>>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
  webhookSubscription?: Resolver<Maybe<ResolversTypes['WebhookSubscription']>, ParentType, ContextType, RequireFields<QueryWebhookSubscriptionArgs, 'id'>>;
  webhookSubscriptions?: Resolver<ResolversTypes['WebhookSubscriptionConnection'], ParentType, ContextType, RequireFields<QueryWebhookSubscriptionsArgs, 'first'>>;
};

export type RateLimitResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RateLimit'] = ResolversParentTypes['RateLimit']> = {
  burst?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  perSecond?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type ReplayResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Replay'] = ResolversParentTypes['Replay']> = {
  after?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  deliveriesMade?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  eventsExpired?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  eventsLookedAt?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  eventsTotal?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  logBeganAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  selection?: Resolver<Array<ResolversTypes['ReplaySelection']>, ParentType, ContextType>;
  since?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['ReplayStatus'], ParentType, ContextType>;
  statusReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  types?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  until?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  webhookSubscription?: Resolver<Maybe<ResolversTypes['WebhookSubscription']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReplayConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ReplayConnection'] = ResolversParentTypes['ReplayConnection']> = {
  edges?: Resolver<Array<ResolversTypes['ReplayEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Replay']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ReplayEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ReplayEdge'] = ResolversParentTypes['ReplayEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Replay'], ParentType, ContextType>;
};

export type ReplayEventsPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ReplayEventsPayload'] = ResolversParentTypes['ReplayEventsPayload']> = {
  replay?: Resolver<Maybe<ResolversTypes['Replay']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RetryDeliveryPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RetryDeliveryPayload'] = ResolversParentTypes['RetryDeliveryPayload']> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RetryPolicyResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RetryPolicy'] = ResolversParentTypes['RetryPolicy']> = {
  deadlineSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  delaysSeconds?: Resolver<Array<ResolversTypes['Float']>, ParentType, ContextType>;
  exponential?: Resolver<Maybe<ResolversTypes['ExponentialSchedule']>, ParentType, ContextType>;
  jitter?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  maxAttempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  maxRetryAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  neverRetriedStatuses?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  schedule?: Resolver<ResolversTypes['RetryScheduleKind'], ParentType, ContextType>;
  successStatuses?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
};

export type RevokeApiKeyPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RevokeApiKeyPayload'] = ResolversParentTypes['RevokeApiKeyPayload']> = {
  apiKey?: Resolver<Maybe<ResolversTypes['ApiKey']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RotateWebhookSecretPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RotateWebhookSecretPayload'] = ResolversParentTypes['RotateWebhookSecretPayload']> = {
  previousSecretExpiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhookSubscription?: Resolver<Maybe<ResolversTypes['WebhookSubscription']>, ParentType, ContextType>;
};

export type ScheduleConfigurationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ScheduleConfiguration'] = ResolversParentTypes['ScheduleConfiguration']> = {
  cron?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  data?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  endAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  intervalSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  maxMissed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  missed?: Resolver<ResolversTypes['MissedPolicy'], ParentType, ContextType>;
  nextTimes?: Resolver<Array<ResolversTypes['DateTime']>, ParentType, ContextType, RequireFields<ScheduleConfigurationNextTimesArgs, 'first'>>;
  startAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  timeZone?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SchemaChangeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SchemaChange'] = ResolversParentTypes['SchemaChange']> = {
  kind?: Resolver<ResolversTypes['SchemaCompatibility'], ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SchemaComparisonResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SchemaComparison'] = ResolversParentTypes['SchemaComparison']> = {
  changes?: Resolver<Array<ResolversTypes['SchemaChange']>, ParentType, ContextType>;
  compatibility?: Resolver<ResolversTypes['SchemaCompatibility'], ParentType, ContextType>;
};

export type SendTestEventPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SendTestEventPayload'] = ResolversParentTypes['SendTestEventPayload']> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type StatsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Stats'] = ResolversParentTypes['Stats']> = {
  eventType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  eventTypes?: Resolver<Array<ResolversTypes['Stats']>, ParentType, ContextType>;
  events?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  eventsPerSecond?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  failedRequests?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  parseSuccessRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  processing?: Resolver<ResolversTypes['Durations'], ParentType, ContextType>;
  range?: Resolver<ResolversTypes['StatsRange'], ParentType, ContextType>;
  refused?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  sending?: Resolver<ResolversTypes['Durations'], ParentType, ContextType>;
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  spans?: Resolver<Array<ResolversTypes['StatsSpan']>, ParentType, ContextType>;
  trigger?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  triggers?: Resolver<Array<ResolversTypes['Stats']>, ParentType, ContextType>;
  until?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type StatsSpanResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['StatsSpan'] = ResolversParentTypes['StatsSpan']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  events?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  failedRequests?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  processing?: Resolver<ResolversTypes['Durations'], ParentType, ContextType>;
  refused?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  sending?: Resolver<ResolversTypes['Durations'], ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  deliveries?: SubscriptionResolver<ResolversTypes['Delivery'], "deliveries", ParentType, ContextType, Partial<SubscriptionDeliveriesArgs>>;
  events?: SubscriptionResolver<ResolversTypes['Event'], "events", ParentType, ContextType, Partial<SubscriptionEventsArgs>>;
  replay?: SubscriptionResolver<ResolversTypes['Replay'], "replay", ParentType, ContextType, RequireFields<SubscriptionReplayArgs, 'id'>>;
  stats?: SubscriptionResolver<ResolversTypes['Stats'], "stats", ParentType, ContextType, RequireFields<SubscriptionStatsArgs, 'range'>>;
};

export type TargetResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Target'] = ResolversParentTypes['Target']> = {
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  weight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TransformResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Transform'] = ResolversParentTypes['Transform']> = {
  jsonata?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  template?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
};

export type TriggerResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Trigger'] = ResolversParentTypes['Trigger']> = {
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType>;
  configuration?: Resolver<ResolversTypes['TriggerConfiguration'], ParentType, ContextType>;
  counts?: Resolver<ResolversTypes['TriggerCounts'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  eventType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['TriggerKind'], ParentType, ContextType>;
  mapping?: Resolver<ResolversTypes['TriggerMapping'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TriggerConfigurationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TriggerConfiguration'] = ResolversParentTypes['TriggerConfiguration']> = {
  __resolveType: TypeResolveFn<'ChangeStreamConfiguration' | 'InboundWebhookConfiguration' | 'ScheduleConfiguration', ParentType, ContextType>;
};

export type TriggerConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TriggerConnection'] = ResolversParentTypes['TriggerConnection']> = {
  edges?: Resolver<Array<ResolversTypes['TriggerEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Trigger']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type TriggerCountsResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TriggerCounts'] = ResolversParentTypes['TriggerCounts']> = {
  duplicates?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  fired?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  lastError?: Resolver<Maybe<ResolversTypes['TriggerError']>, ParentType, ContextType>;
  lastFiredAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  refused?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
};

export type TriggerEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TriggerEdge'] = ResolversParentTypes['TriggerEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Trigger'], ParentType, ContextType>;
};

export type TriggerErrorResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TriggerError'] = ResolversParentTypes['TriggerError']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  field?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sample?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TriggerMappingResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TriggerMapping'] = ResolversParentTypes['TriggerMapping']> = {
  data?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  idempotencyKey?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  orderingKey?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  type?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type TriggerPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['TriggerPayload'] = ResolversParentTypes['TriggerPayload']> = {
  trigger?: Resolver<Maybe<ResolversTypes['Trigger']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type UserErrorResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  field?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType>;
  role?: Resolver<ResolversTypes['Role'], ParentType, ContextType>;
};

export type WatchedEventTypesResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['WatchedEventTypes'] = ResolversParentTypes['WatchedEventTypes']> = {
  delete?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  insert?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  replace?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  update?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type WebhookSubscriptionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['WebhookSubscription'] = ResolversParentTypes['WebhookSubscription']> = {
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType>;
  contentType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  deliveries?: Resolver<ResolversTypes['DeliveryConnection'], ParentType, ContextType, RequireFields<WebhookSubscriptionDeliveriesArgs, 'first'>>;
  disableAfterSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  eventTypeVersion?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  eventTypes?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  filter?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  format?: Resolver<ResolversTypes['PayloadFormat'], ParentType, ContextType>;
  handshake?: Resolver<ResolversTypes['Handshake'], ParentType, ContextType>;
  headers?: Resolver<Array<ResolversTypes['Header']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  maxConcurrency?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  method?: Resolver<ResolversTypes['RequestMethod'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  ordering?: Resolver<ResolversTypes['Ordering'], ParentType, ContextType>;
  query?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  queryProblem?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  rateLimit?: Resolver<Maybe<ResolversTypes['RateLimit']>, ParentType, ContextType>;
  retryPolicy?: Resolver<ResolversTypes['RetryPolicy'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['WebhookSubscriptionStatus'], ParentType, ContextType>;
  statusReason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  targetStrategy?: Resolver<ResolversTypes['TargetStrategy'], ParentType, ContextType>;
  targets?: Resolver<Array<ResolversTypes['Target']>, ParentType, ContextType>;
  timeoutMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  transform?: Resolver<Maybe<ResolversTypes['Transform']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  variables?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  whenExhausted?: Resolver<ResolversTypes['ExhaustedBehaviour'], ParentType, ContextType>;
  whilePaused?: Resolver<ResolversTypes['PausedBehaviour'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type WebhookSubscriptionConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['WebhookSubscriptionConnection'] = ResolversParentTypes['WebhookSubscriptionConnection']> = {
  edges?: Resolver<Array<ResolversTypes['WebhookSubscriptionEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['WebhookSubscription']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type WebhookSubscriptionEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['WebhookSubscriptionEdge'] = ResolversParentTypes['WebhookSubscriptionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['WebhookSubscription'], ParentType, ContextType>;
};

export type WebhookSubscriptionPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['WebhookSubscriptionPayload'] = ResolversParentTypes['WebhookSubscriptionPayload']> = {
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
  webhookSubscription?: Resolver<Maybe<ResolversTypes['WebhookSubscription']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  ApiKey?: ApiKeyResolvers<ContextType>;
  ApiKeyConnection?: ApiKeyConnectionResolvers<ContextType>;
  ApiKeyEdge?: ApiKeyEdgeResolvers<ContextType>;
  Application?: ApplicationResolvers<ContextType>;
  ApplicationConnection?: ApplicationConnectionResolvers<ContextType>;
  ApplicationEdge?: ApplicationEdgeResolvers<ContextType>;
  ApplicationPayload?: ApplicationPayloadResolvers<ContextType>;
  AttemptTiming?: AttemptTimingResolvers<ContextType>;
  CancelDeliveryPayload?: CancelDeliveryPayloadResolvers<ContextType>;
  CancelReplayPayload?: CancelReplayPayloadResolvers<ContextType>;
  ChangeStreamConfiguration?: ChangeStreamConfigurationResolvers<ContextType>;
  CloseConnectionPayload?: CloseConnectionPayloadResolvers<ContextType>;
  CreateApiKeyPayload?: CreateApiKeyPayloadResolvers<ContextType>;
  CreateWebhookSubscriptionPayload?: CreateWebhookSubscriptionPayloadResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  DeleteRecordPayload?: DeleteRecordPayloadResolvers<ContextType>;
  Delivery?: DeliveryResolvers<ContextType>;
  DeliveryAttempt?: DeliveryAttemptResolvers<ContextType>;
  DeliveryAttemptConnection?: DeliveryAttemptConnectionResolvers<ContextType>;
  DeliveryAttemptEdge?: DeliveryAttemptEdgeResolvers<ContextType>;
  DeliveryConnection?: DeliveryConnectionResolvers<ContextType>;
  DeliveryEdge?: DeliveryEdgeResolvers<ContextType>;
  DeliveryError?: DeliveryErrorResolvers<ContextType>;
  Durations?: DurationsResolvers<ContextType>;
  Event?: EventResolvers<ContextType>;
  EventConnection?: EventConnectionResolvers<ContextType>;
  EventEdge?: EventEdgeResolvers<ContextType>;
  EventType?: EventTypeResolvers<ContextType>;
  EventTypeConnection?: EventTypeConnectionResolvers<ContextType>;
  EventTypeEdge?: EventTypeEdgeResolvers<ContextType>;
  EventTypePayload?: EventTypePayloadResolvers<ContextType>;
  EventTypeVersion?: EventTypeVersionResolvers<ContextType>;
  ExponentialSchedule?: ExponentialScheduleResolvers<ContextType>;
  FireTriggerPayload?: FireTriggerPayloadResolvers<ContextType>;
  GenericEvent?: GenericEventResolvers<ContextType>;
  Header?: HeaderResolvers<ContextType>;
  InboundWebhookConfiguration?: InboundWebhookConfigurationResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  LiveClient?: LiveClientResolvers<ContextType>;
  LiveClientConnection?: LiveClientConnectionResolvers<ContextType>;
  LiveClientEdge?: LiveClientEdgeResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PreviewDeliveryPayload?: PreviewDeliveryPayloadResolvers<ContextType>;
  PreviewedRequest?: PreviewedRequestResolvers<ContextType>;
  PublishEventPayload?: PublishEventPayloadResolvers<ContextType>;
  PublishEventsPayload?: PublishEventsPayloadResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  RateLimit?: RateLimitResolvers<ContextType>;
  Replay?: ReplayResolvers<ContextType>;
  ReplayConnection?: ReplayConnectionResolvers<ContextType>;
  ReplayEdge?: ReplayEdgeResolvers<ContextType>;
  ReplayEventsPayload?: ReplayEventsPayloadResolvers<ContextType>;
  RetryDeliveryPayload?: RetryDeliveryPayloadResolvers<ContextType>;
  RetryPolicy?: RetryPolicyResolvers<ContextType>;
  RevokeApiKeyPayload?: RevokeApiKeyPayloadResolvers<ContextType>;
  RotateWebhookSecretPayload?: RotateWebhookSecretPayloadResolvers<ContextType>;
  ScheduleConfiguration?: ScheduleConfigurationResolvers<ContextType>;
  SchemaChange?: SchemaChangeResolvers<ContextType>;
  SchemaComparison?: SchemaComparisonResolvers<ContextType>;
  SendTestEventPayload?: SendTestEventPayloadResolvers<ContextType>;
  Stats?: StatsResolvers<ContextType>;
  StatsSpan?: StatsSpanResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Target?: TargetResolvers<ContextType>;
  Transform?: TransformResolvers<ContextType>;
  Trigger?: TriggerResolvers<ContextType>;
  TriggerConfiguration?: TriggerConfigurationResolvers<ContextType>;
  TriggerConnection?: TriggerConnectionResolvers<ContextType>;
  TriggerCounts?: TriggerCountsResolvers<ContextType>;
  TriggerEdge?: TriggerEdgeResolvers<ContextType>;
  TriggerError?: TriggerErrorResolvers<ContextType>;
  TriggerMapping?: TriggerMappingResolvers<ContextType>;
  TriggerPayload?: TriggerPayloadResolvers<ContextType>;
  UserError?: UserErrorResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
  WatchedEventTypes?: WatchedEventTypesResolvers<ContextType>;
  WebhookSubscription?: WebhookSubscriptionResolvers<ContextType>;
  WebhookSubscriptionConnection?: WebhookSubscriptionConnectionResolvers<ContextType>;
  WebhookSubscriptionEdge?: WebhookSubscriptionEdgeResolvers<ContextType>;
  WebhookSubscriptionPayload?: WebhookSubscriptionPayloadResolvers<ContextType>;
};

