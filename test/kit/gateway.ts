// The built program as a process of its own, on a temporary data dir and a free port. What is asked of it is said by the
// tests. With MONGODB_URI in the environment each gateway uses a database of its own on that server.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { type Answers, graphql, type HttpAnswer, send, type Variables } from './graphql-client.js';
import { until } from './until.js';

const mainPath = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const readyWithinMs = 20_000;

/** True when the gateways of this run use the embedded store. */
export const isEmbedded = (process.env['MONGODB_URI'] ?? '') === '';

/** How to start a gateway. */
export interface GatewayOptions {
  /** Settings besides PORT, CARILLON_DATA_DIR, CARILLON_ALLOW_NETWORKS and MONGODB_URI, or in their place. */
  readonly env?: Readonly<Record<string, string>>;
  /** An existing data dir, which is then not removed. Default: a new one. */
  readonly dataDir?: string;
}

/** A gateway that listens. Stop it at the end of the test. */
export interface Gateway {
  /** Without a slash at the end. */
  readonly url: string;
  readonly adminKey: string;
  readonly dataDir: string;
  /** Connection string of its database: the embedded store's, or that of the environment. */
  readonly databaseUri: string;
  /** Id of the process. */
  readonly pid: number;
  /** How long the last start took, from spawning to the line with the address, in milliseconds. */
  readonly startedInMs: number;
  /** What the last process wrote so far. */
  stdout(): string;
  stderr(): string;
  /** Sends a signal and waits for the end of the process, at most 15 s. */
  kill(signal: NodeJS.Signals): Promise<Ended>;
  /** Starts a process with the same data dir, port and settings; the last one must have ended. */
  restart(): Promise<void>;
  /** Ends it in whatever state it is, and removes the data dir. */
  stop(): Promise<void>;
  /** Runs an operation, by default with the admin key, and gives its data; fails the test when there are errors. */
  readonly request: (query: string, variables?: Variables, key?: string) => Promise<Answers>;
  /** Runs an operation and gives the whole answer; a null key sends none. */
  readonly send: (query: string, variables?: Variables, key?: string | null) => Promise<HttpAnswer>;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the signal (or the start, where there was none) to the end. */
  readonly ms: number;
}

interface Program {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly startedAtMs: number;
  /** Settles when the process has ended and all it wrote was read. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function spawnProgram(env: Readonly<Record<string, string>>, args: readonly string[]): Program {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', mainPath, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const collect = (stream: NodeJS.ReadableStream | null): (() => string) => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  };
  const ended = once(child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
    running.delete(child);
    return {
      code: typeof code === 'number' ? code : null,
      signal: typeof signal === 'string' ? signal : null,
    };
  });
  return { child, stdout: collect(child.stdout), stderr: collect(child.stderr), startedAtMs, ended };
}

/** Runs the program to its end, for starts that are refused and for other commands. Rejects when it takes over 20 s. */
export async function runProgram(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  withinMs = readyWithinMs,
): Promise<Ended> {
  const program = spawnProgram(env, args);
  const timer = setTimeout(() => program.child.kill('SIGKILL'), withinMs);
  const { code, signal } = await program.ended;
  clearTimeout(timer);
  const ms = performance.now() - program.startedAtMs;
  if (signal === 'SIGKILL') throw new Error(`did not end within ${withinMs} ms; it wrote:\n${program.stderr()}`);
  return { code, signal, ms, stdout: program.stdout(), stderr: program.stderr() };
}

/** A new empty folder for data. */
export function createDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'carillon-test-'));
}

/** Starts a gateway and waits until it listens. Rejects with what it wrote when it does not within 20 s. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const dataDir = options.dataDir ?? (await createDataDir());
  const mongodbUri = options.env?.['MONGODB_URI'] ?? createDatabaseUri();
  const settings = {
    CARILLON_DATA_DIR: dataDir,
    CARILLON_ALLOW_NETWORKS: '127.0.0.0/8',
    ...(mongodbUri === null ? {} : { MONGODB_URI: mongodbUri }),
    ...options.env,
  };
  let program = spawnProgram({ PORT: '0', ...settings }, []);
  let url = await readUrl(program);
  let startedInMs = performance.now() - program.startedAtMs;
  const adminKey = options.env?.['CARILLON_ADMIN_KEY'] ?? (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim();

  return {
    get url() {
      return url;
    },
    adminKey,
    dataDir,
    databaseUri:
      mongodbUri ?? `mongodb://${encodeURIComponent(join(dataDir, 'mongo.sock'))}/carillon?directConnection=true`,
    get pid() {
      return program.child.pid ?? 0;
    },
    get startedInMs() {
      return startedInMs;
    },
    stdout: () => program.stdout(),
    stderr: () => program.stderr(),
    kill: (signal) => endProgram(program, signal),
    async restart() {
      await program.ended;
      program = spawnProgram({ PORT: new URL(url).port, ...settings }, []);
      url = await readUrl(program);
      startedInMs = performance.now() - program.startedAtMs;
    },
    async stop() {
      program.child.kill('SIGKILL');
      await program.ended;
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      if (mongodbUri !== null && options.env?.['MONGODB_URI'] === undefined) await dropDatabase(mongodbUri);
    },
    request: (query, variables, key = adminKey) => graphql(url, key, query, variables),
    send: (query, variables, key = adminKey) => send(url, key, query, variables),
  };
}

async function endProgram(program: Program, signal: NodeJS.Signals): Promise<Ended> {
  const fromMs = performance.now();
  program.child.kill(signal);
  const timer = setTimeout(() => program.child.kill('SIGKILL'), 15_000);
  const end = await program.ended;
  clearTimeout(timer);
  return { ...end, ms: performance.now() - fromMs, stdout: program.stdout(), stderr: program.stderr() };
}

async function readUrl(program: Program): Promise<string> {
  let hasEnded = false;
  void program.ended.then(() => {
    hasEnded = true;
  });
  try {
    return await until({ what: 'the line with the address', withinMs: readyWithinMs, everyMs: 10 }, () => {
      if (hasEnded) throw new Error('it ended');
      return /^Carillon listens at (http:\S+)\n/m.exec(program.stdout())?.[1];
    });
  } catch (error) {
    program.child.kill('SIGKILL');
    await program.ended;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the gateway did not start: ${reason}; it wrote:\n${program.stdout()}${program.stderr()}`);
  }
}

/** The server of the environment with a database name of its own, or null for the embedded store. */
export function createDatabaseUri(): string | null {
  if (isEmbedded) return null;
  const [, server = '', query = ''] =
    /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(process.env['MONGODB_URI'] ?? '') ?? [];
  return `${server}/carillon_test_${randomBytes(6).toString('hex')}${query}`;
}

async function dropDatabase(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  await client.db().dropDatabase();
  await client.close();
}
