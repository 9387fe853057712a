// Where a stream's bytes go: one socket or one response. The transports are the doors' business.
import type { Batch } from './frames.js';

/** One receiver of frames. */
export interface Sink {
  /** Bytes that were written and that the system has not taken yet. */
  readonly pendingBytes: number;
  /** Writes all of a batch at once for the operation `id`, as `toBytes` has it; answers the bytes. Never throws. */
  write(batch: Batch, id: string): number;
  /** Calls `act` once when `pendingBytes` has come down to 0, or never when the receiver goes away. */
  whenDrained(act: () => void): void;
  /** Ends a receiver that takes too little, so that it may come back and resume. */
  closeSlow(): void;
}
