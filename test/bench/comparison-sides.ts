// Other GraphQL servers as a side of a bench, done as their manuals show it. They live in comparison/ with packages of their own,
// which are installed when a bench first needs them, and are no part of the product.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../kit/project-root.js';
import { startChild } from './child.js';
import { type LiveSide, liveQuery, measureSide, openClients, pin, readUrl } from './live-sides.js';
import { benchData } from './stage.js';

/** The servers, by their file. */
export const comparisonServers = ['apollo', 'yoga', 'mercurius', 'ws'] as const;

/** One of them. */
export type ComparisonServer = (typeof comparisonServers)[number];

const folder = join(projectRoot, 'test', 'bench', 'comparison');
const installWithinMs = 300_000;

/** The servers are not installed, and cannot be now. The message says what to do. */
export class ComparisonMissing extends Error {}

/** Installs the packages of the servers unless they are there. Throws `ComparisonMissing`. */
export function installComparison(): void {
  // Written by npm when all is installed.
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return;
  const command = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    execFileSync('npm', command, { stdio: ['ignore', 'ignore', 'inherit'], timeout: installWithinMs });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new ComparisonMissing(
      `the servers to compare with are not installed, and installing them failed (${reason}); ` +
        'with a registry at hand run: npm ci --prefix test/bench/comparison --ignore-scripts',
    );
  }
}

/** A server and its clients. */
export async function startComparisonSide(name: ComparisonServer): Promise<LiveSide> {
  const server = startChild(pathToFileURL(join(folder, `${name}.mjs`)).href);
  const clients = startChild('./socket-clients-process.js');
  const url = readUrl(await server.ask({ kind: 'listen' }));
  pin(server.pid, 'server');
  pin(clients.pid, 'client');
  // A bare ws server has no protocol: whoever is connected gets everything.
  const key = name === 'ws' ? null : 'none';
  return {
    pid: server.pid,
    clients,
    open: (count) => openClients(clients, { url, key, count, query: liveQuery, variables: [{}] }),
    show: (events, expected, atOnce = 1) =>
      measureSide({ pid: server.pid, clients, events, expected, atOnce }, () =>
        server.ask({ kind: 'publish', json: JSON.stringify(benchData()), count: atOnce }),
      ),
    async stop() {
      await Promise.all([clients.stop(), server.stop()]);
    },
  };
}
