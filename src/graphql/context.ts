// What a resolver works with: who asks, the rooms, and loaders that read each record once per request.
import DataLoader from 'dataloader';
import type { ApiKey } from '../application/api-key.js';
import type { Application } from '../application/application.js';
import type { Applications } from '../application/applications.js';
import type { AttemptStore } from '../delivery/attempt-store.js';
import type { DeliveryRoom } from '../delivery/delivery-room.js';
import type { DeliveryStore } from '../delivery/delivery-store.js';
import type { FollowDeliveries } from '../delivery/follow-deliveries.js';
import type { PreviewDelivery } from '../delivery/preview.js';
import type { Replays } from '../delivery/replays.js';
import type { Event } from '../event/event.js';
import type { EventLog } from '../event/event-log.js';
import type { EventSelections } from '../event/event-selection.js';
import type { EventStore } from '../event/event-store.js';
import type { EventTypes } from '../event-type/event-types.js';
import type { LiveClients } from '../live/live-clients.js';
import type { Positions } from '../live/positions.js';
import { maxPageSize } from '../paging.js';
import type { Publisher } from '../publish.js';
import type { Caller } from '../security/access.js';
import type { StatsReader } from '../stats/read-stats.js';
import type { Triggers } from '../trigger/triggers.js';
import type { WebhookSubscription } from '../webhook-subscription/webhook-subscription.js';
import type { WebhookSubscriptions } from '../webhook-subscription/webhook-subscriptions.js';
import { createSizeBudget, type SizeBudget } from './size-budget.js';

export type { Caller } from '../security/access.js';

/** The rooms that resolvers call. */
export interface Rooms {
  readonly applications: Applications;
  readonly eventTypes: EventTypes;
  readonly publisher: Publisher;
  readonly eventLog: EventLog;
  readonly events: EventStore;
  readonly logId: string;
  readonly selections: EventSelections;
  readonly positions: Positions;
  readonly liveClients: LiveClients;
  readonly webhookSubscriptions: WebhookSubscriptions;
  readonly deliveries: DeliveryStore;
  readonly attempts: AttemptStore;
  readonly delivery: DeliveryRoom;
  readonly previewDelivery: PreviewDelivery;
  readonly followDeliveries: FollowDeliveries;
  readonly replays: Replays;
  readonly stats: StatsReader;
  readonly triggers: Triggers;
  /** The time, as the gateway has it. */
  readonly now: () => Date;
}

/** The context of one operation. */
export interface RequestContext {
  readonly caller: Caller;
  readonly rooms: Rooms;
  readonly loaders: Loaders;
  /** Cursor of the last event that a client of server-sent events has seen, by its `Last-Event-ID`; else null. */
  readonly lastEventId: string | null;
  readonly sizes: SizeBudget;
  /** Forgets what was read and counted: each event of a subscription is an execution of its own. */
  renew(): void;
}

/** Records by id, each read once per request; null for one that does not exist. They do not check access. */
export interface Loaders {
  readonly application: DataLoader<string, Application | null>;
  readonly apiKey: DataLoader<string, ApiKey | null>;
  readonly event: DataLoader<string, Event | null>;
  readonly webhookSubscription: DataLoader<string, WebhookSubscription | null>;
}

/** A context for one operation. */
export function createContext(caller: Caller, rooms: Rooms, lastEventId: string | null = null): RequestContext {
  return new LazyContext(caller, rooms, lastEventId);
}

/**
 * Most operations look nothing up. Without `#` fields: Apollo Server works with a copy of the context, which has its prototype
 * and its enumerable properties and no more (decision 17).
 */
class LazyContext implements RequestContext {
  readonly caller: Caller;
  readonly rooms: Rooms;
  readonly lastEventId: string | null;
  sizes = createSizeBudget();
  private made: Loaders | null = null;

  constructor(caller: Caller, rooms: Rooms, lastEventId: string | null) {
    this.caller = caller;
    this.rooms = rooms;
    this.lastEventId = lastEventId;
  }

  get loaders(): Loaders {
    this.made ??= createLoaders(this.rooms, this.sizes);
    return this.made;
  }

  renew(): void {
    this.made = null;
    this.sizes = createSizeBudget();
  }
}

function createLoaders(rooms: Rooms, sizes: SizeBudget): Loaders {
  const each = <T>(get: (id: string) => Promise<T | null>): DataLoader<string, T | null> =>
    new DataLoader((ids) => Promise.all(ids.map(get)));
  return {
    application: each((id) => rooms.applications.get(id)),
    apiKey: each((id) => rooms.applications.getKey(id)),
    webhookSubscription: each((id) => rooms.webhookSubscriptions.get(id, null)),
    event: new DataLoader(
      async (ids) => {
        const found = await sizes.read(() => rooms.events.findMany(ids), sizeOfEvent);
        const byId = new Map(found.map((event) => [event.id, event]));
        return ids.map((id) => byId.get(id) ?? null);
      },
      { maxBatchSize: maxPageSize },
    ),
  };
}

/** The bytes of an event that count as large. */
export const sizeOfEvent = ({ dataJson }: Event): number => dataJson.length;

/** The application that a caller is bound to, or null for one who may see all. */
export function ownerOf({ role, applicationId }: Caller): string | null {
  return role === 'APPLICATION' ? (applicationId ?? '') : null;
}
