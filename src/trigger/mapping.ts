// From what happened to the parts of an event, by the expressions of a mapping. What an event must be is publish.ts.
import { checkExpression, type Jsonata } from '../jsonata/jsonata.js';
import { Problem } from '../problem.js';
import { compilePlain, notPlain, type PlainExpression } from './plain-expression.js';
import { type Mapping, mappedParts } from './trigger.js';

/** The parts that a mapping made; what is absent was not said. */
export interface MappedEvent {
  readonly type?: string;
  readonly data?: unknown;
  readonly subject?: string;
  readonly idempotencyKey?: string;
  readonly orderingKey?: string;
}

/** A mapping ready for use. Throws `INVALID_INPUT` that names the part, such as `mapping.type`; `TOO_LARGE`, `OVERLOADED`. */
export type CompiledMapping = (occurrence: unknown, jsonata: Jsonata) => Promise<MappedEvent>;

/** Checks a mapping as it comes from the door. Throws `INVALID_INPUT` on `mapping.…`. */
export function checkMapping(input: { readonly [Part in keyof Mapping]?: string | null | undefined }): Mapping {
  const given = mappedParts.flatMap((part) => {
    const text = input[part];
    return text == null ? [] : [[part, checkExpression(text, `mapping.${part}`)] as const];
  });
  return Object.fromEntries(given);
}

/** Compiles a checked mapping over the defaults of its kind. */
export function compileMapping(mapping: Mapping, defaults: Mapping): CompiledMapping {
  const parts = mappedParts.flatMap((part) => {
    const text = mapping[part] ?? defaults[part];
    return text === undefined ? [] : [{ part, text, plain: compilePlain(text) }];
  });
  return async (occurrence, jsonata) => {
    const mapped: Record<string, unknown> = {};
    let json: string | null = null;
    for (const { part, text, plain } of parts) {
      let value = evaluatePlain(plain, occurrence);
      if (value === notPlain) {
        json ??= JSON.stringify(occurrence);
        value = await evaluate(jsonata, text, json, part);
      }
      if (value !== undefined && value !== null) mapped[part] = part === 'data' ? value : toText(value, part);
      else if (part === 'data' && value === null) mapped[part] = null;
    }
    return mapped as MappedEvent;
  };
}

function evaluatePlain(plain: PlainExpression | null, occurrence: unknown): unknown {
  return plain === null ? notPlain : plain(occurrence);
}

async function evaluate(jsonata: Jsonata, text: string, json: string, part: string): Promise<unknown> {
  try {
    return await jsonata.evaluate(text, json);
  } catch (error) {
    throw error instanceof Problem ? error.under(`mapping.${part}`) : error;
  }
}

function toText(value: unknown, part: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const shape = Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
  const field = `mapping.${part}`;
  throw new Problem('INVALID_INPUT', `${field} must give a text, what it gave is ${shape}`, { field });
}
