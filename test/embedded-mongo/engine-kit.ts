// An engine without sockets and threads, for tests of its parts.
import { join } from 'node:path';

import type { Command } from '../../src/embedded-mongo/command.js';
import { type Engine, openEngine } from '../../src/embedded-mongo/engine.js';
import { temporaryDir, undecoded } from './kit.js';

/** Runs `use` on an engine of its own, in this thread. */
export async function withEngine(use: (engine: Engine, warnings: string[]) => Promise<void>): Promise<void> {
  const dir = temporaryDir();
  const warnings: string[] = [];
  const engine = openEngine(join(dir.path, 'store.mdb'), (message) => warnings.push(message));
  await use(engine, warnings);
  await engine.close();
  dir.remove();
}

/** A command as the wire would give it. */
export function commandOf(fields: Record<string, unknown>): Command {
  const name = Object.keys(fields)[0] ?? '';
  return { name, db: 'test', fields: new Map(undecoded(fields).fields()), sequences: new Map(), connectionId: 1 };
}
