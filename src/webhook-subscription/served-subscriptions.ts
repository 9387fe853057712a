// The copy of all webhook subscriptions that planning and delivery look at: in memory, indexed by event type, kept fresh by
// a change stream, with a barrier so that nothing acknowledged before is missed. Rules and writes are elsewhere.
import { createCatchUp } from '../catch-up.js';
import type { Clock } from '../clock.js';
import type { Event } from '../event/event.js';
import { compileFilter, type EventFilter } from '../event/filter.js';
import { type FilterKey, filterKeyOf } from '../event/filter-key.js';
import type { Log } from '../log.js';
import { type CompiledPayload, compilePayload } from '../payload/payload-settings.js';
import type { HeaderTemplate } from '../payload/render-request.js';
import type { SecretBox } from '../security/secret-box.js';
import { parseWebhookSecret } from '../security/signing.js';
import { parseHeaders } from './custom-headers.js';
import { type DeliveryPolicy, defaultDeliveryPolicy, type Target } from './delivery-policy.js';
import { compileDeliveryPolicy, type DeliverySettings } from './delivery-settings.js';
import { createMatchingIndex } from './matching-index.js';
import type { Header, SavedDocument, WebhookSubscription, WebhookSubscriptionStatus } from './webhook-subscription.js';
import type { SubscriptionChange, WebhookSubscriptionStore } from './webhook-subscription-store.js';

/** A webhook subscription ready for use: compiled and decrypted when first needed. */
export interface ServedSubscription {
  readonly id: string;
  readonly application: string | null;
  readonly eventTypes: readonly string[];
  /** What an event must have to pass its filter; null when nothing can be said. */
  readonly filterKey: FilterKey | null;
  readonly status: WebhookSubscriptionStatus;
  readonly policy: DeliveryPolicy;
  /** At least one. */
  readonly targets: readonly Target[];
  /**
   * True when its filter and its beginning let it have this event; of another beginning when `fromSequence` says so.
   * Types and addressee are the index's affair.
   */
  wants(event: Event, fromSequence?: number): boolean;
  /** Null when the event's data is sent as it is. */
  readonly document: SavedDocument | null;
  /** The version of its only event type that it is pinned to; null for whatever is current. */
  readonly eventTypeVersion: number | null;
  readonly headers: readonly Header[];
  /** The headers with their paths parsed; null when none has any. */
  readonly headerTemplates: readonly HeaderTemplate[] | null;
  /** How requests are made of events; null for the default. Throws when another version has set it. */
  readonly payload: CompiledPayload | null;
  /** Keys that sign at this instant, current one first. */
  signingKeys(now: Date): readonly Buffer[];
}

/** The copy in memory. */
export interface ServedSubscriptions {
  /** Those that want this event. Cost grows with those that name its type and a value it has, not with all. */
  wanting(event: Event): ServedSubscription[];
  /** From memory; null when it is not there (yet). */
  peek(id: string): ServedSubscription | null;
  /** From memory; from the store when it is not there yet; null when there is none. */
  get(id: string): Promise<ServedSubscription | null>;
  /**
   * Resolves once every write acknowledged before this call, by any node, is in the copy; null when it is known to be so
   * already. Throws `STORE_UNAVAILABLE` when that takes longer than ten seconds.
   */
  caughtUp(): Promise<void> | null;
  /** Resolves when loaded for the first time. */
  readonly loaded: Promise<void>;
  close(): Promise<void>;
}

/** What the copy needs. */
export interface ServedSubscriptionsOptions {
  readonly store: WebhookSubscriptionStore;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
}

type PreparingTools = Pick<ServedSubscriptionsOptions, 'secretBox' | 'log'>;

const restartAfterMs = 500;

/** Starts loading and following at once. */
export function serveSubscriptions({ store, secretBox, clock, log }: ServedSubscriptionsOptions): ServedSubscriptions {
  const tools = { secretBox, log };
  const index = createMatchingIndex<ServedSubscription>();
  const byId = new Map<string, { readonly served: ServedSubscription; readonly updatedAt: Date }>();
  const stop = new AbortController();
  const barrier = createCatchUp('webhook subscriptions', () => store.revision(), clock);
  const first = createDeferred();

  function put(subscription: WebhookSubscription): void {
    const known = byId.get(subscription.id);
    if (known !== undefined && known.updatedAt > subscription.updatedAt) return;
    const served = new PreparedSubscription(subscription, tools);
    byId.set(served.id, { served, updatedAt: subscription.updatedAt });
    index.put(served);
  }

  function apply(change: SubscriptionChange): void {
    switch (change.kind) {
      case 'put':
        put(change.subscription);
        break;
      case 'remove':
        byId.delete(change.id);
        index.remove(change.id);
        break;
      case 'revision':
        barrier.see(change.revision);
        break;
      default:
        change satisfies never;
    }
  }

  async function load(): Promise<void> {
    const revision = await store.revision();
    const found = new Set<string>();
    for await (const subscription of store.all()) {
      found.add(subscription.id);
      put(subscription);
    }
    for (const id of byId.keys()) if (!found.has(id)) apply({ kind: 'remove', id });
    barrier.see(revision);
    first.resolve();
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await store.watch(apply, load, stop.signal);
      } catch (error) {
        barrier.lose();
        log.warn('Lost sight of webhook subscriptions; reading them again.', { error });
        await new Promise<void>((resolve) => clock.after(restartAfterMs, resolve));
      }
    }
  }
  const following = follow();

  return {
    wanting: (event) => [...index.candidates(event)].filter((one) => one.wants(event)),
    peek: (id) => byId.get(id)?.served ?? null,
    async get(id) {
      const known = byId.get(id)?.served;
      if (known !== undefined) return known;
      const stored = await store.get(id);
      return stored === null ? null : new PreparedSubscription(stored, tools);
    },
    caughtUp: () => barrier.caughtUp(),
    loaded: first.promise,
    async close() {
      stop.abort();
      await following;
    },
  };
}

function createDeferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A class, so that 100,000 of them share their functions and their shape. */
class PreparedSubscription implements ServedSubscription {
  readonly filterKey: FilterKey | null;
  readonly #stored: WebhookSubscription;
  readonly #tools: PreparingTools;
  #filter: EventFilter | null = null;
  #policy: DeliveryPolicy | null = null;
  #headers: readonly Header[] | null = null;
  #headerTemplates: readonly HeaderTemplate[] | null | undefined;
  #payload: CompiledPayload | null | undefined;
  #keys: readonly { readonly key: Buffer; readonly expiresAt: Date | null }[] | null = null;

  constructor(stored: WebhookSubscription, tools: PreparingTools) {
    this.#stored = stored;
    this.#tools = tools;
    this.filterKey = filterKeyOf(stored.filter);
  }

  get id(): string {
    return this.#stored.id;
  }

  get application(): string | null {
    return this.#stored.applicationId;
  }

  get eventTypes(): readonly string[] {
    return this.#stored.eventTypes;
  }

  get status(): WebhookSubscriptionStatus {
    return this.#stored.status;
  }

  get targets(): readonly Target[] {
    return this.#stored.targets;
  }

  get document(): SavedDocument | null {
    return this.#stored.document;
  }

  get eventTypeVersion(): number | null {
    return this.#stored.eventTypeVersion;
  }

  get policy(): DeliveryPolicy {
    this.#policy ??= compilePolicy(this.id, this.#stored.deliverySettings, this.#tools.log);
    return this.#policy;
  }

  get headers(): readonly Header[] {
    const { id, headersSealed } = this.#stored;
    this.#headers ??= headersSealed === null ? [] : readHeaders(this.#tools.secretBox.open(headersSealed, id));
    return this.#headers;
  }

  get headerTemplates(): readonly HeaderTemplate[] | null {
    if (this.#headerTemplates === undefined) this.#headerTemplates = parseHeaders(this.headers);
    return this.#headerTemplates;
  }

  get payload(): CompiledPayload | null {
    if (this.#payload === undefined) this.#payload = compilePayload(this.#stored.payload);
    return this.#payload;
  }

  wants(event: Event, fromSequence = this.#stored.fromSequence): boolean {
    if (event.sequence <= fromSequence) return false;
    const { document, eventTypeVersion } = this.#stored;
    // A document is executed against its version whatever the event's is; plain data has the version it has.
    if (eventTypeVersion !== null && document === null && event.typeVersion !== eventTypeVersion) return false;
    // Most filters are never asked: their events lack what they must have.
    this.#filter ??= compileStored(this.id, this.#stored.filter, this.#tools.log);
    return this.#filter.matches(event);
  }

  signingKeys(now: Date): readonly Buffer[] {
    const { id, secrets } = this.#stored;
    this.#keys ??= secrets.map(({ sealed, expiresAt }) => ({
      key: parseWebhookSecret(this.#tools.secretBox.open(sealed, id), 'secret'),
      expiresAt,
    }));
    return this.#keys.filter(({ expiresAt }) => expiresAt === null || expiresAt > now).map(({ key }) => key);
  }
}

/** A webhook subscription ready for use, without a place in the copy. */
export function prepareSubscription(subscription: WebhookSubscription, tools: PreparingTools): ServedSubscription {
  return new PreparedSubscription(subscription, tools);
}

const nothingPasses: EventFilter = { matches: () => false };

function compileStored(webhookSubscription: string, filter: unknown, log: Log): EventFilter {
  try {
    return compileFilter(filter, 'filter');
  } catch (error) {
    // Possible only when a newer version wrote it: kept out rather than told too much.
    log.error('A stored filter does not compile; its webhook subscription gets nothing.', {
      webhookSubscription,
      error,
    });
    return nothingPasses;
  }
}

function compilePolicy(webhookSubscription: string, settings: DeliverySettings, log: Log): DeliveryPolicy {
  try {
    return compileDeliveryPolicy(settings);
  } catch (error) {
    // Possible only when another version wrote them: its events are better told by the default than not at all.
    log.error('Stored delivery settings are out of their ranges; the defaults hold.', { webhookSubscription, error });
    return defaultDeliveryPolicy;
  }
}

/** Headers as `webhook-subscriptions.ts` sealed them. */
export function readHeaders(json: string): readonly Header[] {
  return JSON.parse(json) as Header[];
}
