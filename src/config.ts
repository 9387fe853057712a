// The settings table and the only reader of the environment. Says nothing about what a setting is used for beyond its one
// sentence, which the README's table repeats.
import { resolve } from 'node:path';

/** What the program runs with: validated, frozen. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Connection string of a replica set, or null for the embedded store. */
  readonly mongodbUri: string | null;
  /** Absolute path. */
  readonly dataDir: string;
  /** Bearer text, or null to keep a generated one in the data dir. */
  readonly adminKey: string | null;
  /** 32 bytes, or null to keep generated ones in the data dir. */
  readonly masterKey: Buffer | null;
  readonly role: 'all' | 'api' | 'worker';
  /** DNS name of the whole gateway, or null when it has none. */
  readonly publicHost: string | null;
  /** CIDRs that may be delivered to although private. */
  readonly allowNetworks: readonly string[];
  readonly catalog: CatalogAccess;
  readonly logLevel: LogLevel;
  readonly maxEventBytes: number;
  readonly maxBodyBytes: number;
  readonly eventRetentionDays: number;
  /** Null: as events. */
  readonly deliveryRetentionDays: number | null;
  /** Null: as deliveries, but at most 30. */
  readonly attemptRetentionDays: number | null;
  readonly deliveryConcurrency: number;
  readonly maxSockets: number;
  readonly maxSocketsPerKey: number;
  readonly maxSubscriptionsPerSocket: number;
  readonly socketMessagesPerSecond: number;
  readonly socketInitSeconds: number;
  readonly socketPingSeconds: number;
  readonly socketSoftBytes: number;
  readonly socketHardBytes: number;
  readonly socketStallSeconds: number;
  readonly drainSeconds: number;
}

/** Who may read the catalogue: everybody, whoever has a key, or nobody. */
export type CatalogAccess = 'public' | 'key' | 'off';

/** How much is logged; `silent` logs nothing. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** A setting's reader answers its value, or throws an `Error` whose message completes "NAME …". */
interface Setting<T> {
  readonly env: string;
  /** The default as the README shows it. */
  readonly fallback: string;
  readonly sentence: string;
  readonly read: (text: string | undefined) => T;
}

function integer(fallback: number, min: number, max: number): (text: string | undefined) => number {
  return (text) => {
    if (text === undefined) return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new Error(`must be a whole number from ${min} to ${max}, got "${text}"`);
    return value;
  };
}

/** Null where the variable is left out. */
function optional<T>(read: (text: string) => T): (text: string | undefined) => T | null {
  return (text) => (text === undefined ? null : read(text));
}

function oneOf<T extends string>(fallback: T, values: readonly T[]): (text: string | undefined) => T {
  return (text) => {
    if (text === undefined) return fallback;
    const found = values.find((value) => value === text);
    if (found === undefined) throw new Error(`must be one of ${values.join(', ')}, got "${text}"`);
    return found;
  };
}

function readMongodbUri(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^mongodb(\+srv)?:\/\/[^/]/.test(text))
    throw new Error('must begin with mongodb:// or mongodb+srv:// and name a host');
  return text;
}

function readAdminKey(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!/^[\x21-\x7e]{16,256}$/.test(text)) throw new Error('must be 16 to 256 visible ASCII characters');
  return text;
}

function readMasterKey(text: string | undefined): Buffer | null {
  if (text === undefined) return null;
  const key = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length !== 32) throw new Error('must be 32 bytes, as 64 hex digits or in base64');
  return key;
}

function readNetworks(isNetwork: (text: string) => boolean): (text: string | undefined) => readonly string[] {
  return (text) => {
    const networks = (text ?? '').split(',').map((part) => part.trim());
    const named = networks.filter((network) => network !== '');
    const wrong = named.filter((network) => !isNetwork(network));
    if (wrong.length > 0)
      throw new Error(`must be CIDRs such as 10.0.0.0/8, separated by commas, got "${wrong.join(', ')}"`);
    return named;
  };
}

function readHost(text: string | undefined): string {
  if (text === undefined) return '127.0.0.1';
  if (!/^[0-9A-Za-z.:_-]{1,253}$/.test(text)) throw new Error(`must be a host name or an address, got "${text}"`);
  return text;
}

function readPublicHost(text: string): string {
  if (text.length > 253 || !/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i.test(text))
    throw new Error(`must be a DNS name such as events.example.com, got "${text}"`);
  return text;
}

/** The checks that lie in other rooms, handed in so that this file imports none of them. */
export interface ConfigChecks {
  /** True for a CIDR such as `10.0.0.0/8` or `fd00::/8`. */
  readonly isNetwork: (text: string) => boolean;
}

