// What becomes of a request to /triggers/:id: handshakes, verification of the raw body, parsing, firing. HTTP itself is the
// door's business. Whatever is wrong with a sender gets one and the same refusal, and nothing is stored.
import type { Clock } from '../clock.js';
import { Problem } from '../problem.js';
import type { SecretBox } from '../security/secret-box.js';
import type { FireTrigger } from './fire-trigger.js';
import type { InboundWebhookSettings, TriggerSecrets } from './inbound-webhook-settings.js';
import { compilePlain, type PlainExpression } from './plain-expression.js';
import type { ServedTriggers } from './served-triggers.js';
import type { Trigger } from './trigger.js';
import { isSame, type SignedRequest } from './verification/verification-scheme.js';
import { verificationSchemes } from './verification/verification-schemes.js';
import { type BodyForm, parseBody } from './webhook-body.js';

/** A request as it came. */
export interface WebhookRequest extends Omit<SignedRequest, 'now'> {
  readonly triggerId: string;
  readonly form: BodyForm;
}

/** What is answered: the event, or a handshake's challenge. */
export type WebhookAnswer =
  | { readonly kind: 'accepted'; readonly id: string; readonly duplicate: boolean }
  | { readonly kind: 'challenge'; readonly challenge: string };

/** Takes inbound webhooks. */
export interface ReceiveWebhook {
  /** Throws `UNAUTHENTICATED`, the same for every wrong sender and trigger, `INVALID_INPUT`, `TOO_LARGE`, as `FireTrigger`. */
  receive(request: WebhookRequest): Promise<WebhookAnswer>;
  /** Meta's handshake: the challenge, when the token is the trigger's. Throws `UNAUTHENTICATED`. */
  answerMeta(triggerId: string, token: string): Promise<void>;
  /** CloudEvents' handshake. Throws `UNAUTHENTICATED` unless the trigger lets this origin send; an empty one never may. */
  allowOrigin(triggerId: string, origin: string): Promise<void>;
}

/** What receiving needs. */
export interface ReceiveWebhookOptions {
  readonly served: Pick<ServedTriggers, 'current'>;
  readonly fire: FireTrigger;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

interface Prepared {
  readonly settings: InboundWebhookSettings;
  readonly secrets: TriggerSecrets;
  /** Where the scheme's senders have their delivery id in the body; null for nowhere. */
  readonly readId: PlainExpression | null;
}

/** Most requests at work at a time. */
const maxAtWork = 1000;
/** Verified in place of a trigger that is not there, so that the answer takes as long. */
const decoy: Prepared = {
  settings: { scheme: 'GITHUB', verification: {}, deliveryIdHeader: null, cloudEventsOrigins: [] },
  secrets: { secret: 'decoy' },
  readId: null,
};
/** Headers that no mapping and no sample shows. */
const hiddenHeaders = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-gitlab-token']);

/** Receiving over the triggers in memory. */
export function createReceiveWebhook({ served, fire, secretBox, clock }: ReceiveWebhookOptions): ReceiveWebhook {
  const prepared = new WeakMap<Trigger, Prepared>();
  let atWork = 0;

  function prepare(trigger: Trigger): Prepared {
    const known = prepared.get(trigger);
    if (known !== undefined) return known;
    const secrets = trigger.secretsSealed === null ? '{}' : secretBox.open(trigger.secretsSealed, trigger.id);
    // As inbound-webhook.ts made them.
    const settings = trigger.settings as InboundWebhookSettings;
    const { deliveryIdExpression } = verificationSchemes[settings.scheme];
    const readId = deliveryIdExpression === undefined ? null : compilePlain(deliveryIdExpression);
    const fresh = { settings, secrets: JSON.parse(secrets) as TriggerSecrets, readId };
    prepared.set(trigger, fresh);
    return fresh;
  }

  async function find(id: string): Promise<Trigger | null> {
    return onlyInbound(await served.current(id));
  }

  async function take(request: WebhookRequest): Promise<WebhookAnswer> {
    const trigger = onlyInbound(await served.current(request.triggerId));
    const { settings, secrets, readId } = trigger === null ? decoy : prepare(trigger);
    const scheme = verificationSchemes[settings.scheme];
    const { headers, path, body: raw } = request;
    const isProved = scheme.verify({ headers, path, body: raw, now: clock.now() }, settings.verification, secrets);
    if (!isProved || trigger === null || !trigger.enabled) throw refusal();
    const body = parseBody(raw, request.form);
    const challenge = settings.scheme === 'SLACK' ? slackChallenge(body) : null;
    if (challenge !== null) return { kind: 'challenge', challenge };
    const input = { body, headers: shownHeaders(headers), query: queryOf(path) };
    const header = settings.deliveryIdHeader ?? scheme.deliveryIdHeader;
    const named = header === null ? undefined : headers[header];
    const deliveryId = named ?? textOf(readId?.(input));
    const { event, duplicate } = await fire(trigger, { input, deliveryId });
    return { kind: 'accepted', id: event.id, duplicate };
  }

  return {
    async receive(request) {
      if (atWork >= maxAtWork) throw new Problem('OVERLOADED', 'too many webhooks come in at a time; try again later');
      atWork += 1;
      try {
        return await take(request);
      } finally {
        atWork -= 1;
      }
    },
    async answerMeta(triggerId, token) {
      const trigger = await find(triggerId);
      const { metaVerifyToken } = trigger === null ? {} : prepare(trigger).secrets;
      const isRight = isSame(token, metaVerifyToken ?? '');
      if (!isRight || metaVerifyToken === undefined || trigger?.enabled !== true) throw refusal();
    },
    async allowOrigin(triggerId, origin) {
      const trigger = await find(triggerId);
      const origins = trigger?.enabled === true ? prepare(trigger).settings.cloudEventsOrigins : [];
      if (origin === '' || !(origins.includes('*') || origins.includes(origin))) throw refusal();
    },
  };
}

function onlyInbound(trigger: Trigger | null): Trigger | null {
  return trigger?.kind === 'INBOUND_WEBHOOK' ? trigger : null;
}

function refusal(): Problem {
  return new Problem('UNAUTHENTICATED', 'the request is not accepted');
}

function slackChallenge(body: unknown): string | null {
  const { type, challenge } = (body ?? {}) as { type?: unknown; challenge?: unknown };
  return type === 'url_verification' && typeof challenge === 'string' ? challenge.slice(0, 1024) : null;
}

function textOf(id: unknown): string | null {
  return typeof id === 'string' && id !== '' ? id : null;
}

function shownHeaders(headers: WebhookRequest['headers']): Record<string, string | undefined> {
  const shown: Record<string, string | undefined> = {};
  for (const name of Object.keys(headers)) if (!hiddenHeaders.has(name)) shown[name] = headers[name];
  return shown;
}

function queryOf(path: string): Record<string, string> {
  const start = path.indexOf('?');
  return start === -1 ? {} : Object.fromEntries(new URLSearchParams(path.slice(start + 1)));
}
