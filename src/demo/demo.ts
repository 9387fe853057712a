// The story of the demo: GitHub's real webhook payloads, published once, told by webhook and over a live socket, and counted.
// The processes, the live client and the table are in the files beside it.
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.js';
import { type GatewayProcess, startGateway } from './gateway-process.js';
import {
  createEventType,
  createSubscription,
  hasUnfinished,
  type Payload,
  publish,
  readSucceeded,
} from './gateway-requests.js';
import { cutOutEventSchemas } from './github-webhooks.js';
import { startLiveClient } from './live-client.js';
import { type ReceivedWebhook, type Receiver, startReceiver } from './receiver.js';
import { type Arrival, countUp, isComplete, type PublishedEvent, type Report, renderReport } from './report.js';

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
const publishers = 2;
/** The live client stays away until so many more events are published. */
const missedWhileAway = 20;

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
    // Whatever an interrupt broke first.
    if (stop.signal.reason instanceof Interrupted) return exitCodes.interrupted;
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

type Closers = (() => Promise<unknown>)[];

/** The processes, and everything that is seen. */
interface Stage {
  readonly gateway: GatewayProcess;
  /** Null when the webhooks go elsewhere. */
  readonly receiver: Receiver | null;
  readonly signal: AbortSignal;
  readonly published: PublishedEvent[];
  readonly webhooks: ReceivedWebhook[];
  readonly streamed: Arrival[];
}

/** The demo. Whatever it opens is closed by `closers`, the last one first. */
async function tellEverybody(foreignUrl: string | null, closers: Closers, signal: AbortSignal): Promise<number> {
  say('Starting a gateway on a temporary folder and a receiver, each in a process of its own …');
  const stage = await openStage(foreignUrl, closers, signal);
  const { gateway, receiver } = stage;

  const events = cutOutEventSchemas().filter(({ examples }) => examples.length > 0);
  for (const { name, schema } of events) await createEventType(gateway, toTypeName(name), schema);
  const secret = await createSubscription(gateway, foreignUrl ?? receiver?.url ?? '', ['github.*']);
  await receiver?.verifyWith(secret);

  say("Publishing GitHub's example payloads; half way the live client's socket is cut, and it resumes …\n");
  const payloads = events.flatMap(({ name, examples }) => examples.map((data) => ({ type: toTypeName(name), data })));
  const publishing = new AbortController();
  const away = { fromMs: 0, untilMs: 0 };
  const live = await startLiveClient({
    url: gateway.url,
    key: gateway.key,
    since: systemClock.now(),
    dropAfter: Math.floor(payloads.length / 2),
    async beforeResume() {
      away.fromMs = nowMs();
      const enough = stage.published.length + missedWhileAway;
      await waitUntil(async () => publishing.signal.aborted || stage.published.length >= enough, signal);
      away.untilMs = nowMs();
    },
    onEvent: (id) => stage.streamed.push({ id, atMs: nowMs() }),
    signal,
  });
  const refused = await publishAll(stage, payloads);
  publishing.abort();

  const count = (recorded: readonly Arrival[]): Report =>
    countUp({ ...stage, eventTypes: events.length, refused, recorded, away, foreignUrl });
  await Promise.race([waitUntil(async () => receiver === null || count([]).lost === 0, signal), live.ended]);
  await waitUntil(async () => !(await hasUnfinished(gateway)), signal);
  await pause(duplicatesMs, signal);
  const report = count(await readSucceeded(gateway));
  process.stdout.write(renderReport(report));
  return isComplete(report) ? exitCodes.done : exitCodes.incomplete;
}

async function openStage(foreignUrl: string | null, closers: Closers, signal: AbortSignal): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-demo-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const webhooks: ReceivedWebhook[] = [];
  const receiver = foreignUrl === null ? await startReceiver((webhook) => webhooks.push(webhook), signal) : null;
  if (receiver !== null) closers.push(() => receiver.stop());
  const gateway = await startGateway({ dataDir: join(folder, 'data'), signal });
  closers.push(() => gateway.stop());
  return { gateway, receiver, signal, webhooks, published: [], streamed: [] };
}

/** GitHub's names obey the grammar of event types. */
function toTypeName(githubName: string): string {
  return `github.${githubName}`;
}

/** Publishes all, several at a time; answers how many do not match the schema of their type. */
async function publishAll({ gateway, published }: Stage, payloads: readonly Payload[]): Promise<number> {
  const rest = payloads.values();
  let refused = 0;
  const publishSome = async (): Promise<void> => {
    for (const payload of rest) {
      const sentAtMs = nowMs();
      const id = await publish(gateway, payload);
      if (id === null) refused += 1;
      else published.push({ id, sentAtMs });
    }
  };
  await Promise.all(Array.from({ length: publishers }, publishSome));
  return refused;
}

/** Resolves when it is true, or has not become true in time: what is missing is counted then. Rejects on abort. */
async function waitUntil(isTrue: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const untilMs = systemClock.monotonicMs() + arriveWithinMs;
  while (!(await isTrue()) && systemClock.monotonicMs() < untilMs) await pause(pollEveryMs, signal);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = systemClock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function nowMs(): number {
  return systemClock.now().getTime();
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}
