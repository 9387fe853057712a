// The rules of webhook subscriptions: creating, changing, pausing, resuming, deleting, secrets. Who may do it is the doors'
// business: they pass `owner`, the application that a caller is bound to, or null for a caller who may touch all.
import type { NewId, RandomBytes } from '../clock.js';
import type { RunJsonata } from '../jsonata/jsonata-pool.js';
import type { Page, PageRequest } from '../paging.js';
import { checkPayloadSettings, type PayloadSettingsInput } from '../payload/payload-settings.js';
import { Problem } from '../problem.js';
import type { OutboundGuard } from '../security/outbound-guard.js';
import type { SecretBox } from '../security/secret-box.js';
import { createWebhookSecret, parseWebhookSecret } from '../security/signing.js';
import { checkOptionalText } from '../text.js';
import { type AskedEventsInput, type AskedEventsRules, checkAskedEvents } from './asked-events.js';
import { type ChangingOptions, createChanging } from './changing.js';
import { checkCustomHeaders } from './custom-headers.js';
import type { Target } from './delivery-policy.js';
import { checkDeliverySettings, type DeliverySettingsInput } from './delivery-settings.js';
import { type ShakeHands, seekAgreement } from './handshake.js';
import { isBroken, type ProblemOf, recheckingDocuments } from './rechecking-documents.js';
import { readHeaders } from './served-subscriptions.js';
import { checkTargets, type TargetsInput } from './targets.js';
import type { Header, SealedSecret, WebhookSubscription } from './webhook-subscription.js';
import type { SubscriptionFilter } from './webhook-subscription-store.js';

/** A new webhook subscription as it comes from the door. */
export interface NewWebhookSubscription
  extends TargetsInput,
    DeliverySettingsInput,
    AskedEventsInput,
    PayloadSettingsInput {
  readonly name?: string | null | undefined;
  readonly headers?: readonly Header[] | null | undefined;
  readonly secret?: string | null | undefined;
  readonly applicationId: string | null;
}

/** Changes of a webhook subscription; what is undefined stays. Targets and a retry policy are given anew as a whole. */
export interface WebhookSubscriptionChanges
  extends TargetsInput,
    DeliverySettingsInput,
    AskedEventsInput,
    PayloadSettingsInput {
  readonly name?: string | null | undefined;
  readonly headers?: readonly Header[] | null | undefined;
}

/** A new signing secret. */
export interface NewSecret {
  readonly secret?: string | null | undefined;
  /** How long the old one signs too, in seconds: 0 to 604,800. */
  readonly overlapSeconds: number;
}

/** Webhook subscriptions and their rules. A record of another owner is `NOT_FOUND`. */
export interface WebhookSubscriptions {
  /**
   * Throws `URL_INVALID`, `URL_FORBIDDEN`, `INVALID_INPUT`, `TOO_LARGE`, `EVENT_TYPE_UNKNOWN`, `FILTER_INVALID`,
   * `TRANSFORM_INVALID`, `HEADER_INVALID`, `HANDSHAKE_REFUSED`.
   */
  create(input: NewWebhookSubscription): Promise<{ webhookSubscription: WebhookSubscription; secret: string }>;
  /** What `create` would store, and nothing is stored and no receiver asked. Throws as `create`. */
  draft(input: NewWebhookSubscription): Promise<WebhookSubscription>;
  /** Throws as `create`, and `NOT_FOUND` or `CONFLICT`. */
  update(id: string, changes: WebhookSubscriptionChanges, owner: string | null): Promise<WebhookSubscription>;
  pause(id: string, reason: string | null, owner: string | null): Promise<WebhookSubscription>;
  /** Throws `NOT_FOUND`, `CONFLICT`, or `HANDSHAKE_REFUSED`, and then it is not served. */
  resume(id: string, owner: string | null): Promise<WebhookSubscription>;
  /** Ends serving because of the receiver; false, and nothing happens, when it is not active any more. */
  disable(id: string, reason: string): Promise<boolean>;
  /** One that names an event type, among its event types or in its document alone, in words; null when none does. */
  findNaming(eventType: string): Promise<string | null>;
  /** Those whose documents `problemOf` finds at fault, at most `limit`. */
  findBroken(problemOf: ProblemOf, limit: number): Promise<readonly string[]>;
  /**
   * Ends serving those whose documents `problemOf` finds at fault, their deliveries kept, and serves those again whose
   * documents are mended.
   */
  recheckDocuments(problemOf: ProblemOf): Promise<void>;
  delete(id: string, owner: string | null): Promise<void>;
  /** Deletes all of an application. */
  deleteAll(applicationId: string): Promise<void>;
  rotateSecret(id: string, input: NewSecret, owner: string | null): Promise<RotatedSecret>;
  get(id: string, owner: string | null): Promise<WebhookSubscription | null>;
  list(request: PageRequest, filter: SubscriptionFilter): Promise<Page<WebhookSubscription>>;
  /** Custom headers, every value as `***`: any of them may be a credential. */
  shownHeaders(subscription: WebhookSubscription): readonly Header[];
}

