// A small HTTP server for programs that receive webhooks, on a free port of this machine. What they do with one is theirs.
import { createServer } from 'node:http';

const maxBodyBytes = 1_048_576;

/**
 * Hands the headers and the body of each request to `handle`: 200 when it resolves, 500 when it rejects, so that the sender
 * comes again. Prints where it listens; whoever started the program reads that line.
 * @param {(request: { headers: Record<string, string>, body: string }) => Promise<void>} handle
 */
export function serve(handle) {
  const server = createServer((request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    readBody(request)
      .then((body) => handle({ headers: Object.fromEntries(headers), body }))
      .then(
        () => response.end('ok'),
        (error) => {
          process.stderr.write(`not done: ${error instanceof Error ? error.message : String(error)}\n`);
          response.writeHead(500, { connection: 'close' }).end();
        },
      );
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : '';
    process.stdout.write(`listening at http://127.0.0.1:${port}/\n`);
  });
}

/**
 * The body as it came: it is what is signed.
 * @param {import('node:http').IncomingMessage} request
 */
async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
