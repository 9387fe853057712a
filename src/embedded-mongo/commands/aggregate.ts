// aggregate: the leading stages become an index read, the rest goes to mingo; change streams branch off here.
import { BsonType, type Value } from '../bson-raw.js';
import { writeDocument } from '../bson-write.js';
import { openChangeStream } from '../change-streams.js';
import { type Command, checkNamespace, cursorBatchSize, emptyDocument, type Reply } from '../command.js';
import type { BatchSource } from '../cursor.js';
import type { Engine } from '../engine.js';
import { badValue, CommandError, notSupported, typeMismatch } from '../errors.js';
import { checkStage, simpleProjection, stageOf } from '../pipeline.js';
import type { Projection } from '../projection.js';
import { readAll } from '../stream.js';
import { runReading } from '../work.js';
import { countMatches, firstBatch, read, sourceOfDocuments, sourceOfStream } from './find.js';

/** `{aggregate, pipeline, cursor, hint}`; `aggregate: 1` is about the database. */
export function aggregate(command: Command, engine: Engine): Promise<Reply> {
  const { fields, db } = command;
  const target = fields.get('aggregate');
  const isDatabase = target?.isNumber() && target.number() === 1;
  if (!isDatabase && target?.type !== BsonType.string)
    throw new CommandError('InvalidNamespace', 'aggregate needs a collection name or 1');
  const name = isDatabase ? '$cmd.aggregate' : (target as Value).text();
  if (!isDatabase) checkNamespace(db, name);
  const list = fields.get('pipeline');
  if (list?.type !== BsonType.array) throw typeMismatch("'pipeline' option must be specified as an array");
  const stages = list.elements();
  const batchSize = cursorBatchSize(command, 101);
  const [first, ...rest] = stages;
  if (first && stageOf(first).name === '$changeStream') {
    const source = openChangeStream(
      engine,
      { db, collection: isDatabase ? undefined : name },
      { options: stageOf(first).argument, rest },
    );
    return firstBatch(engine, command, { namespace: `${db}.${name}`, source, batchSize });
  }
  if (isDatabase) throw notSupported('An aggregation without a collection, other than $changeStream,');
  return aggregateCollection(command, engine, { namespace: `${db}.${name}`, stages, batchSize });
}

/** What of a pipeline is an index read. */
interface Leading {
  filter: Value;
  sort: Value | undefined;
  skip: number;
  limit: number;
  project: Projection | undefined;
}

/** Takes from the stages what a find can do: $match, $sort, $skip, $limit in this order, and a plain $project. */
export function takeLeading(stages: readonly Value[]): { leading: Leading; rest: Value[] } {
  const leading: Leading = { filter: emptyDocument, sort: undefined, skip: 0, limit: 0, project: undefined };
  const rest = [...stages];
  const isNext = (name: string) => rest[0] !== undefined && stageOf(rest[0]).name === name;
  const take = () => stageOf(rest.shift() as Value).argument;
  if (isNext('$match')) leading.filter = take();
  if (isNext('$sort')) leading.sort = take();
  if (isNext('$skip')) leading.skip = wholeNumber(take(), '$skip');
  if (isNext('$limit')) leading.limit = wholeNumber(take(), '$limit');
  if (isNext('$project') && rest[0] && simpleProjection(stageOf(rest[0]).argument))
    leading.project = simpleProjection(take());
  return { leading, rest };
}

function wholeNumber(value: Value, stage: string): number {
  const number = value.number();
  const least = stage === '$limit' ? 1 : 0;
  if (!value.isNumber() || !Number.isInteger(number) || number < least)
    throw badValue(`${stage} needs a whole number of at least ${least}`);
  return number;
}

/** `{_id: <constant>, <name>: {$sum: 1}}`, as drivers count documents: its name; undefined for any other group. */
function countingGroup(stage: Value): { name: string; id: Value } | undefined {
  if (stageOf(stage).name !== '$group') return undefined;
  const fields = stageOf(stage).argument.fields();
  const [id, sum] = fields;
  if (fields.length !== 2 || !id || !sum || id[0] !== '_id') return undefined;
  const isConstant = id[1].isNumber() || id[1].type === BsonType.null;
  const operators = sum[1].type === BsonType.object ? sum[1].fields() : [];
  const [operator] = operators;
  if (!isConstant || operators.length !== 1 || operator?.[0] !== '$sum' || operator[1].number() !== 1) return undefined;
  return { name: sum[0], id: id[1] };
}

async function aggregateCollection(
  command: Command,
  engine: Engine,
  { namespace, stages, batchSize }: { namespace: string; stages: readonly Value[]; batchSize: number },
): Promise<Reply> {
  const { leading, rest } = takeLeading(stages);
  const { skip, project } = leading;
  const collection = engine.catalog.find(namespace);
  const hint = command.fields.get('hint');
  const answer = (source: BatchSource) => firstBatch(engine, command, { namespace, source, batchSize });
  const counting = rest.length === 1 && rest[0] && !project ? countingGroup(rest[0]) : undefined;
  if (counting) {
    const count = await runReading(countMatches(engine, collection, { ...leading, hint }));
    const documents = count > 0 ? [writeDocument({ _id: counting.id, [counting.name]: count })] : [];
    return answer(sourceOfDocuments(documents));
  }
  const limit = leading.limit > 0 ? leading.limit + skip : 0;
  const stream = read(engine, collection, { ...leading, hint, limit });
  if (rest.length === 0) return answer(sourceOfStream(stream, leading));
  for (const stage of rest) checkStage(stage);
  const results = await engine.aggregations.run(rest, (add) => {
    let count = 0;
    const work = readAll(stream, ({ document }) => {
      count += 1;
      if (count > skip) add(project ? project(document) : document);
      return count !== limit;
    });
    return runReading(work);
  });
  return answer(sourceOfDocuments(results));
}
