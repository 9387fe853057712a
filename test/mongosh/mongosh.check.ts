// MongoDB's own shell against the embedded store. Not part of `npm test`, because the shell brings 460 packages: `npm run test:mongosh`
// installs it in this folder and runs this file.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDir, withStore } from '../embedded-mongo/kit.js';
import { projectRoot } from '../kit/project-root.js';

const shell = join(projectRoot, 'test/mongosh/node_modules/mongosh/bin/mongosh.js');

/** What the shell prints for an expression; its settings go to a folder of the test's. */
function evaluate(uri: string, home: string, expression: string): Promise<string> {
  const args = [shell, '--quiet', uri, '--eval', expression];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], HOME: home } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', () => resolve(output.trim())));
}

const lines: readonly (readonly [expression: string, output: RegExp])[] = [
  ['db.things.insertMany([{ _id: 1, a: 1 }, { _id: 2, a: Long(2) }]).insertedIds', /'0': 1, '1': 2/],
  ['db.things.insertOne({ _id: 1 })', /E11000 duplicate key error/],
  ['db.things.find({ a: { $gt: 1 } })', /\[ \{ _id: 2, a: Long\('2'\) \} \]/],
  ['db.things.findOne({ _id: 1 }, { _id: 0 })', /\{ a: 1 \}/],
  ['db.things.updateOne({ _id: 1 }, { $inc: { a: 5 } }).modifiedCount', /^1$/],
  ['db.things.findOneAndUpdate({ _id: 1 }, { $set: { b: 1 } }, { returnNewDocument: true })', /b: 1/],
  ['db.things.createIndex({ a: 1 })', /^a_1$/],
  ['db.things.getIndexes().map((index) => index.name)', /'_id_', 'a_1'/],
  ['db.things.find({ a: 6 }).explain().queryPlanner.winningPlan.inputStage.indexName', /^a_1$/],
  ['db.things.aggregate([{ $group: { _id: null, sum: { $sum: "$a" } } }])', /sum: 8/],
  ['db.things.countDocuments({}) + db.things.estimatedDocumentCount()', /^4$/],
  ['db.things.distinct("a").length', /^2$/],
  [
    'db.things.bulkWrite([{ insertOne: { document: { _id: 9 } } }, { deleteOne: { filter: { _id: 9 } } }]).deletedCount',
    /^1$/,
  ],
  ['show collections', /^things$/],
  ['show dbs', /carillon/],
  ['db.version()', /^\d+\.\d+\.\d+$/],
  ['db.hello().isWritablePrimary', /^true$/],
  ['db.serverStatus().storageEngine.name', /^lmdb$/],
  ['db.things.watch([], { maxAwaitTimeMS: 20 }).tryNext()', /^null$/],
  ['db.things.stats()', /not supported by the embedded store/],
  ['db.things.renameCollection("x")', /no such command/],
  ['db.things.deleteMany({}).deletedCount', /^2$/],
  ['db.dropDatabase().ok', /^1$/],
];

test('mongosh reads, writes, lists and explains, and is told by name what there is not', async () => {
  const home = temporaryDir();
  await withStore(async (_client, uri) => {
    for (const [expression, output] of lines)
      assert.match(await evaluate(uri, home.path, expression), output, expression);
  });
  home.remove();
});
