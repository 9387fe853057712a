// The rules of triggers: creating, changing, deleting, firing by hand. Who may do it is the doors' business.
import type { Clock, NewId } from '../clock.js';
import type { Page, PageRequest } from '../paging.js';
import { Problem } from '../problem.js';
import type { Published } from '../publish.js';
import type { SecretBox } from '../security/secret-box.js';
import type { FireTrigger } from './fire-trigger.js';
import { checkMapping } from './mapping.js';
import type { Mapping, Trigger, TriggerCounts, TriggerKindName } from './trigger.js';
import type { TriggerCountStore } from './trigger-count-store.js';
import type { CountTriggers } from './trigger-counts.js';
import { triggerKinds } from './trigger-kinds.js';
import type { TriggerStore } from './trigger-store.js';

/** A mapping as it comes from the door. */
export type MappingInput = { readonly [Part in keyof Mapping]?: string | null | undefined };

/** A new trigger as it comes from the door. */
export interface NewTrigger {
  readonly name: string;
  readonly eventType?: string | null | undefined;
  readonly mapping?: MappingInput | null | undefined;
  readonly enabled?: boolean | null | undefined;
  /** One field, the kind's, with its configuration. */
  readonly configuration: object;
  readonly applicationId: string | null;
}

/** Changes of a trigger; what is undefined stays. Mapping and configuration are given anew as a whole. */
export type TriggerChanges = { readonly [Key in keyof Omit<NewTrigger, 'applicationId'>]?: NewTrigger[Key] | null };

/** Triggers and their rules. */
export interface Triggers {
  /** Throws `NAME_INVALID`, `NAME_TAKEN`, `EVENT_TYPE_UNKNOWN`, `NOT_FOUND` (application), `INVALID_INPUT`. */
  create(input: NewTrigger): Promise<Trigger>;
  /** Throws as `create`, and `NOT_FOUND` or `CONFLICT`. */
  update(id: string, changes: TriggerChanges): Promise<Trigger>;
  delete(id: string): Promise<void>;
  /** Deletes all of an application. */
  deleteAll(applicationId: string): Promise<void>;
  /** Publishes as if `data` had happened, also while it is disabled. Throws `NOT_FOUND` and as `FireTrigger`. */
  fire(id: string, data: unknown): Promise<Published>;
  get(id: string): Promise<Trigger | null>;
  list(request: PageRequest): Promise<Page<Trigger>>;
  counts(id: string): Promise<TriggerCounts>;
}

/** What the rules need. */
export interface TriggersOptions {
  readonly store: TriggerStore;
  readonly countStore: TriggerCountStore;
  readonly counts: CountTriggers;
  readonly fire: FireTrigger;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly eventTypeExists: (name: string) => Promise<boolean>;
  readonly applicationExists: (id: string) => Promise<boolean>;
}

/** Triggers over a store. */
export function createTriggers(options: TriggersOptions): Triggers {
  const { store, countStore, counts, secretBox, clock, newId } = options;

  async function mustGet(id: string): Promise<Trigger> {
    const found = await store.get(id);
    if (found === null) throw new Problem('NOT_FOUND', 'there is no such trigger', { field: 'id' });
    return found;
  }

  async function checkEventType(name: string | null | undefined, mapping: Mapping): Promise<string | null> {
    if (name == null) {
      if (mapping.type !== undefined) return null;
      throw new Problem('INVALID_INPUT', 'eventType or mapping.type must be given', { field: 'eventType' });
    }
    if (await options.eventTypeExists(name)) return name;
    const message = `there is no event type ${JSON.stringify(name.slice(0, 128))}; create it first`;
    throw new Problem('EVENT_TYPE_UNKNOWN', message, { field: 'eventType' });
  }

  function seal(secrets: unknown, id: string): string | null {
    return secrets === null ? null : secretBox.seal(JSON.stringify(secrets), id);
  }

  return {
    async create(input) {
      const id = newId('trigger');
      const { kind, settings, secrets } = checkConfiguration(input.configuration, clock.now());
      const mapping = checkMapping(input.mapping ?? {});
      const { applicationId } = input;
      if (applicationId !== null && !(await options.applicationExists(applicationId)))
        throw new Problem('NOT_FOUND', 'there is no such application', { field: 'application' });
      const now = clock.now();
      const trigger: Trigger = {
        id,
        name: checkTriggerName(input.name),
        kind,
        eventType: await checkEventType(input.eventType, mapping),
        mapping,
        enabled: input.enabled ?? true,
        applicationId,
        settings,
        secretsSealed: seal(secrets, id),
        createdAt: now,
        updatedAt: now,
      };
      await store.create(trigger);
      return trigger;
    },
    async update(id, changes) {
      const current = await mustGet(id);
      const mapping = changes.mapping === undefined ? current.mapping : checkMapping(changes.mapping ?? {});
      const eventType = changes.eventType === undefined ? current.eventType : changes.eventType;
      const configured = changes.configuration == null ? null : checkConfiguration(changes.configuration, clock.now());
      if (configured !== null && configured.kind !== current.kind) {
        const message = 'the kind of a trigger cannot be changed';
        throw new Problem('INVALID_INPUT', message, { field: 'configuration' });
      }
      const next: Trigger = {
        ...current,
        ...(changes.name == null ? {} : { name: checkTriggerName(changes.name) }),
        ...(changes.enabled == null ? {} : { enabled: changes.enabled }),
        ...(configured === null ? {} : { settings: configured.settings, secretsSealed: seal(configured.secrets, id) }),
        mapping,
        eventType: await checkEventType(eventType, mapping),
        // Grows with every change, since a change is recognised by it.
        updatedAt: new Date(Math.max(clock.now().getTime(), current.updatedAt.getTime() + 1)),
      };
      await store.replace(current, next);
      return next;
    },
    async delete(id) {
      await mustGet(id);
      await store.delete(id);
      await countStore.delete([id]);
    },
    async deleteAll(applicationId) {
      const ids = await store.deleteAll(applicationId);
      if (ids.length > 0) await countStore.delete(ids);
    },
    async fire(id, data) {
      const trigger = await store.get(id);
      if (trigger === null) throw new Problem('NOT_FOUND', 'there is no such trigger', { field: 'trigger' });
      const input = triggerKinds[trigger.kind].toOccurrence(data, clock.now());
      return options.fire(trigger, { input, deliveryId: null });
    },
    get: (id) => store.get(id),
    list: (request) => store.list(request),
    counts: (id) => counts.read(id),
  };
}

function checkTriggerName(name: string): string {
  if (/^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/.test(name) && name.length <= 128) return name;
  const grammar = 'name must be lower-case words (a-z, 0-9) joined by single dots, underscores or hyphens';
  throw new Problem('NAME_INVALID', `${grammar}, of 1 to 128 characters, such as user_registered_trigger`, {
    field: 'name',
  });
}

function checkConfiguration(
  configuration: object,
  now: Date,
): {
  readonly kind: TriggerKindName;
  readonly settings: unknown;
  readonly secrets: unknown;
} {
  const given = Object.entries(configuration).filter(([, value]) => value != null);
  const [[inputField, value] = ['', null]] = given;
  const kind = Object.values(triggerKinds).find((one) => one.inputField === inputField);
  if (kind === undefined || given.length !== 1)
    throw new Problem('INVALID_INPUT', 'configuration must have exactly one field', { field: 'configuration' });
  try {
    return { kind: kind.name, ...kind.check(value, now) };
  } catch (error) {
    throw error instanceof Problem ? error.under(`configuration.${inputField}`) : error;
  }
}
