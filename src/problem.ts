// The one table of error codes and the one class the product throws. Nothing here logs, formats for HTTP or decides
// who may see a detail: the doors do that.

interface ProblemKind {
  /** HTTP status when the code ends a request. */
  readonly status: number;
  /**
   * `user`: the caller's input; a mutation answers it in `userErrors`, a query in GraphQL `errors`.
   * `access`, `limit`, `fault`: always GraphQL `errors`.
   */
  readonly side: 'user' | 'access' | 'limit' | 'fault';
  /** One sentence for the error table of the README. */
  readonly meaning: string;
}

const kinds = {
  INVALID_INPUT: { status: 400, side: 'user', meaning: 'A value breaks the rule that the message states.' },
  NAME_INVALID: { status: 400, side: 'user', meaning: 'A name breaks its grammar.' },
  NAME_TAKEN: {
    status: 409,
    side: 'user',
    meaning: 'The name is in use, or differs from one in use by case or separators only.',
  },
  NOT_FOUND: { status: 404, side: 'user', meaning: 'No such record, or it belongs to somebody else.' },
  IN_USE: { status: 409, side: 'user', meaning: 'The record is still referred to and cannot be deleted.' },
  CONFLICT: {
    status: 409,
    side: 'user',
    meaning: 'The record is in a state that does not allow this, or was changed meanwhile.',
  },
  EVENT_TYPE_UNKNOWN: { status: 400, side: 'user', meaning: 'No event type of this name is active.' },
  SCHEMA_INVALID: {
    status: 400,
    side: 'user',
    meaning:
      'The JSON Schema does not compile, is too large, refers outside itself or holds an unsafe regular expression.',
  },
  DATA_INVALID: {
    status: 400,
    side: 'user',
    meaning: 'The data does not match the JSON Schema of its event type; the field names the path.',
  },
  TOO_LARGE: { status: 413, side: 'user', meaning: 'A value is over the limit that the message names.' },
  FILTER_INVALID: {
    status: 400,
    side: 'user',
    meaning: 'The filter has an unknown operator, a wrong operand, an unsafe regular expression or is nested too deep.',
  },
  URL_INVALID: {
    status: 400,
    side: 'user',
    meaning: 'The target is no absolute http(s) URL, or carries credentials or a fragment.',
  },
  URL_FORBIDDEN: {
    status: 400,
    side: 'user',
    meaning: 'The target points into a network that may not be delivered to.',
  },
  HEADER_INVALID: {
    status: 400,
    side: 'user',
    meaning: 'A custom header is malformed or one that only the gateway may set.',
  },
  TRANSFORM_INVALID: {
    status: 400,
    side: 'user',
    meaning: 'The JSONata expression does not parse, or a path of a template is wrong; the message says where.',
  },
  HANDSHAKE_REFUSED: {
    status: 400,
    side: 'user',
    meaning: 'A receiver did not agree to be sent to, or did not answer; the message says why.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    side: 'user',
    meaning: 'The idempotency key or event id was used before with other content.',
  },
  CURSOR_INVALID: { status: 400, side: 'user', meaning: 'The cursor is not one of this log.' },
  CURSOR_EXPIRED: {
    status: 410,
    side: 'user',
    meaning: 'The position is older than the oldest event kept; events in between are gone.',
  },
  UNAUTHENTICATED: { status: 401, side: 'access', meaning: 'The credential is missing, wrong, expired or revoked.' },
  FORBIDDEN: { status: 403, side: 'access', meaning: 'The role of the credential does not allow this operation.' },
  DOCUMENT_TOO_COMPLEX: {
    status: 400,
    side: 'limit',
    meaning: 'The GraphQL document is nested too deep or has too many parts.',
  },
  OVERLOADED: { status: 503, side: 'limit', meaning: 'A queue is full or the gateway is stopping; try again later.' },
  STORE_UNAVAILABLE: {
    status: 503,
    side: 'fault',
    meaning: 'The database did not answer in time; nothing is known to be written.',
  },
  INTERNAL: { status: 500, side: 'fault', meaning: 'Our fault; the message carries an id that the log explains.' },
} as const satisfies Record<string, ProblemKind>;

/** The name of one row of the error table. */
export type ProblemCode = keyof typeof kinds;

/** The error table: code to HTTP status, side and meaning. */
export const problemKinds: Readonly<Record<ProblemCode, ProblemKind>> = kinds;

/** What a `Problem` carries besides its code and message. */
export interface ProblemOptions extends ErrorOptions {
  /** Path of the offending input, dotted, such as `input.targets.0.url`; absent when no single field is to blame. */
  readonly field?: string;
}

/** The only error this product throws on purpose. `message` is shown to clients: no secrets, no internals. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly field: string | null;

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field ?? null;
  }

  /** HTTP status of this problem's code. */
  get status(): number {
    return kinds[this.code].status;
  }

  /** Whose side it is on; see the table. */
  get side(): ProblemKind['side'] {
    return kinds[this.code].side;
  }

  /** The same problem with `prefix` put before its field; used where a part of an input was checked on its own. */
  under(prefix: string): Problem {
    const field = this.field === null ? prefix : `${prefix}.${this.field}`;
    return new Problem(this.code, this.message, { field, cause: this.cause });
  }
}
