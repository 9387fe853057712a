// Inbound webhooks over HTTP at /triggers/:id: bodies as they came, handshakes, answers. Who may fire what is src/trigger.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem.js';
import type { ReceiveWebhook } from '../trigger/receive-webhook.js';
import { toBodyForm } from '../trigger/webhook-body.js';
import { consent, readOrigin } from './sender-consent.js';

interface ToTrigger {
  readonly Params: { readonly id: string };
}

const maxChallengeLength = 256;

/** `POST`, `GET` (Meta's handshake) and `OPTIONS` (CloudEvents') at `/triggers/:id`, with body parsers of their own. */
export function triggerRoutes(webhooks: ReceiveWebhook): (server: FastifyInstance) => Promise<void> {
  return async (server) => {
    // The raw body is what senders sign.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    const url = '/triggers/:id';

    server.post<ToTrigger>(url, { onRequest: refuseWrongType }, async (request, reply) => {
      const answer = await webhooks.receive({
        triggerId: request.params.id,
        form: toBodyForm(request.headers['content-type']) ?? 'json',
        headers: flatten(request),
        path: request.url,
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      });
      reply.header('cache-control', 'no-store');
      if (answer.kind === 'challenge') return { challenge: answer.challenge };
      reply.code(202);
      return { id: answer.id, duplicate: answer.duplicate };
    });

    server.get<ToTrigger>(url, { exposeHeadRoute: false }, async (request, reply) => {
      const query = new URL(request.url, 'http://localhost').searchParams;
      const challenge = query.get('hub.challenge') ?? '';
      await webhooks.answerMeta(request.params.id, query.get('hub.verify_token') ?? '');
      if (query.get('hub.mode') !== 'subscribe' || challenge.length > maxChallengeLength)
        throw new Problem(
          'INVALID_INPUT',
          `hub.mode must be subscribe and hub.challenge at most ${maxChallengeLength} characters`,
        );
      return reply.type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff').send(challenge);
    });

    server.options<ToTrigger>(url, async (request, reply) => {
      const origin = readOrigin(request) ?? '';
      await webhooks.allowOrigin(request.params.id, origin);
      return consent(reply, origin);
    });
  };
}

/** Before the body is read: what is not taken costs nothing. */
function refuseWrongType(request: FastifyRequest, reply: FastifyReply, goOn: () => void): void {
  if (toBodyForm(request.headers['content-type']) === null) {
    const message = 'the content type must be JSON, XML or application/x-www-form-urlencoded';
    reply.code(415).send({ errors: [{ message, extensions: { code: 'INVALID_INPUT', field: 'content-type' } }] });
  } else goOn();
}

/** Node gives every header as one text, but for `set-cookie`. */
function flatten({ headers }: FastifyRequest): Record<string, string | undefined> {
  const cookies = headers['set-cookie'];
  if (cookies === undefined) return headers as Record<string, string | undefined>;
  return { ...headers, 'set-cookie': cookies.join(', ') } as Record<string, string | undefined>;
}
