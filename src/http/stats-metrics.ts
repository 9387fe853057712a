// What is told of events, triggers and requests to receivers at /metrics, by this process alone.
import type { Meter } from '../stats/meter.js';
import type { Counts, StatsKind } from '../stats/stats.js';
import type { Metric } from './metrics.js';

/** The metrics of a meter. */
export function statsMetrics(meter: Meter): readonly Metric[] {
  const of = (kind: StatsKind, name: string, help: string, read: (counts: Counts) => number): Metric => ({
    name: `carillon_${name}`,
    help,
    kind: 'counter',
    label: kind === 'TRIGGER' ? 'trigger' : 'event_type',
    read: () => new Map([...meter.totals(kind)].map(([label, counts]) => [label, read(counts)])),
  });
  const type = of.bind(null, 'EVENT_TYPE');
  const trigger = of.bind(null, 'TRIGGER');
  return [
    type('events_total', 'Events taken into the log.', (one) => one.events),
    type('events_refused_total', 'Events refused.', (one) => one.refused),
    type('processing_seconds_total', 'Time until events were in the log.', (one) => one.processing.sumMs / 1000),
    type('requests_total', 'Requests to receivers.', (one) => one.sending.count),
    type('requests_failed_total', 'Requests to receivers that failed.', (one) => one.failed),
    type('sending_seconds_total', 'Time of requests to receivers.', (one) => one.sending.sumMs / 1000),
    trigger('trigger_events_total', 'Events that triggers made.', (one) => one.events),
    trigger('trigger_refused_total', 'What triggers were given and could not become an event.', (one) => one.refused),
    trigger(
      'trigger_processing_seconds_total',
      'Time until the events of triggers were in the log.',
      (one) => one.processing.sumMs / 1000,
    ),
  ];
}
