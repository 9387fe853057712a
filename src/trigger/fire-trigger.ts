// From an occurrence to an event in the log: mapping, publishing, counting. Whether an occurrence is genuine was settled before.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { RunJsonata } from '../jsonata/jsonata-pool.js';
import { Problem } from '../problem.js';
import type { Published, Publisher, PublishInput } from '../publish.js';
import type { Meter } from '../stats/meter.js';
import { type CompiledMapping, compileMapping } from './mapping.js';
import type { Trigger } from './trigger.js';
import type { CountTriggers } from './trigger-counts.js';
import { triggerKinds } from './trigger-kinds.js';

/** An occurrence. */
export interface Occurrence {
  /** What the mapping sees: JSON. */
  readonly input: unknown;
  /** What the sender knows it by: an occurrence with one that was seen before is a duplicate. Null when it has none. */
  readonly deliveryId: string | null;
}

/**
 * Publishes what a trigger makes of an occurrence; resolves when the event is in the log. Throws as `Publisher.publish` and
 * `INVALID_INPUT` for a mapping that fails; such a refusal is counted and shown by the trigger.
 */
export type FireTrigger = (trigger: Trigger, occurrence: Occurrence) => Promise<Published>;

/**
 * Publishes what a trigger makes of occurrences, in their order and with one write where all of them are good; resolves when the
 * events are in the log. What is refused is counted, shown by the trigger and left out. Throws what is nobody's fault outside;
 * then some may be in the log, and will be known as duplicates.
 */
export type FireInOrder = (trigger: Trigger, occurrences: readonly Occurrence[]) => Promise<void>;

/** Firing, one or many. */
export interface FireTriggers {
  readonly fire: FireTrigger;
  readonly fireInOrder: FireInOrder;
}

/** What firing needs. */
export interface FireTriggerOptions {
  readonly publisher: Pick<Publisher, 'publish' | 'publishAll'>;
  readonly jsonata: RunJsonata;
  readonly counts: CountTriggers;
  readonly meter: Pick<Meter, 'fired' | 'misfired'>;
  readonly clock: Clock;
}

/** Firing; compiles each mapping once. */
export function createFireTriggers(options: FireTriggerOptions): FireTriggers {
  const { publisher, jsonata, counts, meter, clock } = options;
  const compiled = new WeakMap<Trigger, CompiledMapping>();

  function mappingOf(trigger: Trigger): CompiledMapping {
    const known = compiled.get(trigger);
    if (known !== undefined) return known;
    const mapping = compileMapping(trigger.id, trigger.mapping, triggerKinds[trigger.kind].defaultMapping);
    compiled.set(trigger, mapping);
    return mapping;
  }

  async function toEvent(trigger: Trigger, { input, deliveryId }: Occurrence): Promise<PublishInput> {
    const mapped = await mappingOf(trigger)(input, jsonata);
    const eventType = mapped.type ?? trigger.eventType;
    if (eventType === null)
      throw new Problem('INVALID_INPUT', 'mapping.type gave nothing, and there is no eventType', {
        field: 'mapping.type',
      });
    const key = mapped.idempotencyKey ?? deliveryId;
    return {
      type: eventType,
      data: mapped.data,
      subject: mapped.subject,
      orderingKey: mapped.orderingKey,
      source: `/triggers/${trigger.id}`,
      idempotencyKey: key === null ? null : toIdempotencyKey(trigger.id, key),
      applicationId: trigger.applicationId,
    };
  }

  function count(trigger: Trigger, { duplicate }: Published, startedMs: number): void {
    if (!duplicate) meter.fired(trigger.name, clock.monotonicMs() - startedMs);
    counts.fired(trigger.id, clock.now(), duplicate);
  }

  /** False when it is not the user's fault. */
  function countRefused(trigger: Trigger, error: unknown, occurrence: Occurrence): boolean {
    if (!isRefusal(error)) return false;
    counts.refused(trigger.id, clock.now(), error, occurrence.input);
    meter.misfired(trigger.name);
    return true;
  }

  async function publish(trigger: Trigger, occurrence: Occurrence): Promise<Published> {
    const startedMs = clock.monotonicMs();
    const published = await publisher.publish(await toEvent(trigger, occurrence));
    count(trigger, published, startedMs);
    return published;
  }

  function fire(trigger: Trigger, occurrence: Occurrence): Promise<Published> {
    return publish(trigger, occurrence).catch((error: unknown) => {
      countRefused(trigger, error, occurrence);
      throw error;
    });
  }

  async function fireInOrder(trigger: Trigger, occurrences: readonly Occurrence[]): Promise<void> {
    const startedMs = clock.monotonicMs();
    try {
      const events = await Promise.all(occurrences.map((one) => toEvent(trigger, one)));
      for (const one of await publisher.publishAll(events)) count(trigger, one, startedMs);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // One that is refused spoils the list.
      for (const occurrence of occurrences) await fireOrLeave(trigger, occurrence);
    }
  }

  async function fireOrLeave(trigger: Trigger, occurrence: Occurrence): Promise<void> {
    try {
      await publish(trigger, occurrence);
    } catch (error) {
      // It was published before a crash, and what it tells of has changed since.
      const wasPublished = error instanceof Problem && error.code === 'IDEMPOTENCY_KEY_REUSED';
      if (wasPublished) counts.fired(trigger.id, clock.now(), true);
      else if (!countRefused(trigger, error, occurrence)) throw error;
    }
  }

  return { fire, fireInOrder };
}

function isRefusal(error: unknown): error is Problem {
  return error instanceof Problem && error.side === 'user';
}

/** Keys of one trigger are apart from those of others and of publishers; a long one is known by its hash. */
function toIdempotencyKey(triggerId: string, key: string): string {
  const short = key.length <= 128 ? key : createHash('sha256').update(key).digest('base64url');
  return `${triggerId} ${short}`;
}
