// Who may do what: the roles, and one table of role x operation. The doors ask it for every root field, over HTTP and on
// sockets alike; what belongs to whom is checked where records are looked up.

/** What a credential may do. */
export const roles = ['ADMIN', 'PUBLISHER', 'READER', 'APPLICATION'] as const;

/** What a credential may do. */
export type Role = (typeof roles)[number];

/** Who asks. */
export interface Caller {
  readonly role: Role;
  /** Set for the role `APPLICATION`: it sees and touches only what belongs to this application. */
  readonly applicationId: string | null;
  /** The key's id; null for the key of the settings. */
  readonly apiKeyId: string | null;
}

const everybody: readonly Role[] = roles;
const admin: readonly Role[] = ['ADMIN'];
const publishers: readonly Role[] = ['ADMIN', 'PUBLISHER'];
const readers: readonly Role[] = ['ADMIN', 'READER', 'APPLICATION'];
/** Figures are of the whole platform. */
const watchers: readonly Role[] = ['ADMIN', 'READER'];
/** They see what concerns the platform as a whole. */
const overseers: readonly Role[] = ['ADMIN', 'READER'];
const owners: readonly Role[] = ['ADMIN', 'APPLICATION'];

/** The table: root field to the roles that may use it. A field that is missing here may be used by nobody. */
export const accessTable: Readonly<Record<string, readonly Role[]>> = {
  'Query.viewer': everybody,
  'Query.node': readers,
  'Query.nodes': readers,
  'Query.applications': readers,
  'Query.application': readers,
  'Query.apiKeys': admin,
  'Query.eventTypes': everybody,
  'Query.eventType': everybody,
  'Query.events': readers,
  'Query.event': readers,
  'Query.webhookSubscriptions': readers,
  'Query.webhookSubscription': readers,
  'Query.previewDelivery': owners,
  'Query.deliveries': readers,
  'Query.delivery': readers,
  'Query.deliveryAttempts': readers,
  'Query.replays': readers,
  'Query.replay': readers,
  'Query.stats': watchers,
  'Query.connections': admin,
  'Query.triggers': overseers,
  'Query.trigger': overseers,
  'Mutation.createApplication': admin,
  'Mutation.updateApplication': admin,
  'Mutation.deleteApplication': admin,
  'Mutation.createApiKey': admin,
  'Mutation.revokeApiKey': admin,
  'Mutation.createEventType': admin,
  'Mutation.updateEventType': admin,
  'Mutation.archiveEventType': admin,
  'Mutation.deleteEventType': admin,
  'Mutation.publishEvent': publishers,
  'Mutation.publishEvents': publishers,
  'Mutation.createWebhookSubscription': owners,
  'Mutation.updateWebhookSubscription': owners,
  'Mutation.pauseWebhookSubscription': owners,
  'Mutation.resumeWebhookSubscription': owners,
  'Mutation.deleteWebhookSubscription': owners,
  'Mutation.rotateWebhookSecret': owners,
  'Mutation.sendTestEvent': owners,
  'Mutation.retryDelivery': owners,
  'Mutation.cancelDelivery': owners,
  'Mutation.replayEvents': owners,
  'Mutation.cancelReplay': owners,
  'Mutation.closeConnection': admin,
  // The field of each typed event is under this rule too.
  'Mutation.createTrigger': admin,
  'Mutation.updateTrigger': admin,
  'Mutation.deleteTrigger': admin,
  'Mutation.fireTrigger': admin,
  'Subscription.events': readers,
  'Subscription.deliveries': readers,
  'Subscription.replay': readers,
  'Subscription.stats': watchers,
};

/** True when the role may use the root field, such as `Query.events`. */
export function mayUse(role: Role, rootField: string): boolean {
  return Object.hasOwn(accessTable, rootField) && accessTable[rootField]?.includes(role) === true;
}

/** True when a caller may see what belongs to an application (null: to the platform itself). */
export function mayTouch(caller: Caller, applicationId: string | null): boolean {
  return caller.role !== 'APPLICATION' || (applicationId !== null && applicationId === caller.applicationId);
}
