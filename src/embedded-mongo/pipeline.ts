// The stages of a pipeline: which there are, and those a change stream may have. Running them is in commands/aggregate.ts and aggregation.ts.
import { BsonType, type Value } from './bson-raw.js';
import { CommandError, notSupported } from './errors.js';
import { compileFilter, matchesDocument } from './match.js';
import { compileProjection } from './projection.js';

/** The stages mingo runs here. */
const stages: readonly string[] =
  '$match $project $addFields $set $unset $group $sort $limit $skip $count $unwind $replaceRoot $replaceWith $bucket $bucketAuto $facet $sortByCount $redact $sample'.split(
    ' ',
  );

/** Stages MongoDB has and this store has not. */
const refusedStages: readonly string[] =
  '$lookup $graphLookup $unionWith $out $merge $geoNear $densify $fill $setWindowFields $indexStats $collStats $currentOp $listSessions $planCacheStats $documents $search $vectorSearch $changeStream'.split(
    ' ',
  );

/** Name and argument of a stage. Throws for what is no stage, or none that is supported. */
export function stageOf(stage: Value): { name: string; argument: Value } {
  const fields = stage.type === BsonType.object ? stage.fields() : [];
  const [first] = fields;
  if (first === undefined || fields.length !== 1)
    throw new CommandError('Location40324', 'A pipeline stage specification object must contain exactly one field.');
  return { name: first[0], argument: first[1] };
}

/** Throws for a stage that is not supported. */
export function checkStage(stage: Value): void {
  const { name } = stageOf(stage);
  if (stages.includes(name)) return;
  if (refusedStages.includes(name)) throw notSupported(`The aggregation stage ${name}`);
  throw new CommandError('Location40324', `Unrecognized pipeline stage name: '${name}'`);
}

/** The stages behind `$changeStream`: gives the event as it is to be shown, or undefined to leave it out. */
export type EventPipeline = (event: Buffer) => Buffer | undefined;

/** Stages MongoDB allows in a change stream. */
const eventStages: readonly string[] =
  '$match $project $addFields $set $unset $replaceRoot $replaceWith $redact $changeStreamSplitLargeEvent'.split(' ');

/** Compiles the stages of a change stream. Throws for those MongoDB does not allow there, and for those that compute. */
export function compilePipeline(rest: readonly Value[]): EventPipeline {
  const steps = rest.map((stage): EventPipeline => {
    const { name, argument } = stageOf(stage);
    if (!eventStages.includes(name))
      throw new CommandError('IllegalOperation', `${name} is not permitted in a $changeStream pipeline`);
    if (name === '$match') {
      const filter = compileFilter(argument);
      return (event) => (matchesDocument(filter, event) ? event : undefined);
    }
    const project = name === '$project' ? simpleProjection(argument) : undefined;
    if (project) return project;
    throw notSupported(`${name === '$project' ? 'A computing $project' : `The stage ${name}`} in a change stream`);
  });
  return (event) => {
    let shown: Buffer | undefined = event;
    for (const step of steps) {
      if (shown === undefined) return undefined;
      shown = step(shown);
    }
    return shown;
  };
}

/** A projection of zeros and ones keeps types exactly; others are computed by mingo. */
export function simpleProjection(argument: Value): ((document: Buffer) => Buffer) | undefined {
  try {
    return compileProjection(argument);
  } catch {
    return undefined;
  }
}
