// Resolvers of schema/change-stream.graphql.
import type { ChangeStreamSettings } from '../trigger/change-stream.js';
import type { Trigger } from '../trigger/trigger.js';
import type { Resolvers } from './generated.js';

/** As the kind made them. */
const settingsOf = ({ settings }: Trigger): ChangeStreamSettings => settings as ChangeStreamSettings;

/** What change streams are set to. */
export const changeStreamResolvers: Resolvers = {
  ChangeStreamConfiguration: {
    database: (trigger) => settingsOf(trigger).database,
    collection: (trigger) => settingsOf(trigger).collection,
    pipeline: (trigger) => settingsOf(trigger).pipeline,
    operations: (trigger) => [...settingsOf(trigger).operations],
    eventTypes: (trigger) => settingsOf(trigger).eventTypes,
  },
  WatchedEventTypes: {
    insert: (types) => types['insert'] ?? null,
    update: (types) => types['update'] ?? null,
    replace: (types) => types['replace'] ?? null,
    delete: (types) => types['delete'] ?? null,
  },
};
