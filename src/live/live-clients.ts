// Live clients of every node: each node knows its own; whoever asks for all puts a question into the database, and every node
// that lives answers it. Nothing is written as long as nobody asks. Who is connected to this node is sessions.ts.
import type { Clock } from '../clock.js';
import { commandWithinMs } from '../deadline.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { repeat } from '../repeat.js';
import type { Role } from '../security/access.js';
import type { LiveQuestionStore } from './live-question-store.js';
import type { OpenSession, Sessions, Transport } from './sessions.js';

/** One connected client, as its node told it when it was asked. */
export interface LiveClient {
  /** `con_…` */
  readonly id: string;
  /** The process that it is connected to: a text that each makes at its start. */
  readonly nodeId: string;
  readonly transport: Transport;
  readonly role: Role;
  readonly applicationId: string | null;
  readonly apiKeyId: string | null;
  readonly remoteAddress: string;
  readonly openedAt: Date;
  readonly expiresAt: Date | null;
  readonly subscriptions: number;
  readonly pendingBytes: number;
}

/** Some of the live clients of all nodes. */
export interface FoundClients {
  /** In the order in which they came. */
  readonly clients: readonly LiveClient[];
  /** Nodes that live and did not answer in time: their clients are missing. */
  readonly silentNodes: number;
}

/** What one node asks all others. */
export type LiveQuestion =
  | { readonly kind: 'LIST'; readonly after: string | null; readonly limit: number }
  | { readonly kind: 'GET'; readonly id: string }
  | { readonly kind: 'END'; readonly id: string };

/** A question that was put. */
export interface AskedQuestion {
  readonly id: string;
  /** The node that asks. */
  readonly by: string;
  readonly question: LiveQuestion;
}

/** The live clients of all nodes. Everything rejects with what the database does. */
export interface LiveClients {
  /** The first `limit` behind an identifier, in the order of their identifiers, which grow with time. */
  list(after: string | null, limit: number): Promise<FoundClients>;
  /** One by its identifier. Throws `OVERLOADED` when it was not found and a node did not answer. */
  get(id: string): Promise<LiveClient | null>;
  /** Ends one for good; false when there is none. Throws as `get`. */
  end(id: string): Promise<boolean>;
  /** Stops answering, and says that this node is gone. */
  close(): Promise<void>;
}

/** What asking and answering needs. */
export interface LiveClientsOptions {
  readonly sessions: Pick<Sessions, 'list' | 'get' | 'end'>;
  /** This node. */
  readonly nodeId: string;
  /** Null when no other process shares the database: then nobody is asked. */
  readonly questions: LiveQuestionStore | null;
  readonly newQuestionId: () => string;
  /** Shows the database's time, which all nodes share. */
  readonly clock: Clock;
  readonly log: Log;
}

/** How often a node says that it lives, and after how long without a word it is dead, in milliseconds. */
const beatEveryMs = 2000;
const deadAfterMs = 10_000;
/** How long an answer is waited for, in milliseconds. */
const answerWithinMs = 2000;
/** What a node that died has left behind goes after so long, in milliseconds. */
const forgetAfterMs = 60_000;
/** From losing sight of the questions to following them anew, in milliseconds. */
const restartAfterMs = 500;

