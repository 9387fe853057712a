// Names what went wrong with a request: the stage it had reached and a code, from the errors of sockets, TLS and the HTTP
// client. Whether it is tried again is the retry policy's decision.
import { errors } from 'undici';
import { addressForbidden } from '../security/outbound-guard.js';

/** How far a request came: refused by us, resolving, connecting, securing, sending, waiting, reading; or out of time. */
export type FailureStage = 'GUARD' | 'DNS' | 'CONNECT' | 'TLS' | 'WRITE' | 'FIRST_BYTE' | 'BODY' | 'TIMEOUT';

/** A failure as it is recorded and shown to the owner of the subscription. */
export interface SendFailure {
  readonly stage: FailureStage;
  /** `SCREAMING`: ours, or the system's such as `ECONNREFUSED`. */
  readonly code: string;
  /** One sentence; tells nothing of our network. */
  readonly message: string;
}

/** Where a request is on its way. */
export type SendProgress = 'CONNECT' | 'FIRST_BYTE' | 'BODY';

const messages: Readonly<Record<string, string>> = {
  [addressForbidden]: 'The address may not be delivered to.',
  ENOTFOUND: 'The host name does not exist.',
  EAI_AGAIN: 'The name service did not answer.',
  ECONNREFUSED: 'The receiver refused the connection.',
  ECONNRESET: 'The receiver reset the connection.',
  EPIPE: 'The receiver closed the connection while the request was sent.',
  ETIMEDOUT: 'The receiver could not be reached in time.',
  EHOSTUNREACH: 'There is no route to the receiver.',
  ENETUNREACH: 'There is no route to the network of the receiver.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of the receiver is self-signed.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate chain of the receiver ends in a self-signed certificate.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate of the receiver lacks its intermediate certificates.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'The certificate of the receiver is by an unknown issuer.',
  CERT_HAS_EXPIRED: 'The certificate of the receiver has expired.',
  CERT_NOT_YET_VALID: 'The certificate of the receiver is not valid yet.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate of the receiver is for another host name.',
  CONNECTION_CLOSED: 'The receiver closed the connection before its answer was complete.',
  HEADERS_TOO_LARGE: 'The headers of the answer are too large.',
  RESPONSE_MALFORMED: 'The answer is no valid HTTP.',
  REQUEST_INVALID: 'The request could not be built.',
  URL_INVALID: 'The target is no http or https URL.',
  SENDER_CLOSED: 'The gateway stopped before the answer was complete.',
};

/** Names of ours for errors that only the HTTP client knows. */
const clientCodes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'CONNECTION_CLOSED',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'CONNECTION_CLOSED',
  UND_ERR_HEADERS_OVERFLOW: 'HEADERS_TOO_LARGE',
  UND_ERR_INVALID_ARG: 'REQUEST_INVALID',
  UND_ERR_NOT_SUPPORTED: 'REQUEST_INVALID',
  UND_ERR_DESTROYED: 'SENDER_CLOSED',
  UND_ERR_CLOSED: 'SENDER_CLOSED',
};

const timeouts: Readonly<Record<SendProgress, SendFailure>> = {
  CONNECT: { stage: 'TIMEOUT', code: 'TIMEOUT_CONNECT', message: 'No connection was made in time.' },
  FIRST_BYTE: { stage: 'TIMEOUT', code: 'TIMEOUT_FIRST_BYTE', message: 'The receiver did not answer in time.' },
  BODY: { stage: 'TIMEOUT', code: 'TIMEOUT_BODY', message: 'The answer did not end in time.' },
};

/** The failure of a request whose deadline passed. Never throws. */
export function describeTimeout(progress: SendProgress): SendFailure {
  return timeouts[progress];
}

/** The failure of a code of ours at a stage. Never throws. */
export function describeFailure(stage: FailureStage, code: string): SendFailure {
  return { stage, code, message: messages[code] ?? `The request failed (${code}).` };
}

/** The failure that an error of the HTTP client stands for. Never throws; the error's own message goes no further. */
export function describeError(error: Error, progress: SendProgress | 'WRITE', isSecure: boolean): SendFailure {
  const systemCode =
    error instanceof errors.HTTPParserError ? 'RESPONSE_MALFORMED' : (readText(error, 'code') ?? 'UNKNOWN');
  if (systemCode === 'UND_ERR_CONNECT_TIMEOUT') return describeTimeout('CONNECT');
  const code = clientCodes[systemCode] ?? systemCode;
  return describeFailure(stageOf(error, code, { progress, isSecure }), code);
}

function stageOf(
  error: Error,
  code: string,
  at: { progress: SendProgress | 'WRITE'; isSecure: boolean },
): FailureStage {
  if (code === addressForbidden) return 'GUARD';
  const call = readText(error, 'syscall');
  if (call === 'getaddrinfo' || code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'DNS';
  if (call === 'write' || code === 'EPIPE' || code === 'REQUEST_INVALID') return 'WRITE';
  if (at.progress !== 'CONNECT') return at.progress;
  // A connection tried on several addresses fails with an AggregateError, which names no system call.
  const isPlain = !at.isSecure || call === 'connect' || error instanceof AggregateError || code === 'SENDER_CLOSED';
  return isPlain ? 'CONNECT' : 'TLS';
}

function readText(error: Error, key: 'code' | 'syscall'): string | null {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' && value !== '' ? value : null;
}
