// The handshake by which senders of CloudEvents ask whether they may send to an address. Who may is the routes' business.
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md, section 4
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The host name by which a sender calls itself; null when it does not, or by something else. Never throws. */
export function readOrigin({ headers }: FastifyRequest): string | null {
  const origin = headers['webhook-request-origin'];
  return typeof origin === 'string' && /^[A-Za-z0-9.:_-]{1,253}$/.test(origin) ? origin : null;
}

/** Lets a sender send, as often as it likes: nothing limits the rate here. */
export function consent(reply: FastifyReply, origin: string): FastifyReply {
  return reply
    .header('webhook-allowed-origin', origin)
    .header('webhook-allowed-rate', '*')
    .header('allow', 'POST')
    .code(200)
    .send();
}
