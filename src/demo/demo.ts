// The story of the demo: GitHub's real webhook payloads, published once, told by webhook and over a live socket, and counted.
// The processes, the live client and the table are in the files beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../clock.js';
import { type GatewayProcess, startGateway } from './gateway-process.js';
import { cutOutEventSchemas, type GitHubEvent } from './github-webhooks.js';
import { startLiveClient } from './live-client.js';
import { type Receiver, startReceiver } from './receiver.js';
import { type Arrival, countUp, isComplete, type PublishedEvent, renderReport } from './report.js';

/** Exit codes after sysexits.h, and after the shells' custom for interrupts. */
const exitCodes = { done: 0, incomplete: 1, usage: 64, unavailable: 69, interrupted: 130 } as const;

const usage = `usage: carillon demo [--url URL]
  --url URL   sends the webhooks there instead of to a receiver of its own; loopback is allowed`;

/** Packages that a production install leaves out. */
const neededPackages = ['@octokit/webhooks-schemas', '@octokit/webhooks-examples', 'standardwebhooks'] as const;

/** The whole demo takes at most this, in milliseconds, and waits at most so long for what has been published. */
const demoWithinMs = 120_000;
const arriveWithinMs = 30_000;
/** How long duplicates that nobody asked for are waited for, in milliseconds. */
const duplicatesMs = 300;
const pollEveryMs = 50;
/** Events being published at the same time. */
const publishers = 8;

class Interrupted extends Error {}

/**
 * Runs the main job on real payloads in a temporary folder and prints what went where. Answers the exit code: 0 when
 * everything published was told by webhook with a right signature and live, 1 when not, 64 for unknown arguments, 69
 * when a package is missing or a process does not start, 130 on an interrupt. Rejects only for faults of its own.
 */
export async function runDemo(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (options === null) {
    process.stderr.write(`${usage}\n`);
    return exitCodes.usage;
  }
  const missing = findMissingPackages();
  if (missing.length > 0) {
    process.stderr.write(`carillon demo needs ${missing.join(', ')}: install the development packages with npm ci\n`);
    return exitCodes.unavailable;
  }
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Interrupted('interrupted'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const cancelDeadline = systemClock.after(demoWithinMs, () =>
    stop.abort(new Error(`the demo took longer than ${demoWithinMs / 1000} seconds`)),
  );
  const closers: (() => Promise<unknown>)[] = [];
  try {
    return await tellEverybody(options.url, closers, stop.signal);
  } catch (error) {
    if (error instanceof Interrupted) return exitCodes.interrupted;
    process.stderr.write(`carillon demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.unavailable;
  } finally {
    cancelDeadline();
    for (const close of closers.reverse()) await close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function readArguments(args: readonly string[]): { readonly url: string | null } | null {
  const [name, url, ...rest] = args;
  if (name === undefined) return { url: null };
  if (name !== '--url' || url === undefined || rest.length > 0 || !/^https?:\/\//.test(url) || !URL.canParse(url))
    return null;
  return { url };
}

function findMissingPackages(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return neededPackages.filter((name) => {
    try {
      // Of the schemas only this file is for import.
      resolve(name === '@octokit/webhooks-schemas' ? `${name}/schema.json` : name);
      return false;
    } catch {
      return true;
    }
  });
}

/** Runs the demo. Whatever it opens is closed by `closers`, the last one first. */
async function tellEverybody(
  foreignUrl: string | null,
  closers: (() => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<number> {
  const now = (): number => systemClock.now().getTime();
  const published: PublishedEvent[] = [];
  const webhooks: (Arrival & { isVerified: boolean })[] = [];
  const streamed: Arrival[] = [];

  say('Starting a gateway on a temporary folder, and a receiver in another process …');
  const folder = await mkdtemp(join(tmpdir(), 'carillon-demo-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  let receiver: Receiver | null = null;
  if (foreignUrl === null) {
    receiver = await startReceiver((webhook) => webhooks.push(webhook), signal);
    closers.push(receiver.stop);
  }
  const gateway = await startGateway({ dataDir: folder, signal });
  closers.push(gateway.stop);

  const events = cutOutEventSchemas().filter(({ examples }) => examples.length > 0);
  for (const event of events) await createEventType(gateway, event);
  const subscription = await createSubscription(gateway, foreignUrl ?? receiver?.url ?? '');
  await receiver?.verifyWith(subscription.secret);

  const payloads = events.flatMap(({ name, examples }) => examples.map((data) => ({ type: typeNameOf(name), data })));
  const half = Math.floor(payloads.length / 2);
  let away: { fromMs: number; untilMs: number } | null = null;
  const reading = new AbortController();
  const stopReading = (): void => reading.abort();
  signal.addEventListener('abort', stopReading);
  closers.push(async () => stopReading());
  const live = await startLiveClient({
    url: gateway.url,
    key: gateway.key,
    since: systemClock.now(),
    dropAfter: Math.floor(half * 0.8),
    async beforeResume() {
      const fromMs = now();
      const missed = published.length + 20;
      await waitUntil(() => published.length >= missed || isPublished, { withinMs: arriveWithinMs, signal });
      away = { fromMs, untilMs: now() };
    },
    onEvent: (id) => streamed.push({ id, atMs: now() }),
    signal: reading.signal,
  });
  return 0;
}
