// Twilio: `X-Twilio-Signature: <base64 of HMAC-SHA1>` over the URL and the sorted form parameters; a JSON body is signed by its
// SHA-256 in the URL's query. Source: https://www.twilio.com/docs/usage/security
import { createHash, createHmac } from 'node:crypto';
import { Problem } from '../../problem.js';
import { checkSecretText, isSame, isSameDigest, type VerificationScheme } from './verification-scheme.js';

/** The scheme `TWILIO`. */
export const twilio: VerificationScheme = {
  name: 'TWILIO',
  inputField: 'twilio',
  deliveryIdHeader: 'i-twilio-idempotency-token',
  check: ({ authToken, url }) => ({
    settings: { url: checkUrl(url) },
    secrets: { authToken: checkSecretText(authToken, 'authToken') },
  }),
  verify({ headers, path, body }, { url = '' }, { authToken = '' }) {
    const [, query] = path.split('?', 2);
    const asked = query === undefined ? url : `${url}?${query}`;
    const bodyDigest = new URLSearchParams(query).get('bodySHA256');
    const isForm = bodyDigest === null;
    const signed = createHmac('sha1', authToken)
      .update(isForm ? asked + joinForm(body) : asked)
      .digest();
    const hasBody = isForm || isSame(bodyDigest.toLowerCase(), createHash('sha256').update(body).digest('hex'));
    return isSameDigest(headers['x-twilio-signature'], signed, 'base64') && hasBody;
  },
};

/** Names and values without separators, sorted by name; a value that comes twice is taken once. */
function joinForm(body: Buffer): string {
  const form = new URLSearchParams(body.toString());
  const names = [...new Set(form.keys())].sort();
  return names
    .map((name) =>
      [...new Set(form.getAll(name))]
        .sort()
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

function checkUrl(url: unknown): string {
  if (typeof url === 'string' && url.length <= 2048 && URL.canParse(url) && !url.includes('?')) return url;
  const message = 'url must be the address as Twilio knows it, without a query, of at most 2048 characters';
  throw new Problem('INVALID_INPUT', message, { field: 'url' });
}
