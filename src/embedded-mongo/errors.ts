// The errors this server answers with, in MongoDB's numbering; not the errors of starting it (see start.ts).

/** MongoDB's error codes by name (error_codes.yml of the server); the name is what a client reads as `codeName`. */
export const errorCodes = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  CannotBackfillArray: 34,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  ShutdownInProgress: 91,
  CommandNotSupported: 115,
  CannotIndexParallelArrays: 171,
  InvalidIndexSpecificationOption: 197,
  TransactionTooOld: 225,
  CursorKilled: 237,
  InvalidResumeToken: 260,
  OperationNotSupportedInTransaction: 263,
  ChangeStreamHistoryLost: 286,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  Location40415: 40415,
  Location40324: 40324,
} as const;

/** A name of `errorCodes`. */
export type ErrorName = keyof typeof errorCodes;

/** What a command answers when it cannot do what was asked: code, name and message go to the client as they are. */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: ErrorName;
  /** Further fields of the answer, as `keyPattern` and `keyValue` of a duplicate key. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(codeName: ErrorName, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.codeName = codeName;
    this.code = errorCodes[codeName];
    this.details = details;
  }
}

/** The error for a value that means nothing where it stands. */
export const badValue = (message: string): CommandError => new CommandError('BadValue', message);

/** The error for a command or a part of one that lacks what it needs. */
export const failedToParse = (message: string): CommandError => new CommandError('FailedToParse', message);

/** The error for a value of the wrong type. */
export const typeMismatch = (message: string): CommandError => new CommandError('TypeMismatch', message);

/** The error for an index that cannot be, or a document that cannot be in it. */
export const cannotCreateIndex = (message: string): CommandError => new CommandError('CannotCreateIndex', message);

/** A feature MongoDB has and this store has not, refused by its name so that nothing is silently ignored. */
export function notSupported(what: string): CommandError {
  return new CommandError(
    'CommandNotSupported',
    `${what} is not supported by the embedded store; set MONGODB_URI to use a MongoDB server`,
  );
}
