// A delivery that is only looked at: the request as it would be sent, and nothing is sent or stored.
import type { Clock } from '../clock.js';
import type { Event } from '../event/event.js';
import type { Method } from '../payload/payload-settings.js';
import type { RenderFailure } from '../payload/render-request.js';
import type { ServedSubscription } from '../webhook-subscription/served-subscriptions.js';
import type { Header, WebhookSubscription } from '../webhook-subscription/webhook-subscription.js';
import { maskHeaders } from './attempt-record.js';
import type { MakeRequest } from './make-request.js';

/** A request as it would be sent. */
export interface PreviewedRequest {
  readonly kind: 'request';
  readonly method: Method;
  readonly url: string;
  /** The real signature among them; values of custom ones hidden. */
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

/** What would be sent to a webhook subscription for an event. Never throws or rejects. */
export type PreviewDelivery = (
  event: Event,
  subscription: WebhookSubscription,
) => Promise<PreviewedRequest | RenderFailure>;

/** What previews are made with. */
export interface PreviewOptions {
  readonly makeRequest: MakeRequest;
  readonly prepare: (subscription: WebhookSubscription) => ServedSubscription;
  readonly clock: Clock;
}

/** The function that makes previews. */
export function createPreviewDelivery({ makeRequest, prepare, clock }: PreviewOptions): PreviewDelivery {
  return async (event, subscription) => {
    const url = subscription.targets[0]?.url ?? '';
    const made = await makeRequest(event, prepare(subscription), { url, now: clock.now() });
    if (made.kind === 'failed') return made;
    const { request, custom } = made;
    const headers = maskHeaders(request.headers, custom).map(({ name, value }) =>
      name === 'webhook-signature' ? { name, value: request.headers[name] ?? value } : { name, value },
    );
    return { kind: 'request', method: request.method ?? 'POST', url: String(request.url), headers, body: request.body };
  };
}