/** What `rotateSecret` answers. */
export interface RotatedSecret {
  readonly webhookSubscription: WebhookSubscription;
  readonly secret: string;
  readonly previousSecretExpiresAt: Date | null;
}

/** What the rules need. */
export interface WebhookSubscriptionsOptions extends ChangingOptions, AskedEventsRules {
  readonly guard: OutboundGuard;
  readonly secretBox: SecretBox;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** Parses expressions. */
  readonly jsonata: RunJsonata;
  /** Head of the log. */
  readonly logHead: () => Promise<number>;
  /** True when a document names an event type. */
  readonly documentNames: (query: string, eventType: string) => boolean;
  /** Asks receivers whether they may be sent to. */
  readonly shakeHands: ShakeHands;
  /** Lets go what waits behind exhausted deliveries of a webhook subscription that keeps order. */
  readonly goOn: (id: string) => Promise<void>;
  /** Cancels what is pending for deleted webhook subscriptions. */
  readonly cancel: (ids: readonly string[]) => Promise<void>;
}

const askedFields = ['eventTypes', 'filter', 'query', 'variables', 'eventTypeVersion'] as const;
/** What receivers agree to, besides being sent to at all. */
const agreedFields = ['handshake', 'rateLimit'] as const;
const maxOverlapSeconds = 604_800;

