// A process that makes backups of a store one after the other, as backup.test.ts starts it: `<data dir> <file> <how many>`.
import { rmSync } from 'node:fs';
import { backUp } from '../../src/embedded-mongo/backup.js';

const [dataDir = '', file = '', rounds = '1'] = process.argv.slice(2);
for (let round = 0; round < Number(rounds); round += 1) {
  await backUp(dataDir, file);
  rmSync(file);
}
