// A bound for waiting on what may never answer, such as a database behind a connection that broke in the wrong moment.
import { type Clock, systemClock } from './clock.js';
import { Problem } from './problem.js';

/** How long a single command to the database may take, in milliseconds. */
export const commandWithinMs = 30_000;

/**
 * What `work` gives, if it does within `ms` milliseconds; else rejects with `STORE_UNAVAILABLE`. What comes of it later is
 * dropped. Timed by the system's clock unless another is given.
 */
export async function within<T>(ms: number, work: Promise<T>, clock: Pick<Clock, 'after'> = systemClock): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () => reject(new Problem('STORE_UNAVAILABLE', 'the database did not answer in time')));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
