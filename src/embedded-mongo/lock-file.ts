// One owner per data directory: a file with the process id and when that process started. Opening the store is in engine.ts.
import { closeSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';

/** Who holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** what tells this process from a later one with the same id; empty where the system does not say */
  readonly startedAt: string;
}

/** The lock was not to be had. */
export class LockedError extends Error {
  readonly pid: number;

  constructor(path: string, pid: number) {
    super(`the data directory is in use by process ${pid} (${path}); stop it, or choose another directory`);
    this.pid = pid;
  }
}

/** When a process started, in the clock ticks of Linux's /proc (proc(5), field 22); empty elsewhere or if it is gone. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive({ pid, startedAt }: LockOwner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is such a process, of another user
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startTimeOf(pid);
  return startedAt === '' || now === '' || now === startedAt;
}

function readOwner(path: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockOwner>;
    return typeof owner.pid === 'number' && typeof owner.startedAt === 'string'
      ? { pid: owner.pid, startedAt: owner.startedAt }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Paths locked by this very process, which a lock file cannot tell apart from a stale one of the same id. */
const heldHere = new Set<string>();

/** Takes the lock and returns how to give it back, and whether it was left behind by a process that died. Throws `LockedError`. */
export function takeLock(path: string): { release: () => void; wasStale: boolean } {
  if (heldHere.has(path)) throw new LockedError(path, process.pid);
  const mine = JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid) });
  let wasStale = false;
  for (let attempt = 0; ; attempt += 1) {
    if (createExclusively(path, mine)) break;
    const owner = readOwner(path);
    if (owner && owner.pid !== process.pid && isAlive(owner)) throw new LockedError(path, owner.pid);
    if (attempt > 10) throw new LockedError(path, owner?.pid ?? 0);
    wasStale = true;
    removeStale(path);
  }
  heldHere.add(path);
  const release = () => {
    heldHere.delete(path);
    if (readOwner(path)?.pid === process.pid) unlinkSync(path);
  };
  return { release, wasStale };
}

function createExclusively(path: string, content: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, content);
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Of several that find the same stale file only one may remove it: renaming succeeds once. */
function removeStale(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    unlinkSync(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
