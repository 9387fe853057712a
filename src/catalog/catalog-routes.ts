// The routes of the catalogue: who may read, what is at which path, caching. What pages say is in the other files.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials } from '../application/credentials.js';
import type { CatalogAccess } from '../config.js';
import type { FollowedEventTypes } from '../event-type/followed-event-types.js';
import { Problem } from '../problem.js';
import { version } from '../version.js';
import { renderAsyncApi } from './asyncapi.js';
import { asyncApiPath, type CatalogEntry, readCatalog, readPath } from './catalog.js';
import { contentSecurityPolicy, renderHtmlList, renderHtmlMissing, renderHtmlPage } from './html.js';
import { renderMarkdownList, renderMarkdownPage } from './markdown.js';

/** What the catalogue needs. */
export interface CatalogRoutesOptions {
  readonly eventTypes: Pick<FollowedEventTypes, 'all' | 'revision' | 'loaded'>;
  readonly credentials: Pick<Credentials, 'authenticate'>;
  readonly access: CatalogAccess;
}

interface Rendered {
  readonly contentType: string;
  readonly text: string;
  readonly etag: string;
}

/** Pages kept until an event type changes: how many, and how many characters of them. */
const maxKept = 100;
const maxKeptLength = 16 * 1024 * 1024;
const maxAgeSeconds = 60;
const html = 'text/html; charset=utf-8';
const markdown = 'text/markdown; charset=utf-8';

/**
 * A Fastify plugin with `/catalog`, `/catalog.md`, `/catalog/asyncapi.json`, `/catalog/NAME` and `/catalog/NAME.md`, for GET and
 * HEAD; none of them when nobody may read. Raises `UNAUTHENTICATED` where a key is asked for, `NOT_FOUND` for what is no
 * active event type.
 */
export function catalogRoutes(options: CatalogRoutesOptions): (server: FastifyInstance) => Promise<void> {
  const { eventTypes, credentials, access } = options;
  const pages = createPages(eventTypes);

  async function answer(path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (access === 'key') await credentials.authenticate(request.headers.authorization);
    await eventTypes.loaded;
    const page = await pages(path);
    if (page === null) {
      // Who looks at pages gets one.
      if ((request.headers.accept ?? '').includes('text/html'))
        return reply.code(404).type(html).send(renderHtmlMissing());
      throw new Problem('NOT_FOUND', 'there is no such event type in the catalogue');
    }
    reply.header('etag', page.etag).type(page.contentType);
    reply.header('cache-control', `${access === 'key' ? 'private' : 'public'}, max-age=${maxAgeSeconds}`);
    if (access === 'key') reply.header('vary', 'authorization');
    const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    return known.includes(page.etag) || known.includes('*') ? reply.code(304).send() : reply.send(page.text);
  }

  return async (server) => {
    if (access === 'off') return;
    server.addHook('onRequest', async (_request, reply) => {
      reply.headers({
        'content-security-policy': contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    });
    server.get('/catalog', (request, reply) => answer('/catalog', request, reply));
    server.get('/catalog.md', (request, reply) => answer('/catalog.md', request, reply));
    // A wildcard, since the length of a named part is limited to less than that of a name.
    server.get<{ Params: { '*': string } }>('/catalog/*', (request, reply) =>
      answer(`/catalog/${request.params['*']}`, request, reply),
    );
  };
}

/** Renders pages by what follows `/catalog`, once for each state of the event types; null for what is not there. */
function createPages(eventTypes: CatalogRoutesOptions['eventTypes']): (path: string) => Promise<Rendered | null> {
  let revision = -1;
  let entries: readonly CatalogEntry[] = [];
  let byName: ReadonlyMap<string, CatalogEntry> = new Map();
  let kept = new Map<string, Promise<Rendered>>();
  let keptLengths = new Map<string, number>();

  function start(path: string): Promise<Omit<Rendered, 'etag'>> | null {
    const done = (contentType: string, text: string) => Promise.resolve({ contentType, text });
    if (path === '/catalog') return done(html, renderHtmlList(entries));
    if (path === '/catalog.md') return done(markdown, renderMarkdownList(entries));
    if (path === asyncApiPath)
      return renderAsyncApi(entries, version).then((text) => ({
        contentType: 'application/json; charset=utf-8',
        text,
      }));
    const { name, isMarkdown } = readPath(path.slice('/catalog/'.length));
    const entry = byName.get(name);
    if (entry === undefined) return null;
    return isMarkdown ? done(markdown, renderMarkdownPage(entry)) : done(html, renderHtmlPage(entry));
  }

  async function complete(made: Promise<Omit<Rendered, 'etag'>>): Promise<Rendered> {
    const page = await made;
    return { ...page, etag: `"${createHash('sha256').update(page.text).digest('base64url')}"` };
  }

  return async (path) => {
    if (eventTypes.revision !== revision) {
      revision = eventTypes.revision;
      entries = readCatalog(eventTypes.all());
      byName = new Map(entries.map((entry) => [entry.name, entry]));
      kept = new Map();
      keptLengths = new Map();
    }
    const known = kept.get(path);
    if (known !== undefined) return known;
    const made = start(path);
    if (made === null) return null;
    const [keptPages, lengths] = [kept, keptLengths];
    const making = complete(made);
    keptPages.set(path, making);
    const page = await making;
    lengths.set(path, page.text.length);
    dropOldest(keptPages, lengths);
    return page;
  };
}

/** Those that are still being made are not dropped: what they take is not known yet. */
function dropOldest(kept: Map<string, Promise<Rendered>>, lengths: Map<string, number>): void {
  let total = [...lengths.values()].reduce((sum, length) => sum + length, 0);
  for (const [path, length] of lengths) {
    if (lengths.size <= maxKept && total <= maxKeptLength) return;
    total -= length;
    lengths.delete(path);
    kept.delete(path);
  }
}
