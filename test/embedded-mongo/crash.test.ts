// kill -9 under load, and what must hold afterwards: nothing acknowledged is lost, indexes agree with documents, change streams have no hole.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ChangeStreamDocument, Db, ResumeToken } from 'mongodb';
import { temporaryDir, withStore } from './kit.js';

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 20);
const program = fileURLToPath(new URL('./crash-child.js', import.meta.url));

interface Job {
  _id: string;
  state: string;
  n: number;
}

/** Runs the child until it has acknowledged `lines` lines, kills it, and gives all lines it printed. */
async function runUntilKilled(dataDir: string, round: number, lines: number): Promise<string[]> {
  const child: ChildProcess = spawn(process.execPath, [program, dataDir, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length > lines) child.kill('SIGKILL');
  });
  await exited;
  // the last line may be cut
  return output.split('\n').slice(1, -1);
}

async function checkIndexes(db: Db): Promise<void> {
  const jobs = db.collection<Job>('jobs');
  const all = await jobs.find().hint({ $natural: 1 }).toArray();
  assert.equal(await jobs.estimatedDocumentCount(), all.length, 'the count agrees');
  for (const index of ['state_1_n_1', 'n_1']) {
    const byIndex = await jobs.find().hint(index).toArray();
    assert.deepEqual(byIndex.map(({ _id }) => _id).sort(), all.map(({ _id }) => _id).sort(), `${index} agrees`);
  }
  for (const state of ['new', 'done']) {
    assert.equal(await jobs.countDocuments({ state }), all.filter((job) => job.state === state).length);
  }
}

/** Replays all events since the token over what was there, and compares with what is there now. */
async function checkStream(db: Db, before: Map<string, string>, token: ResumeToken | undefined): Promise<void> {
  if (token === undefined) return;
  const jobs = db.collection<Job>('jobs');
  const stream = jobs.watch([], { resumeAfter: token, fullDocument: 'default', maxAwaitTimeMS: 50 });
  for (let event = await stream.tryNext(); event; event = await stream.tryNext()) replay(before, event);
  await stream.close();
  const now = new Map((await jobs.find().toArray()).map(({ _id, state }) => [_id, state]));
  assert.deepEqual([...before].sort(), [...now].sort(), 'the change stream tells all that happened');
}

function replay(states: Map<string, string>, event: ChangeStreamDocument<Job>): void {
  if (event.operationType === 'insert') states.set(event.documentKey._id, event.fullDocument.state);
  if (event.operationType === 'update')
    states.set(event.documentKey._id, String(event.updateDescription.updatedFields?.state));
  if (event.operationType === 'delete') states.delete(event.documentKey._id);
}

/** What was acknowledged of the batches and of the counter is there; batches are whole, and their index agrees. */
async function checkOthers(db: Db, lines: readonly string[]): Promise<void> {
  const batches = db.collection<{ batch: number; tags: string[] }>('batches');
  const all = await batches.find().hint({ $natural: 1 }).toArray();
  const counts = new Map<number, number>();
  for (const { batch } of all) counts.set(batch, (counts.get(batch) ?? 0) + 1);
  assert.deepEqual([...new Set(counts.values())], counts.size > 0 ? [3] : []);
  const { n = 0 } = (await db.collection<{ n: number }>('counters').findOne()) ?? {};
  for (const line of lines) {
    const [kind, value = ''] = line.split(' ');
    if (kind === 'b') assert.equal(counts.get(Number(value)), 3, line);
    if (kind === 'c') assert.ok(n >= Number(value), line);
  }
  for (const tag of ['a1', 'b2', 'seen']) {
    const found = await batches.find({ tags: tag }).hint({ tags: 1, batch: 1 }).toArray();
    assert.equal(found.length, all.filter(({ tags }) => tags.includes(tag)).length, `the index has ${tag}`);
  }
}

test(`${rounds} rounds of kill -9 lose nothing that was acknowledged`, async () => {
  const dir = temporaryDir();
  const expected = new Map<string, string>();
  let token: ResumeToken | undefined;
  let before = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    const lines = await runUntilKilled(dir.path, round, 100 + Math.floor(Math.random() * 500));
    const uncertain = new Set<string>();
    for (const line of lines) {
      const [kind, id = ''] = line.split(' ');
      if (kind === 'i') expected.set(id, 'new');
      if (kind === 'u') expected.set(id, 'done');
      if (kind === 'D') uncertain.add(id);
      if (kind === 'd') expected.delete(id);
    }
    await withStore(async (client) => {
      const db = client.db();
      const jobs = db.collection<Job>('jobs');
      const found = new Map((await jobs.find().toArray()).map(({ _id, state }) => [_id, state]));
      for (const [id, state] of expected) {
        if (uncertain.has(id)) continue;
        const now = found.get(id);
        // an update that was done but not yet acknowledged may be there
        assert.ok(now === state || (state === 'new' && now === 'done'), `${id} is ${now}, acknowledged as ${state}`);
      }
      await checkIndexes(db);
      await checkOthers(db, lines);
      await checkStream(db, before, token);
      const stream = jobs.watch([], { maxAwaitTimeMS: 50 });
      await stream.tryNext();
      token = stream.resumeToken;
      await stream.close();
      before = new Map(found);
      expected.clear();
      for (const [id, state] of found) expected.set(id, state);
    }, dir.path);
  }
  dir.remove();
});
