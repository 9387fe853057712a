// CloudEvents over HTTP at /events: who sends, bodies as they came, answers. What an event must look like is in src/trigger.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials } from '../application/credentials.js';
import { Problem } from '../problem.js';
import type { Published, Publisher, PublishInput } from '../publish.js';
import { mayUse } from '../security/access.js';
import { readCloudEvents, toAttributeProblem, toCloudEventsMode } from '../trigger/cloudevents-in.js';
import { consent, readOrigin } from './sender-consent.js';

/** What taking CloudEvents needs. */
export interface CloudEventsRoutesOptions {
  readonly credentials: Pick<Credentials, 'authenticate'>;
  readonly publisher: Pick<Publisher, 'publish' | 'publishAll'>;
}

/** `POST /events`, with body parsers of its own, and `OPTIONS`, by which senders ask whether they may. */
export function cloudEventsRoutes({
  credentials,
  publisher,
}: CloudEventsRoutesOptions): (server: FastifyInstance) => Promise<void> {
  async function refuseSender(request: FastifyRequest): Promise<void> {
    const { role } = await credentials.authenticate(request.headers.authorization);
    if (!mayUse(role, 'Mutation.publishEvents'))
      throw new Problem('FORBIDDEN', `a key with the role ${role} may not publish events`);
  }

  /** Before the body is read: what is not taken costs nothing. */
  async function refuse(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await refuseSender(request);
    if (toCloudEventsMode(request.headers['content-type']) !== null) return;
    const message =
      'the content type must be application/cloudevents+json, application/cloudevents-batch+json or, with ce- headers, JSON; in UTF-8';
    await reply.code(415).send({ errors: [{ message, extensions: { code: 'INVALID_INPUT', field: 'content-type' } }] });
  }

  async function publish(inputs: readonly PublishInput[], isBatch: boolean): Promise<Published[]> {
    const [first] = inputs;
    try {
      return isBatch || first === undefined ? await publisher.publishAll(inputs) : [await publisher.publish(first)];
    } catch (error) {
      throw error instanceof Problem ? toAttributeProblem(error) : error;
    }
  }

  return async (server) => {
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    server.post('/events', { onRequest: refuse }, async (request, reply) => {
      const mode = toCloudEventsMode(request.headers['content-type']) ?? 'binary';
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const published = await publish(readCloudEvents({ mode, headers: request.headers, body }), mode === 'batched');
      reply.header('cache-control', 'no-store');
      return reply.code(202).send({ events: published.map(({ event, duplicate }) => ({ id: event.id, duplicate })) });
    });

    server.options('/events', { onRequest: refuseSender }, async (request, reply) => {
      const field = 'webhook-request-origin';
      const origin = readOrigin(request);
      if (origin === null)
        throw new Problem('INVALID_INPUT', `${field} must be the host name of the sender`, { field });
      return consent(reply, origin);
    });
  };
}
