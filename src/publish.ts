// THE STORY, read it first: how one event flows. check -> append to the log -> plan deliveries -> show live.
// Every door that makes events happen calls `publish`; what each step does is in the room it comes from.
import { createHash } from 'node:crypto';
import type { Clock, NewId } from './clock.js';
import { kindOfId } from './clock.js';
import type { Planner } from './delivery/plan.js';
import { canonicalJson } from './event/canonical-json.js';
import type { Event, NewEvent } from './event/event.js';
import { createEvent, testEventType } from './event/event.js';
import type { EventLog } from './event/event-log.js';
import type { EventStore } from './event/event-store.js';
import { type OwnEvent, ownEventTypes, platformOnly } from './event/own-events.js';
import type { EventTypes, PublishableType } from './event-type/event-types.js';
import type { Tail } from './live/tail.js';
import { Problem } from './problem.js';
import type { Meter } from './stats/meter.js';
import { checkOptionalText } from './text.js';

/** An event as it comes from a door; what is absent gets its default. */
export interface PublishInput {
  readonly type: string;
  readonly data?: unknown;
  readonly id?: string | null | undefined;
  readonly source?: string | null | undefined;
  readonly subject?: string | null | undefined;
  readonly time?: Date | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly orderingKey?: string | null | undefined;
  /** At most a year ahead; an instant that has passed means at once. */
  readonly deliverAt?: Date | null | undefined;
  readonly applicationId?: string | null | undefined;
}

/** An event in the log, and whether it had been there before. */
export interface Published {
  readonly event: Event;
  readonly duplicate: boolean;
}

/** Publishing. Whatever is answered without a throw is in the log on a majority and will be told to all who asked. */
export interface Publisher {
  /**
   * Publishes 1 to 1,000 events in order; when one of them is refused, none is written. Throws `EVENT_TYPE_UNKNOWN`,
   * `DATA_INVALID`, `TOO_LARGE`, `INVALID_INPUT`, `NOT_FOUND` (application), `IDEMPOTENCY_KEY_REUSED`, `STORE_UNAVAILABLE`;
   * the field of the n-th event begins with `events.n`.
   */
  publishAll(inputs: readonly PublishInput[]): Promise<Published[]>;
  /** Publishes one event. Throws as `publishAll`, with fields that begin at the event. */
  publish(input: PublishInput): Promise<Published>;
  /** Publishes a `carillon.test` event for one webhook subscription alone. Throws `TOO_LARGE`. */
  publishTest(
    subscription: { readonly id: string; readonly applicationId: string | null },
    data: unknown,
  ): Promise<Event>;
  /** Publishes an event of the gateway's own, once for its key. Throws `STORE_UNAVAILABLE`. */
  announce(event: OwnEvent): Promise<void>;
  /**
   * An event that is not published: of this data, or of the example of its type when that is undefined, or null. Throws
   * `EVENT_TYPE_UNKNOWN`, `TOO_LARGE`.
   */
  example(type: string, data: unknown): Promise<Event>;
}

