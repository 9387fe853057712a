// Loaded into a gateway's process by the bench `loop-delay`: measures how long the event loop does not get to its timers, and
// writes it to the file that its address names whenever the process gets SIGUSR2, then begins anew.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const file = new URL(import.meta.url).searchParams.get('file');
const resolutionMs = 1;

if (isMainThread && file !== null) {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  process.on('SIGUSR2', () => {
    // Between two looks lies the resolution; what is longer is delay.
    const toMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
    const measured = { maxMs: toMs(histogram.max), p99Ms: toMs(histogram.percentile(99)) };
    histogram.reset();
    writeFileSync(`${file}.new`, JSON.stringify(measured));
    renameSync(`${file}.new`, file);
  });
}
