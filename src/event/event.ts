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

/**
 * An event over its parts; parses the payload only if somebody looks at it. What was parsed goes with the turn of the event loop:
 * events are kept for long, and so would be all that they hold, to be collected at a high price.
 */
export function createEvent(parts: Omit<Event, 'data'>): Event {
  let data: unknown;
  let isParsed = false;
  return {
    ...parts,
    get data() {
      if (!isParsed) {
        data = JSON.parse(parts.dataJson);
        isParsed = true;
        setImmediate(() => {
          data = undefined;
          isParsed = false;
        });
      }
      return data;
    },
  };
}