/** What publishing needs. */
export interface PublisherOptions {
  readonly eventTypes: EventTypes;
  readonly log: EventLog;
  readonly events: EventStore;
  readonly applicationExists: (id: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly meter: Pick<Meter, 'published' | 'refused'>;
  /** Largest `data` in bytes of JSON. */
  readonly maxDataBytes: number;
}

const maxEvents = 1000;
const maxDelayMs = 366 * 86_400_000;
const defaultSource = 'carillon';

/** What follows an append: deliveries are planned and live clients see it. Order matters to neither. */
export function afterAppend(planner: Pick<Planner, 'plan'>, tail: Tail): (events: readonly Event[]) => void {
  return (events) => {
    planner.plan(events);
    tail.show(events);
  };
}

/** Publishing over the log. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { eventTypes, log, events, clock, newId, meter, maxDataBytes } = options;

  async function check(input: PublishInput): Promise<NewEvent> {
    // Whose name nobody knows is counted under no name.
    let name: string | null = null;
    try {
      const type = await eventTypes.publishable(input.type);
      ({ name } = type);
      const event = toNewEvent(type, input);
      if (event.applicationId !== null && !(await options.applicationExists(event.applicationId)))
        throw new Problem('NOT_FOUND', 'there is no such application', { field: 'application' });
      return event;
    } catch (error) {
      if (error instanceof Problem && error.code !== 'STORE_UNAVAILABLE') meter.refused(name);
      throw error;
    }
  }

  function toNewEvent(type: PublishableType, input: PublishInput): NewEvent {
    const dataJson = toDataJson(input.data, maxDataBytes);
    type.checkData(input.data ?? null);
    const { id, idempotencyKey } = checkKeys(input);
    const applicationId = input.applicationId ?? null;
    const source = checkSource(input.source);
    const subject = checkOptionalText(input.subject, 'subject', 1024);
    const orderingKey = checkOptionalText(input.orderingKey, 'orderingKey', 256);
    const now = clock.now();
    const deliverAt = checkDeliverAt(input.deliverAt, now);
    const isRepeatable = id !== null || idempotencyKey !== null;
    const said = (): object => ({
      type: input.type,
      data: input.data ?? null,
      source,
      subject,
      time: input.time ?? null,
      applicationId,
      id,
      ...(orderingKey === null ? {} : { orderingKey }),
      ...(deliverAt === null ? {} : { deliverAt }),
    });
    return {
      id: id ?? newId('event'),
      type: type.name,
      typeVersion: type.version,
      source,
      subject,
      time: input.time ?? now,
      dataJson,
      applicationId,
      onlySubscriptionId: null,
      orderingKey,
      deliverAt,
      publishedAt: now,
      idempotencyKey,
      contentHash: isRepeatable ? createHash('sha256').update(canonicalJson(said())).digest('base64') : null,
    };
  }

  /** Refuses a list before anything of it is written when a key in it is used with other content, in the list or the log. */
  async function refuseReused(items: readonly NewEvent[]): Promise<void> {
    const uses = items.flatMap(({ id, idempotencyKey, contentHash }, index) => {
      const own = kindOfId(id) === null ? [{ index, contentHash, key: { id } }] : [];
      return idempotencyKey === null ? own : [...own, { index, contentHash, key: { idempotencyKey } }];
    });
    const refuse = ({ index, key }: (typeof uses)[number]): never => {
      throw reused('id' in key ? 'id' : 'idempotencyKey').under(`events.${index}`);
    };
    const first = new Map<string, string | null>();
    for (const use of uses) {
      const name = JSON.stringify(use.key);
      if (!first.has(name)) first.set(name, use.contentHash);
      if (first.get(name) !== use.contentHash) refuse(use);
    }
    await Promise.all(
      uses.map(async (use) => {
        const found = await events.find(use.key);
        if (found !== null && found.contentHash !== use.contentHash) refuse(use);
      }),
    );
  }

  async function publish(input: PublishInput): Promise<Published> {
    const startedMs = clock.monotonicMs();
    const [appended] = await log.append([await check(input)]);
    if (appended === undefined || appended.kind === 'conflict') throw reused(appended?.by ?? 'id');
    if (appended.kind === 'appended') meter.published(appended.event.type, clock.monotonicMs() - startedMs);
    return { event: appended.event, duplicate: appended.kind === 'duplicate' };
  }

  async function publishAll(inputs: readonly PublishInput[]): Promise<Published[]> {
    if (inputs.length < 1 || inputs.length > maxEvents) {
      throw new Problem('INVALID_INPUT', `events must have 1 to ${maxEvents} elements, has ${inputs.length}`, {
        field: 'events',
      });
    }
    const startedMs = clock.monotonicMs();
    const items: NewEvent[] = [];
    for (const [index, input] of inputs.entries()) {
      try {
        items.push(await check(input));
      } catch (error) {
        throw error instanceof Problem ? error.under(`events.${index}`) : error;
      }
    }
    await refuseReused(items);
    const appended = await log.append(items);
    const tookMs = clock.monotonicMs() - startedMs;
    return appended.map((one, index) => {
      if (one.kind === 'appended') meter.published(one.event.type, tookMs);
      if (one.kind === 'conflict') throw reused(one.by).under(`events.${index}`);
      return { event: one.event, duplicate: one.kind === 'duplicate' };
    });
  }

  /** An event of the gateway's own; its data is JSON of ours and needs no schema. */
  function toOwnEvent(parts: Pick<NewEvent, 'type' | 'subject' | 'dataJson' | 'applicationId'>): NewEvent {
    const now = clock.now();
    return {
      id: newId('event'),
      typeVersion: 1,
      source: defaultSource,
      time: now,
      onlySubscriptionId: null,
      orderingKey: null,
      deliverAt: null,
      publishedAt: now,
      idempotencyKey: null,
      contentHash: null,
      ...parts,
    };
  }

