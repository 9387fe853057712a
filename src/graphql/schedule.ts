// Resolvers of schema/schedule.graphql.
import { checkWholeNumber } from '../number.js';
import { createScheduleTimes, type ScheduleSettings } from '../trigger/schedule-times.js';
import type { Trigger } from '../trigger/trigger.js';
import type { Resolvers } from './generated.js';

/** As the kind made them. */
const settingsOf = ({ settings }: Trigger): ScheduleSettings => settings as ScheduleSettings;
const toInstant = (text: string | null): Date | null => (text === null ? null : new Date(text));

/** What schedules are set to. */
export const scheduleResolvers: Resolvers = {
  ScheduleConfiguration: {
    cron: (trigger) => settingsOf(trigger).cron,
    intervalSeconds: (trigger) => settingsOf(trigger).intervalSeconds,
    timeZone: (trigger) => settingsOf(trigger).timeZone,
    startAt: (trigger) => toInstant(settingsOf(trigger).startAt),
    endAt: (trigger) => toInstant(settingsOf(trigger).endAt),
    missed: (trigger) => settingsOf(trigger).missed,
    maxMissed: (trigger) => settingsOf(trigger).maxMissed,
    data: (trigger) => settingsOf(trigger).data,
    nextTimes(trigger, { first }, { rooms }) {
      const count = checkWholeNumber(first ?? 10, 'first', { min: 1, max: 100 });
      const times = createScheduleTimes(settingsOf(trigger), trigger.createdAt);
      const found: Date[] = [];
      for (let at = times.next(rooms.now()); at !== null && found.length < count; at = times.next(at)) found.push(at);
      return found;
    },
  },
};
