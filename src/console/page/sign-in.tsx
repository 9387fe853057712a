// The question for an API key, with what went wrong last time. Whether a key is right is decided in session.ts.
import type { FormEvent, ReactNode } from 'react';
import type { Session } from './session.js';

interface SignInProps {
  readonly session: Session;
  /** Called with a trimmed, non-empty key. */
  readonly onKey: (key: string) => void;
}

/** The form that asks for a key, or for another try when the gateway did not answer; nothing while all is well. */
export function SignIn({ session, onKey }: SignInProps): ReactNode {
  if (session.status === 'unreachable') {
    return (
      <section className="carillon-sign-in">
        <p role="alert">The key could not be checked: {session.reason}</p>
        <button type="button" onClick={() => onKey(session.key)}>
          Try again
        </button>
      </section>
    );
  }
  if (session.status !== 'signed-out') return null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get('key');
    if (typeof key === 'string' && key.trim() !== '') onKey(key.trim());
  };
  return (
    <form className="carillon-sign-in" onSubmit={submit}>
      <label htmlFor="carillon-key">API key</label>
      <input id="carillon-key" name="key" type="password" required autoComplete="off" placeholder="crl_…" />
      <button type="submit">Sign in</button>
      {session.reason === null ? (
        <p>At its first start the gateway prints a console URL that carries the admin key.</p>
      ) : (
        <p role="alert">{session.reason}</p>
      )}
    </form>
  );
}
