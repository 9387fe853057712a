// What one operation may read and answer in bytes, so that aliases, lists and pages cannot multiply large values. How many
// fields and records a document may ask for is in limits.ts.
import { defaultFieldResolver, type GraphQLFieldResolver } from 'graphql';
import { Problem } from '../problem.js';
import type { RequestContext } from './context.js';

/** Most bytes that one operation may read in large records, and most that it may answer in large values: 64 MiB each. */
export const maxOperationBytes = 67_108_864;

/** The bytes of one operation; of a subscription, of one event. */
export interface SizeBudget {
  /** Counts `bytes` of the answer. Throws `TOO_LARGE` when they are more than is left. */
  spend(bytes: number): void;
  /**
   * Reads large records; the reads of an operation are made one after the other, and none once the bound is passed.
   * Throws `TOO_LARGE`, or what `load` throws.
   */
  read<T extends readonly unknown[]>(load: () => Promise<T>, sizeOf: (item: T[number]) => number): Promise<T>;
}

/** A budget of `maxBytes` to read and as much to answer. */
export function createSizeBudget(maxBytes: number = maxOperationBytes): SizeBudget {
  return new CountedBudget(maxBytes);
}

/** Small: every operation has one, and most read nothing. */
class CountedBudget implements SizeBudget {
  readonly #maxBytes: number;
  #answered = 0;
  #wasRead = 0;
  #lastRead: Promise<unknown> | null = null;
  /** One for all: an answer may have a refusal for each of very many fields. */
  #refusal: Problem | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  spend(bytes: number): void {
    this.#answered += bytes;
    if (this.#answered > this.#maxBytes) throw this.#refuse();
  }

  read<T extends readonly unknown[]>(load: () => Promise<T>, sizeOf: (item: T[number]) => number): Promise<T> {
    const reading = (this.#lastRead ?? Promise.resolve()).then(async () => {
      if (this.#wasRead > this.#maxBytes) throw this.#refuse();
      const items = await load();
      for (const item of items) this.#wasRead += sizeOf(item);
      return items;
    });
    this.#lastRead = reading.catch(() => undefined);
    return reading;
  }

  #refuse(): Problem {
    this.#refusal ??= new Problem(
      'TOO_LARGE',
      `one operation may read and answer at most ${this.#maxBytes} bytes; ask for fewer records or fields`,
    );
    return this.#refusal;
  }
}

/** Resolves a field to the text that is the property of its name, as is the default, and counts it. Throws `TOO_LARGE`. */
export const resolveText: GraphQLFieldResolver<unknown, RequestContext> = (source, args, context, info) => {
  const value: unknown = defaultFieldResolver(source, args, context, info);
  if (typeof value === 'string') context.sizes.spend(value.length);
  return value;
};

/** Resolves a field to the JSON value that is the property of its name, as is the default, and counts it. Throws `TOO_LARGE`. */
export const resolveJson: GraphQLFieldResolver<unknown, RequestContext> = (source, args, context, info) => {
  const value: unknown = defaultFieldResolver(source, args, context, info);
  context.sizes.spend(value == null ? 0 : JSON.stringify(value).length);
  return value;
};
