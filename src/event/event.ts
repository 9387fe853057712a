// The Event: what it is. The log keeps it (event-log.ts), publish.ts checks what comes in.

/** What happened: a CloudEvents 1.0 record with its place in the log. */
export interface Event {
  /** Ours is `evt_…`; a publisher may give its own. */
  readonly id: string;
  readonly type: string;
  /** Version of the event type that the data was checked against. */
  readonly typeVersion: number;
  /** URI reference. */
  readonly source: string;
  readonly subject: string | null;
  readonly time: Date;
  /** The payload, parsed from `dataJson` when first asked for. */
  readonly data: unknown;
  /** The payload as JSON text: what is kept and what is sent. */
  readonly dataJson: string;
  /** Addressed to this application, or to all (null). */
  readonly applicationId: string | null;
  /** Told to this webhook subscription alone, whatever it asks for; null for ordinary events. */
  readonly onlySubscriptionId: string | null;
  /** Events of one key keep their order where a webhook subscription asks for it; null for none. */
  readonly orderingKey: string | null;
  /** Webhooks are told at this instant, not before; null for at once. */
  readonly deliverAt: Date | null;
  /** When it was accepted. */
  readonly publishedAt: Date;
  /** Place in the log: 1, 2, 3, … */
  readonly sequence: number;
}

/** An event before it has its place in the log. */
export interface NewEvent extends Omit<Event, 'sequence' | 'data'> {
  /** Publishing again under this key answers the first event. */
  readonly idempotencyKey: string | null;
  /** Hash of what the publisher said, kept when an id or key of his own makes duplicates possible; else null. */
  readonly contentHash: string | null;
}

/** What became of an appended event. */
export type Appended =
  | { readonly kind: 'appended'; readonly event: Event }
  /** It had been published before, with the same content; `event` is the first one. */
  | { readonly kind: 'duplicate'; readonly event: Event }
  /** Its id or key had been used before, with other content. */
  | { readonly kind: 'conflict'; readonly by: 'id' | 'idempotencyKey' };

/** Event type of the events that `sendTestEvent` makes. */
export const testEventType = 'carillon.test';

/** Events whose payload was parsed in this turn of the event loop. */
let parsed: EventOverParts[] = [];

function forgetParsed(): void {
  for (const event of parsed) event.forgetData();
  parsed = [];
}

/** One form for all events, written out (decision 17): every event is made here, and each step looks at its parts. */
class EventOverParts implements Event {
  readonly id: string;
  readonly type: string;
  readonly typeVersion: number;
  readonly source: string;
  readonly subject: string | null;
  readonly time: Date;
  readonly dataJson: string;
  readonly applicationId: string | null;
  readonly onlySubscriptionId: string | null;
  readonly orderingKey: string | null;
  readonly deliverAt: Date | null;
  readonly publishedAt: Date;
  readonly sequence: number;
  declare readonly data: unknown;
  #data: unknown;

  /** `data` of every event: an own property as the others are, of one getter for all of them. */
  static readonly #ownData = {
    enumerable: true,
    get(this: EventOverParts): unknown {
      if (this.#data === undefined) {
        this.#data = JSON.parse(this.dataJson);
        if (parsed.length === 0) setImmediate(forgetParsed);
        parsed.push(this);
      }
      return this.#data;
    },
  };

  constructor(parts: Omit<Event, 'data' | 'sequence'>, sequence: number) {
    this.id = parts.id;
    this.type = parts.type;
    this.typeVersion = parts.typeVersion;
    this.source = parts.source;
    this.subject = parts.subject;
    this.time = parts.time;
    this.dataJson = parts.dataJson;
    this.applicationId = parts.applicationId;
    this.onlySubscriptionId = parts.onlySubscriptionId;
    this.orderingKey = parts.orderingKey;
    this.deliverAt = parts.deliverAt;
    this.publishedAt = parts.publishedAt;
    this.sequence = sequence;
    Object.defineProperty(this, 'data', EventOverParts.#ownData);
  }

  forgetData(): void {
    this.#data = undefined;
  }
}

/**
 * An event over its parts; parses the payload only if somebody looks at it. What was parsed goes with the turn of the event loop:
 * events are kept for long, and so would be all that they hold, to be collected at a high price.
 */
export function createEvent(parts: Omit<Event, 'data' | 'sequence'>, sequence: number): Event {
  return new EventOverParts(parts, sequence);
}
