// The built gateway in a process of its own: started on a free port, asked over HTTP, and stopped. What is asked is not here.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { systemClock } from '../clock.js';
import { processEnvironment } from '../config.js';

/** How to start a gateway. */
export interface GatewayProcessOptions {
  /** Folder of its store; made when it is missing. */
  readonly dataDir: string;
  /** Ends the start; it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Options for Node itself, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** The admin key of a store that is there already; a first start makes one. */
  readonly adminKey?: string;
}

/** A gateway that listens. */
export interface GatewayProcess {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** The admin key. */
  readonly key: string;
  readonly pid: number;
  /** Asks its GraphQL API and answers `data`. Rejects when there are errors, and when `data` has another shape. */
  ask<T>(document: string, variables: Readonly<Record<string, unknown>>, shape: z.ZodType<T>): Promise<T>;
  /** Stops it and waits for its end; kills it after ten seconds. Never rejects. */
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../main.js', import.meta.url));
const startWithinMs = 20_000;
const answerWithinMs = 30_000;
const stopWithinMs = 10_000;

/**
 * Starts `carillon start` on a free port of loopback, allowed to deliver to loopback. Settings of the own environment are
 * not handed on. Rejects when it ends, or does not listen within 20 seconds; what it has to say is on standard error.
 */
export async function startGateway(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [...(options.nodeOptions ?? []), program, 'start'], {
    env: { ...environment(options.dataDir), CARILLON_ADMIN_KEY: options.adminKey },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').catch(() => undefined);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const cancel = systemClock.after(stopWithinMs, () => child.kill('SIGKILL'));
    await ended;
    cancel();
  };
  const cancelDeadline = systemClock.after(startWithinMs, () => child.kill('SIGKILL'));
  const onAbort = (): void => void child.kill('SIGTERM');
  options.signal.addEventListener('abort', onAbort);
  try {
    const { url, key } = await readGreeting(createInterface({ input: child.stdout }), options.adminKey);
    return { url, key, pid: child.pid ?? 0, ask: createAsk(url, key, options.signal), stop };
  } catch (error) {
    await stop();
    throw options.signal.aborted ? options.signal.reason : error;
  } finally {
    cancelDeadline();
    options.signal.removeEventListener('abort', onAbort);
  }
}

function environment(dataDir: string): Record<string, string | undefined> {
  const own = Object.entries(processEnvironment()).filter(
    ([name]) => !name.startsWith('CARILLON_') && name !== 'MONGODB_URI',
  );
  return {
    ...Object.fromEntries(own),
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    CARILLON_DATA_DIR: dataDir,
    CARILLON_ALLOW_NETWORKS: '127.0.0.0/8,::1/128',
  };
}

/** The address that a gateway prints, and the key, which it prints at its first start. */
async function readGreeting(
  lines: AsyncIterable<string>,
  knownKey: string | undefined,
): Promise<{ readonly url: string; readonly key: string }> {
  let url = '';
  for await (const line of lines) {
    url = /^Carillon listens at (\S+)$/.exec(line)?.[1] ?? url;
    const key = knownKey ?? /^Console: \S+#key=(\S+)$/.exec(line)?.[1];
    if (key !== undefined && url !== '') return { url, key };
  }
  throw new Error('the gateway ended before it listened');
}

const answerShape = z.object({ data: z.unknown(), errors: z.unknown() }).partial();

function createAsk(url: string, key: string, signal: AbortSignal): GatewayProcess['ask'] {
  return async (document, variables, shape) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
    });
    const text = await response.text();
    const { data, errors } = answerShape.parse(JSON.parse(text));
    if (errors !== undefined) throw new Error(`the gateway refused a request: ${JSON.stringify(errors)}`);
    return shape.parse(data);
  };
}