  async function publishTest(
    { id: subject, applicationId }: { readonly id: string; readonly applicationId: string | null },
    data: unknown,
  ): Promise<Event> {
    const dataJson = toDataJson(data, maxDataBytes);
    const own = toOwnEvent({ type: testEventType, subject, dataJson, applicationId });
    const [appended] = await log.append([{ ...own, onlySubscriptionId: subject }]);
    if (appended?.kind !== 'appended') throw new Problem('CONFLICT', 'the test event was not accepted; try again');
    return appended.event;
  }

  async function example(type: string, data: unknown): Promise<Event> {
    const eventType = await eventTypes.getByName(type);
    if (eventType === null && !Object.hasOwn(ownEventTypes, type))
      throw new Problem('EVENT_TYPE_UNKNOWN', `there is no event type "${type}"`, { field: 'eventType' });
    const dataJson = toDataJson(data === undefined ? eventType?.example : data, maxDataBytes);
    const own = toOwnEvent({ type, subject: null, dataJson, applicationId: null });
    return createEvent({ ...own, typeVersion: eventType?.version ?? 1 }, 0);
  }

  async function announce({ type, subject, data, applicationId, key }: OwnEvent): Promise<void> {
    const dataJson = JSON.stringify(data);
    const own = toOwnEvent({ type, subject, dataJson, applicationId: applicationId ?? platformOnly });
    await log.append([{ ...own, idempotencyKey: `carillon ${type} ${key}`, contentHash: key }]);
  }

  return { publish, publishAll, publishTest, announce, example };
}

function toDataJson(data: unknown, maxBytes: number): string {
  const json = JSON.stringify(data ?? null);
  const bytes = json.length * 3 <= maxBytes ? json.length : Buffer.byteLength(json);
  if (bytes > maxBytes) {
    throw new Problem('TOO_LARGE', `data must have at most ${maxBytes} bytes of JSON, has ${bytes}`, { field: 'data' });
  }
  return json;
}

function checkKeys({ id = null, idempotencyKey = null }: PublishInput): {
  id: string | null;
  idempotencyKey: string | null;
} {
  // A dot would make the signed text `id.timestamp.body` ambiguous.
  if (id !== null && !/^[\x21-\x2d\x2f-\x7e]{1,128}$/.test(id)) {
    throw new Problem('INVALID_INPUT', 'id must be 1 to 128 visible ASCII characters without a dot', { field: 'id' });
  }
  if (id !== null && kindOfId(id) !== null) {
    throw new Problem('INVALID_INPUT', 'id must not look like an identifier that the gateway makes', { field: 'id' });
  }
  if (idempotencyKey !== null && (idempotencyKey.length < 1 || idempotencyKey.length > 256)) {
    const message = `idempotencyKey must have 1 to 256 characters, has ${idempotencyKey.length}`;
    throw new Problem('INVALID_INPUT', message, { field: 'idempotencyKey' });
  }
  return { id, idempotencyKey };
}

function checkDeliverAt(deliverAt: Date | null | undefined, now: Date): Date | null {
  if (deliverAt == null) return null;
  if (Number.isNaN(deliverAt.getTime()))
    throw new Problem('INVALID_INPUT', 'deliverAt must be an instant', { field: 'deliverAt' });
  if (deliverAt.getTime() - now.getTime() > maxDelayMs) {
    throw new Problem('INVALID_INPUT', 'deliverAt must be at most 366 days ahead', { field: 'deliverAt' });
  }
  return deliverAt;
}

/** A URI reference (RFC 3986, section 4.1), as CloudEvents asks of `source`. */
function checkSource(source: string | null | undefined): string {
  if (source == null) return defaultSource;
  if (
    source.length < 1 ||
    source.length > 2048 ||
    !/^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/.test(source)
  ) {
    throw new Problem('INVALID_INPUT', 'source must be a URI reference of 1 to 2048 characters', { field: 'source' });
  }
  return source;
}

function reused(by: 'id' | 'idempotencyKey'): Problem {
  return new Problem('IDEMPOTENCY_KEY_REUSED', `${by} was used before with other content`, { field: by });
}
