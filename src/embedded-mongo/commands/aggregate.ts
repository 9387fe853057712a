// aggregate: the leading stages become an index read, the rest goes to mingo; change streams branch off here.
import { BsonType, elementsOf, fieldsOf, isNumber, numberOf, stringOf, type Value } from '../bson-raw.js';
import { writeDocument } from '../bson-write.js';
import { openChangeStream } from '../change-streams.js';
import { type Command, checkNamespace, flagOption, numberOption, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { CommandError, notSupported } from '../errors.js';
import { compileFilter } from '../match.js';
import { checkStage, emptyValue, simpleProjection, stageOf } from '../pipeline.js';
import { plan } from '../planner.js';
import type { Projection } from '../projection.js';
import { compileSort } from '../sort.js';
import { openStream, readAll } from '../stream.js';
import { runReading } from '../work.js';
import { countMatches, emptyStream, firstBatch, sourceOfDocuments, sourceOfStream } from './find.js';
import { hintOf } from './hint.js';

/** `{aggregate, pipeline, cursor, hint}`; `aggregate: 1` is about the database. */
export function aggregate(command: Command, engine: Engine): Promise<Reply> {
  const { fields, db } = command;
  const target = fields.get('aggregate');
  const isDatabase = target !== undefined && isNumber(target) && numberOf(target) === 1;
  if (!isDatabase && target?.type !== BsonType.string)
    throw new CommandError('InvalidNamespace', 'aggregate needs a collection name or 1');
  const name = isDatabase ? '$cmd.aggregate' : stringOf(target as Value);
  if (!isDatabase) checkNamespace(db, name);
  const list = fields.get('pipeline');
  if (list?.type !== BsonType.array)
    throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array");
  const stages = elementsOf(list);
  const cursor = fields.get('cursor');
  const batchSize = cursor?.type === BsonType.object ? numberOption(new Map(fieldsOf(cursor)), 'batchSize', 101) : 101;
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

interface Leading {
  filter: Value;
  sort: Value | undefined;
  skip: number;
  limit: number;
  project: Projection | undefined;
}

/** Takes from the stages what a find can do: $match, $sort, $skip, $limit in this order, and a plain $project. */
function takeLeading(stages: readonly Value[]): { leading: Leading; rest: Value[] } {
  const leading: Leading = { filter: emptyValue, sort: undefined, skip: 0, limit: 0, project: undefined };
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
  const number = numberOf(value);
  const least = stage === '$limit' ? 1 : 0;
  if (!isNumber(value) || !Number.isInteger(number) || number < least)
    throw new CommandError('BadValue', `${stage} needs a whole number of at least ${least}`);
  return number;
}

/** `{_id: <constant>, <name>: {$sum: 1}}`, as drivers count documents: its name; undefined for any other group. */
function countingGroup(stage: Value): { name: string; id: Value } | undefined {
  if (stageOf(stage).name !== '$group') return undefined;
  const fields = fieldsOf(stageOf(stage).argument);
  const [id, sum] = fields;
  if (fields.length !== 2 || !id || !sum || id[0] !== '_id') return undefined;
  const isConstant = isNumber(id[1]) || id[1].type === BsonType.null;
  const operators = sum[1].type === BsonType.object ? fieldsOf(sum[1]) : [];
  const [operator] = operators;
  if (!isConstant || operators.length !== 1 || operator?.[0] !== '$sum' || numberOf(operator[1]) !== 1)
    return undefined;
  return { name: sum[0], id: id[1] };
}

async function aggregateCollection(
  command: Command,
  engine: Engine,
  { namespace, stages, batchSize }: { namespace: string; stages: readonly Value[]; batchSize: number },
): Promise<Reply> {
  const { leading, rest } = takeLeading(stages);
  const collection = engine.catalog.find(namespace);
  const hint = command.fields.get('hint');
  const counting = rest.length === 1 && rest[0] && !leading.project ? countingGroup(rest[0]) : undefined;
  if (counting) {
    const count = await runReading(countMatches(engine, collection, { ...leading, hint }));
    const documents = count > 0 ? [writeDocument({ _id: counting.id, [counting.name]: count })] : [];
    return firstBatch(engine, command, { namespace, source: sourceOfDocuments(documents), batchSize });
  }
  const filter = compileFilter(leading.filter);
  const sort = compileSort(leading.sort);
  for (const stage of rest) checkStage(stage);
  const limit = leading.limit > 0 ? leading.limit + leading.skip : 0;
  const stream = collection
    ? openStream(engine.storage, collection, {
        plan: plan(collection, filter, { sort, hint: hintOf(hint, collection) }),
        sort,
        limit,
      })
    : emptyStream;
  if (rest.length === 0)
    return firstBatch(engine, command, { namespace, source: sourceOfStream(stream, leading), batchSize });
  const results = await engine.aggregations.run(rest, (add) => {
    let read = 0;
    const work = readAll(stream, ({ document }) => {
      read += 1;
      if (read > leading.skip) add(leading.project ? leading.project(document) : document);
      return read !== limit;
    });
    return runReading(work);
  });
  const source = sourceOfDocuments(results);
  return firstBatch(engine, command, {
    namespace,
    source,
    batchSize,
    isSingle: flagOption(command.fields, 'singleBatch'),
  });
}
