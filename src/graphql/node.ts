// `node` and `nodes`: any record by its identifier, whose prefix tells the kind.
import type { ApiKey } from '../application/api-key.js';
import type { Application } from '../application/application.js';
import { kindOfId } from '../clock.js';
import type { Delivery, DeliveryAttempt } from '../delivery/delivery.js';
import type { Replay } from '../delivery/replay.js';
import type { Event } from '../event/event.js';
import type { EventType } from '../event-type/event-type.js';
import type { LiveClient } from '../live/live-clients.js';
import { Problem } from '../problem.js';
import { mayTouch } from '../security/access.js';
import type { Trigger } from '../trigger/trigger.js';
import type { WebhookSubscription } from '../webhook-subscription/webhook-subscription.js';
import { ownerOf, type RequestContext } from './context.js';
import { findDelivery } from './delivery.js';
import { eventTypeNameIn, maySee } from './event.js';
import type { Resolvers } from './generated.js';

/** Any record that has an identifier. */
export type AnyNode =
  | Application
  | ApiKey
  | EventType
  | Event
  | WebhookSubscription
  | Delivery
  | DeliveryAttempt
  | Replay
  | Trigger
  | LiveClient;

const maxNodes = 100;

const typeNames = {
  application: 'Application',
  apiKey: 'ApiKey',
  eventType: 'EventType',
  event: 'GenericEvent',
  webhookSubscription: 'WebhookSubscription',
  delivery: 'Delivery',
  deliveryAttempt: 'DeliveryAttempt',
  connection: 'LiveClient',
  replay: 'Replay',
  trigger: 'Trigger',
} as const;

/** Records by identifier. */
export const nodeResolvers: Resolvers = {
  Query: {
    viewer: (_root, _args, { caller }) => caller,
    node: (_root, { id }, context) => findNode(id, context),
    nodes(_root, { ids }, context) {
      if (ids.length > maxNodes) {
        throw new Problem('INVALID_INPUT', `ids must have at most ${maxNodes} elements, has ${ids.length}`, {
          field: 'ids',
        });
      }
      return Promise.all(ids.map((id) => findNode(id, context)));
    },
  },
  // An identifier that is none of ours is a publisher's own: that of an event.
  Node: {
    __resolveType(record, _context, { schema }) {
      const kind = kindOfId(record.id) ?? 'event';
      return kind === 'event' && 'type' in record ? eventTypeNameIn(schema, record.type) : typeNames[kind];
    },
  },
};

async function findNode(id: string, context: RequestContext): Promise<AnyNode | null> {
  const { caller, rooms, loaders } = context;
  const kind = kindOfId(id) ?? 'event';
  switch (kind) {
    case 'application':
      return mayTouch(caller, id) ? loaders.application.load(id) : null;
    case 'apiKey':
      return caller.role === 'ADMIN' ? loaders.apiKey.load(id) : null;
    case 'connection':
      return caller.role === 'ADMIN' ? rooms.liveClients.get(id) : null;
    case 'eventType':
      return rooms.eventTypes.get(id);
    case 'event': {
      const event = await loaders.event.load(id);
      return event !== null && maySee(caller, event) ? event : null;
    }
    case 'webhookSubscription': {
      const subscription = await loaders.webhookSubscription.load(id);
      return subscription !== null && mayTouch(caller, subscription.applicationId) ? subscription : null;
    }
    case 'delivery':
      return findDelivery(id, context);
    case 'deliveryAttempt': {
      const attempt = await rooms.attempts.get(id);
      return attempt !== null && mayTouch(caller, attempt.applicationId) ? attempt : null;
    }
    case 'replay':
      return rooms.replays.get(id, ownerOf(caller));
    case 'trigger':
      return caller.role === 'ADMIN' || caller.role === 'READER' ? rooms.triggers.get(id) : null;
    default:
      return kind satisfies never;
  }
}
