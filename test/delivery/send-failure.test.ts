// Stages and codes of failures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from 'undici';
import { describeError, describeFailure, describeTimeout, type SendProgress } from '../../src/delivery/send-failure.js';

function errorOf(code: string, syscall?: string): Error {
  return Object.assign(new Error(`${syscall} ${code} 10.9.8.7:443`), { code, syscall });
}

const table: readonly (readonly [Error, SendProgress, boolean, string, string])[] = [
  [errorOf('ADDRESS_FORBIDDEN'), 'CONNECT', true, 'GUARD', 'ADDRESS_FORBIDDEN'],
  [errorOf('ENOTFOUND', 'getaddrinfo'), 'CONNECT', true, 'DNS', 'ENOTFOUND'],
  [errorOf('EAI_AGAIN'), 'CONNECT', false, 'DNS', 'EAI_AGAIN'],
  [errorOf('ECONNREFUSED', 'connect'), 'CONNECT', true, 'CONNECT', 'ECONNREFUSED'],
  [Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' }), 'CONNECT', true, 'CONNECT', 'ETIMEDOUT'],
  [errorOf('ECONNRESET', 'read'), 'CONNECT', true, 'TLS', 'ECONNRESET'],
  [errorOf('CERT_HAS_EXPIRED'), 'CONNECT', true, 'TLS', 'CERT_HAS_EXPIRED'],
  [errorOf('EPIPE', 'write'), 'FIRST_BYTE', false, 'WRITE', 'EPIPE'],
  [errorOf('ECONNRESET', 'write'), 'FIRST_BYTE', false, 'WRITE', 'ECONNRESET'],
  [errorOf('ECONNRESET', 'read'), 'FIRST_BYTE', true, 'FIRST_BYTE', 'ECONNRESET'],
  [new errors.HTTPParserError('10.9.8.7'), 'FIRST_BYTE', false, 'FIRST_BYTE', 'RESPONSE_MALFORMED'],
  [errorOf('UND_ERR_HEADERS_OVERFLOW'), 'FIRST_BYTE', false, 'FIRST_BYTE', 'HEADERS_TOO_LARGE'],
  [errorOf('UND_ERR_SOCKET'), 'BODY', false, 'BODY', 'CONNECTION_CLOSED'],
  [errorOf('UND_ERR_INVALID_ARG'), 'CONNECT', true, 'WRITE', 'REQUEST_INVALID'],
  [errorOf('UND_ERR_CONNECT_TIMEOUT'), 'CONNECT', true, 'TIMEOUT', 'TIMEOUT_CONNECT'],
  [errorOf('UND_ERR_DESTROYED'), 'CONNECT', true, 'CONNECT', 'SENDER_CLOSED'],
  [new Error('10.9.8.7'), 'BODY', false, 'BODY', 'UNKNOWN'],
];

test('names the stage and code of every kind of error, and repeats no message of the system', () => {
  for (const [error, progress, isSecure, stage, code] of table) {
    const failure = describeError(error, progress, isSecure);
    assert.deepEqual([failure.stage, failure.code], [stage, code]);
    assert.ok(failure.message.length > 0 && !failure.message.includes('10.9.8.7'));
  }
});

test('a timeout tells what was waited for', () => {
  const codes = (['CONNECT', 'FIRST_BYTE', 'BODY'] as const).map((progress) => describeTimeout(progress));
  assert.deepEqual(
    codes.map(({ stage, code }) => `${stage} ${code}`),
    ['TIMEOUT TIMEOUT_CONNECT', 'TIMEOUT TIMEOUT_FIRST_BYTE', 'TIMEOUT TIMEOUT_BODY'],
  );
});

test('a code without a sentence of its own is told as it is', () => {
  assert.equal(describeFailure('CONNECT', 'EMFILE').message, 'The request failed (EMFILE).');
});
