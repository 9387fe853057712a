// Serves the built page: `/`, `/graphiql` and its assets. What the page does is in page/; this file knows only files.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Settings of `consoleRoutes`. */
export interface ConsoleRoutesOptions {
  /** Folder that `npm run build` put the page in: `index.html` and `assets/`. It may be missing. */
  readonly assetsDir: URL | string;
}

interface PageFile {
  readonly contentType: string;
  /** Reads and compresses the file the first time, then answers from memory. */
  load(): Promise<{ readonly plain: Buffer; readonly gzipped: Buffer }>;
}

const compress = promisify(gzip);

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
};

// Monaco writes style elements, and GraphiQL's style sheet holds its fonts and small images as data URLs.
// `ws:` and `wss:` are named since not every browser counts them in 'self'.
const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self' ws: wss:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/**
 * A Fastify plugin with the routes `/`, `/graphiql` and `/graphiql/assets/:name`, for GET and HEAD, open to everybody:
 * the page is the same for all and holds no secret. The folder is listed once, when the plugin is registered, and only
 * listed names are served, so no request can reach another file. Without a build `/graphiql` answers 503 and says so.
 */
export function consoleRoutes(options: ConsoleRoutesOptions): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    const files = await listFiles(options.assetsDir);
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers(headers);
    });
    // The key stays in the fragment: a browser carries it over a redirect without sending it.
    app.get('/', (_request, reply) => reply.redirect('/graphiql'));
    app.get('/graphiql/', (_request, reply) => reply.redirect('/graphiql'));
    app.get('/graphiql', (request, reply) => {
      const page = files.get('index.html');
      if (page !== undefined) return sendFile(request, reply, page, 'no-cache');
      reply.code(503).type('text/plain; charset=utf-8');
      return reply.send('The console has not been built: run `npm run build` and start the gateway again.\n');
    });
    app.get<{ Params: { name: string } }>('/graphiql/assets/:name', (request, reply) => {
      const file = files.get(`assets/${request.params.name}`);
      if (file === undefined) return reply.callNotFound();
      // The name of an asset carries a hash of its content.
      return sendFile(request, reply, file, 'public, max-age=31536000, immutable');
    });
  };
}

/** The files of the page by their path in the folder; none when the folder is missing. */
async function listFiles(assetsDir: URL | string): Promise<ReadonlyMap<string, PageFile>> {
  const folder = typeof assetsDir === 'string' ? assetsDir : fileURLToPath(assetsDir);
  const names = await readdir(join(folder, 'assets')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (names === null) return new Map();
  const paths = ['index.html', ...names.map((name) => `assets/${name}`)];
  return new Map(paths.map((path) => [path, pageFile(join(folder, path))]));
}

function pageFile(path: string): PageFile {
  let loaded: ReturnType<PageFile['load']> | null = null;
  const read = async () => {
    const plain = await readFile(path);
    return { plain, gzipped: await compress(plain) };
  };
  return {
    contentType: contentTypes[extname(path)] ?? 'application/octet-stream',
    load() {
      loaded ??= read().catch((error: unknown) => {
        loaded = null;
        throw error;
      });
      return loaded;
    },
  };
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile, cacheControl: string) {
  const { plain, gzipped } = await file.load();
  reply.header('cache-control', cacheControl).header('vary', 'accept-encoding').type(file.contentType);
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers['accept-encoding'] ?? ''))
    return reply.send(plain);
  return reply.header('content-encoding', 'gzip').send(gzipped);
}
