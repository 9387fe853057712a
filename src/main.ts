#!/usr/bin/env node
// The process edge: environment -> settings -> app -> signals. The only file that exits.
import './production.js';

import { join } from 'node:path';
import type { App } from './app.js';
import { systemClock } from './clock.js';
import { type Config, ConfigError, processEnvironment, readConfig } from './config.js';
import { createLog, type Log } from './log.js';
import { Problem } from './problem.js';
import { readKey } from './security/key-files.js';
import { parseNetwork } from './security/outbound-guard.js';

/** Exit codes after sysexits.h. */
const exitCodes = { usage: 64, unavailable: 69, software: 70, noPermission: 77, config: 78 } as const;

/** After this a stop is not waited for any longer, in milliseconds. */
const stopWithinMs = 9500;

const usage = `usage: carillon [start | demo [--url URL] | key | backup FILE | restore FILE]
  start   runs the gateway (default); settings come from the environment, see the README
  demo    runs the main job on real payloads in a temporary folder and prints what went where
  key     prints the admin key that is kept in the data dir
  backup  copies the embedded store to FILE, also while the gateway runs; the keys in the data dir are not in it
  restore makes the embedded store from FILE in a data dir that has none`;

function settings(): Config {
  return readConfig(processEnvironment(), { isNetwork });
}

function isNetwork(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}

async function start(): Promise<void> {
  const config = settings();
  const log = createLog(config.logLevel);
  process.on('unhandledRejection', (error) => log.error('A promise was rejected and nobody listened.', { error }));
  const app = await (await import('./app.js')).startApp(config, log);
  // Before the line that says it is ready: whoever reads it may stop the program at once.
  stopOnSignals(app, log);
  process.stdout.write(`Carillon listens at ${app.url}\n`);
  if (app.newAdminKey !== null) process.stdout.write(`Console: ${app.url}/#key=${app.newAdminKey}\n`);
}

function stopOnSignals(app: App, log: Log): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(exitCodes.software);
    isStopping = true;
    log.info('Stopping.', { signal });
    const beganMs = systemClock.monotonicMs();
    systemClock.after(stopWithinMs, () => {
      log.error('The stop took too long; what is not finished is left to the next start.', { stopWithinMs });
      process.exit(exitCodes.software);
    });
    void app.close().then(() => {
      log.info('Stopped.', { durationMs: Math.round(systemClock.monotonicMs() - beganMs) });
      process.exit(process.exitCode ?? 0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function printKey(): void {
  const { dataDir, adminKey } = settings();
  const key = adminKey ?? readKey(join(dataDir, 'admin.key'));
  if (key === null)
    throw new Problem('NOT_FOUND', `there is no admin.key in ${dataDir} yet; it is made at the first start`);
  process.stdout.write(`${key}\n`);
}

async function copyStore(command: 'backup' | 'restore', rest: readonly string[]): Promise<void> {
  const [file] = rest;
  if (file === undefined || file === '' || rest.length > 1) return refuseUsage(`${command} needs the name of one file`);
  const { dataDir, mongodbUri } = settings();
  if (mongodbUri !== null)
    return refuseUsage(`${command} is for the embedded store; MONGODB_URI is set: use that server's own tools`);
  const { backUp, restore } = await import('./embedded-mongo/backup.js');
  const isBackup = command === 'backup';
  const { collections, documents } = await (isBackup ? backUp(dataDir, file) : restore(file, dataDir));
  const done = isBackup ? `Backed up ${dataDir} to ${file}` : `Restored ${file} into ${dataDir}`;
  process.stdout.write(`${done}: ${documents} documents in ${collections} collections, all checked.\n`);
  const keys = isBackup ? 'Keep master.key of the data dir, too' : 'Put master.key of the old data dir there, too';
  process.stdout.write(`${keys}: without it (or CARILLON_MASTER_KEY) stored secrets cannot be read.\n`);
  return undefined;
}

function refuseUsage(reason: string): undefined {
  process.stderr.write(`carillon: ${reason}\n`);
  process.exitCode = exitCodes.usage;
}

async function run(command: string | undefined, rest: readonly string[]): Promise<void> {
  switch (command) {
    case undefined:
    case 'start':
      return start();
    case 'demo': {
      const { runDemo } = await import('./demo/demo.js');
      process.exitCode = await runDemo(rest);
      return undefined;
    }
    case 'key':
      return printKey();
    case 'backup':
    case 'restore':
      return copyStore(command, rest);
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(`${usage}\n`);
      return undefined;
    default:
      process.stderr.write(`${usage}\n`);
      process.exitCode = exitCodes.usage;
      return undefined;
  }
}

/** The exit code and the line for an error that ends the program. */
function explain(error: unknown): { readonly code: number; readonly line: string } {
  if (error instanceof ConfigError) return { code: exitCodes.config, line: error.message };
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const message = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'EADDRINUSE':
      return { code: exitCodes.unavailable, line: `the address is in use: ${message}; set PORT to another one` };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return { code: exitCodes.unavailable, line: `cannot listen at HOST: ${message}` };
    case 'EACCES':
      return { code: exitCodes.noPermission, line: message };
    case 'INVALID_INPUT':
      // A kept key that is damaged; the field is its file.
      return { code: exitCodes.config, line: error instanceof Problem ? `${error.field}: ${message}` : message };
    case 'STORE_UNAVAILABLE':
    case 'DATA_DIR_LOCKED':
    case 'DATA_DIR_UNUSABLE':
    case 'SOCKET_UNSUPPORTED':
    case 'STORE_DAMAGED':
    case 'BACKUP_REFUSED':
    case 'NOT_FOUND':
      return { code: exitCodes.unavailable, line: message };
    default:
      return { code: exitCodes.software, line: error instanceof Error ? (error.stack ?? message) : message };
  }
}

run(process.argv[2], process.argv.slice(3)).catch((error: unknown) => {
  const { code, line } = explain(error);
  process.stderr.write(`carillon: ${line}\n`);
  process.exit(code);
});
