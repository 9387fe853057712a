// From an occurrence to an event in the log: mapping, publishing, counting. Whether an occurrence is genuine was settled before.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { RunJsonata } from '../jsonata/jsonata-pool.js';
import { Problem } from '../problem.js';
import type { Published, Publisher } from '../publish.js';
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

/** What firing needs. */
export interface FireTriggerOptions {
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly jsonata: RunJsonata;
  readonly counts: CountTriggers;
  readonly meter: Pick<Meter, 'fired' | 'misfired'>;
  readonly clock: Clock;
}

/** Firing; compiles each mapping once. */
export function createFireTrigger(options: FireTriggerOptions): FireTrigger {
  const { publisher, jsonata, counts, meter, clock } = options;
  const compiled = new WeakMap<Trigger, CompiledMapping>();

  function mappingOf(trigger: Trigger): CompiledMapping {
    const known = compiled.get(trigger);
    if (known !== undefined) return known;
    const mapping = compileMapping(trigger.id, trigger.mapping, triggerKinds[trigger.kind].defaultMapping);
    compiled.set(trigger, mapping);
    return mapping;
  }

  async function publish(trigger: Trigger, { input, deliveryId }: Occurrence): Promise<Published> {
    const { type, idempotencyKey, ...mapped } = await mappingOf(trigger)(input, jsonata);
    const eventType = type ?? trigger.eventType;
    if (eventType === null)
      throw new Problem('INVALID_INPUT', 'mapping.type gave nothing, and there is no eventType', {
        field: 'mapping.type',
      });
    const key = idempotencyKey ?? deliveryId;
    return publisher.publish({
      ...mapped,
      type: eventType,
      source: `/triggers/${trigger.id}`,
      idempotencyKey: key === null ? null : toIdempotencyKey(trigger.id, key),
      applicationId: trigger.applicationId,
    });
  }

  return async (trigger, occurrence) => {
    const startedMs = clock.monotonicMs();
    try {
      const published = await publish(trigger, occurrence);
      if (!published.duplicate) meter.fired(trigger.name, clock.monotonicMs() - startedMs);
      counts.fired(trigger.id, clock.now(), published.duplicate);
      return published;
    } catch (error) {
      if (error instanceof Problem && error.side === 'user') {
        counts.refused(trigger.id, clock.now(), error, occurrence.input);
        meter.misfired(trigger.name);
      }
      throw error;
    }
  };
}

/** Keys of one trigger are apart from those of others and of publishers; a long one is known by its hash. */
function toIdempotencyKey(triggerId: string, key: string): string {
  const short = key.length <= 128 ? key : createHash('sha256').update(key).digest('base64url');
  return `${triggerId} ${short}`;
}
