// What every example stands on: a temporary folder, a gateway and other programs as child processes, and an end that leaves
// nothing behind, also on Ctrl-C. What happens on it is told by each example's own files.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * A program in a process of its own.
 * @typedef {object} Program
 * @property {(pattern: RegExp) => Promise<string>} line Waits for a line of its standard output that matches, behind those
 *   that were waited for before, and answers the first group. Rejects when the program ends before.
 * @property {(signal?: NodeJS.Signals) => Promise<void>} stop Ends it, by SIGTERM if nothing else is said, and waits for that.
 */

/**
 * A gateway that listens.
 * @typedef {object} Gateway
 * @property {string} url Such as `http://127.0.0.1:40123`.
 * @property {string} mongodbUri Connection string of its embedded store, without a database.
 * @property {(document: string, variables?: object, key?: string) => Promise<any>} ask Asks its GraphQL API, with the admin
 *   key if no other is given, and answers `data`. Rejects when there are errors, `userErrors` too.
 */

/**
 * @typedef {object} Stage
 * @property {() => Promise<Gateway>} startGateway Starts one on a free port, with a store of its own; it may deliver to this
 *   machine.
 * @property {(name: string, command: readonly string[], env?: Readonly<Record<string, string>>) => Program} startProgram Starts
 *   a program; its standard output is shown, each line behind its name.
 * @property {(line: string) => void} say Shows a line.
 * @property {(close: () => unknown) => void} atEnd Has something closed at the end.
 * @property {(what: string, look: () => Promise<unknown>) => Promise<void>} until Looks again and again until there is
 *   something. Rejects after 30 seconds, saying what was waited for.
 */

const gatewayProgram = fileURLToPath(new URL('../build/src/main.js', import.meta.url));
/** An example takes at most so long, in milliseconds. */
const exampleWithinMs = 60_000;
const untilWithinMs = 30_000;
const lookEveryMs = 50;
/** What fails so shortly before an interrupt was interrupted, in milliseconds. */
const interruptWithinMs = 500;
const answerWithinMs = 10_000;
/** A program that has not ended so long after it was told to is killed, in milliseconds. */
const stopWithinMs = 5000;

/** Exit codes after the shells' custom. */
const interruptCodes = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 };

/**
 * Runs an example and clears away what it started and wrote. Answers the exit code: 0, 1 when it failed, 130 on Ctrl-C and
 * so on. Never rejects.
 * @param {(stage: Stage) => Promise<void>} example
 * @returns {Promise<number>}
 */
export async function onStage(example) {
  /** @type {Promise<number>} */
  const interrupted = new Promise((resolve) => {
    for (const [signal, code] of Object.entries(interruptCodes)) process.on(signal, () => resolve(code));
    // Nobody reads what is shown any more.
    process.stdout.on('error', () => resolve(interruptCodes.SIGPIPE));
  });
  const folder = await mkdtemp(join(tmpdir(), 'carillon-example-'));
  /** @type {(() => unknown)[]} */
  const closers = [];
  const ended = new AbortController();
  const stage = createStage(folder, closers, ended.signal);
  const tooLate = sleep(exampleWithinMs, 1, { ref: false }).then((code) => {
    process.stderr.write(`the example took longer than ${exampleWithinMs / 1000} seconds\n`);
    return code;
  });
  const told = example(stage).then(
    () => 0,
    async (error) => {
      // Ctrl-C ends every program of a terminal; others may be gone before this one hears of it.
      const code = await Promise.race([interrupted, sleep(interruptWithinMs, 1)]);
      if (code === 1) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return code;
    },
  );
  const code = await Promise.race([told, interrupted, tooLate]);
  ended.abort();
  const closed = Promise.allSettled(closers.reverse().map(async (close) => close()));
  await Promise.race([closed, sleep(2 * stopWithinMs)]);
  await rm(folder, { recursive: true, force: true });
  return code;
}

/**
 * @param {string} folder
 * @param {(() => unknown)[]} closers
 * @param {AbortSignal} signal
 * @returns {Stage}
 */
