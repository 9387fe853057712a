// Where a stream's bytes go: one socket or one response. The transports are the doors' business.
import type { Batch } from './frames.js';

/** One receiver of frames. */
export interface Sink {
  /**
   * Writes all of a batch at once for the operation `id`, as `toBytes` has it; answers the bytes, or -1 when more waits for
   * the receiver than its soft mark: then nothing was written. Never throws.
   */
  offer(batch: Batch, id: string): number;
  /** Calls `act` once when nothing waits for the receiver any more, or never when it goes away. */
  whenDrained(act: () => void): void;
  /** Ends a receiver that takes too little, so that it may come back and resume. */
  closeSlow(): void;
}
