// The code of the catalogue, run as it stands there, on requests that the gateway's own code has signed.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { sendSnippet, verifySnippets } from '../../src/catalog/snippets.js';
import { systemClock, systemRandomBytes } from '../../src/clock.js';
import { createWebhookSecret, parseWebhookSecret, signWebhook } from '../../src/security/signing.js';

const run = promisify(execFile);
const secret = createWebhookSecret(systemRandomBytes);
const other = createWebhookSecret(systemRandomBytes);
const body = Buffer.from('{"type":"order.created","timestamp":"2026-01-02T03:04:05.678Z","data":{"name":"Zoë"}}');
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-snippets-'));
});
after(() => rm(folder, { recursive: true }));

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const hasPython = has('python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 9))');
const hasShell = has('openssl', 'version') && has('curl', '--version') && has('od', '--version');

function codeOf(language: string): string {
  return verifySnippets.find((one) => one.language === language)?.code ?? assert.fail();
}

function sign(ageSeconds: number, secrets: readonly string[]): Record<string, string> {
  const timestampSeconds = Math.floor(systemClock.now().getTime() / 1000) - ageSeconds;
  const keys = secrets.map((one) => parseWebhookSecret(one, 'secret'));
  const signature = signWebhook({ id: 'evt_1', timestampSeconds, body, keys });
  return { 'webhook-id': 'evt_1', 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': signature };
}

type Verify = (headers: Record<string, string>, sent: Buffer) => Promise<boolean>;

/** Runs a program that reads headers and body from files; whether it ended well. */
async function ends(program: string, args: string[], env: Record<string, string> = {}): Promise<boolean> {
  const options = { cwd: folder, env: { PATH: process.env['PATH'] ?? '', WEBHOOK_SECRET: secret, ...env } };
  return await run(program, args, options).then(
    () => true,
    () => false,
  );
}

async function verifiesOnlyGenuine(verify: Verify): Promise<void> {
  assert.equal(await verify(sign(0, [secret]), body), true, 'genuine');
  assert.equal(await verify(sign(0, [other, secret]), body), true, 'signed with two keys');
  assert.equal(await verify(sign(0, [other]), body), false, 'another key');
  assert.equal(await verify(sign(0, [secret]), Buffer.from(`${body.toString()} `)), false, 'another body');
  assert.equal(await verify({ ...sign(0, [secret]), 'webhook-id': 'evt_2' }, body), false, 'another id');
  assert.equal(await verify(sign(400, [secret]), body), false, 'too old');
  assert.equal(await verify(sign(-400, [secret]), body), false, 'too new');
  assert.equal(await verify({ ...sign(0, [secret]), 'webhook-timestamp': 'x[$(touch run)]' }, body), false, 'no time');
}

async function keep(headers: Record<string, string>, sent: Buffer): Promise<void> {
  await writeFile(join(folder, 'headers.json'), JSON.stringify(headers));
  await writeFile(join(folder, 'body.json'), sent);
}

test('the code for Node verifies what is genuine and nothing else', async () => {
  const use = `import { readFileSync } from 'node:fs';
verifyWebhook(process.env.WEBHOOK_SECRET, JSON.parse(readFileSync('headers.json')), readFileSync('body.json'));`;
  await writeFile(join(folder, 'verify.mjs'), `${codeOf('js')}\n${use}\n`);
  await verifiesOnlyGenuine(async (headers, sent) => {
    await keep(headers, sent);
    return ends(process.execPath, ['verify.mjs']);
  });
});

test('the code for Python verifies what is genuine and nothing else', {
  skip: hasPython ? false : 'there is no Python 3.9 or newer here',
}, async () => {
  const use = `import os
verify_webhook(os.environ["WEBHOOK_SECRET"], json.load(open("headers.json")), open("body.json", "rb").read())`;
  await writeFile(join(folder, 'verify.py'), `${codeOf('python')}\n${use}\n`);
  await verifiesOnlyGenuine(async (headers, sent) => {
    await keep(headers, sent);
    return ends('python3', ['verify.py']);
  });
});

const skipShell = hasShell ? false : 'there is no openssl, curl or od here';

test('the code for the shell verifies what is genuine and nothing else', { skip: skipShell }, async () => {
  await writeFile(join(folder, 'verify.sh'), codeOf('sh'));
  await verifiesOnlyGenuine(async (headers, sent) => {
    await keep(headers, sent);
    return ends('sh', ['verify.sh'], {
      WEBHOOK_ID: headers['webhook-id'] ?? '',
      WEBHOOK_TIMESTAMP: headers['webhook-timestamp'] ?? '',
      WEBHOOK_SIGNATURE: headers['webhook-signature'] ?? '',
    });
  });
});

test('the code that sends makes the signature that the gateway would make', { skip: skipShell }, async () => {
  const signatures: [string, string][] = [];
  const server = createServer((request, response) => {
    const timestampSeconds = Number(request.headers['webhook-timestamp']);
    const id = String(request.headers['webhook-id']);
    const keys = [parseWebhookSecret(secret, 'secret')];
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const made = signWebhook({ id, timestampSeconds, body: Buffer.concat(chunks), keys });
      signatures.push([String(request.headers['webhook-signature']), made]);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await keep({}, body);
  await writeFile(join(folder, 'send.sh'), sendSnippet.code);
  assert.equal(await ends('sh', ['send.sh'], { WEBHOOK_URL: `http://127.0.0.1:${port}/` }), true);
  server.close();
  assert.equal(signatures.length, 1);
  assert.equal(signatures[0]?.[0], signatures[0]?.[1]);
});
