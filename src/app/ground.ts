// What every room stands on, opened first: the database, the clock, keys, the outbound guard, and the means to do work in the
// background and to close in the reverse order.
import { randomBytes } from 'node:crypto';
import { type Clock, createNewId, type NewId, systemClock, systemRandomBytes } from '../clock.js';
import type { Config } from '../config.js';
import { startEmbeddedMongo } from '../embedded-mongo/start.js';
import type { Log } from '../log.js';
import { repeat } from '../repeat.js';
import { type KeptKeys, keepKeys } from '../security/kept-keys.js';
import { checkMasterKey } from '../security/master-key-check.js';
import { createOutboundGuard, type OutboundGuard } from '../security/outbound-guard.js';
import { createSecretBox, type SecretBox } from '../security/secret-box.js';
import { openStore, type Store } from '../store.js';
import { followStoreTime } from '../store-time.js';

/** The ground. */
export interface Ground {
  readonly config: Config;
  readonly log: Log;
  readonly store: Store;
  /** True when other processes use the same database. */
  readonly isShared: boolean;
  /** The database's time where it is shared, else this process's. */
  readonly clock: Clock;
  readonly newId: NewId;
  readonly newErrorId: () => string;
  /** Names this process. */
  readonly holder: string;
  readonly keys: KeptKeys;
  /** To be called when the start has succeeded: a new admin key is shown now, and stays. */
  readonly started: () => void;
  readonly secretBox: SecretBox;
  readonly guard: OutboundGuard;
  /** Called when the process stops, the latest first. */
  readonly onClose: (close: () => Promise<unknown>) => void;
  /** Does work again and again until the process stops. */
  readonly repeatEvery: (everyMs: number, work: () => Promise<void>) => void;
}

/** Opens the ground. Throws what the embedded store and the database throw, and `Problem` for keys that do not fit. */
export async function openGround(config: Config, log: Log, onClose: Ground['onClose']): Promise<Ground> {
  const isShared = config.mongodbUri !== null;
  const uri = config.mongodbUri ?? (await openEmbedded(config.dataDir, log, onClose));
  const store = await openStore(uri, () => randomBytes(4).toString('hex'));
  onClose(() => store.close());
  const clock = isShared ? await followDatabaseTime(store, log, onClose) : systemClock;
  const keys = keepKeys(config, systemRandomBytes);
  let hasStarted = false;
  onClose(async () => {
    // The next start is then the first one that prints the key. With a shared database others may use it already.
    if (!hasStarted && !isShared) keys.forgetNewAdminKey();
  });
  const secretBox = createSecretBox(keys.masterKey, systemRandomBytes);
  await checkMasterKey(secretBox, (name, make) => store.readOrMake(name, make));
  return {
    config,
    log,
    store,
    isShared,
    clock,
    newId: createNewId(clock),
    newErrorId: () => randomBytes(8).toString('hex'),
    holder: randomBytes(8).toString('hex'),
    keys,
    started() {
      hasStarted = true;
    },
    secretBox,
    guard: createOutboundGuard({ allowNetworks: config.allowNetworks }),
    onClose,
    repeatEvery(everyMs, work) {
      const repeated = repeat({ clock, log, everyMs, work });
      onClose(() => repeated.close());
    },
  };
}

async function followDatabaseTime(store: Store, log: Log, onClose: Ground['onClose']): Promise<Clock> {
  const storeTime = await followStoreTime(() => store.time(), systemClock, log);
  onClose(() => storeTime.close());
  return storeTime.clock;
}

async function openEmbedded(dataDir: string, log: Log, onClose: Ground['onClose']): Promise<string> {
  const embedded = await startEmbeddedMongo({
    dataDir,
    onWarning: (message) => log.warn(message),
    onFatal: (error) => {
      log.error('The embedded store failed; nothing can be kept any more.', { error });
      // Whatever is answered from now on would be a lie: end at once, and recover at the next start.
      process.exitCode = 70;
      process.kill(process.pid, 'SIGTERM');
    },
  });
  onClose(() => embedded.close());
  if (embedded.recovered !== null) log.info(embedded.recovered);
  return embedded.uri;
}
