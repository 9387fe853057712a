// Resolvers of schema/stats.graphql.
import { Problem } from '../problem.js';
import type { Stats } from '../stats/read-stats.js';
import { percentile, type StatsKind, type Times } from '../stats/stats.js';
import type { RequestContext } from './context.js';
import type { QueryStatsArgs, Resolvers } from './generated.js';

/** Figures. */
export const statsResolvers: Resolvers = {
  Query: {
    stats: (_root, args, { rooms }) => rooms.stats.read(args.range, subjectOf(args)),
  },
  Subscription: {
    stats: {
      subscribe: async (_root, args, { rooms }) => rooms.stats.follow(args.range, subjectOf(args)),
      resolve(stats: unknown, _args: unknown, context: RequestContext) {
        context.renew();
        return stats as Stats;
      },
    },
  },
  Stats: {
    eventType: ({ kind, name }) => (kind === 'EVENT_TYPE' ? name : null),
    trigger: ({ kind, name }) => (kind === 'TRIGGER' ? name : null),
    events: ({ counts }) => counts.events,
    eventsPerSecond: ({ counts, since, until }) =>
      (1000 * counts.events) / Math.max(1, until.getTime() - since.getTime()),
    refused: ({ counts }) => counts.refused,
    parseSuccessRate({ counts: { events, refused } }) {
      return events + refused === 0 ? null : events / (events + refused);
    },
    processing: ({ counts }) => counts.processing,
    sending: ({ counts }) => counts.sending,
    failedRequests: ({ counts }) => counts.failed,
    spans: ({ spans }) => [...spans],
    eventTypes: ({ kind, range }, _args, { rooms }) => (kind === 'TOTAL' ? rooms.stats.list(range, 'EVENT_TYPE') : []),
    triggers: ({ kind, range }, _args, { rooms }) => (kind === 'TOTAL' ? rooms.stats.list(range, 'TRIGGER') : []),
  },
  StatsSpan: {
    events: ({ counts }) => counts.events,
    refused: ({ counts }) => counts.refused,
    processing: ({ counts }) => counts.processing,
    sending: ({ counts }) => counts.sending,
    failedRequests: ({ counts }) => counts.failed,
  },
  Durations: {
    meanMs: ({ count, sumMs }) => (count === 0 ? null : sumMs / count),
    medianMs: (times: Times) => percentile(times, 0.5),
    p95Ms: (times: Times) => percentile(times, 0.95),
    maxMs: ({ count, maxMs }) => (count === 0 ? null : maxMs),
  },
};

function subjectOf({ eventType, trigger }: Partial<QueryStatsArgs>): { kind: StatsKind; name: string } {
  if (eventType != null && trigger != null)
    throw new Problem('INVALID_INPUT', 'eventType and trigger cannot be asked for together', { field: 'trigger' });
  if (eventType != null) return { kind: 'EVENT_TYPE', name: eventType };
  return trigger == null ? { kind: 'TOTAL', name: '' } : { kind: 'TRIGGER', name: trigger };
}
