// From an event and a webhook subscription to the request: rendered, its headers put together, signed. When it is sent is
// deliver.ts, what is sent for nobody but to look at preview.ts.
import type { Event } from '../event/event.js';
import type { Log } from '../log.js';
import type { Method } from '../payload/payload-settings.js';
import {
  fillHeaders,
  type RenderedRequest,
  type RenderFailure,
  type RenderRequest,
} from '../payload/render-request.js';
import { Problem } from '../problem.js';
import { signWebhook } from '../security/signing.js';
import type { ServedSubscription } from '../webhook-subscription/served-subscriptions.js';
import type { Header } from '../webhook-subscription/webhook-subscription.js';
import type { SendRequest } from './send.js';

/** A request, ready to be sent. */
export interface PreparedRequest {
  readonly kind: 'prepared';
  readonly request: SendRequest & { readonly method: Method };
  /** The custom headers as they are filled: their values are hidden where the request is shown. */
  readonly custom: readonly Header[];
  /** True when the body can be made again from the event alone. */
  readonly isStandard: boolean;
}

/** Where a request goes, and when it is made. */
export interface RequestAim {
  readonly url: string;
  readonly now: Date;
}

/**
 * The data to send to a webhook subscription, as JSON text: that of the event, or what stands in its place. Throws or rejects
 * with `DATA_INVALID` when it cannot be made of this event.
 */
export type DataOf = (event: Event, subscription: ServedSubscription) => string | Promise<string>;

/** Makes requests. Never throws or rejects; a promise only where something has to be waited for. */
export type MakeRequest = (
  event: Event,
  subscription: ServedSubscription,
  aim: RequestAim,
) => PreparedRequest | RenderFailure | Promise<PreparedRequest | RenderFailure>;

/** What requests are made with. */
export interface MakeRequestOptions {
  readonly dataOf: DataOf;
  readonly renderRequest: RenderRequest;
  readonly log: Log;
  /** Sent as `user-agent`. */
  readonly userAgent: string;
  /** Sent as `webhook-request-origin` to receivers that agreed to it; null when the gateway has no name. */
  readonly publicHost: string | null;
}

/** A failure whose reason is not the owner's affair, such as a secret of another master key. */
const notMade: RenderFailure = {
  kind: 'failed',
  stage: 'RENDER',
  code: 'REQUEST_NOT_MADE',
  message: 'The gateway could not make the request from the event and the webhook subscription.',
};

/** The data of the event as it was published. */
export const dataOfEvent: DataOf = ({ dataJson }) => dataJson;

/** The function that makes requests. */
export function createMakeRequest({
  dataOf,
  renderRequest,
  log,
  userAgent,
  publicHost,
}: MakeRequestOptions): MakeRequest {
  function sign(rendered: RenderedRequest, event: Event, subscription: ServedSubscription, aim: RequestAim) {
    const custom =
      subscription.headerTemplates === null ? subscription.headers : fillHeaders(subscription.headerTemplates, event);
    if ('kind' in custom) return custom;
    const { now } = aim;
    const { method, query, contentType, body } = rendered;
    const url = query === '' ? aim.url : `${aim.url}${aim.url.includes('?') ? '&' : '?'}${query}`;
    const timestampSeconds = Math.floor(now.getTime() / 1000);
    const headers: Record<string, string> = { 'user-agent': userAgent };
    for (const { name, value } of custom) headers[name] = value;
    if (rendered.headers !== undefined) Object.assign(headers, rendered.headers);
    if (contentType !== '') headers['content-type'] = contentType;
    // 4.1.2: once permission was granted, "the sender MUST use the `WebHook-Request-Origin` request header".
    const { timeoutMs, handshake } = subscription.policy;
    if (handshake === 'CLOUDEVENTS' && publicHost !== null) headers['webhook-request-origin'] = publicHost;
    headers['webhook-id'] = event.id;
    headers['webhook-timestamp'] = String(timestampSeconds);
    headers['webhook-signature'] = signWebhook({
      id: event.id,
      timestampSeconds,
      // What carries the data of a GET request is its query.
      body: method === 'GET' ? Buffer.from(new URL(url).search.slice(1)) : body,
      keys: subscription.signingKeys(now),
    });
    const request = { url, method, headers, body, timeoutMs };
    return { kind: 'prepared', request, custom, isStandard: rendered.isStandard } as const;
  }

  function make(
    dataJson: string,
    event: Event,
    subscription: ServedSubscription,
    aim: RequestAim,
  ): ReturnType<MakeRequest> {
    const rendered = renderRequest({ key: subscription.id, payload: subscription.payload, event, dataJson });
    return rendered instanceof Promise
      ? rendered.then((made) => finish(made, event, subscription, aim))
      : finish(rendered, event, subscription, aim);
  }

  function finish(
    made: RenderedRequest | RenderFailure,
    event: Event,
    subscription: ServedSubscription,
    aim: RequestAim,
  ): PreparedRequest | RenderFailure {
    return made.kind === 'failed' ? made : sign(made, event, subscription, aim);
  }

  function tell(event: Event, subscription: ServedSubscription, error: unknown): RenderFailure {
    // The document of the webhook subscription gave an error for this event: its owner's affair.
    if (error instanceof Problem && error.code === 'DATA_INVALID')
      return { kind: 'failed', stage: 'RENDER', code: 'DOCUMENT_FAILED', message: error.message };
    log.error('A request could not be made.', { webhookSubscription: subscription.id, event: event.id, error });
    return notMade;
  }

  return (event, subscription, aim) => {
    try {
      const dataJson = dataOf(event, subscription);
      const made =
        typeof dataJson === 'string'
          ? make(dataJson, event, subscription, aim)
          : dataJson.then((text) => make(text, event, subscription, aim));
      return made instanceof Promise ? made.catch((error: unknown) => tell(event, subscription, error)) : made;
    } catch (error) {
      return tell(event, subscription, error);
    }
  };
}
