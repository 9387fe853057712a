// Live clients of this process: the hub, who is connected, and those of other nodes.
import { randomBytes } from 'node:crypto';
import type { Credentials } from '../application/credentials.js';
import { encodeCursor } from '../event/cursor.js';
import type { EventStore } from '../event/event-store.js';
import { createHistory } from '../live/history.js';
import { createHub, type Hub } from '../live/hub.js';
import { type LiveClients, openLiveClients } from '../live/live-clients.js';
import { createLiveQuestionStore } from '../live/live-question-store.js';
import { createSessions, type Sessions } from '../live/sessions.js';
import type { Tail } from '../live/tail.js';
import type { Ground } from './ground.js';

/** Live clients. */
export interface Live {
  readonly hub: Hub;
  readonly sessions: Sessions;
  readonly liveClients: LiveClients;
}

/** Revoked and expired keys, and live clients that do not read, are looked for so often, in milliseconds. */
const closeEveryMs = 1000;

/** Opens live clients. Never throws. */
export function openLive(
  { config, store, isShared, clock, log, onClose, repeatEvery }: Ground,
  {
    tail,
    events,
    credentials,
  }: { readonly tail: Tail; readonly events: EventStore; readonly credentials: Credentials },
): Live {
  const liveLog = log.room('live');
  const hub = createHub({
    tail,
    history: createHistory({ tail, events }),
    clock,
    log: liveLog,
    cursorOf: (sequence) => encodeCursor({ logId: store.logId, sequence }),
    stallMs: config.socketStallSeconds * 1000,
  });
  onClose(() => hub.close());
  const sessions = createSessions({
    credentials,
    clock,
    log: liveLog,
    maxSessions: config.maxSockets,
    maxSessionsPerKey: config.maxSocketsPerKey,
  });
  // What this process revokes ends live clients at once; what others revoke, and what expires, is found here.
  repeatEvery(closeEveryMs, () => sessions.endWorthless());
  repeatEvery(closeEveryMs, async () => hub.closeStalled());
  const liveClients = openLiveClients({
    sessions,
    nodeId: randomBytes(8).toString('hex'),
    questions: isShared ? createLiveQuestionStore(store.connection) : null,
    newQuestionId: () => randomBytes(12).toString('hex'),
    clock,
    log: liveLog,
  });
  onClose(() => liveClients.close());
  return { hub, sessions, liveClients };
}