function createStage(folder, closers, signal) {
  /** @param {string} line */
  const say = (line) => void process.stdout.write(`${line}\n`);
  let gateways = 0;
  return {
    say,
    atEnd: (close) => void closers.push(close),
    startProgram(name, command, env = {}) {
      const show = (/** @type {string} */ line) => say(`${name} | ${line}`);
      return startProgram({ command, env: { ...ownEnvironment(), ...env }, show, signal, closers });
    },
    async startGateway() {
      if (!existsSync(gatewayProgram))
        throw new Error('the gateway is not built yet: npm ci, or npm run build, does that');
      gateways += 1;
      const dataDir = join(folder, `gateway-${gateways}`);
      const program = startProgram({
        command: [process.execPath, gatewayProgram],
        env: {
          ...ownEnvironment(),
          PORT: '0',
          HOST: '127.0.0.1',
          LOG_LEVEL: 'error',
          CARILLON_DATA_DIR: dataDir,
          CARILLON_ALLOW_NETWORKS: '127.0.0.0/8',
          CARILLON_DRAIN_SECONDS: '0',
        },
        show: () => undefined,
        signal,
        closers,
      });
      const url = await program.line(/^Carillon listens at (\S+)$/);
      const adminKey = await program.line(/^Console: \S+#key=(\S+)$/);
      const mongodbUri = `mongodb://${encodeURIComponent(join(dataDir, 'mongo.sock'))}/?directConnection=true`;
      return { url, mongodbUri, ask: createAsk(url, adminKey) };
    },
    async until(what, look) {
      const deadline = AbortSignal.timeout(untilWithinMs);
      while (!(await look())) {
        if (deadline.aborted) throw new Error(`not within ${untilWithinMs / 1000} seconds: ${what}`);
        await sleep(lookEveryMs, undefined, { signal });
      }
    },
  };
}

/** The environment without settings that are meant for another gateway. */
function ownEnvironment() {
  const isSetting = (/** @type {string} */ name) =>
    name.startsWith('CARILLON_') || ['MONGODB_URI', 'PORT', 'HOST', 'LOG_LEVEL'].includes(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isSetting(name)));
}

/**
 * @param {object} options
 * @param {readonly string[]} options.command
 * @param {NodeJS.ProcessEnv} options.env
 * @param {(line: string) => void} options.show
 * @param {AbortSignal} options.signal
 * @param {(() => unknown)[]} options.closers
 * @returns {Program}
 */
function startProgram({ command, env, show, signal, closers }) {
  signal.throwIfAborted();
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let failure = `${file} ended too early`;
  const closed = once(child, 'close').catch((error) => {
    failure = error.code === 'ENOENT' ? `${file} was not found: install it and try again` : String(error);
  });
  /** @type {string[]} */
  const unread = [];
  let wake = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    show(line);
    unread.push(line);
    wake();
  });
  let hasEnded = false;
  void closed.then(() => {
    hasEnded = true;
    wake();
  });

  /** @type {Program['stop']} */
  async function stop(by = 'SIGTERM') {
    child.kill(by);
    const kill = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await closed;
    clearTimeout(kill);
  }
  closers.push(() => stop());

  return {
    async line(pattern) {
      for (;;) {
        for (let line = unread.shift(); line !== undefined; line = unread.shift()) {
          const found = pattern.exec(line);
          if (found !== null) return found[1] ?? '';
        }
        if (hasEnded) throw new Error(failure);
        await new Promise((resolve) => {
          wake = () => resolve(undefined);
        });
      }
    },
    stop,
  };
}

/**
 * @param {string} url
 * @param {string} adminKey
 * @returns {Gateway['ask']}
 */
function createAsk(url, adminKey) {
  return async (document, variables = {}, key = adminKey) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const { data, errors } = JSON.parse(await response.text());
    const refused = errors ?? Object.values(data).flatMap((payload) => payload?.userErrors ?? []);
    if (refused.length > 0) throw new Error(`the gateway refused a request: ${JSON.stringify(refused)}`);
    return data;
  };
}
