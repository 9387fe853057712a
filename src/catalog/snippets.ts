// Code that verifies a request, to be copied by those who receive. It is the same for all event types, holds nothing of
// theirs, and is run by the tests as it stands here.

/** Code to be copied. */
export interface Snippet {
  readonly title: string;
  /** Name of the language as Markdown's code fences have it. */
  readonly language: 'sh' | 'js' | 'python';
  readonly code: string;
}

const send = `# Sends body.json (the example, or any other) to your receiver as the gateway would.
# Needs WEBHOOK_SECRET (whsec_…) and WEBHOOK_URL.
id="evt_example"
timestamp=$(date +%s)
key=$(printf %s "\${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
signature=$({ printf '%s.%s.' "$id" "$timestamp"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
curl -sS "$WEBHOOK_URL" -H "content-type: application/json" -H "webhook-id: $id" \\
  -H "webhook-timestamp: $timestamp" -H "webhook-signature: v1,$signature" --data-binary @body.json
`;

const verifyShell = `# Verifies a request whose body was kept, byte for byte, in body.json.
# Needs WEBHOOK_SECRET (whsec_…) and the headers in WEBHOOK_ID, WEBHOOK_TIMESTAMP and WEBHOOK_SIGNATURE.
now=$(date +%s)
[ "$WEBHOOK_TIMESTAMP" -ge $((now - 300)) ] && [ "$WEBHOOK_TIMESTAMP" -le $((now + 300)) ] ||
  { echo "too old or too new"; exit 1; }
key=$(printf %s "\${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
expected=$({ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
case " $WEBHOOK_SIGNATURE " in
  *" v1,$expected "*) echo "genuine" ;;
  *) echo "wrong signature"; exit 1 ;;
esac
`;

const verifyNode = `import { createHmac, timingSafeEqual } from 'node:crypto';

// \`headers\` have lower-case names; \`body\` is the Buffer that came, not parsed before. Gives the event, or throws.
export function verifyWebhook(secret, headers, body) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const ageSeconds = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(ageSeconds <= 300)) throw new Error('too old or too new');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(\`\${id}.\${timestamp}.\`).update(body).digest();
  const isGenuine = (headers['webhook-signature'] ?? '').split(' ').some((signature) => {
    const given = Buffer.from(signature.slice(3), 'base64');
    return signature.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isGenuine) throw new Error('wrong signature');
  return JSON.parse(body.toString());
}
`;

const verifyPython = `import base64, hashlib, hmac, json, time

# \`headers\` have lower-case names; \`body\` is the bytes that came, not parsed before. Gives the event, or raises.
def verify_webhook(secret, headers, body):
    id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if not abs(time.time() - int(timestamp)) <= 300:
        raise ValueError("too old or too new")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
        raise ValueError("wrong signature")
    return json.loads(body)
`;

/** Signs and sends a request to one's own receiver. */
export const sendSnippet: Snippet = { title: 'Try your receiver (curl, openssl)', language: 'sh', code: send };

/** Verify a request, one in each language. */
export const verifySnippets: readonly Snippet[] = [
  { title: 'Verify (shell, openssl)', language: 'sh', code: verifyShell },
  { title: 'Verify (Node)', language: 'js', code: verifyNode },
  { title: 'Verify (Python 3.9 or newer)', language: 'python', code: verifyPython },
];
