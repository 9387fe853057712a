// Questions of nodes to each other for live clients, with their answers, and which nodes live, in MongoDB. Records are few and
// short-lived. What is asked and answered is live-clients.ts.
import type { ChangeStreamDocument, Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { followChanges } from '../store.js';
import type { AskedQuestion, LiveClient, LiveQuestion } from './live-clients.js';

interface QuestionDocument {
  _id: string;
  by: string;
  question: LiveQuestion;
  askedAt: Date;
  /** By node. */
  answers: Record<string, LiveClient[]>;
}

interface NodeDocument {
  _id: string;
  seenAt: Date;
}

/** What is told of questions. */
export interface QuestionListener {
  readonly onQuestion: (asked: AskedQuestion) => void;
  /** A question has got an answer. */
  readonly onAnswer: (id: string) => void;
}

/** Where questions are kept. */
export interface LiveQuestionStore {
  /** Says that a node lives. */
  beat(nodeId: string, at: Date): Promise<void>;
  /** The nodes that have said so since. */
  living(since: Date): Promise<string[]>;
  /** Says that a node is gone. */
  leave(nodeId: string): Promise<void>;
  ask(asked: AskedQuestion, at: Date): Promise<void>;
  /** Answers a question, if it is still asked. */
  answer(id: string, nodeId: string, clients: readonly LiveClient[]): Promise<void>;
  /** The answers by node. */
  answers(id: string): Promise<ReadonlyMap<string, readonly LiveClient[]>>;
  /** The questions asked since. */
  open(since: Date): Promise<AskedQuestion[]>;
  forget(id: string): Promise<void>;
  /** Forgets questions and nodes from before an instant. */
  forgetBefore(before: Date): Promise<void>;
  /**
   * Tells of questions and answers until `signal`. Calls `ready` when every one written from then on will be told. Rejects
   * when the change stream is lost.
   */
  watch(listener: QuestionListener, ready: () => void, signal: AbortSignal): Promise<void>;
}

/** Questions in the collection `livequestions`, nodes in `livenodes`. */
export function createLiveQuestionStore(connection: Connection): LiveQuestionStore {
  const questions = connection.collection('livequestions') as unknown as Collection<QuestionDocument>;
  const nodes = connection.collection('livenodes') as unknown as Collection<NodeDocument>;
  return {
    async beat(nodeId, seenAt) {
      await nodes.updateOne({ _id: nodeId }, { $set: { seenAt } }, { upsert: true });
    },
    async living(since) {
      return (await nodes.find({ seenAt: { $gt: since } }).toArray()).map(({ _id }) => _id);
    },
    async leave(nodeId) {
      await nodes.deleteOne({ _id: nodeId });
    },
    async ask({ id, by, question }, askedAt) {
      await questions.insertOne({ _id: id, by, question, askedAt, answers: {} });
    },
    async answer(id, nodeId, clients) {
      await questions.updateOne({ _id: id }, { $set: { [`answers.${nodeId}`]: [...clients] } });
    },
    async answers(id) {
      return new Map(Object.entries((await questions.findOne({ _id: id }))?.answers ?? {}));
    },
    async open(since) {
      return (await questions.find({ askedAt: { $gt: since } }).toArray()).map(toAsked);
    },
    async forget(id) {
      await questions.deleteOne({ _id: id });
    },
    async forgetBefore(before) {
      await questions.deleteMany({ askedAt: { $lt: before } });
      await nodes.deleteMany({ seenAt: { $lt: before } });
    },
    watch: (listener, ready, signal) =>
      followChanges<QuestionDocument>(connection, {
        collection: 'livequestions',
        pipeline: [
          { $match: { operationType: { $in: ['insert', 'update'] } } },
          { $project: { operationType: 1, documentKey: 1, fullDocument: 1 } },
        ],
        ready,
        tell: (change) => tellChange(change, listener),
        signal,
      }),
  };
}

function toAsked({ _id, by, question }: QuestionDocument): AskedQuestion {
  return { id: _id, by, question };
}

function tellChange(change: ChangeStreamDocument<QuestionDocument>, listener: QuestionListener): void {
  if (change.operationType === 'insert') listener.onQuestion(toAsked(change.fullDocument));
  if (change.operationType === 'update') listener.onAnswer(change.documentKey._id);
}
