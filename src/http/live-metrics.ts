// What is told of live streams at /metrics.
import type { Hub } from '../live/hub.js';
import type { LiveCounts } from '../live/live-counts.js';
import type { Tail } from '../live/tail.js';
import type { Metric } from './metrics.js';

/** Where the numbers come from. */
export interface LiveMetricsOptions {
  readonly hub: Hub;
  readonly tail: Tail;
  /** Open sockets, open or reserved event streams, and closed sockets by close code. */
  readonly sockets: { readonly socketCount: number; readonly closes: ReadonlyMap<number, number> };
  readonly streams: { readonly streamCount: number };
}

/** The metrics of live streams. */
export function liveMetrics({ hub, tail, sockets, streams }: LiveMetricsOptions): readonly Metric[] {
  const single = (value: number): ReadonlyMap<string, number> => new Map([['', value]]);
  const of = (kind: Metric['kind'], name: string, help: string, read: (counts: LiveCounts) => number): Metric => ({
    name: `carillon_live_${name}`,
    help,
    kind,
    label: null,
    read: () => single(read(hub.counts())),
  });
  return [
    {
      name: 'carillon_live_connections',
      help: 'Connected live clients.',
      kind: 'gauge',
      label: 'transport',
      read: () =>
        new Map([
          ['websocket', sockets.socketCount],
          ['server_sent_events', streams.streamCount],
        ]),
    },
    {
      name: 'carillon_live_closes_total',
      help: 'Closed sockets by WebSocket close code.',
      kind: 'counter',
      label: 'code',
      read: () => new Map([...sockets.closes].map(([code, count]) => [String(code), count])),
    },
    of('gauge', 'subscriptions', 'Subscriptions that follow the log.', (one) => one.subscriptions),
    of('gauge', 'groups', 'Groups of subscriptions that share their results.', (one) => one.groups),
    of('gauge', 'lagging', 'Subscriptions that wait for their client to read.', (one) => one.lagging),
    of(
      'gauge',
      'lag_events',
      'Events between the end of the log and the slowest subscription.',
      (one) => one.lagEvents,
    ),
    of('gauge', 'share_ratio', 'Frames written for each execution since the start.', (one) =>
      one.executions === 0 ? 0 : one.frames / one.executions,
    ),
    of('counter', 'executions_total', 'Executions of a document for an event.', (one) => one.executions),
    of('counter', 'frames_total', 'Results written to clients.', (one) => one.frames),
    of('counter', 'bytes_total', 'Bytes of results written to clients.', (one) => one.bytes),
    of('counter', 'catch_ups_total', 'Times a slow subscription went on from the log.', (one) => one.catchUps),
    {
      name: 'carillon_live_resumes_total',
      help: 'Subscriptions that began in the past, by where their first events came from.',
      kind: 'counter',
      label: 'from',
      read: () => {
        const { resumedFromRing, resumedFromLog } = hub.counts();
        return new Map([
          ['ring', resumedFromRing],
          ['log', resumedFromLog],
        ]);
      },
    },
    of('counter', 'expired_total', 'Subscriptions whose position was no longer in the log.', (one) => one.expired),
    of('counter', 'closed_slow_total', 'Clients closed because they did not read.', (one) => one.closedSlow),
    {
      name: 'carillon_log_stream_losses_total',
      help: 'Times the change stream of the log was lost and followed anew.',
      kind: 'counter',
      label: null,
      read: () => single(tail.losses),
    },
    {
      name: 'carillon_log_position',
      help: 'Sequence of the latest event that this process has seen.',
      kind: 'gauge',
      label: null,
      read: () => single(tail.position),
    },
  ];
}
