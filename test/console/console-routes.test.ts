// The routes of the page over real HTTP, with a folder of a few small files instead of the built page.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { consoleRoutes } from '../../src/console/console-routes.js';

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

let folder: string;
let app: FastifyInstance;
let port: number;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-console-'));
  await mkdir(join(folder, 'page/assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'page/index.html'), '<!doctype html><title>Carillon</title>');
  await writeFile(join(folder, 'page/assets/index-1a2b.js'), `export const words = '${'bell '.repeat(200)}';`);
  await writeFile(join(folder, 'page/assets/index-1a2b.css'), 'body { color: red }');
  await writeFile(join(folder, 'page/assets/icon-1a2b.svg'), '<svg/>');
  await writeFile(join(folder, 'page/assets/codicon-1a2b.ttf'), 'font');
  ({ app, port } = await start(join(folder, 'page')));
});

after(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function start(assetsDir: string) {
  const instance = Fastify();
  await instance.register(consoleRoutes({ assetsDir }));
  instance.get('/health/live', () => 'alive');
  const url = await instance.listen({ host: '127.0.0.1', port: 0 });
  return { app: instance, port: Number(new URL(url).port) };
}

/** A request whose path is sent exactly as it stands here; `fetch` would tidy it up. */
function ask(path: string, options: { method?: string; headers?: Record<string, string>; port?: number } = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('/ leads to the page', async () => {
  for (const path of ['/', '/graphiql/']) {
    const answer = await ask(path);
    assert.equal(answer.status, 302);
    assert.equal(answer.headers['location'], '/graphiql');
  }
});

test('the page is asked for anew each time, its assets are kept for a year', async () => {
  const page = await ask('/graphiql');
  assert.equal(page.status, 200);
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(page.headers['cache-control'], 'no-cache');
  assert.match(page.body.toString(), /<title>Carillon/);
  const asset = await ask('/graphiql/assets/index-1a2b.js');
  assert.equal(asset.status, 200);
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
});

test('each kind of file has its content type', async () => {
  const types = {
    'index-1a2b.js': 'text/javascript; charset=utf-8',
    'index-1a2b.css': 'text/css; charset=utf-8',
    'icon-1a2b.svg': 'image/svg+xml',
    'codicon-1a2b.ttf': 'font/ttf',
  };
  for (const [name, type] of Object.entries(types)) {
    const answer = await ask(`/graphiql/assets/${name}`);
    assert.equal(answer.headers['content-type'], type);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  }
});

test('a client that reads gzip gets gzip, another one plain bytes', async () => {
  const path = '/graphiql/assets/index-1a2b.js';
  const plain = await ask(path);
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(plain.headers['vary'], 'accept-encoding');
  const gzipped = await ask(path, { headers: { 'accept-encoding': 'br, gzip' } });
  assert.equal(gzipped.headers['content-encoding'], 'gzip');
  assert.ok(gzipped.body.length < plain.body.length / 2);
  assert.deepEqual(gunzipSync(gzipped.body), plain.body);
  const refused = await ask(path, { headers: { 'accept-encoding': 'gzip;q=0, br' } });
  assert.deepEqual(refused.body, plain.body);
});

test('HEAD answers the headers of GET without a body', async () => {
  for (const path of ['/', '/graphiql', '/graphiql/assets/index-1a2b.js']) {
    const [got, headed] = [await ask(path), await ask(path, { method: 'HEAD' })];
    assert.equal(headed.status, got.status);
    assert.equal(headed.body.length, 0);
    for (const name of ['content-type', 'cache-control', 'location', 'content-length']) {
      assert.equal(headed.headers[name], got.headers[name], `${name} of ${path}`);
    }
  }
});

test('the page may run its own code only, in no frame, and tells nobody where it was', async () => {
  for (const path of ['/', '/graphiql', '/graphiql/assets/index-1a2b.js', '/graphiql/assets/nothing.js']) {
    const { headers } = await ask(path);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe-eval|https?:|\*/);
    assert.equal(headers['referrer-policy'], 'no-referrer');
  }
});

test('other routes keep their own headers', async () => {
  const { headers } = await ask('/health/live');
  assert.equal(headers['content-security-policy'], undefined);
});

test('no path leads out of the folder', async () => {
  const paths = [
    '/graphiql/assets/../index.html',
    '/graphiql/assets/../../secret.txt',
    '/graphiql/assets/..%2f..%2fsecret.txt',
    '/graphiql/assets/%2e%2e/%2e%2e/secret.txt',
    '/graphiql/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/graphiql/assets/..%5c..%5csecret.txt',
    '/graphiql/assets/%00',
    '/graphiql/assets/index-1a2b.js%00.css',
    '/graphiql/assets/',
    '/graphiql/assets',
    '/graphiql/assets/__proto__',
    '/graphiql/../../secret.txt',
    '//secret.txt',
  ];
  for (const path of paths) {
    const answer = await ask(path);
    assert.equal(answer.status, 404, path);
    assert.doesNotMatch(answer.body.toString(), /^secret|doctype/, path);
  }
});

test('without a build the page says what to do and the rest works', async (context) => {
  const bare = await start(join(folder, 'nothing-here'));
  context.after(() => bare.app.close());
  const answer = await ask('/graphiql', { port: bare.port });
  assert.equal(answer.status, 503);
  assert.match(
    answer.body.toString(),
    /^The console has not been built: run `npm run build` and start the gateway again\.$/m,
  );
  assert.equal((await ask('/graphiql/assets/index-1a2b.js', { port: bare.port })).status, 404);
  assert.equal((await ask('/health/live', { port: bare.port })).body.toString(), 'alive');
});
