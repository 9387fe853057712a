// Sessions: how many there may be, who a client may become, and what ends it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Identity } from '../../src/application/credentials.js';
import { createSessions, type EndReason, type Session, type Sessions } from '../../src/live/sessions.js';
import { createFakeClock, type FakeClock, settle } from '../kit/fake-clock.js';
import { createRecordedLog } from '../kit/memory-stores.js';

interface Stage {
  readonly sessions: Sessions;
  readonly clock: FakeClock;
  readonly revoked: string[];
  readonly ended: [id: string, reason: EndReason][];
  /** Lets a client in and says who it is. */
  enter(id: string, identity?: Partial<Identity>): Session;
  forget(): Promise<void>;
}

const reader: Identity = { role: 'READER', applicationId: null, apiKeyId: 'key_1', expiresAt: null };

function createStage({ maxSessions = 100_000, maxSessionsPerKey = 100_000 } = {}): Stage {
  const clock = createFakeClock();
  const revoked: string[] = [];
  const ended: Stage['ended'] = [];
  let forget = async (): Promise<void> => undefined;
  const sessions = createSessions({
    credentials: {
      authenticate: async () => reader,
      revokedSince: async () => revoked,
      forget: () => forget(),
      onForget: (act) => {
        forget = act;
      },
    },
    clock,
    log: createRecordedLog(),
    maxSessions,
    maxSessionsPerKey,
  });
  return {
    sessions,
    clock,
    revoked,
    ended,
    forget: () => forget(),
    enter(id, identity = {}) {
      const facts = { transport: 'WEBSOCKET', remoteAddress: '192.0.2.1', subscriptions: 0, pendingBytes: 0 } as const;
      const end = (reason: EndReason): void => {
        ended.push([id, reason]);
        sessions.leave(session);
      };
      const session: Session = { id, openedAt: clock.now(), end, ...facts };
      sessions.enter(session);
      sessions.identify(session, { ...reader, ...identity });
      return session;
    },
  };
}

test('there is room for as many as the setting says, whether or not they have said who they are', () => {
  const stage = createStage({ maxSessions: 2 });
  const first = stage.enter('con_1');
  assert.equal(stage.sessions.hasRoom, true);
  stage.enter('con_2');
  assert.equal(stage.sessions.hasRoom, false);
  stage.sessions.leave(first);
  assert.equal(stage.sessions.hasRoom, true);
});

test('a key has as many as the setting says, and a refreshed one counts once', () => {
  const stage = createStage({ maxSessionsPerKey: 2 });
  const first = stage.enter('con_1');
  stage.enter('con_2');
  stage.sessions.identify(first, reader);
  assert.throws(() => stage.enter('con_3'), { code: 'OVERLOADED' });
  stage.enter('con_4', { apiKeyId: 'key_2' });
  stage.sessions.leave(first);
  stage.enter('con_5');
});

test('a client may change its key, but neither its role nor its application', () => {
  const stage = createStage();
  const session = stage.enter('con_1');
  stage.sessions.identify(session, { ...reader, apiKeyId: 'key_2' });
  assert.throws(() => stage.sessions.identify(session, { ...reader, role: 'ADMIN' }), { code: 'FORBIDDEN' });
  assert.throws(() => stage.sessions.identify(session, { ...reader, applicationId: 'app_1' }), { code: 'FORBIDDEN' });
  assert.equal(stage.sessions.get('con_1')?.identity.apiKeyId, 'key_2');
});

test('a key that was revoked ends its sessions and no others, and one that a client left behind ends nobody', async () => {
  const stage = createStage();
  stage.enter('con_1');
  stage.enter('con_2', { apiKeyId: 'key_2' });
  const moved = stage.enter('con_3');
  stage.sessions.identify(moved, { ...reader, apiKeyId: 'key_2' });
  stage.revoked.push('key_1');
  await stage.forget();
  assert.deepEqual(stage.ended, [['con_1', 'UNAUTHENTICATED']]);
});

test('a key that expires ends its sessions, unless it was exchanged before', async () => {
  const stage = createStage();
  const expiresAt = new Date(stage.clock.now().getTime() + 1000);
  stage.enter('con_1', { expiresAt });
  const refreshed = stage.enter('con_2', { expiresAt });
  stage.sessions.identify(refreshed, { ...reader, apiKeyId: 'key_2' });
  await stage.clock.advance(999);
  await stage.sessions.endWorthless();
  assert.deepEqual(stage.ended, []);
  await stage.clock.advance(1);
  await stage.sessions.endWorthless();
  assert.deepEqual(stage.ended, [['con_1', 'UNAUTHENTICATED']]);
});

test('one that was ended is neither listed nor found nor ended again, and counts until its client has let go', () => {
  const stage = createStage({ maxSessions: 1 });
  const session = stage.enter('con_1');
  let endings = 0;
  Object.assign(session, { end: () => (endings += 1) });
  assert.equal(stage.sessions.end('con_1', 'ADMINISTRATOR')?.session, session);
  assert.equal(stage.sessions.end('con_1', 'ADMINISTRATOR'), null);
  assert.equal(stage.sessions.get('con_1'), null);
  assert.deepEqual(stage.sessions.list(), []);
  assert.equal(endings, 1);
  assert.equal(stage.sessions.hasRoom, false);
  stage.sessions.leave(session);
  assert.equal(stage.sessions.hasRoom, true);
});

test('ten thousand sessions of one key are ended a slice at a time', async () => {
  const stage = createStage();
  let nowMs = 0;
  Object.assign(stage.clock, { monotonicMs: () => nowMs });
  let [inTurn, most] = [0, 0];
  for (let n = 0; n < 10_000; n += 1) {
    const session = stage.enter(`con_${n}`);
    Object.assign(session, {
      end() {
        // Each close takes a tenth of a millisecond.
        nowMs += 0.1;
        inTurn += 1;
        most = Math.max(most, inTurn);
        stage.sessions.leave(session);
      },
    });
  }
  stage.revoked.push('key_1');
  const ending = stage.forget();
  while (stage.sessions.list().length > 0) {
    await settle(1);
    inTurn = 0;
  }
  await ending;
  assert.ok(most <= 80, `${most} closes, ${most / 10} ms, in one turn of the loop`);
});
