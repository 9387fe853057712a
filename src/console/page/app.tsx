// The whole page: a bar that says who is signed in, the question for a key, and GraphiQL. How keys are checked and
// operations sent is in session.ts and transport.ts.
import { GraphiQL } from 'graphiql';
import { type ReactNode, useEffect, useState } from 'react';
import { checkKey, forgetKey, keepKey, type Session, sessionOf, takeKey } from './session.js';
import { SignIn } from './sign-in.js';
import { exampleTabs, forgetTabs, prepareFirstVisit, storage } from './tabs.js';
import { type LiveState, openTransport, signedOutFetcher } from './transport.js';

prepareFirstVisit();

// What the editor of variables accepts for our scalars; without this it marks objects as wrong.
const scalars = {
  JSON: { type: ['object' as const, 'array' as const, 'string' as const, 'number' as const, 'boolean' as const] },
  DateTime: { type: 'string' as const, format: 'date-time' },
};

/** The console. Takes its key from the address, from this browser tab, or from the person. */
export function App(): ReactNode {
  const [session, setSession] = useState<Session>(() => sessionOf(takeKey()));
  const { fetcher, live } = useTransport(session.status === 'signed-in' ? session.key : null);

  useEffect(() => {
    // A console URL pasted into the open page changes only the fragment.
    const onHashChange = () => {
      if (location.hash.startsWith('#key=')) setSession(sessionOf(takeKey()));
    };
    window.addEventListener('hashchange', onHashChange);
    return () => window.removeEventListener('hashchange', onHashChange);
  }, []);

  useEffect(() => {
    if (session.status !== 'checking') return;
    const aborter = new AbortController();
    const check = async () => {
      const next = await checkKey(session.key, aborter.signal);
      if (aborter.signal.aborted) return;
      if (next.status === 'signed-out') forgetKey();
      setSession(next);
    };
    void check();
    return () => aborter.abort();
  }, [session]);

  const signIn = (key: string) => {
    keepKey(key);
    setSession(sessionOf(key));
  };
  const signOut = () => {
    forgetKey();
    setSession(sessionOf(null));
  };
  return (
    <>
      <Bar session={session} live={live} onChangeKey={signOut} />
      <SignIn session={session} onKey={signIn} />
      <main className="carillon-graphiql">
        <GraphiQL
          fetcher={fetcher}
          // Null: do not ask for the schema while there is no key to ask with.
          {...(fetcher === signedOutFetcher ? { schema: null } : {})}
          storage={storage}
          defaultTabs={exampleTabs}
          customScalarSchemas={scalars}
          defaultEditorToolsVisibility="variables"
          isHeadersEditorEnabled={false}
          shouldPersistHeaders={false}
          schemaDescription
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

/** The way to the gateway for `key`, closed when the key changes. */
function useTransport(key: string | null) {
  const [live, setLive] = useState<LiveState>('idle');
  const [fetcher, setFetcher] = useState(() => signedOutFetcher);
  useEffect(() => {
    if (key === null) return;
    const transport = openTransport(key, setLive);
    setFetcher(() => transport.fetcher);
    return () => {
      transport.close();
      setFetcher(() => signedOutFetcher);
      setLive('idle');
    };
  }, [key]);
  return { fetcher, live };
}

interface BarProps {
  readonly session: Session;
  readonly live: LiveState;
  readonly onChangeKey: () => void;
}

const liveWords = {
  idle: '',
  connecting: 'Connecting…',
  open: 'Live connection open',
  lost: 'Live connection lost',
} as const;

function Bar({ session, live, onChangeKey }: BarProps): ReactNode {
  return (
    <header className="carillon-bar">
      <h1>Carillon</h1>
      <p role="status">
        {session.status === 'signed-in' && (
          <>
            Signed in as <strong>{session.role}</strong>
            {session.application !== null && <> of {session.application}</>}
          </>
        )}
        {session.status === 'checking' && 'Checking the key…'}
        {session.status === 'signed-out' && 'Not signed in'}
        {session.status === 'unreachable' && 'Not signed in yet'}
      </p>
      <p className={`carillon-live carillon-live-${live}`}>{liveWords[live]}</p>
      {/* GraphiQL ends a running subscription when its tab is left; a second window, which inherits the key, does not. */}
      <button type="button" onClick={() => window.open('/graphiql')}>
        Second window
      </button>
      <button type="button" onClick={resetTabs}>
        Reset tabs
      </button>
      {session.status !== 'signed-out' && (
        <button type="button" onClick={onChangeKey}>
          Change key
        </button>
      )}
    </header>
  );
}

function resetTabs(): void {
  if (!window.confirm('Close all tabs and open the examples again?')) return;
  forgetTabs();
  location.reload();
}
