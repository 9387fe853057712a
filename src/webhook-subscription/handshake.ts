// The agreement of receivers to be sent to, as CloudEvents' abuse protection has it: when it was asked for, and what several
// targets allow together. How one receiver is asked is delivery/shake-hands.ts.
// Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
import { Problem } from '../problem.js';
import type { Target } from './delivery-policy.js';
import { compileDeliveryPolicy, type DeliverySettings } from './delivery-settings.js';

/** One receiver to ask. */
export interface HandshakeRequest {
  readonly url: string;
  /** Requests a minute that are to be allowed: 1 or more; null to ask for no number. */
  readonly perMinute: number | null;
  /** Deadline in milliseconds. */
  readonly timeoutMs: number;
}

/** What a receiver said. */
export type HandshakeAnswer =
  /** It may be sent to; `perMinute` is null when it sets no bound. */
  | { readonly kind: 'agreed'; readonly perMinute: number | null }
  /** It may not, or did not answer; the reason completes "the handshake with … failed: …". */
  | { readonly kind: 'refused'; readonly reason: string };

/** Asks a receiver. Rejects with `OVERLOADED` alone. */
export type ShakeHands = (request: HandshakeRequest) => Promise<HandshakeAnswer>;

/** Who is to agree to what. */
export interface AgreementSought {
  readonly targets: readonly Target[];
  readonly settings: DeliverySettings;
  /** The input that a target's refusal is about. */
  readonly fieldOf: (targetIndex: number) => string;
}

/**
 * The settings with what all targets allow: the lowest of their rates, since any of them may get every request. Nobody is asked
 * unless the settings say so. Throws `HANDSHAKE_REFUSED` when one target does not agree.
 */
export async function seekAgreement(
  { targets, settings, fieldOf }: AgreementSought,
  shakeHands: ShakeHands,
): Promise<DeliverySettings> {
  const { agreedPerMinute: _before, ...asked } = settings;
  if (asked.handshake !== 'CLOUDEVENTS') return asked;
  const { rateLimit, timeoutMs } = compileDeliveryPolicy(asked);
  const perMinute = rateLimit === null ? null : Math.max(1, Math.round(60 * rateLimit.perSecond));
  const answers = await Promise.all(targets.map(({ url }) => shakeHands({ url, perMinute, timeoutMs })));
  const allowed = answers.map((answer, index) => {
    if (answer.kind === 'agreed') return answer.perMinute ?? Number.POSITIVE_INFINITY;
    const { host } = new URL(targets[index]?.url ?? '');
    throw new Problem('HANDSHAKE_REFUSED', `the handshake with ${host} failed: ${answer.reason}`, {
      field: fieldOf(index),
    });
  });
  const lowest = Math.min(...allowed);
  return Number.isFinite(lowest) ? { ...asked, agreedPerMinute: lowest } : asked;
}
