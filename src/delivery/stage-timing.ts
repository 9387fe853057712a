// How long each stage of one request takes: the stages in their order, and a watch that is told when the next one begins.
import type { Clock } from '../clock.js';

/** The stages of a request that take time, in their order. */
export const stages = ['dns', 'connect', 'tls', 'firstByte', 'body'] as const;

/** A stage of a request. */
export type Stage = (typeof stages)[number];

/**
 * Milliseconds by stage; null for a stage that did not happen: a connection that was used again resolves, connects and
 * secures nothing. The stage in which a request failed has the time until then.
 */
export interface StageTiming {
  /** Resolving the name; null for a literal address. */
  readonly dnsMs: number | null;
  /** Making the TCP connection. */
  readonly connectMs: number | null;
  /** The TLS handshake; null for http. */
  readonly tlsMs: number | null;
  /** From handing the request to the connection to the head of the answer. */
  readonly firstByteMs: number | null;
  /** From the head of the answer to its end. */
  readonly bodyMs: number | null;
}

/** The timing of a request that was never begun. */
export const noTiming: StageTiming = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, bodyMs: null };

/** Takes the time of one request. */
export interface StageWatch {
  /** Ends the stage that runs and begins this one; null begins none. Does nothing once the timing was read. */
  enter(stage: Stage | null): void;
  /** Ends the stage that runs, and the watch with it. */
  read(): StageTiming;
}

/** A watch that has not begun. Never throws. */
export function createStageWatch(clock: Clock): StageWatch {
  const taken: Partial<Record<Stage, number>> = {};
  let running: Stage | null = null;
  let sinceMs = 0;
  let isRead = false;

  function enter(stage: Stage | null): void {
    if (isRead) return;
    const nowMs = clock.monotonicMs();
    if (running !== null) taken[running] = nowMs - sinceMs;
    running = stage;
    sinceMs = nowMs;
  }

  return {
    enter,
    read() {
      enter(null);
      isRead = true;
      const { dns = null, connect = null, tls = null, firstByte = null, body = null } = taken;
      return { dnsMs: dns, connectMs: connect, tlsMs: tls, firstByteMs: firstByte, bodyMs: body };
    },
  };
}
