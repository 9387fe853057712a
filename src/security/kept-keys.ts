// The keys that a gateway runs with: from the settings, or made at first start and kept in the data dir.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomBytes } from '../clock.js';
import { Problem } from '../problem.js';
import { createApiKey } from './api-key.js';
import { readOrMakeKey } from './key-files.js';
import { parseMasterKey } from './secret-box.js';

/** The keys of a gateway. */
export interface KeptKeys {
  /** The key with the role `ADMIN` that needs no record. */
  readonly adminKey: string;
  /** True when it was made just now. */
  readonly isAdminKeyNew: boolean;
  /** 32 bytes that encrypt secrets at rest. */
  readonly masterKey: Buffer;
  /** Removes the admin key that was made just now, which nobody has seen; an older one stays. Throws what the system does. */
  forgetNewAdminKey(): void;
}

/** What the settings say; null means kept in the data dir. */
export interface KeySettings {
  readonly dataDir: string;
  readonly adminKey: string | null;
  readonly masterKey: Buffer | null;
}

/**
 * Reads or makes the keys. Throws the system's error when the data dir cannot be used, and `INVALID_INPUT` for a damaged
 * file, the field its path.
 */
export function keepKeys({ dataDir, adminKey, masterKey }: KeySettings, bytes: RandomBytes): KeptKeys {
  const admin =
    adminKey === null
      ? readOrMakeKey(dataDir, 'admin.key', () => createApiKey(bytes))
      : { text: adminKey, isNew: false };
  if (!/^[\x21-\x7e]{16,256}$/.test(admin.text)) {
    const message = 'must hold one line of 16 to 256 visible ASCII characters';
    throw new Problem('INVALID_INPUT', message, { field: join(dataDir, 'admin.key') });
  }
  const makeMasterKey = (): string => bytes(32).toString('hex');
  return {
    adminKey: admin.text,
    isAdminKeyNew: admin.isNew,
    masterKey:
      masterKey ??
      parseMasterKey(readOrMakeKey(dataDir, 'master.key', makeMasterKey).text, join(dataDir, 'master.key')),
    forgetNewAdminKey() {
      if (admin.isNew) rmSync(join(dataDir, 'admin.key'), { force: true });
    },
  };
}