/** Live clients; answers the questions of other nodes until `close`. */
export function openLiveClients(options: LiveClientsOptions): LiveClients {
  const { sessions, nodeId, questions, clock, log } = options;
  const stop = new AbortController();
  /** Called when a question of ours has got one more answer. */
  const waiting = new Map<string, () => void>();

  function answerHere(question: LiveQuestion): LiveClient[] {
    if (question.kind === 'LIST') {
      const { after, limit } = question;
      const behind = sessions.list().filter(({ id }) => after === null || id > after);
      return behind
        .sort(byId)
        .slice(0, limit)
        .map((open) => toLiveClient(open, nodeId));
    }
    const { id } = question;
    const found = question.kind === 'END' ? sessions.end(id, 'ADMINISTRATOR') : sessions.get(id);
    return found === null ? [] : [toLiveClient(found, nodeId)];
  }

  async function answer(asked: AskedQuestion): Promise<void> {
    if (asked.by === nodeId) return;
    try {
      await questions?.answer(asked.id, nodeId, answerHere(asked.question));
    } catch (error) {
      log.warn('Could not answer another node that asks for live clients.', { error });
    }
  }

  async function follow(store: LiveQuestionStore): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await store.watch(
          { onQuestion: (asked) => void answer(asked), onAnswer: (id) => waiting.get(id)?.() },
          () => void answerOpen(store),
          stop.signal,
        );
      } catch (error) {
        log.warn('Lost sight of what other nodes ask; following it anew.', { error });
        await pause(restartAfterMs);
      }
    }
  }

  /** What was asked while nothing was seen. */
  async function answerOpen(store: LiveQuestionStore): Promise<void> {
    try {
      for (const asked of await store.open(agoMs(answerWithinMs))) await answer(asked);
    } catch (error) {
      log.warn('Could not read what other nodes ask.', { error });
    }
  }

  function agoMs(ms: number): Date {
    return new Date(clock.now().getTime() - ms);
  }

  /** Ends early when this node stops. */
  function pause(ms: number, also: (goOn: () => void) => void = () => undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        stop.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.after(ms, end);
      stop.signal.addEventListener('abort', end);
      also(end);
    });
  }

  async function askOthers(question: LiveQuestion): Promise<FoundClients> {
    if (questions === null) return { clients: [], silentNodes: 0 };
    const others = (await questions.living(agoMs(deadAfterMs))).filter((id) => id !== nodeId);
    if (others.length === 0) return { clients: [], silentNodes: 0 };
    const id = options.newQuestionId();
    let tell = (): void => undefined;
    let answers = 0;
    waiting.set(id, () => {
      answers += 1;
      tell();
    });
    try {
      await questions.ask({ id, by: nodeId, question }, clock.now());
      return await gather(questions, id, others);
    } finally {
      waiting.delete(id);
      await questions.forget(id);
    }

    async function gather(store: LiveQuestionStore, asked: string, nodes: readonly string[]): Promise<FoundClients> {
      const deadlineMs = clock.monotonicMs() + answerWithinMs;
      for (;;) {
        const seen = answers;
        const got = await store.answers(asked);
        const silentNodes = nodes.filter((one) => !got.has(one)).length;
        const clients = [...got.values()].flat();
        const isFound = question.kind !== 'LIST' && clients.length > 0;
        const leftMs = deadlineMs - clock.monotonicMs();
        if (silentNodes === 0 || isFound || leftMs <= 0 || stop.signal.aborted) return { clients, silentNodes };
        if (answers > seen) continue;
        await pause(leftMs, (goOn) => {
          tell = goOn;
        });
      }
    }
  }

  async function find(question: Exclude<LiveQuestion, { kind: 'LIST' }>): Promise<LiveClient | null> {
    const [here] = answerHere(question);
    if (here !== undefined) return here;
    const { clients, silentNodes } = await askOthers(question);
    const [there] = clients;
    if (there !== undefined) return there;
    if (silentNodes > 0) throw new Problem('OVERLOADED', `${silentNodes} nodes did not answer in time; try again`);
    return null;
  }

  async function beat(store: LiveQuestionStore): Promise<void> {
    await store.beat(nodeId, clock.now());
    await store.forgetBefore(agoMs(forgetAfterMs));
  }

  const following = questions === null ? Promise.resolve() : follow(questions);
  const beating =
    questions === null
      ? null
      : repeat({ clock, log, everyMs: beatEveryMs, work: () => beat(questions), withinMs: commandWithinMs });

  return {
    async list(after, limit) {
      const question: LiveQuestion = { kind: 'LIST', after, limit };
      const { clients, silentNodes } = await askOthers(question);
      return { clients: [...answerHere(question), ...clients].sort(byId).slice(0, limit), silentNodes };
    },
    get: (id) => find({ kind: 'GET', id }),
    end: async (id) => (await find({ kind: 'END', id })) !== null,
    async close() {
      stop.abort();
      await beating?.close();
      await following;
      await questions?.leave(nodeId);
    },
  };
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}

function toLiveClient({ id, session, identity }: OpenSession, nodeId: string): LiveClient {
  const { transport, remoteAddress, openedAt, subscriptions, pendingBytes } = session;
  const { role, applicationId, apiKeyId, expiresAt } = identity;
  return {
    id,
    nodeId,
    transport,
    role,
    applicationId,
    apiKeyId,
    remoteAddress,
    openedAt,
    expiresAt,
    subscriptions,
    pendingBytes,
  };
}
