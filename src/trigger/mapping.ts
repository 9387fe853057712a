// From what happened to the parts of an event, by the expressions of a mapping. What an event must be is publish.ts.
import jsonata from 'jsonata';
import type { JsonataResult, RunJsonata } from '../jsonata/jsonata-pool.js';
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
export type CompiledMapping = (occurrence: unknown, pool: RunJsonata) => Promise<MappedEvent>;

/** Checks a mapping as it comes from the door. Throws `INVALID_INPUT` on `mapping.…`. */
export function checkMapping(input: { readonly [Part in keyof Mapping]?: string | null | undefined }): Mapping {
  const given = mappedParts.flatMap((part) => {
    const text = input[part];
    return text == null ? [] : [[part, checkExpression(text, `mapping.${part}`)] as const];
  });
  return Object.fromEntries(given);
}

/** Compiles a checked mapping over the defaults of its kind; `key` is whose it is, such as the trigger. */
export function compileMapping(key: string, mapping: Mapping, defaults: Mapping): CompiledMapping {
  const parts = mappedParts.flatMap((part) => {
    const text = mapping[part] ?? defaults[part];
    return text === undefined ? [] : [{ part, text, plain: compilePlain(text) }];
  });
  return async (occurrence, pool) => {
    const mapped: Record<string, unknown> = {};
    let json: string | null = null;
    for (const { part, text, plain } of parts) {
      let value = evaluatePlain(plain, occurrence);
      if (value === notPlain) {
        json ??= JSON.stringify(occurrence);
        value = readResult(await pool.run(key, text, json), part);
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

/** Undefined when the expression led to nothing. Throws what is wrong, by the name of the part. */
function readResult(result: JsonataResult, part: string): unknown {
  if (result.kind === 'done') return result.json === null ? undefined : (JSON.parse(result.json) as unknown);
  const isOthers = result.code === 'BUSY' || result.code === 'SUSPENDED';
  const code = isOthers ? 'OVERLOADED' : result.code === 'TOO_LARGE' ? 'TOO_LARGE' : 'INVALID_INPUT';
  throw new Problem(code, `the expression failed: ${result.message}`, { field: `mapping.${part}` });
}

const maxExpressionLength = 4096;

function checkExpression(text: string, field: string): string {
  if (text.length < 1 || text.length > maxExpressionLength) {
    const message = `${field} must have 1 to ${maxExpressionLength} characters, has ${text.length}`;
    throw new Problem('INVALID_INPUT', message, { field });
  }
  try {
    jsonata(text);
    return text;
  } catch (cause) {
    const { message, position } = cause as { message?: unknown; position?: unknown };
    const place = typeof position === 'number' ? ` at character ${position}` : '';
    const reason = typeof message === 'string' ? message.slice(0, 200) : 'it does not compile';
    throw new Problem('INVALID_INPUT', `${field} is no JSONata expression${place}: ${reason}`, { field, cause });
  }
}

function toText(value: unknown, part: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const shape = Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
  const field = `mapping.${part}`;
  throw new Problem('INVALID_INPUT', `${field} must give a text, what it gave is ${shape}`, { field });
}
