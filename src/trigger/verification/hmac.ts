// Any other HMAC: algorithm, header, encoding, prefix, and what is signed are set by the owner.
import { createHmac } from 'node:crypto';
import { Problem } from '../../problem.js';
import {
  checkSecretText,
  checkTolerance,
  isFresh,
  isSameDigest,
  type SignedRequest,
  type VerificationScheme,
} from './verification-scheme.js';

const algorithms = ['sha1', 'sha256', 'sha384', 'sha512'];
const encodings = ['hex', 'base64'] as const;

/** The scheme `HMAC`. */
export const hmac: VerificationScheme = {
  name: 'HMAC',
  inputField: 'hmac',
  deliveryIdHeader: null,
  check(input) {
    const algorithm = choose(input['algorithm'] ?? 'sha256', algorithms, 'algorithm');
    const encoding = choose(input['encoding'] ?? 'hex', encodings, 'encoding');
    const { timestampHeader } = input;
    const template = checkTemplate(input['template'] ?? (timestampHeader == null ? '{body}' : '{timestamp}.{body}'));
    if (template.includes('{timestamp}') !== (timestampHeader != null)) {
      const message = 'template must hold {timestamp} when, and only when, timestampHeader is given';
      throw new Problem('INVALID_INPUT', message, { field: 'template' });
    }
    const dated =
      timestampHeader == null
        ? {}
        : {
            timestampHeader: checkHeaderName(timestampHeader, 'timestampHeader'),
            toleranceSeconds: checkTolerance(input['toleranceSeconds']),
          };
    return {
      settings: {
        algorithm,
        encoding,
        header: checkHeaderName(input['header'], 'header'),
        prefix: input['prefix'] == null ? '' : checkSecretText(input['prefix'], 'prefix'),
        template,
        ...dated,
      },
      secrets: { secret: checkSecretText(input['secret'], 'secret') },
    };
  },
  verify(request, settings, { secret = '' }) {
    const { algorithm = 'sha256', encoding = 'hex', header = '', prefix = '', timestampHeader } = settings;
    const signature = createHmac(algorithm, secret);
    for (const part of partsOf(settings.template ?? '{body}', request, timestampHeader)) signature.update(part);
    const sent = request.headers[header];
    const given = sent?.startsWith(prefix) === true ? sent.slice(prefix.length) : undefined;
    const isSigned = isSameDigest(given, signature.digest(), encoding);
    if (timestampHeader === undefined) return isSigned;
    return isFresh(request.headers[timestampHeader], request.now, settings.toleranceSeconds ?? 0) && isSigned;
  },
};

function partsOf(template: string, { headers, body }: SignedRequest, timestampHeader = ''): (string | Buffer)[] {
  return template
    .split(/(\{body\}|\{timestamp\})/)
    .map((part) => (part === '{body}' ? body : part === '{timestamp}' ? (headers[timestampHeader] ?? '') : part));
}

function checkTemplate(value: unknown): string {
  const text = typeof value === 'string' ? value : '';
  if (text.length <= 128 && text.split('{body}').length === 2) return text;
  const message = 'template must hold {body} once and have at most 128 characters';
  throw new Problem('INVALID_INPUT', message, { field: 'template' });
}

function choose<T extends string>(value: unknown, values: readonly T[], field: string): T {
  const found = values.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Problem('INVALID_INPUT', `${field} must be one of ${values.join(', ')}`, { field });
}

/** A header's name in lower case. Throws `INVALID_INPUT`. */
export function checkHeaderName(value: unknown, field: string): string {
  if (typeof value === 'string' && /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(value)) return value.toLowerCase();
  throw new Problem('INVALID_INPUT', `${field} must be the name of a header, of 1 to 128 characters`, { field });
}