/** The settings table: one row for each field of `Config`, in the order in which the README shows them. */
export function settingsTable(checks: ConfigChecks): { readonly [Key in keyof Config]: Setting<Config[Key]> } {
  return {
    port: {
      env: 'PORT',
      fallback: '4000',
      sentence: 'TCP port to listen on; 0 takes a free one.',
      read: integer(4000, 0, 65_535),
    },
    host: { env: 'HOST', fallback: '127.0.0.1', sentence: 'Address to listen on; `0.0.0.0` for all.', read: readHost },
    mongodbUri: {
      env: 'MONGODB_URI',
      fallback: 'embedded store',
      sentence: 'Connection string of a MongoDB replica set, version 5.0 or newer.',
      read: readMongodbUri,
    },
    dataDir: {
      env: 'CARILLON_DATA_DIR',
      fallback: './data',
      sentence: 'Folder of the embedded store and of generated keys; one process at a time owns it.',
      read: (text) => resolve(text === undefined || text === '' ? 'data' : text),
    },
    adminKey: {
      env: 'CARILLON_ADMIN_KEY',
      fallback: 'generated',
      sentence:
        'Key with the role `ADMIN`; else one is made at first start and kept in `admin.key` (0600) in the data dir.',
      read: readAdminKey,
    },
    masterKey: {
      env: 'CARILLON_MASTER_KEY',
      fallback: 'generated',
      sentence: 'Encrypts secrets at rest: 32 bytes, hex or base64; else kept in `master.key` (0600) in the data dir.',
      read: readMasterKey,
    },
    role: {
      env: 'CARILLON_ROLE',
      fallback: 'all',
      sentence: '`api` serves requests, `worker` makes deliveries, `all` does both.',
      read: oneOf('all', ['all', 'api', 'worker'] as const),
    },
    publicHost: {
      env: 'CARILLON_PUBLIC_HOST',
      fallback: 'none',
      sentence: 'DNS name by which receivers know this gateway: the `WebHook-Request-Origin` of handshakes.',
      read: optional(readPublicHost),
    },
    allowNetworks: {
      env: 'CARILLON_ALLOW_NETWORKS',
      fallback: 'none',
      sentence: 'CIDRs, separated by commas, that may be delivered to although private, such as `127.0.0.0/8`.',
      read: readNetworks(checks.isNetwork),
    },
    catalog: {
      env: 'CARILLON_CATALOG',
      fallback: 'public',
      sentence:
        'Who may read the event types at `/catalog`: everybody (`public`), any valid key (`key`), nobody (`off`).',
      read: oneOf('public', ['public', 'key', 'off'] as const),
    },
    logLevel: {
      env: 'LOG_LEVEL',
      fallback: 'info',
      sentence: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`; lines of JSON on standard error.',
      read: oneOf('info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const),
    },
    maxEventBytes: {
      env: 'CARILLON_MAX_EVENT_BYTES',
      fallback: '262144',
      sentence: 'Largest `data` of an event, in bytes of JSON; 1,024 to 1,048,576.',
      read: integer(262_144, 1024, 1_048_576),
    },
    maxBodyBytes: {
      env: 'CARILLON_MAX_BODY_BYTES',
      fallback: '1572864',
      sentence: 'Largest request body and socket message, in bytes; 65,536 to 16,777,216.',
      read: integer(1_572_864, 65_536, 16_777_216),
    },
    eventRetentionDays: {
      env: 'CARILLON_EVENT_RETENTION_DAYS',
      fallback: '30',
      sentence: 'Days after which events are deleted; 4 to 3,650.',
      read: integer(30, 4, 3650),
    },
    deliveryRetentionDays: {
      env: 'CARILLON_DELIVERY_RETENTION_DAYS',
      fallback: 'as events',
      sentence: 'Days after which deliveries that are finished are deleted, from when they were planned; 4 to 3,650.',
      read: optional(integer(30, 4, 3650)),
    },
    attemptRetentionDays: {
      env: 'CARILLON_ATTEMPT_RETENTION_DAYS',
      fallback: 'as deliveries, at most 30',
      sentence: 'Days after which attempts are deleted, from when they began; 1 to 3,650.',
      read: optional(integer(30, 1, 3650)),
    },
    deliveryConcurrency: {
      env: 'CARILLON_DELIVERY_CONCURRENCY',
      fallback: '256',
      sentence: 'Most requests to receivers at the same time, by one process; 1 to 4,096.',
      read: integer(256, 1, 4096),
    },
    maxSockets: {
      env: 'CARILLON_MAX_SOCKETS',
      fallback: '20000',
      sentence: 'Most live clients (sockets and event streams) of one process; 1 to 1,000,000.',
      read: integer(20_000, 1, 1_000_000),
    },
    maxSocketsPerKey: {
      env: 'CARILLON_MAX_SOCKETS_PER_KEY',
      fallback: '10000',
      sentence: 'Most live clients of one process with the same key; 1 to 1,000,000.',
      read: integer(10_000, 1, 1_000_000),
    },
    maxSubscriptionsPerSocket: {
      env: 'CARILLON_MAX_SUBSCRIPTIONS_PER_SOCKET',
      fallback: '100',
      sentence: 'Most operations that run on one live connection at the same time; 1 to 10,000.',
      read: integer(100, 1, 10_000),
    },
    socketMessagesPerSecond: {
      env: 'CARILLON_SOCKET_MESSAGES_PER_SECOND',
      fallback: '100',
      sentence:
        'Messages that a socket may send each second in the long run, five times as many at once; 1 to 100,000.',
      read: integer(100, 1, 100_000),
    },
    socketInitSeconds: {
      env: 'CARILLON_SOCKET_INIT_SECONDS',
      fallback: '5',
      sentence: 'Seconds in which a socket must say who it is; 1 to 60.',
      read: integer(5, 1, 60),
    },
    socketPingSeconds: {
      env: 'CARILLON_SOCKET_PING_SECONDS',
      fallback: '15',
      sentence:
        'Seconds between two pings of an idle live connection; one that does not answer until the next is cut off; 1 to 3,600.',
      read: integer(15, 1, 3600),
    },
    socketSoftBytes: {
      env: 'CARILLON_SOCKET_SOFT_BYTES',
      fallback: '262144',
      sentence:
        'Bytes waiting for a live client to read beyond which it lags and later catches up from the log; 16,384 to 67,108,864.',
      read: integer(262_144, 16_384, 67_108_864),
    },
    socketHardBytes: {
      env: 'CARILLON_SOCKET_HARD_BYTES',
      fallback: '4194304',
      sentence: 'Bytes waiting for a live client to read beyond which it is closed (1013); 65,536 to 1,073,741,824.',
      read: integer(4_194_304, 65_536, 1_073_741_824),
    },
    socketStallSeconds: {
      env: 'CARILLON_SOCKET_STALL_SECONDS',
      fallback: '30',
      sentence: 'Seconds after which a live client that lags without reading on is closed (1013); 1 to 3,600.',
      read: integer(30, 1, 3600),
    },
    drainSeconds: {
      env: 'CARILLON_DRAIN_SECONDS',
      fallback: '2',
      sentence: 'Seconds over which a stop spreads the closing of live connections (1012); 0 to 4.',
      read: integer(2, 0, 4),
    },
  };
}

/** Days for each kind of record, the defaults that depend on other settings filled in. Never throws. */
export function retentionOf(
  config: Pick<Config, 'eventRetentionDays' | 'deliveryRetentionDays' | 'attemptRetentionDays'>,
): {
  readonly eventRetentionDays: number;
  readonly deliveryRetentionDays: number;
  readonly attemptRetentionDays: number;
} {
  const { eventRetentionDays } = config;
  const deliveryRetentionDays = config.deliveryRetentionDays ?? eventRetentionDays;
  const attemptRetentionDays = config.attemptRetentionDays ?? Math.min(deliveryRetentionDays, 30);
  return { eventRetentionDays, deliveryRetentionDays, attemptRetentionDays };
}

/** Every mistake in the environment at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One sentence for each mistake, beginning with the variable's name. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`wrong settings:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
    this.mistakes = mistakes;
  }
}

/**
 * Reads the settings. An empty variable counts as unset. Throws `ConfigError` with all mistakes, among them every
 * `CARILLON_…` variable that is not in the table (a misspelt setting must not be silently ignored).
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, checks: ConfigChecks): Config {
  const table = settingsTable(checks);
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table)) {
    const text = env[setting.env];
    try {
      values[key] = setting.read(text === '' ? undefined : text);
    } catch (error) {
      mistakes.push(`${setting.env} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const known = new Set(Object.values(table).map((setting) => setting.env));
  for (const name of Object.keys(env)) {
    if (name.startsWith('CARILLON_') && !known.has(name))
      mistakes.push(`${name} is no setting; see the table in the README`);
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.freeze(values as unknown as Config);
}

/** The process environment; `main.ts` hands it to `readConfig`. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
