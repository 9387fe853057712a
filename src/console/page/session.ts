// The API key of this browser tab and who it belongs to: where the key comes from, where it is kept, how it is checked.
// No React here.

/** Where the page stands with its key. */
export type Session =
  | { readonly status: 'signed-out'; readonly reason: string | null }
  | { readonly status: 'checking'; readonly key: string }
  | { readonly status: 'unreachable'; readonly key: string; readonly reason: string }
  | { readonly status: 'signed-in'; readonly key: string; readonly role: string; readonly application: string | null };

const storageKey = 'carillon:key';

/**
 * The key from the address (`#key=crl_…`), which is taken out of the address bar and of the history at once, or else the
 * one this browser tab already has. Null when there is none. The key is kept for the life of the browser tab only.
 */
export function takeKey(): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get('key')?.trim();
  if (key) {
    history.replaceState(null, '', location.pathname + location.search);
    sessionStorage.setItem(storageKey, key);
  }
  return sessionStorage.getItem(storageKey);
}

/** Keeps `key` for the life of this browser tab, also across reloads. */
export function keepKey(key: string): void {
  sessionStorage.setItem(storageKey, key);
}

/** Forgets the key. */
export function forgetKey(): void {
  sessionStorage.removeItem(storageKey);
}

/** The session to begin with when `key` is all that is known. */
export function sessionOf(key: string | null): Session {
  return key === null ? { status: 'signed-out', reason: null } : { status: 'checking', key };
}

/** Asks the gateway who `key` belongs to. Never throws; what it gives after `signal` was aborted means nothing. */
export async function checkKey(key: string, signal: AbortSignal): Promise<Session> {
  try {
    // A header value is Latin-1; anything else cannot be a key, and `fetch` would refuse it with a TypeError.
    if (!/^[\x21-\x7e]+$/.test(key)) return refused();
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: '{ viewer { role application { id name } } }' }),
      signal,
    });
    const answer: unknown = await response.json().catch(() => null);
    const error = at(answer, 'errors', '0');
    if (response.status === 401 || at(error, 'extensions', 'code') === 'UNAUTHENTICATED') return refused();
    const role = at(answer, 'data', 'viewer', 'role');
    if (typeof role !== 'string') {
      const message = at(error, 'message');
      const reason = typeof message === 'string' ? message : `HTTP status ${response.status}`;
      return { status: 'unreachable', key, reason };
    }
    const name = at(answer, 'data', 'viewer', 'application', 'name');
    return { status: 'signed-in', key, role, application: typeof name === 'string' ? name : null };
  } catch (error) {
    return { status: 'unreachable', key, reason: error instanceof Error ? error.message : 'no answer' };
  }
}

function refused(): Session {
  return {
    status: 'signed-out',
    reason: 'The gateway does not accept this key: it is wrong, expired or revoked (401).',
  };
}

/** What is found in a JSON value along `path`, or undefined. */
function at(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const name of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Reflect.get(here, name);
  }
  return here;
}
