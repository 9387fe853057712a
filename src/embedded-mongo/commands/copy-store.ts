// copyStore, the one command that MongoDB does not have: the owner of the store copies it, since another process that opened the
// file would take writes from it. The way round it is backup.ts.
import { isAbsolute } from 'node:path';
import { BsonType } from '../bson-raw.js';
import type { Command, Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { CommandError } from '../errors.js';

/** `{copyStore: 1, to: <absolute path>}`: one snapshot without its free pages, in a file that is not there yet. */
export async function copyStore(command: Command, engine: Engine): Promise<Reply> {
  const to = command.fields.get('to');
  const path = to?.type === BsonType.string ? to.text() : '';
  if (!isAbsolute(path)) throw new CommandError('BadValue', "BSON field 'copyStore.to' must be an absolute path");
  await engine.copy(path);
  return {};
}