/** Webhook subscriptions over a store. */
export function createWebhookSubscriptions(options: WebhookSubscriptionsOptions): WebhookSubscriptions {
  const { store, guard, secretBox, clock, newId, randomBytes, shakeHands } = options;
  const changing = createChanging(options);
  const { mustGet, change, restore, disable } = changing;

  function sealHeaders(headers: readonly Header[] | null | undefined, id: string): string | null {
    const checked = Object.entries(checkCustomHeaders(headers ?? [], 'headers'));
    return checked.length === 0
      ? null
      : secretBox.seal(JSON.stringify(checked.map(([name, value]) => ({ name, value }))), id);
  }

  function checkSecret(secret: string | null | undefined): string {
    if (secret == null) return createWebhookSecret(randomBytes);
    parseWebhookSecret(secret, 'secret');
    return secret;
  }

  async function draft(
    input: NewWebhookSubscription,
  ): Promise<{ webhookSubscription: WebhookSubscription; secret: string }> {
    const id = newId('webhookSubscription');
    const secret = checkSecret(input.secret);
    const now = clock.now();
    const webhookSubscription: WebhookSubscription = {
      id,
      name: checkOptionalText(input.name, 'name', 128),
      targets: mustHaveTargets(checkTargets(input, guard)),
      deliverySettings: checkDeliverySettings(input),
      headersSealed: sealHeaders(input.headers, id),
      secrets: [{ sealed: secretBox.seal(secret, id), expiresAt: null }],
      status: 'ACTIVE',
      statusReason: null,
      applicationId: input.applicationId,
      payload: await checkPayloadSettings(input, options.jsonata),
      ...(await checkAskedEvents(input, { current: null, applicationId: input.applicationId }, options)),
      fromSequence: await options.logHead(),
      createdAt: now,
      updatedAt: now,
    };
    return { webhookSubscription, secret };
  }

  return {
    async create(input) {
      const { webhookSubscription: drafted, secret } = await draft(input);
      const { targets, deliverySettings: settings } = drafted;
      // Last, so that nobody is asked about an input that is refused.
      const deliverySettings = await seekAgreement({ targets, settings, fieldOf: targetFieldOf(input) }, shakeHands);
      const webhookSubscription = { ...drafted, deliverySettings };
      await store.create(webhookSubscription);
      return { webhookSubscription, secret };
    },
    async draft(input) {
      return (await draft(input)).webhookSubscription;
    },
    async update(id, changes, owner) {
      const current = await mustGet(id, owner);
      const targets = checkTargets(changes, guard);
      const isAsking = askedFields.some((field) => changes[field] !== undefined);
      const { applicationId } = current;
      const settings = checkDeliverySettings(changes, current.deliverySettings);
      const checked: Partial<WebhookSubscription> = {
        ...(targets === null ? {} : { targets }),
        ...(isAsking ? await checkAskedEvents(changes, { current, applicationId }, options) : {}),
        payload: await checkPayloadSettings(changes, options.jsonata, current.payload),
        ...(changes.name === undefined ? {} : { name: checkOptionalText(changes.name, 'name', 128) }),
        ...(changes.headers === undefined ? {} : { headersSealed: sealHeaders(changes.headers, id) }),
      };
      const isAgreementNeeded = targets !== null || agreedFields.some((field) => changes[field] !== undefined);
      const sought = { targets: targets ?? current.targets, settings, fieldOf: targetFieldOf(changes) };
      const deliverySettings = isAgreementNeeded ? await seekAgreement(sought, shakeHands) : settings;
      const changed = { ...checked, deliverySettings };
      const updated = await (isAsking && isBroken(current) ? restore(current, changed) : change(current, changed));
      // Also when it said so before: an update that was cut off here is repeated.
      if (changes.whenExhausted !== undefined && changes.whenExhausted !== 'STOP') await options.goOn(id);
      return updated;
    },
    async pause(id, reason, owner) {
      const statusReason = checkOptionalText(reason, 'reason', 256) ?? 'paused by request';
      return change(await mustGet(id, owner), { status: 'PAUSED', statusReason });
    },
    async resume(id, owner) {
      const before = await mustGet(id, owner);
      const problem = before.document?.problem ?? null;
      if (problem !== null)
        throw new Problem('CONFLICT', `its document does not fit the schema; give it a new one: ${problem}`, {
          field: 'id',
        });
      const { targets, deliverySettings: settings } = before;
      const deliverySettings = await seekAgreement({ targets, settings, fieldOf: () => 'id' }, shakeHands);
      return restore(before, { deliverySettings });
    },
    async findNaming(eventType) {
      const plain = await store.findNaming(eventType);
      if (plain !== null) return `the webhook subscription ${plain} names it`;
      // Also a broken one: its schema may come back.
      for await (const { id, document } of store.withDocuments())
        if (document !== null && options.documentNames(document.query, eventType))
          return `the document of the webhook subscription ${id} names it`;
      return null;
    },
    ...recheckingDocuments({ ...options, changing }),
    disable,
    async delete(id, owner) {
      await mustGet(id, owner);
      await store.delete(id);
      await options.cancel([id]);
    },
    async deleteAll(applicationId) {
      await options.cancel(await store.deleteAll(applicationId));
    },
    async rotateSecret(id, input, owner) {
      const { overlapSeconds } = input;
      if (!(overlapSeconds >= 0 && overlapSeconds <= maxOverlapSeconds)) {
        const message = `overlapSeconds must be from 0 to ${maxOverlapSeconds}, got ${overlapSeconds}`;
        throw new Problem('INVALID_INPUT', message, { field: 'overlapSeconds' });
      }
      const secret = checkSecret(input.secret);
      const current = await mustGet(id, owner);
      const expiresAt = overlapSeconds === 0 ? null : new Date(clock.now().getTime() + overlapSeconds * 1000);
      const [previous] = current.secrets;
      const secrets: SealedSecret[] = [{ sealed: secretBox.seal(secret, id), expiresAt: null }];
      if (previous !== undefined && expiresAt !== null) secrets.push({ ...previous, expiresAt });
      const webhookSubscription = await change(current, { secrets });
      return { webhookSubscription, secret, previousSecretExpiresAt: expiresAt };
    },
    async get(id, owner) {
      const found = await store.get(id);
      return found === null || (owner !== null && found.applicationId !== owner) ? null : found;
    },
    list: (request, filter) => store.list(request, filter),
    shownHeaders({ id, headersSealed }) {
      const headers = headersSealed === null ? [] : readHeaders(secretBox.open(headersSealed, id));
      return headers.map(({ name }) => ({ name, value: '***' }));
    },
  };
}

/** The input that is to blame for a target. */
function targetFieldOf({ url, targets }: TargetsInput): (targetIndex: number) => string {
  if (targets != null) return (index) => `targets.${index}.url`;
  return () => (url == null ? 'handshake' : 'url');
}

function mustHaveTargets(targets: readonly Target[] | null): readonly Target[] {
  if (targets !== null) return targets;
  throw new Problem('INVALID_INPUT', 'url or targets must be given', { field: 'url' });
}
