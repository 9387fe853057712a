// Which documents a stream has given already, where one document has many index keys or matches many branches.
import { CommandError } from './errors.js';

/** Memory for the keys of documents that were seen; about 70 bytes are used for each besides its own. */
const maxBytes = 100 * 1024 * 1024;

/** The documents seen so far. */
export class Seen {
  private readonly keys = new Set<string>();
  private bytes = 0;

  /** True the first time it is asked for a document. Throws `QueryExceededMemoryLimitNoDiskUseAllowed`. */
  isNew(recordKey: Buffer): boolean {
    const key = recordKey.toString('latin1');
    if (this.keys.has(key)) return false;
    this.keys.add(key);
    this.bytes += key.length + 70;
    if (this.bytes > maxBytes) {
      const message = `The query finds too many documents by an index over arrays or by $or: ${this.keys.size}`;
      throw new CommandError('QueryExceededMemoryLimitNoDiskUseAllowed', message);
    }
    return true;
  }
}
