// Finds out at start whether the master key is the one that the data was encrypted with, before anything relies on it.
import { Problem } from '../problem.js';
import type { SecretBox } from './secret-box.js';

/** A text that the database keeps under a name, made when there is none. */
export type ReadOrMake = (name: string, make: () => string) => Promise<string>;

const name = 'master-key-check';

/** Throws `INVALID_INPUT` on `CARILLON_MASTER_KEY` when the box opens nothing that is kept. */
export async function checkMasterKey(secretBox: SecretBox, readOrMake: ReadOrMake): Promise<void> {
  const sealed = await readOrMake(name, () => secretBox.seal(name, name));
  try {
    secretBox.open(sealed, name);
  } catch (error) {
    const message = 'is not the key that the secrets in the database were encrypted with; give back the old one';
    throw new Problem('INVALID_INPUT', message, {
      field: 'CARILLON_MASTER_KEY (or master.key in the data dir)',
      cause: error,
    });
  }
}
