// The handshake with one receiver before it is sent to: the request OPTIONS and what its answer allows. When it is made, and what
// follows, is webhook-subscription/handshake.ts.
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
import { Problem } from '../problem.js';
import type { HandshakeAnswer, ShakeHands } from '../webhook-subscription/handshake.js';
import type { Sender, SendOutcome } from './send.js';

/** What handshakes are made with. */
export interface ShakeHandsOptions {
  readonly sender: Pick<Sender, 'send'>;
  /** The name that receivers allow; null when the operator gave none, and then every handshake is refused. */
  readonly publicHost: string | null;
  readonly userAgent: string;
}

/** Handshakes under way in this process. */
const maxRunning = 64;
const maxShownLength = 128;
const noBody = Buffer.alloc(0);

/** The function that asks receivers. The callback of the specification is not offered: who agrees answers at once. */
export function createShakeHands({ sender, publicHost, userAgent }: ShakeHandsOptions): ShakeHands {
  let running = 0;
  return async ({ url, perMinute, timeoutMs }) => {
    if (publicHost === null)
      return refuse('this gateway has no name to ask with; its operator sets CARILLON_PUBLIC_HOST');
    if (running >= maxRunning) throw new Problem('OVERLOADED', 'too many handshakes are under way; try again later');
    running += 1;
    try {
      const headers = {
        'user-agent': userAgent,
        'webhook-request-origin': publicHost,
        ...(perMinute === null ? {} : { 'webhook-request-rate': String(perMinute) }),
      };
      return readAnswer(await sender.send({ url, method: 'OPTIONS', headers, body: noBody, timeoutMs }), publicHost);
    } finally {
      running -= 1;
    }
  };
}

function readAnswer(outcome: SendOutcome, publicHost: string): HandshakeAnswer {
  if (outcome.kind === 'failure') return refuse(outcome.message);
  // 4.2: "the handshake cannot rely on status codes". Only its headers say that a receiver agrees.
  const origin = outcome.headers['webhook-allowed-origin']?.trim() ?? '';
  const rate = outcome.headers['webhook-allowed-rate']?.trim() ?? '*';
  if (origin === '') return refuse(`it answered OPTIONS with ${outcome.statusCode} and without WebHook-Allowed-Origin`);
  if (origin !== '*' && origin.toLowerCase() !== publicHost.toLowerCase())
    return refuse(`it allows ${quote(origin)}, and this gateway is ${quote(publicHost)}`);
  if (rate === '*') return { kind: 'agreed', perMinute: null };
  if (!/^[1-9]\d{0,8}$/.test(rate))
    return refuse(`its WebHook-Allowed-Rate ${quote(rate)} is neither * nor a whole number of requests a minute`);
  return { kind: 'agreed', perMinute: Number(rate) };
}

function refuse(reason: string): HandshakeAnswer {
  return { kind: 'refused', reason };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, maxShownLength));
}
